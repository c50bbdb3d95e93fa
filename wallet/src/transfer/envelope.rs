//! The PSBT (BIP 174) around a request for signatures, and what signers added to it (PROTOCOL.md §15.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bitcoin::hashes::Hash;
use bitcoin::psbt::raw::ProprietaryKey;
use bitcoin::psbt::{self, Psbt};
use bitcoin::{Transaction, TxIn, Txid};
use bulla_core::OperationId;
use bulla_core::frame::SignatureBytes;

use super::signatures::Given;
use crate::defaults::PSBT_BYTES;

/// What a PSBT begins with. As the first bytes of a consignment it would announce a header of 6 MB in wire
/// format 0x74.
const MAGIC: &[u8] = b"psbt\xff";
/// The same in base64, as far as it is always the same. Again no wire format that there is.
const TEXT_MAGIC: &[u8] = b"cHNidP";

const PREFIX: &[u8] = b"bulla";
/// The request, a consignment; no key data.
const REQUEST: u8 = 0;
/// One signature; key data: operation id, witness txid, key number.
const SIGNATURE: u8 = 1;

/// Why a PSBT asks for no signatures, and brings none.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// More than is read, or would be.
    #[error(
        "the PSBT takes {found} bytes, and {limit} are read at most; ask, or be asked, by a consignment (`send --resume TRANSFER` without --psbt)"
    )]
    TooLarge {
        /// Its bytes.
        found: u64,
        /// Bytes that are read at most.
        limit: u64,
    },
    /// Text that begins like a PSBT.
    #[error("a PSBT as text that is not base64; copy it again, as a whole")]
    NotBase64,
    /// Bytes that begin like a PSBT.
    #[error("not a PSBT of version 0; ask for it again")]
    NotAPsbt {
        /// What is wrong.
        #[source]
        cause: psbt::Error,
    },
    /// A transaction that cannot be put into a PSBT.
    #[error(
        "input {input} of the transaction has a script or witness data, and in a PSBT it has none; ask by a consignment (`send --resume TRANSFER` without --psbt)"
    )]
    Filled {
        /// The first such input.
        input: usize,
    },
    /// Bytes behind the PSBT.
    #[error("{found} bytes follow the end of the PSBT; ask for it again")]
    Trailing {
        /// How many.
        found: usize,
    },
    /// A PSBT of something else.
    #[error(
        "the PSBT carries no request for signatures; `send --psbt` and `send --resume TRANSFER --psbt` write one that does"
    )]
    NoRequest,
    /// A signature that cannot be read.
    #[error(
        "a signature in the PSBT has {key} bytes of key data and {value} of value; expected 65 and 64"
    )]
    Signature {
        /// Bytes that say what it is for.
        key: usize,
        /// Bytes of the signature itself.
        value: usize,
    },
    /// The request is for another transaction than the PSBT.
    #[error(
        "the PSBT is of transaction {found}, the request inside of {expected}; nothing was signed or taken, ask for it again"
    )]
    OtherTransaction {
        /// The PSBT's.
        found: Txid,
        /// The request's.
        expected: Txid,
    },
}

impl EnvelopeError {
    /// A stable name for programs, in kebab case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::NotBase64 | Self::NotAPsbt { .. } | Self::Trailing { .. } => "not-a-psbt",
            Self::Filled { .. } => "filled-input",
            Self::NoRequest => "no-request",
            Self::Signature { .. } => "psbt-signature",
            Self::OtherTransaction { .. } => "other-transaction",
        }
    }
}

/// A PSBT with a request for signatures inside. Nothing else in it is believed, or changed.
///
/// Signatures have a field each and the request stays as it was, so that whoever combines PSBTs of
/// several signers (BIP 174: of two values of one key any may be dropped) loses none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    psbt: Psbt,
    is_text: bool,
}

impl Envelope {
    /// Around a request for signatures to operations in this transaction. There is nothing else in it: no keys,
    /// paths or values of inputs.
    ///
    /// # Errors
    /// [`EnvelopeError::Filled`].
    pub fn around(request: &[u8], transaction: &Transaction) -> Result<Self, EnvelopeError> {
        let is_filled = |input: &TxIn| !input.script_sig.is_empty() || !input.witness.is_empty();
        if let Some(input) = transaction.input.iter().position(is_filled) {
            return Err(EnvelopeError::Filled { input });
        }
        let psbt = Psbt::from_unsigned_tx(transaction.clone());
        let mut psbt = psbt.map_err(|cause| EnvelopeError::NotAPsbt { cause })?;
        psbt.proprietary.insert(request_key(), request.to_vec());
        let is_text = false;
        Ok(Self { psbt, is_text })
    }

