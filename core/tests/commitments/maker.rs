//! Short makers for the tests of commitments.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::FromHex;
use bitcoin::key::{Parity, TapTweak, TweakedPublicKey, XOnlyPublicKey};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::taproot::{LeafVersion, TapNodeHash};
use bitcoin::transaction::Version;
use bitcoin::{Amount, ScriptBuf, Transaction, TxOut};
use bulla_core::DecodeError;
use bulla_core::commit::mpc::{MpcError, Proof};
use bulla_core::commit::tapret::TapretProof;
use bulla_core::commit::{Commitment, DbcProof, Partner};

/// 32 bytes that depend on the label alone.
pub fn bytes(label: &str) -> [u8; 32] {
    sha256::Hash::hash(label.as_bytes()).to_byte_array()
}

/// Commitment 1 or 2 of the vectors.
pub fn commitment(number: u8) -> Commitment {
    Commitment::from_byte_array(bytes(&format!("tapret-vector/commitment/{number}")))
}

pub fn hex(text: &str) -> Vec<u8> {
    Vec::from_hex(text).unwrap()
}

pub fn hex32(text: &str) -> [u8; 32] {
    <[u8; 32]>::from_hex(text).unwrap()
}

/// The generator's x coordinate.
pub fn generator() -> XOnlyPublicKey {
    key("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
}

pub fn key(text: &str) -> XOnlyPublicKey {
    XOnlyPublicKey::from_slice(&hex(text)).unwrap()
}

pub fn p2tr(key: XOnlyPublicKey) -> ScriptBuf {
    ScriptBuf::from_bytes([&[0x51, 0x20], key.serialize().as_slice()].concat())
}

pub fn p2wpkh() -> ScriptBuf {
    ScriptBuf::from_bytes(hex("00140707070707070707070707070707070707070707"))
}

/// A transaction with these outputs.
pub fn transaction(scripts: Vec<ScriptBuf>) -> Transaction {
    let output = scripts
        .into_iter()
        .map(|script_pubkey| TxOut {
            value: Amount::from_sat(1_000),
            script_pubkey,
        })
        .collect();
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![],
        output,
    }
}

/// A proof without partner for [`generator`], and the output it is for.
pub fn key_only(commitment: Commitment) -> (DbcProof, ScriptBuf) {
    let (proof, key, parity) = TapretProof::build(generator(), None, commitment).unwrap();
    let odd = parity == bitcoin::key::Parity::Odd;
    (DbcProof::Tapret { proof, odd }, p2tr(key))
}

/// A field with a value that it cannot have.
pub fn wrong(what: &'static str, expected: &'static str, found: impl ToString) -> DecodeError {
    let found = found.to_string();
    DecodeError::Value {
        what,
        expected,
        found,
    }
}

/// Why a proof was refused, at whichever step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Wire(DecodeError),
    Mpc(MpcError),
    Filler,
}

/// The filler of RGB 0.11: `OP_RESERVED`, which is `OP_SUCCESS80` in tapscript.
pub const RESERVED: u8 = 0x50;
/// Ours, and that of bp-dbc 0.12: `OP_NOP`.
pub const NOP: u8 = 0x61;

/// The commitment leaf with any filler, written down a second time.
pub fn leaf(filler: u8, commitment: Commitment, nonce: u8) -> ScriptBuf {
    let head = [[filler; 29].as_slice(), &[0x6a, 0x21]].concat();
    ScriptBuf::from([head.as_slice(), commitment.as_byte_array(), &[nonce]].concat())
}

/// Root of the script tree that a proof stands for under a filler; no rule is checked.
pub fn root(filler: u8, proof: &TapretProof, commitment: Commitment) -> TapNodeHash {
    let script = leaf(filler, commitment, proof.nonce);
    let leaf = TapNodeHash::from_script(&script, LeafVersion::TapScript);
    let partner = proof.partner.as_ref().map(Partner::hash);
    partner.map_or(leaf, |partner| TapNodeHash::from_node_hashes(leaf, partner))
}

/// The output that a proof stands for under a filler; no rule is checked.
pub fn output(
    filler: u8,
    proof: &TapretProof,
    commitment: Commitment,
) -> (TweakedPublicKey, Parity) {
    let root = root(filler, proof, commitment);
    let secp = Secp256k1::verification_only();
    let internal_key = XOnlyPublicKey::from_slice(&proof.internal_key).unwrap();
    internal_key.tap_tweak(&secp, Some(root))
}

/// Decodes an MPC proof and computes its commitment.
pub fn mpc_root(
    bytes: &[u8],
    protocol: [u8; 32],
    message: [u8; 32],
) -> Result<Commitment, Refusal> {
    Proof::decode(bytes)
        .map_err(Refusal::Wire)?
        .root(protocol, message)
        .map_err(Refusal::Mpc)
}
