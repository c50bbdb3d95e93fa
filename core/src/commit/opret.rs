//! Opret: the commitment stands in an `OP_RETURN` output, alone and as it is (PROTOCOL.md §7.4).

use bitcoin::{Script, ScriptBuf};
use thiserror::Error;

use super::Commitment;

/// `OP_RETURN OP_PUSHBYTES_32`.
const PREFIX: [u8; 2] = [0x6a, 0x20];

/// Why an `OP_RETURN` output does not carry the commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpretError {
    /// The script is something else than one push of 32 bytes.
    #[error("opret script of {len} bytes is not 6a20 and 32 bytes; expected exactly that form")]
    Malformed {
        /// Length of the script found.
        len: usize,
    },
    /// The script carries another commitment.
    #[error("opret output carries {found}, expected {expected}")]
    Mismatch {
        /// The commitment of the proof.
        expected: Commitment,
        /// The commitment of the output.
        found: Commitment,
    },
}

/// The script that carries a commitment.
pub fn script(commitment: Commitment) -> ScriptBuf {
    ScriptBuf::from_bytes([PREFIX.as_slice(), commitment.as_byte_array()].concat())
}

/// Requires that `script_pubkey` is [`script`] of this commitment, byte for byte.
///
/// # Errors
/// [`OpretError`] if it is not.
pub fn verify(commitment: Commitment, script_pubkey: &Script) -> Result<(), OpretError> {
    let bytes = script_pubkey.as_bytes();
    let carried: [u8; 32] = bytes
        .strip_prefix(&PREFIX)
        .and_then(|rest| rest.try_into().ok())
        .ok_or(OpretError::Malformed { len: bytes.len() })?;
    let found = Commitment::from_byte_array(carried);
    if found == commitment {
        Ok(())
    } else {
        Err(OpretError::Mismatch {
            expected: commitment,
            found,
        })
    }
}
