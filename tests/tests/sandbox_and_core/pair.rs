//! A sandbox and a node that follow one chain.

use std::cell::RefCell;
use std::collections::VecDeque;

use bitcoin::absolute::LockTime;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hashes::Hash;
use bitcoin::key::{Keypair, Secp256k1, TapTweak};
use bitcoin::opcodes::all::{OP_CHECKMULTISIG, OP_PUSHNUM_1, OP_PUSHNUM_3};
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::secp256k1::Message;
use bitcoin::sighash::{Prevouts, SighashCache, TapSighashType};
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, Block, BlockHash, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness,
};
use bulla_tests::servers::Bitcoind;
use bulla_wallet::sandbox::{Contents, Sandbox};
use serde_json::json;

pub const FEE: u64 = 1_000;
pub const COIN: u64 = 100_000;
/// Longer than the chain a test node starts with.
pub const BLOCKS: u32 = 130;
/// Coinbases that can be spent then.
pub const MATURE: usize = 30;

/// A sandbox, and a node with the same blocks and mempool.
pub struct Pair {
    pub sandbox: Sandbox,
    pub node: Bitcoind,
    keypair: Keypair,
    /// Spendable coins of 50 BTC.
    coinbases: RefCell<VecDeque<Coin>>,
    _directory: tempfile::TempDir,
}

pub type Coin = (OutPoint, TxOut);

impl Pair {
    pub fn new() -> Pair {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let sandbox = Sandbox::open(directory.path().join("chain")).expect("opens");
        let keypair = Keypair::from_seckey_slice(&Secp256k1::new(), &[1; 32]).expect("in range");
        let node = Bitcoind::start_with(&[]);
        let pair = Pair {
            sandbox,
            node,
            keypair,
            coinbases: RefCell::default(),
            _directory: directory,
        };
        let blocks = pair.mine(BLOCKS);
        let coinbases = blocks.iter().take(MATURE).map(|block| {
            let coinbase = &block.txdata[0];
            (
                OutPoint::new(coinbase.compute_txid(), 0),
                coinbase.output[0].clone(),
            )
        });
        pair.coinbases.borrow_mut().extend(coinbases);
        pair
    }

    pub fn script(&self) -> ScriptBuf {
        ScriptBuf::new_p2tr(&Secp256k1::new(), self.keypair.x_only_public_key().0, None)
    }

    pub fn mine(&self, blocks: u32) -> Vec<Block> {
        let before = self.sandbox.status().expect("readable").tip.height;
        let hashes = self.sandbox.mine(blocks, &self.script()).expect("mines");
        let blocks: Vec<Block> = hashes.into_iter().map(|hash| self.block(hash)).collect();
        for block in &blocks {
            let answer = self.submit_to_node(block);
            let behind = before < BLOCKS && answer == "inconclusive";
            assert!(
                answer.is_empty() || behind,
                "Core takes the sandbox's block: {answer}"
            );
        }
        blocks
    }

    fn block(&self, hash: BlockHash) -> Block {
        self.sandbox.block(hash).expect("readable").expect("known")
    }

    pub fn submit_to_node(&self, block: &Block) -> String {
        let answer = self.node.rpc("submitblock", &[json!(serialize_hex(block))]);
        answer.as_str().unwrap_or_default().to_owned()
    }

    /// Puts a transaction into both mempools.
    pub fn submit(&self, tx: &Transaction) {
        self.sandbox.submit(tx).expect("valid");
        self.node
            .rpc("sendrawtransaction", &[json!(serialize_hex(tx)), json!(0)]);
    }

    /// Mined coins of the pair's key.
    pub fn coins(&self, count: usize) -> Vec<Coin> {
        let outputs = (0..count).map(|_| self.output(COIN)).collect();
        self.mined_outputs(outputs)
    }

