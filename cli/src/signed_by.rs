//! What was stated about an issuer, for people: never more than what was verified.

use bitcoin::key::XOnlyPublicKey;
use bulla_wallet::identity::Statement;
use serde::Serialize;

/// A statement whose signature is good.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SignedBy {
    /// The key that signed.
    pub key: XOnlyPublicKey,
    /// Whether the genesis names that key; none: no genesis was at hand.
    pub named_by_genesis: Option<bool>,
    /// What the key claims to be: a kind and a value.
    pub claim: String,
    /// Whether the claim was checked: only a nostr key that signed itself is.
    pub checked: bool,
}

impl SignedBy {
    /// Of a statement about a contract whose genesis names a key, or none.
    pub fn of(statement: &Statement, issuer: Option<XOnlyPublicKey>) -> Self {
        Self {
            named_by_genesis: Some(issuer == Some(statement.key())),
            ..Self::alone(statement)
        }
    }

    /// Of a statement without the contract that it is about.
    pub fn alone(statement: &Statement) -> Self {
        Self {
            key: statement.key(),
            named_by_genesis: None,
            claim: statement.claim().to_string(),
            checked: statement.is_its_own_proof(),
        }
    }

    /// Who signed.
    pub fn signed_by(&self) -> String {
        let key = self.key;
        match self.named_by_genesis {
            Some(true) => format!("signed by {key}"),
            Some(false) => format!("signed by {key}, which the genesis does not name"),
            None => format!("signed by {key}; whether the genesis names it was not looked at"),
        }
    }

    /// What is claimed.
    pub fn claims(&self) -> String {
        let checked = if self.checked {
            "the key that signed"
        } else {
            "not checked"
        };
        format!("claims {} ({checked})", self.claim)
    }
}
