//! A sandbox and a bitcoind with one chain.

use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Amount, Block, BlockHash, Transaction};
use bitcoincore_rpc::RpcApi;
use bulla_tests::servers::Bitcoind;
use bulla_wallet::chain::ChainSource;
use bulla_wallet::sandbox::{Contents, Sandbox, SandboxError};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::coins::{Coin, Lock, spend};
use crate::draft::Parent;

/// Blocks for the tests' key, of which ten are mature.
const BLOCKS: u32 = 110;

/// Both, kept in step.
pub struct Pair {
    pub node: Bitcoind,
    pub sandbox: Sandbox,
    folder: TempDir,
    /// Heights of coinbases of the tests' key that are not spent yet.
    purse: std::cell::RefCell<Vec<u32>>,
}

/// What one of them says of a transaction or a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A transaction may enter the mempool.
    Enters { fee: Amount, vsize: u64 },
    /// A block is the best one.
    Best,
    /// A block is stored in a branch that is not the best.
    Stored,
    /// Why it is refused.
    Refused(String),
}

impl Verdict {
    pub fn refused(reason: &str) -> Self {
        Self::Refused(reason.into())
    }
}

impl Pair {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sandbox = Sandbox::open(folder.path().join("sandbox.sqlite")).expect("a new sandbox");
        let node = Bitcoind::start();
        let first = node.height() + 1;
        let pair = Self {
            node,
            sandbox,
            folder,
            purse: (first..first + BLOCKS - 100)
                .rev()
                .collect::<Vec<_>>()
                .into(),
        };
        for height in 1..first {
            let block = pair.node_block(height);
            pair.sandbox.submit_block(&block).expect("a node's block");
        }
        let script = Lock::KeyPath.script();
        let mined = pair.sandbox.mine(BLOCKS, &script).expect("blocks");
        for hash in mined {
            assert_eq!(pair.give_to_node(hash), Verdict::Best);
        }
        pair
    }

    pub fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("sandbox.sqlite")
    }

    fn node_block(&self, height: u32) -> Block {
        let hash = self.node.rpc("getblockhash", &[json!(height)]);
        let hex = self.node.rpc("getblock", &[hash, json!(0)]);
        deserialize_hex(hex.as_str().expect("hex")).expect("a block")
    }

    fn give_to_node(&self, hash: BlockHash) -> Verdict {
        let block = self.sandbox.block(hash).expect("a readable sandbox");
        self.node_verdict(&block.expect("the sandbox has its block"))
    }

    /// Mines exactly these on the sandbox, and gives the block to the node.
    pub fn mine(&self, transactions: &[Transaction]) -> BlockHash {
        let contents = Contents::Only(transactions.to_vec());
        let script = Lock::KeyPath.script();
        let hash = self.sandbox.mine_block(&contents, &script).expect("valid");
        assert_eq!(self.give_to_node(hash), Verdict::Best);
        hash
    }

    /// Mines what the sandbox's mempool holds, and gives the block to the node.
    pub fn mine_mempool(&self) -> BlockHash {
        let script = Lock::KeyPath.script();
        let hash = self.sandbox.mine_block(&Contents::Mempool, &script);
        let hash = hash.expect("what waits is valid");
        assert_eq!(self.give_to_node(hash), Verdict::Best);
        hash
    }

    /// A coinbase of the tests' key that the next block may spend.
    pub fn coinbase(&self) -> Coin {
        let height = self.purse.borrow_mut().pop().expect("a mature coinbase");
        self.coinbase_at(height)
    }

    /// The coinbase of a block that was mined by the sandbox for the tests' key.
    pub fn coinbase_at(&self, height: u32) -> Coin {
        Coin::of(&self.node_block(height).txdata[0], 0, &Lock::KeyPath)
    }

    /// Mined coins of that many sat with these locks.
    pub fn coins<const N: usize>(&self, sats: u64, locks: [Lock; N]) -> [Coin; N] {
        let coins = self.many_coins(sats, &locks);
        coins.try_into().expect("a coin for each lock")
    }

    /// Mined coins of that many sat with these locks.
    pub fn many_coins(&self, sats: u64, locks: &[Lock]) -> Vec<Coin> {
        let source = self.coinbase();
        let mut output: Vec<_> = locks.iter().map(|lock| lock.output(sats)).collect();
        let count = locks.len() as u64;
        output.push(Lock::KeyPath.output(source.sats - sats * count - 100_000));
        let tx = spend(&[source], output);
        self.mine(std::slice::from_ref(&tx));
        let numbered = (0..).zip(locks);
        numbered
            .map(|(vout, lock)| Coin::of(&tx, vout, lock))
            .collect()
    }

    /// The best block, as the parent of the next.
    pub fn tip(&self) -> Parent {
        let hash = self.node.tip();
        assert_eq!(self.sandbox.status().expect("a status").tip.hash, hash);
        self.parent(hash)
    }

    /// A block that the node knows, as the parent of another.
    pub fn parent(&self, hash: BlockHash) -> Parent {
        let header = self.node.rpc("getblockheader", &[json!(hash)]);
        let number = |name: &str| u32::try_from(header[name].as_u64().expect("a number"));
        Parent {
            hash,
            height: number("height").expect("a height"),
            median_time: number("mediantime").expect("a time"),
        }
    }

    /// What both say of a block, which each takes if it is valid; both must say the same.
    pub fn judge_block(&self, name: &str, block: &Block) -> Verdict {
        let ours = self.sandbox_block_verdict(block);
        let theirs = self.node_verdict(block);
        assert_eq!(ours, theirs, "{name}: sandbox left, bitcoind right");
        self.tip();
        ours
    }

    fn sandbox_block_verdict(&self, block: &Block) -> Verdict {
        match self.sandbox.submit_block(block) {
            Ok(()) => {
                let tip = self.sandbox.tip().expect("a tip");
                if tip.hash == block.block_hash() {
                    Verdict::Best
                } else {
                    Verdict::Stored
                }
            }
            Err(error) => reason_of(&error),
        }
    }

    fn node_verdict(&self, block: &Block) -> Verdict {
        let answer = self.node.rpc("submitblock", &[json!(serialize_hex(block))]);
        match answer.as_str() {
            None => Verdict::Best,
            // Core's word for a block that it stored without connecting it.
            Some("inconclusive") => Verdict::Stored,
            Some(reason) => Verdict::Refused(without_detail(reason)),
        }
    }

    /// What both say of a transaction, which neither takes; both must say the same.
    pub fn judge(&self, name: &str, tx: &Transaction) -> Verdict {
        let ours = match self.sandbox.test_accept(tx) {
            Ok(accepted) => Verdict::Enters {
                fee: accepted.fee,
                vsize: accepted.vsize,
            },
            Err(error) => reason_of(&error),
        };
        let theirs = self.node_mempool_verdict(tx);
        assert_eq!(ours, theirs, "{name}: sandbox left, bitcoind right");
        ours
    }

    fn node_mempool_verdict(&self, tx: &Transaction) -> Verdict {
        let answer = self
            .node
            .rpc("testmempoolaccept", &[json!([serialize_hex(tx)]), json!(0)]);
        let answer = &answer[0];
        if answer["allowed"] == true {
            let fee = answer["fees"]["base"].as_f64().expect("a fee");
            return Verdict::Enters {
                fee: Amount::from_btc(fee).expect("an amount"),
                vsize: answer["vsize"].as_u64().expect("a size"),
            };
        }
        match answer["reject-reason"].as_str().expect("a reason") {
            // The one reason that this call words in its own way.
            "missing-inputs" => Verdict::refused("bad-txns-inputs-missingorspent"),
            reason => Verdict::Refused(without_detail(reason)),
        }
    }

    /// Asserts that both refuse this block for this reason, and that nothing changes.
    pub fn refuses_block(&self, name: &str, block: &Block, reason: &str) {
        let before = self.tip().hash;
        let verdict = self.judge_block(name, block);
        assert_eq!(verdict, Verdict::refused(reason), "{name}");
        assert_eq!(self.tip().hash, before, "{name}");
    }

    /// Asserts that both take this block as the best.
    pub fn takes_block(&self, name: &str, block: &Block) {
        assert_eq!(self.judge_block(name, block), Verdict::Best, "{name}");
    }

    /// Asserts that both refuse this transaction for this reason.
    pub fn refuses(&self, name: &str, tx: &Transaction, reason: &str) {
        let verdict = self.judge(name, tx);
        assert_eq!(verdict, Verdict::refused(reason), "{name}");
    }

    /// Asserts that both would take this transaction, at the same size and fee.
    pub fn relays(&self, name: &str, tx: &Transaction) {
        let verdict = self.judge(name, tx);
        assert!(
            matches!(verdict, Verdict::Enters { .. }),
            "{name}: {verdict:?}"
        );
    }

    /// Puts a transaction into both mempools; both must take it.
    pub fn send(&self, tx: &Transaction) {
        let name = tx.compute_txid().to_string();
        let verdict = self.judge(&name, tx);
        assert!(matches!(verdict, Verdict::Enters { .. }), "{verdict:?}");
        self.sandbox.submit(tx).expect("it was tested");
        let sent = self.node.client().call::<Value>(
            "sendrawtransaction",
            &[json!(serialize_hex(tx)), json!(0), json!(21_000_000)],
        );
        sent.expect("it was tested");
    }
}

fn reason_of(error: &SandboxError) -> Verdict {
    let rejection = error.rejection();
    let rejection = rejection.unwrap_or_else(|| panic!("the sandbox failed: {error}"));
    Verdict::Refused(rejection.to_string())
}

/// Core puts what the script interpreter said behind the reason, in brackets; the sandbox's gives none.
fn without_detail(reason: &str) -> String {
    let end = reason.find(" (").unwrap_or(reason.len());
    reason[..end].into()
}
