//! Acknowledgements: a payee's signed word that a consignment reached him, and what he thinks of it.
//!
//! Text form: `bullaack1` and hex of: version 1, invoice (32), contract (32), witness txid (32),
//! verdict (0 accepted, 1 refused), number of operations (u16, little-endian), the operation ids
//! ascending (32 each), BIP-340 signature (64). The key is the one that the invoice names; it signs
//! a tagged hash of everything before the signature.

use std::fmt;
use std::str::FromStr;

use bitcoin::Txid;
use bitcoin::hashes::Hash;
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::key::{Keypair, Secp256k1, XOnlyPublicKey};
use bitcoin::secp256k1::{Message, schnorr};
use bulla_core::{ContractId, OperationId};

use crate::invoice::InvoiceId;
use crate::tagged;

const PREFIX: &str = "bullaack1";
const VERSION: u8 = 1;
const HEAD: usize = 1 + 32 + 32 + 32 + 1 + 2;
const MAX_OPERATIONS: usize = 1_000;

/// What a payee says.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// The consignment is consistent and pays the invoice.
    Accepted,
    /// It is not, or does not.
    Refused,
}

/// What an acknowledgement says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The invoice.
    pub invoice: InvoiceId,
    /// The contract.
    pub contract: ContractId,
    /// The transaction that moves it.
    pub witness: Txid,
    /// What the payee says.
    pub verdict: Verdict,
    /// The operations of the consignment that pay him, ascending.
    pub operations: Vec<OperationId>,
}

/// A statement with its signature, which has been checked for form only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acknowledgement {
    statement: Statement,
    signature: schnorr::Signature,
}

/// Why a text is no acknowledgement, or not the one that is due.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AckError {
    /// Not an acknowledgement, or cut.
    #[error("not an acknowledgement ({what}); expected the text `bullaack1…` that `accept` writes")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// A later version.
    #[error(
        "an acknowledgement of version {found}; this software reads version {VERSION}, update it"
    )]
    Version {
        /// The version.
        found: u8,
    },
    /// Signed by another key, or changed.
    #[error(
        "the acknowledgement is not signed by the key that the invoice names; ask the payee for it again"
    )]
    Signature,
    /// About something else.
    #[error("the acknowledgement is about another {what} ({found}); expected {expected}")]
    Other {
        /// What differs.
        what: &'static str,
        /// Its value there.
        found: String,
        /// The value due.
        expected: String,
    },
}

impl Statement {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.invoice.to_bytes());
        bytes.extend_from_slice(self.contract.as_bytes());
        bytes.extend_from_slice(self.witness.as_byte_array());
        bytes.push(match self.verdict {
            Verdict::Accepted => 0,
            Verdict::Refused => 1,
        });
        let count = u16::try_from(self.operations.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&count.to_le_bytes());
        for operation in &self.operations {
            bytes.extend_from_slice(operation.as_bytes());
        }
        bytes
    }

    fn message(&self) -> Message {
        Message::from_digest(tagged::ACKNOWLEDGEMENT.hash(&self.to_bytes()))
    }

    /// Signs it, without auxiliary randomness: the same statement has one signature.
    pub fn sign(mut self, key: &Keypair) -> Acknowledgement {
        self.operations.sort_unstable();
        self.operations.dedup();
        self.operations.truncate(MAX_OPERATIONS);
        let signature = Secp256k1::new().sign_schnorr_no_aux_rand(&self.message(), key);
        Acknowledgement {
            statement: self,
            signature,
        }
    }
}

impl Acknowledgement {
    /// What it claims to say; [`Self::verify`] says whether the payee said it.
    pub const fn claimed(&self) -> &Statement {
        &self.statement
    }

    /// What the owner of this key said.
    ///
    /// # Errors
    /// If another key signed it, or it was changed.
    pub fn verify(&self, key: &XOnlyPublicKey) -> Result<&Statement, AckError> {
        Secp256k1::verification_only()
            .verify_schnorr(&self.signature, &self.statement.message(), key)
            .map_err(|_| AckError::Signature)?;
        Ok(&self.statement)
    }
}

impl fmt::Display for Acknowledgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.statement.to_bytes();
        bytes.extend_from_slice(&self.signature.serialize());
        write!(f, "{PREFIX}{}", bytes.as_hex())
    }
}

impl FromStr for Acknowledgement {
    type Err = AckError;

