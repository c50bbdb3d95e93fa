//! Why a proof of ownership is refused, or cannot be made.

use bitcoin::OutPoint;
use bulla_core::validator::Failure;
use bulla_core::{ContractId, NetworkId};

use super::Challenge;

/// Why a proof of ownership is refused, or cannot be made. Nothing has changed then.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
    /// A text that cannot be a challenge.
    #[error("the challenge {what}; expected one line of 1 to 512 bytes")]
    BadChallenge {
        /// What is wrong.
        what: &'static str,
    },
    /// Not a proof, or changed on its way.
    #[error("not a proof of ownership: {what}; ask for the file that `prove` writes again")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// A later version.
    #[error("a proof of version `{found}`; this software reads version 1, update it")]
    Version {
        /// The version.
        found: String,
    },
    /// Made for another challenge: old, or somebody else's.
    #[error("the proof answers the challenge `{found}`; expected `{expected}`")]
    Challenge {
        /// The proof's.
        found: Challenge,
        /// The one that was asked.
        expected: Challenge,
    },
    /// About another contract.
    #[error("the proof is about contract {found}; expected {expected}")]
    Contract {
        /// The proof's.
        found: ContractId,
        /// The one that was asked for, or of its consignment.
        expected: ContractId,
    },
    /// On another chain.
    #[error("the proof is about network {found}; expected {expected}")]
    Network {
        /// The proof's.
        found: NetworkId,
        /// The one that was asked for.
        expected: NetworkId,
    },
    /// Its consignment is not consistent, or cannot be judged.
    #[error("the consignment of the proof is refused: {0}")]
    Refused(Box<Failure>),
    /// The transaction beside a coin does not make it.
    #[error("the transaction beside coin {outpoint} does not make that coin")]
    Transaction {
        /// The coin.
        outpoint: OutPoint,
    },
    /// A coin that the proof lists holds nothing that the consignment hands over.
    #[error("no leaf that is open at the end of the consignment lies on coin {outpoint}")]
    Empty {
        /// The coin.
        outpoint: OutPoint,
    },
    /// The consignment hands over a leaf on a coin that is not proven.
    #[error(
        "a leaf that the consignment hands over lies on coin {outpoint}, which the proof does not list"
    )]
    Unlisted {
        /// The coin.
        outpoint: OutPoint,
    },
    /// The consignment hands over something that lies on no coin that can be seen.
    #[error(
        "the consignment hands over a leaf whose seal is secret, or evidence; a proof shows leaves and their coins only"
    )]
    Unseen,
    /// A kind of output that cannot prove anything here.
    #[error(
        "coin {outpoint} is not proven by its key alone; expected an output of type P2TR or P2WPKH"
    )]
    Unsupported {
        /// The coin.
        outpoint: OutPoint,
    },
    /// The signature is not the coin's, or over something else.
    #[error(
        "the signature for coin {outpoint} is not by its key over this challenge, contract and these coins"
    )]
    Signature {
        /// The coin.
        outpoint: OutPoint,
    },
    /// There is nothing to prove.
    #[error("this wallet holds nothing of contract {contract} that is settled")]
    NothingHeld {
        /// The contract.
        contract: ContractId,
    },
    /// A coin that was named cannot be proven.
    #[error("nothing settled of contract {contract} lies on coin {outpoint} of this wallet")]
    NotHeld {
        /// The contract.
        contract: ContractId,
        /// The coin.
        outpoint: OutPoint,
    },
    /// More coins than a proof may list.
    #[error(
        "{found} coins hold the contract; a proof lists at most {limit}: name some with --coin"
    )]
    TooManyCoins {
        /// How many there are.
        found: usize,
        /// The limit.
        limit: usize,
    },
}

impl ProofError {
    /// A stable name for programs, in kebab case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadChallenge { .. } => "challenge",
            Self::Malformed { .. } | Self::Version { .. } => "proof",
            Self::Challenge { .. } => "other-challenge",
            Self::Contract { .. } => "wrong-contract",
            Self::Network { .. } => "wrong-network",
            Self::Refused(_) => "refused",
            Self::Transaction { .. } => "proof-transaction",
            Self::Empty { .. } => "proof-empty-coin",
            Self::Unlisted { .. } => "proof-unlisted-coin",
            Self::Unseen => "proof-unseen-leaf",
            Self::Unsupported { .. } => "proof-unsupported",
            Self::Signature { .. } => "proof-signature",
            Self::NothingHeld { .. } | Self::NotHeld { .. } => "nothing-held",
            Self::TooManyCoins { .. } => "too-many-coins",
        }
    }
}
