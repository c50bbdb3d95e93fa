//! Coins of a test, how each is locked, and signatures for them.

use std::sync::LazyLock;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::key::{CompressedPublicKey, Keypair, PrivateKey, Secp256k1, TapTweak};
use bitcoin::script::PushBytesBuf;
use bitcoin::secp256k1::{All, Message, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, Prevouts, SighashCache, TapSighashType};
use bitcoin::taproot::TapNodeHash;
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, NetworkKind, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness,
    XOnlyPublicKey, ecdsa,
};
use bulla_core::commit::Commitment;
use bulla_core::commit::tapret::{TapretProof, leaf_hash};

/// All the money there can be, in sat.
pub const MAX_MONEY: u64 = 2_100_000_000_000_000;

/// What a coin of most tests holds, in sat.
pub const SATS: u64 = 1_000_000;

/// What a spending transaction leaves to the miner, in sat.
pub const FEE: u64 = 2_000;

pub static SECP: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

static KEYPAIR: LazyLock<Keypair> = LazyLock::new(|| {
    Keypair::from_seckey_slice(&SECP, &[7; 32]).expect("a number below the order of the curve")
});

/// How a coin of the tests' one key is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lock {
    /// P2TR without a script tree.
    KeyPath,
    /// P2TR with a commitment in its script tree.
    Tapret(Commitment),
    /// P2WPKH.
    KeyHash,
    /// P2PKH.
    LegacyKeyHash,
    /// P2WSH; its script needs no signature.
    WitnessScript(ScriptBuf),
    /// P2SH; its script needs no signature.
    RedeemScript(ScriptBuf),
    /// A script as it is, which needs no signature.
    Bare(ScriptBuf),
}

impl Lock {
    /// The output script.
    pub fn script(&self) -> ScriptBuf {
        match self {
            Self::KeyPath => ScriptBuf::new_p2tr(&SECP, internal_key(), None),
            Self::Tapret(commitment) => {
                let (_, key, _) = TapretProof::build(internal_key(), None, *commitment)
                    .expect("a commitment alone fits any internal key");
                ScriptBuf::new_p2tr_tweaked(key.dangerous_assume_tweaked())
            }
            Self::KeyHash => ScriptBuf::new_p2wpkh(&public_key().wpubkey_hash()),
            Self::LegacyKeyHash => ScriptBuf::new_p2pkh(&public_key().pubkey_hash()),
            Self::WitnessScript(script) => script.to_p2wsh(),
            Self::RedeemScript(script) => script.to_p2sh(),
            Self::Bare(script) => script.clone(),
        }
    }

    /// An output of that many sat.
    pub fn output(&self, sats: u64) -> TxOut {
        TxOut {
            value: Amount::from_sat(sats),
            script_pubkey: self.script(),
        }
    }
}

/// An unspent output that a test can spend.
#[derive(Clone, Debug)]
pub struct Coin {
    pub outpoint: OutPoint,
    pub sats: u64,
    pub lock: Lock,
}

impl Coin {
    /// The output of this number.
    pub fn of(tx: &Transaction, vout: u32, lock: &Lock) -> Self {
        let output = &tx.output[vout as usize];
        assert_eq!(output.script_pubkey, lock.script(), "it is locked so");
        Self {
            outpoint: OutPoint::new(tx.compute_txid(), vout),
            sats: output.value.to_sat(),
            lock: lock.clone(),
        }
    }

    fn output(&self) -> TxOut {
        self.lock.output(self.sats)
    }
}

/// The key of the tests, for the key path before its tweak.
pub fn internal_key() -> XOnlyPublicKey {
    KEYPAIR.x_only_public_key().0
}

fn private_key() -> PrivateKey {
    PrivateKey::new(SecretKey::from_keypair(&KEYPAIR), NetworkKind::Test)
}

pub fn public_key() -> CompressedPublicKey {
    CompressedPublicKey::from_private_key(&SECP, &private_key()).expect("the key is compressed")
}

/// The commitment whose bytes are all `byte`.
pub fn commitment(byte: u8) -> Commitment {
    Commitment::from_byte_array([byte; 32])
}

/// `OP_RETURN` with one push.
pub fn data(bytes: Vec<u8>) -> ScriptBuf {
    ScriptBuf::new_op_return(PushBytesBuf::try_from(bytes).expect("below 4 GiB"))
}

/// A transaction that is not signed yet: version 2, no lock, replaceable.
pub fn unsigned(coins: &[Coin], output: Vec<TxOut>) -> Transaction {
    let input = coins.iter().map(|coin| TxIn {
        previous_output: coin.outpoint,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    });
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: input.collect(),
        output,
    }
}