    fn from_str(text: &str) -> Result<Self, AckError> {
        let malformed = |what| AckError::Malformed { what };
        let hex = text
            .trim()
            .strip_prefix(PREFIX)
            .ok_or(malformed("another beginning"))?;
        if hex.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(malformed("capital letters"));
        }
        if hex.len() > 2 * (HEAD + 32 * MAX_OPERATIONS + 64) {
            return Err(malformed("too long"));
        }
        let bytes = Vec::<u8>::from_hex(hex).map_err(|_| malformed("not hex"))?;
        match bytes.first() {
            Some(&VERSION) => read(&bytes).ok_or(malformed("it was cut, or changed")),
            Some(found) => Err(AckError::Version { found: *found }),
            None => Err(malformed("empty")),
        }
    }
}

fn read(bytes: &[u8]) -> Option<Acknowledgement> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let part = |at: usize| head.get(at..at + 32)?.try_into().ok();
    let verdict = match head.get(97)? {
        0 => Verdict::Accepted,
        1 => Verdict::Refused,
        _ => return None,
    };
    let count = u16::from_le_bytes(head.get(98..100)?.try_into().ok()?);
    let (operations, signature) = rest.split_at_checked(usize::from(count) * 32)?;
    let (operations, _) = operations.as_chunks::<32>();
    if !operations.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let statement = Statement {
        invoice: InvoiceId::from_bytes(part(1)?),
        contract: ContractId::from_bytes(part(33)?),
        witness: Txid::from_byte_array(part(65)?),
        verdict,
        operations: operations
            .iter()
            .map(|id| OperationId::from_bytes(*id))
            .collect(),
    };
    let signature = schnorr::Signature::from_slice(signature).ok()?;
    Some(Acknowledgement {
        statement,
        signature,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Keypair {
        Keypair::from_seckey_slice(&Secp256k1::new(), &[n; 32]).unwrap()
    }

    fn statement() -> Statement {
        Statement {
            invoice: InvoiceId::from_bytes([1; 32]),
            contract: ContractId::from_bytes([2; 32]),
            witness: Txid::from_byte_array([3; 32]),
            verdict: Verdict::Accepted,
            operations: vec![
                OperationId::from_bytes([4; 32]),
                OperationId::from_bytes([5; 32]),
            ],
        }
    }

    #[test]
    fn an_acknowledgement_survives_its_text_form_and_verifies() {
        let ack = statement().sign(&key(7));
        let read: Acknowledgement = format!("{ack}\n").parse().unwrap();
        assert_eq!(read, ack);
        assert_eq!(read.verify(&key(7).x_only_public_key().0), Ok(&statement()));
    }

    #[test]
    fn operations_are_signed_ascending_and_once() {
        let mut twice = statement();
        twice.operations = vec![statement().operations[1], statement().operations[0]];
        twice.operations.push(statement().operations[1]);
        assert_eq!(twice.sign(&key(7)), statement().sign(&key(7)));
    }

    #[test]
    fn another_key_is_refused() {
        let ack = statement().sign(&key(7));
        assert_eq!(
            ack.verify(&key(8).x_only_public_key().0),
            Err(AckError::Signature)
        );
    }

    #[test]
    fn every_changed_digit_is_refused() {
        let text = statement().sign(&key(7)).to_string();
        let public = key(7).x_only_public_key().0;
        for at in PREFIX.len()..text.len() {
            let digit = if &text[at..=at] == "0" { "1" } else { "0" };
            let mut changed = text.clone();
            changed.replace_range(at..=at, digit);
            let verified = changed
                .parse::<Acknowledgement>()
                .and_then(|ack| ack.verify(&public).cloned());
            assert!(verified.is_err(), "{at}");
        }
    }

    #[test]
    fn a_cut_or_foreign_text_is_refused() {
        let text = statement().sign(&key(7)).to_string();
        for length in 0..text.len() {
            assert!(
                text[..length].parse::<Acknowledgement>().is_err(),
                "{length}"
            );
        }
        let longer = format!("{text}00");
        let cut = AckError::Malformed {
            what: "it was cut, or changed",
        };
        assert_eq!(longer.parse::<Acknowledgement>(), Err(cut));
        let capital = format!("{PREFIX}{}", text[PREFIX.len()..].to_uppercase());
        let error = AckError::Malformed {
            what: "capital letters",
        };
        assert_eq!(capital.parse::<Acknowledgement>(), Err(error));
    }

    #[test]
    fn a_later_version_is_told_apart() {
        let text = statement()
            .sign(&key(7))
            .to_string()
            .replacen("bullaack101", "bullaack102", 1);
        assert_eq!(
            text.parse::<Acknowledgement>(),
            Err(AckError::Version { found: 2 })
        );
    }
}
