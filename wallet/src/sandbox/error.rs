//! What can go wrong in the sandbox.

use bdk_wallet::rusqlite;
use bitcoin::Amount;

use super::Rejection;

/// Why the sandbox did not do what it was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A transaction or block against the rules.
    #[error("refused: {0}")]
    Rejected(#[from] Rejection),
    /// The file cannot be read or written.
    #[error("the sandbox's file cannot be used")]
    Storage(#[from] rusqlite::Error),
    /// The file is an `SQLite` database, but no sandbox.
    #[error("the file is a database but not a sandbox; choose another path")]
    NotASandbox,
    /// The file was written by another version.
    #[error(
        "the sandbox has format {found}, this version reads {expected}; start a new sandbox at another path"
    )]
    Format {
        /// The format of the file.
        found: u32,
        /// The format of this version.
        expected: u32,
    },
    /// A reorg of more blocks than there are.
    #[error(
        "cannot drop {depth} blocks: the chain has {height} above genesis; drop at most that many"
    )]
    TooDeep {
        /// The blocks to drop.
        depth: u32,
        /// The height of the best block.
        height: u32,
    },
    /// The faucet has not got that much, however much it mines.
    #[error(
        "the faucet was asked for {asked} and can mine no more than {available}; ask for less or start a new sandbox"
    )]
    FaucetDry {
        /// The amount asked for and its fee.
        asked: Amount,
        /// What the faucet can spend.
        available: Amount,
    },
}

/// What can go wrong inside a change: a rule is broken, or the file fails.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error(transparent)]
    Storage(#[from] rusqlite::Error),
}

impl From<Fault> for SandboxError {
    fn from(fault: Fault) -> SandboxError {
        match fault {
            Fault::Rejected(rejection) => SandboxError::Rejected(rejection),
            Fault::Storage(cause) => SandboxError::Storage(cause),
        }
    }
}

impl SandboxError {
    /// The rule that was broken, if one was.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            SandboxError::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }
}