    /// Reads a PSBT, binary or base64; none if the file does not begin like one: a consignment.
    ///
    /// # Errors
    /// [`EnvelopeError`], but for [`EnvelopeError::Filled`] and [`EnvelopeError::OtherTransaction`].
    pub fn read(file: &[u8]) -> Result<Option<Self>, EnvelopeError> {
        let is_text = file.starts_with(TEXT_MAGIC);
        if !is_text && !file.starts_with(MAGIC) {
            return Ok(None);
        }
        let psbt = if is_text {
            // Mail and `base64` break lines.
            let mut text = file.to_vec();
            text.retain(|byte| !byte.is_ascii_whitespace());
            check_size(base64::decoded_len_estimate(text.len()).saturating_sub(2))?;
            let bytes = STANDARD.decode(&text);
            decode(&bytes.map_err(|_| EnvelopeError::NotBase64)?)?
        } else {
            decode(file)?
        };
        if !psbt.proprietary.contains_key(&request_key()) {
            return Err(EnvelopeError::NoRequest);
        }
        let envelope = Self { psbt, is_text };
        envelope.signatures()?;
        Ok(Some(envelope))
    }

    /// The request: the bytes of a consignment, as they are.
    pub fn request(&self) -> &[u8] {
        let request = self.psbt.proprietary.get(&request_key());
        request.map(Vec::as_slice).unwrap_or_default()
    }

    /// The signatures beside the request, not verified; also such that are for nothing in it.
    pub(super) fn signatures(&self) -> Result<Given, EnvelopeError> {
        let mut given = Given::new();
        for (name, value) in &self.psbt.proprietary {
            if name.prefix != PREFIX || name.subtype != SIGNATURE {
                continue;
            }
            let read = read_signature(&name.key, value);
            let (place, number, signature) = read.ok_or(EnvelopeError::Signature {
                key: name.key.len(),
                value: value.len(),
            })?;
            given.entry(place).or_default().insert(number, signature);
        }
        Ok(given)
    }

    /// That the PSBT is of the transaction that the request asks to sign for.
    ///
    /// # Errors
    /// [`EnvelopeError::OtherTransaction`].
    pub(super) fn check(&self, expected: Txid) -> Result<(), EnvelopeError> {
        let found = self.psbt.unsigned_tx.compute_txid();
        if found != expected {
            return Err(EnvelopeError::OtherTransaction { found, expected });
        }
        Ok(())
    }

    /// Puts signatures beside the request.
    pub(super) fn add(&mut self, given: &Given) {
        for ((witness, operation), signatures) in given {
            for (number, signature) in signatures {
                let key = signature_key(*operation, *witness, *number);
                self.psbt.proprietary.insert(key, signature.to_vec());
            }
        }
    }

    /// The file: binary, or base64 if it came so.
    ///
    /// # Errors
    /// [`EnvelopeError::TooLarge`] if nobody would read it.
    pub fn write(&self) -> Result<Vec<u8>, EnvelopeError> {
        let bytes = self.psbt.serialize();
        check_size(bytes.len())?;
        Ok(if self.is_text {
            format!("{}\n", STANDARD.encode(bytes)).into_bytes()
        } else {
            bytes
        })
    }
}

/// Reads a PSBT to its end. The limit comes first: the decoder reserves some dozens of bytes for each byte of
/// a hostile transaction.
fn decode(bytes: &[u8]) -> Result<Psbt, EnvelopeError> {
    check_size(bytes.len())?;
    let mut rest = bytes;
    let psbt = Psbt::deserialize_from_reader(&mut rest);
    let psbt = psbt.map_err(|cause| EnvelopeError::NotAPsbt { cause })?;
    match rest.len() {
        0 => Ok(psbt),
        found => Err(EnvelopeError::Trailing { found }),
    }
}

const fn check_size(found: usize) -> Result<(), EnvelopeError> {
    let (found, limit) = (found as u64, PSBT_BYTES);
    if found > limit {
        return Err(EnvelopeError::TooLarge { found, limit });
    }
    Ok(())
}

fn named(subtype: u8, key: Vec<u8>) -> ProprietaryKey {
    let prefix = PREFIX.to_vec();
    ProprietaryKey {
        prefix,
        subtype,
        key,
    }
}

fn request_key() -> ProprietaryKey {
    named(REQUEST, Vec::new())
}

fn signature_key(operation: OperationId, witness: Txid, key: u8) -> ProprietaryKey {
    let witness = witness.to_byte_array();
    let data = [&operation.to_bytes()[..], &witness, &[key]].concat();
    named(SIGNATURE, data)
}

/// What a signature is for, the number of its key, and the signature.
fn read_signature(key: &[u8], value: &[u8]) -> Option<((Txid, OperationId), u8, SignatureBytes)> {
    let (operation, key) = key.split_first_chunk()?;
    let (witness, key) = key.split_first_chunk()?;
    let [number] = key else {
        return None;
    };
    let witness = Txid::from_byte_array(*witness);
    let operation = OperationId::from_bytes(*operation);
    Some(((witness, operation), *number, value.try_into().ok()?))
}
