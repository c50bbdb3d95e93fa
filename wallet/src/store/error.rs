//! What can be wrong with the wallet's file.

use std::path::PathBuf;

use bdk_wallet::rusqlite;
use bdk_wallet::rusqlite::ErrorCode;

/// Why the wallet's file cannot be used. The file is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file.
    #[error("no wallet at {}", path.display())]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is a wallet already.
    #[error("a wallet exists already at {}", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a bulla wallet", path.display())]
    NotAWallet {
        /// The file.
        path: PathBuf,
    },
    /// A later program wrote the file.
    #[error("the wallet has version {found}, this program knows versions 1 to {newest}")]
    Newer {
        /// The version of the file.
        found: i64,
        /// The newest version that is known.
        newest: i64,
    },
    /// Another process has the wallet open.
    #[error("another process uses this wallet")]
    Busy,
    /// A value is not what this program writes.
    #[error("the wallet file is damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: String,
    },
    /// The file cannot be made, read or written.
    #[error("{} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        cause: std::io::Error,
    },
    /// The database refuses.
    #[error("the wallet file cannot be used")]
    Sqlite {
        /// What `SQLite` says.
        #[source]
        cause: rusqlite::Error,
    },
}

impl StoreError {
    /// A stable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "no-wallet",
            Self::Exists { .. } => "wallet-exists",
            Self::NotAWallet { .. } => "not-a-wallet",
            Self::Newer { .. } => "wallet-newer",
            Self::Busy => "wallet-busy",
            Self::Damaged { .. } => "wallet-damaged",
            Self::File { .. } | Self::Sqlite { .. } => "wallet-file",
        }
    }

    /// What a person can do about it.
    pub const fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::NotFound { .. } => {
                Some("make one with `init`, or name another directory with --data-dir")
            }
            Self::Exists { .. } => Some("use it, or name another directory with --data-dir"),
            Self::NotAWallet { .. } => Some("name another directory with --data-dir"),
            Self::Newer { .. } => Some("update this program; the file is unchanged"),
            Self::Busy => Some("wait until the other process has ended, then try again"),
            Self::Damaged { .. } => Some("restore the file from a backup"),
            Self::File { .. } | Self::Sqlite { .. } => {
                Some("check that the file can be written by you, and that the disk is not full")
            }
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(cause: rusqlite::Error) -> Self {
        match cause.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => return Self::Busy,
            Some(ErrorCode::DatabaseCorrupt) => {
                return Self::Damaged {
                    what: cause.to_string(),
                };
            }
            _ => {}
        }
        match cause {
            rusqlite::Error::FromSqlConversionFailure(column, _, cause) => Self::Damaged {
                what: format!("column {column}: {cause}"),
            },
            rusqlite::Error::InvalidColumnType(_, name, found) => Self::Damaged {
                what: format!("column {name} holds {found}"),
            },
            rusqlite::Error::IntegralValueOutOfRange(column, found) => Self::Damaged {
                what: format!("column {column} holds {found}"),
            },
            cause => Self::Sqlite { cause },
        }
    }
}
