//! What a command of the wallet can answer instead of a result.

use crate::chain::SourceError;
use crate::keys::KeysError;

/// Why a command failed. Nothing has changed then, unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Words, passphrases and keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The chain source.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Error {
    /// A stable name for programs, in kebab case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Keys(cause) => cause.code(),
            Self::Source(_) => "source",
        }
    }

    /// What a person can do about it, unless the message says it.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Keys(cause) => cause.remedy().map(str::to_owned),
            Self::Source(_) => None,
        }
    }
}
