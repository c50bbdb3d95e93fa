//! The proof in an anchor that a transaction carries a commitment, by either method.

use bitcoin::{Transaction, TxOut};
use thiserror::Error;

use super::Commitment;
use super::host::{Method, host_of_outputs};
use super::opret::{self, OpretError};
use super::tapret::{CurveCheck, TapretError, TapretProof};
use crate::codec::{Decode, DecodeError, Encode, Reader, objects};

const OPRET: u8 = 0;
const TAPRET: u8 = 1;

/// Why a transaction does not carry the commitment.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DbcError {
    /// No output is `OP_RETURN` or P2TR (check code `no-commitment`).
    #[error("no output can carry a commitment, expected one that is op_return or p2tr")]
    NoCommitmentOutput,
    /// The proof is of the other method than the first possible output (check code `dbc`).
    #[error("the proof is {found}, but output {vout} is the first possible and fixes {expected}")]
    MethodMismatch {
        /// The method that the output fixes.
        expected: Method,
        /// The method of the proof.
        found: Method,
        /// Index of the output.
        vout: usize,
    },
    /// The P2TR output does not carry the commitment (check code `dbc`).
    #[error(transparent)]
    Tapret(#[from] TapretError),
    /// The `OP_RETURN` output does not carry the commitment (check code `dbc`).
    #[error(transparent)]
    Opret(#[from] OpretError),
}

/// A deterministic Bitcoin commitment proof.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DbcProof {
    /// Nothing but the output is needed.
    Opret,
    /// How the output key is made of the commitment.
    Tapret {
        /// Internal key, partner and nonce.
        proof: TapretProof,
        /// Whether the output key is odd.
        odd: bool,
    },
}

impl DbcProof {
    /// The method this proof is for.
    pub const fn method(&self) -> Method {
        match self {
            Self::Opret => Method::Opret,
            Self::Tapret { .. } => Method::Tapret,
        }
    }

    /// Requires that the transaction carries this commitment where it must.
    ///
    /// # Errors
    /// [`DbcError`] with the reason.
    pub fn verify(
        &self,
        commitment: Commitment,
        transaction: &Transaction,
    ) -> Result<(), DbcError> {
        if let Some(check) = self.curve_check(commitment, &transaction.output)? {
            check.verify()?;
        }
        Ok(())
    }

    /// Does every check of [`DbcProof::verify`] but the curve's; gives that one, if there is one.
    ///
    /// # Errors
    /// [`DbcError`] with the reason.
    pub fn curve_check(
        &self,
        commitment: Commitment,
        outputs: &[TxOut],
    ) -> Result<Option<CurveCheck>, DbcError> {
        let (vout, expected, output) =
            host_of_outputs(outputs).ok_or(DbcError::NoCommitmentOutput)?;
        match (self, expected) {
            (Self::Opret, Method::Opret) => {
                opret::verify(commitment, &output.script_pubkey)?;
                Ok(None)
            }
            (Self::Tapret { proof, odd }, Method::Tapret) => Ok(Some(proof.curve_check(
                commitment,
                *odd,
                &output.script_pubkey,
            )?)),
            _ => Err(DbcError::MethodMismatch {
                expected,
                found: self.method(),
                vout,
            }),
        }
    }
}

impl Encode for DbcProof {
    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Opret => out.push(OPRET),
            Self::Tapret { proof, odd } => {
                out.push(TAPRET);
                proof.encode_to(out);
                out.push(u8::from(*odd));
            }
        }
    }
}

impl Decode for DbcProof {
    const NAME: &'static str = "dbc proof";
    const MIN_BYTES: usize = 1;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("method of a dbc proof")? {
            OPRET => Ok(Self::Opret),
            TAPRET => Ok(Self::Tapret {
                proof: TapretProof::decode_from(reader)?,
                odd: parity(reader.u8("parity bit")?)?,
            }),
            found => Err(DecodeError::value("method of a dbc proof", "0 or 1", found)),
        }
    }
}

fn parity(byte: u8) -> Result<bool, DecodeError> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        found => Err(DecodeError::value("parity bit", "0 or 1", found)),
    }
}

objects!(DbcProof);
