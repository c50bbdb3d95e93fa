//! What a command of the wallet can answer instead of a result.

use bulla_core::OperationId;

use crate::assets::consign::ConsignError;
use crate::chain::SourceError;
use crate::coins::CoinsError;
use crate::headers::HeadersError;
use crate::identity::IdentityError;
use crate::keys::KeysError;
use crate::proofs::ProofError;
use crate::store::StoreError;
use crate::transfer::ack::AckError;
use crate::transfer::envelope::EnvelopeError;
use crate::transfer::error::TransferError;
use crate::transfer::plan::PlanError;
use crate::transfer::step::StepError;

/// Why a command failed. Nothing has changed then, unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Words, passphrases and keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The wallet's file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Coins and the transactions that spend them.
    #[error(transparent)]
    Coins(#[from] CoinsError),
    /// The chain source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The header chain.
    #[error(transparent)]
    Headers(Box<HeadersError>),
    /// Statements about who issued a contract.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Proofs of ownership.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Assets and their transfers.
    #[error(transparent)]
    Transfer(Box<TransferError>),
}

impl From<HeadersError> for Error {
    fn from(cause: HeadersError) -> Self {
        Self::Headers(Box::new(cause))
    }
}

macro_rules! from_transfer {
    ($($cause:ty),* $(,)?) => {$(
        impl From<$cause> for Error {
            fn from(cause: $cause) -> Self {
                Self::Transfer(Box::new(cause.into()))
            }
        }
    )*};
}

from_transfer!(
    AckError,
    ConsignError,
    EnvelopeError,
    PlanError,
    StepError,
    TransferError
);

impl From<bdk_wallet::rusqlite::Error> for Error {
    fn from(cause: bdk_wallet::rusqlite::Error) -> Self {
        Self::Store(cause.into())
    }
}

impl Error {
    /// A stable name for programs, in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys(cause) => cause.code(),
            Self::Store(cause) => cause.code(),
            Self::Coins(cause) => cause.code(),
            Self::Source(SourceError::OtherChain { .. }) => "wrong-chain",
            Self::Source(SourceError::Refused { .. }) => "refused",
            Self::Source(_) => "source",
            Self::Headers(cause) => cause.code(),
            Self::Identity(cause) => cause.code(),
            Self::Proof(cause) => cause.code(),
            Self::Transfer(cause) => cause.code(),
        }
    }

    /// The operations that a delta builds on and that this wallet does not know.
    pub fn missing(&self) -> Vec<OperationId> {
        match self {
            Self::Transfer(cause) => match &**cause {
                TransferError::BaseMissing { missing } => missing.iter().copied().collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// What a person can do about it, unless the message says it.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Keys(cause) => cause.remedy().map(str::to_owned),
            Self::Store(cause) => cause.remedy().map(str::to_owned),
            Self::Coins(cause) => cause.remedy(),
            Self::Source(_) | Self::Headers(_) | Self::Identity(_) | Self::Proof(_) => None,
            Self::Transfer(cause) => cause.remedy(),
        }
    }
}