    /// Mines a transaction with these outputs, past all policy.
    pub fn mined_outputs(&self, mut outputs: Vec<TxOut>) -> Vec<Coin> {
        let coin = self
            .coinbases
            .borrow_mut()
            .pop_front()
            .expect("a mature coinbase is left");
        outputs.push(self.output(COIN));
        let coins = [coin];
        let tx = self.sign(&coins, draft(&coins, outputs.clone()));
        let txid = tx.compute_txid();
        let hash = self
            .sandbox
            .mine_block(&Contents::Only(vec![tx]), &self.script())
            .expect("valid");
        assert_eq!(self.submit_to_node(&self.block(hash)), "");
        (0u32..)
            .map(|vout| OutPoint::new(txid, vout))
            .zip(outputs)
            .collect()
    }

    pub fn output(&self, sats: u64) -> TxOut {
        TxOut {
            value: Amount::from_sat(sats),
            script_pubkey: self.script(),
        }
    }

    pub fn sign(&self, coins: &[Coin], mut tx: Transaction) -> Transaction {
        let secp = Secp256k1::new();
        let key = self.keypair.tap_tweak(&secp, None).to_keypair();
        let spent: Vec<&TxOut> = coins.iter().map(|coin| &coin.1).collect();
        if tx.input.len() != spent.len() {
            // Refused before anybody looks at signatures.
            return tx;
        }
        for index in 0..tx.input.len() {
            let hash = SighashCache::new(&tx)
                .taproot_key_spend_signature_hash(
                    index,
                    &Prevouts::All(&spent),
                    TapSighashType::Default,
                )
                .expect("one output for each input");
            let message = Message::from_digest(hash.to_byte_array());
            let signature = secp.sign_schnorr_no_aux_rand(&message, &key);
            tx.input[index].witness = Witness::from_slice(&[signature.serialize()]);
        }
        tx
    }

    /// A spend of one coin, changed before it is signed.
    pub fn spend(&self, coin: &Coin, change: impl FnOnce(&mut Transaction)) -> Transaction {
        let coins = std::slice::from_ref(coin);
        let mut tx = draft(coins, vec![self.output(coin.1.value.to_sat() - FEE)]);
        change(&mut tx);
        self.sign(coins, tx)
    }

    /// What both say; empty for yes.
    pub fn ask(&self, name: &str, tx: &Transaction) -> String {
        let mine = self
            .sandbox
            .test_accept(tx)
            .err()
            .map(|error| match error.rejection() {
                Some(rejection) => rejection.to_string(),
                None => panic!("{name}: {error}"),
            });
        let mine = mine.unwrap_or_default();
        let answer = self
            .node
            .rpc("testmempoolaccept", &[json!([serialize_hex(tx)]), json!(0)]);
        let theirs = answer[0]["reject-reason"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        // This call alone has its own word for it.
        let theirs = theirs.replace("missing-inputs", "bad-txns-inputs-missingorspent");
        assert_eq!(
            answer[0]["allowed"] == true,
            theirs.is_empty(),
            "{name}: {answer}"
        );
        // Core names the script error behind the reason.
        let same = theirs == mine || (!mine.is_empty() && theirs.starts_with(&format!("{mine} (")));
        assert!(
            same,
            "{name}: the sandbox says `{mine}`, Core `{theirs}`: {answer}"
        );
        mine
    }
}

/// An unsigned spend of coins.
pub fn draft(coins: &[Coin], output: Vec<TxOut>) -> Transaction {
    let input = coins.iter().map(|coin| TxIn {
        previous_output: coin.0,
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        ..TxIn::default()
    });
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: input.collect(),
        output,
    }
}

pub fn output(sats: u64, script_pubkey: ScriptBuf) -> TxOut {
    TxOut {
        value: Amount::from_sat(sats),
        script_pubkey,
    }
}

pub fn data(length: usize) -> TxOut {
    let push = PushBytesBuf::try_from(vec![7; length]).expect("short");
    output(0, ScriptBuf::new_op_return(push))
}

/// A bare script that counts as twenty signature operations.
pub fn one_of_three() -> ScriptBuf {
    let key = PushBytesBuf::try_from([[2].as_slice(), &[9; 32]].concat()).expect("short");
    let mut script = Builder::new().push_opcode(OP_PUSHNUM_1);
    for _ in 0..3 {
        script = script.push_slice(key.clone());
    }
    script
        .push_opcode(OP_PUSHNUM_3)
        .push_opcode(OP_CHECKMULTISIG)
        .into_script()
}
