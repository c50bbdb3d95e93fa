//! What can be wrong with statements about issuers.

use bitcoin::key::XOnlyPublicKey;
use bulla_core::{ContractId, NetworkId};

/// Why a text is no identity that can be claimed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClaimError {
    /// Another kind.
    #[error(
        "`{found}` claims no known kind of identity; expected `domain`, `nostr` or `pgp` and a value"
    )]
    Kind {
        /// The text.
        found: String,
    },
    /// Not a plain domain name.
    #[error(
        "`{found}` is no domain that can be claimed; expected lower case ASCII letters, digits and hyphens in at least two labels, as in `example.com`, not an internationalised name"
    )]
    Domain {
        /// The text.
        found: String,
    },
    /// Not a nostr key.
    #[error("`{found}` is no nostr key; expected `npub1` and 58 lower case characters")]
    Nostr {
        /// The text.
        found: String,
    },
    /// Not a fingerprint.
    #[error(
        "`{found}` is no PGP fingerprint; expected 40 or 64 upper case hex digits without spaces"
    )]
    Pgp {
        /// The text.
        found: String,
    },
}

/// Why a statement about an issuer is refused. Nothing has changed then.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IdentityError {
    /// Not a statement, or changed on its way.
    #[error(
        "not a statement about an issuer: {what}; expected the six lines that `issuer state` writes"
    )]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// A later version.
    #[error("a statement of version `{found}`; this software reads version 1, update it")]
    Version {
        /// The version.
        found: String,
    },
    /// What it claims.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// Another key signed it, or it was changed.
    #[error("the statement is not signed by the key it names, {key}; ask for it again")]
    Signature {
        /// That key.
        key: XOnlyPublicKey,
    },
    /// Of another chain.
    #[error("the statement is about network {found}; expected {expected}")]
    Network {
        /// The statement's.
        found: NetworkId,
        /// The wallet's.
        expected: NetworkId,
    },
    /// About another contract.
    #[error("the statement is about contract {found}; expected {expected}")]
    Contract {
        /// The statement's.
        found: ContractId,
        /// The one in question.
        expected: ContractId,
    },
    /// Enough of them are kept.
    #[error("{limit} statements about contract {contract} are kept already, no more are")]
    TooMany {
        /// The contract.
        contract: ContractId,
        /// The limit.
        limit: usize,
    },
}

impl IdentityError {
    /// A stable name for programs, in kebab case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } | Self::Version { .. } => "statement",
            Self::Claim(_) => "claim",
            Self::Signature { .. } => "statement-signature",
            Self::Network { .. } => "wrong-network",
            Self::Contract { .. } => "wrong-contract",
            Self::TooMany { .. } => "too-many-statements",
        }
    }
}