/// A signed transaction.
pub fn spend(coins: &[Coin], output: Vec<TxOut>) -> Transaction {
    signed(unsigned(coins, output), coins)
}

/// A signed transaction with one output, which leaves this fee in sat.
pub fn pass_on(coin: &Coin, fee: u64) -> Transaction {
    let output = Lock::KeyPath.output(coin.sats - fee);
    spend(std::slice::from_ref(coin), vec![output])
}

/// Signs all inputs anew; `coins` in the order of the inputs.
pub fn signed(mut tx: Transaction, coins: &[Coin]) -> Transaction {
    let spent: Vec<TxOut> = coins.iter().map(Coin::output).collect();
    for (index, coin) in coins.iter().enumerate() {
        let (script_sig, witness) = unlock(&tx, index, coin, &spent);
        tx.input[index].script_sig = script_sig;
        tx.input[index].witness = witness;
    }
    tx
}

fn unlock(tx: &Transaction, index: usize, coin: &Coin, spent: &[TxOut]) -> (ScriptBuf, Witness) {
    let bare = ScriptBuf::new();
    match &coin.lock {
        Lock::KeyPath => (bare, key_path(tx, index, spent, None)),
        Lock::Tapret(commitment) => {
            let root = leaf_hash(*commitment, 0);
            (bare, key_path(tx, index, spent, Some(root)))
        }
        Lock::KeyHash => (bare, key_hash(tx, index, coin)),
        Lock::LegacyKeyHash => (legacy_key_hash(tx, index, coin), Witness::new()),
        Lock::WitnessScript(script) => (bare, Witness::from_slice(&[script.as_bytes()])),
        Lock::RedeemScript(script) => {
            let push = PushBytesBuf::try_from(script.to_bytes()).expect("a short script");
            let script_sig = bitcoin::script::Builder::new().push_slice(push);
            (script_sig.into_script(), Witness::new())
        }
        Lock::Bare(_) => (bare, Witness::new()),
    }
}

/// A signature by the key tweaked with this root (BIP 341).
pub fn key_path(
    tx: &Transaction,
    index: usize,
    spent: &[TxOut],
    root: Option<TapNodeHash>,
) -> Witness {
    let hash = SighashCache::new(tx)
        .taproot_key_spend_signature_hash(index, &Prevouts::All(spent), TapSighashType::Default)
        .expect("an output for each input");
    let key = KEYPAIR.tap_tweak(&SECP, root).to_keypair();
    let message = Message::from_digest(hash.to_byte_array());
    let signature = SECP.sign_schnorr_no_aux_rand(&message, &key);
    Witness::from_slice(&[signature.serialize()])
}

fn key_hash(tx: &Transaction, index: usize, coin: &Coin) -> Witness {
    let value = Amount::from_sat(coin.sats);
    let hash = SighashCache::new(tx)
        .p2wpkh_signature_hash(index, &coin.lock.script(), value, EcdsaSighashType::All)
        .expect("the input is there and the script is P2WPKH");
    let signature = SECP.sign_ecdsa(&Message::from(hash), &private_key().inner);
    Witness::p2wpkh(&ecdsa::Signature::sighash_all(signature), &public_key().0)
}

fn legacy_key_hash(tx: &Transaction, index: usize, coin: &Coin) -> ScriptBuf {
    let hash = SighashCache::new(tx)
        .legacy_signature_hash(index, &coin.lock.script(), EcdsaSighashType::All.to_u32())
        .expect("the input is there");
    let signature = SECP.sign_ecdsa(&Message::from(hash), &private_key().inner);
    bitcoin::script::Builder::new()
        .push_slice(ecdsa::Signature::sighash_all(signature).serialize())
        .push_key(&bitcoin::PublicKey::from(public_key()))
        .into_script()
}

/// A spend with these outputs; what is left goes to one more.
pub fn paying(coin: &Coin, mut output: Vec<TxOut>) -> Transaction {
    let paid: u64 = output.iter().map(|output| output.value.to_sat()).sum();
    output.push(Lock::KeyPath.output(coin.sats - paid - 20_000));
    spend(std::slice::from_ref(coin), output)
}

/// A signed spend with this change before the signature.
pub fn altered(coin: &Coin, change: impl FnOnce(&mut Transaction)) -> Transaction {
    let output = vec![Lock::KeyPath.output(coin.sats - FEE)];
    let mut tx = unsigned(std::slice::from_ref(coin), output);
    change(&mut tx);
    signed(tx, std::slice::from_ref(coin))
}

pub fn script(bytes: &[u8]) -> ScriptBuf {
    ScriptBuf::from_bytes(bytes.to_vec())
}

/// `OP_TRUE`
pub fn anyone() -> ScriptBuf {
    script(&[0x51])
}
