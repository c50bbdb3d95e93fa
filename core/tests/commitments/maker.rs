//! Short makers for the tests of commitments.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::FromHex;
use bitcoin::key::XOnlyPublicKey;
use bitcoin::transaction::Version;
use bitcoin::{Amount, ScriptBuf, Transaction, TxOut};
use bulla_core::DecodeError;
use bulla_core::commit::mpc::{MpcError, Proof};
use bulla_core::commit::tapret::TapretProof;
use bulla_core::commit::{Commitment, DbcProof};

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
