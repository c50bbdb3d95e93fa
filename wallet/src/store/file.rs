//! Making and opening the wallet's file.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use bdk_wallet::rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::StoreError;
use super::migrate::{self, VERSION};
use crate::defaults;

/// Marks the file as a wallet of this program: `BULL`.
const APPLICATION_ID: i64 = 0x4255_4c4c;

/// Statements that are kept prepared: more than there are.
const STATEMENTS: usize = 128;

/// Memory for pages, in KiB as a negative number: 64 MiB. A command that changes more writes early.
const CACHE_KIB: i64 = -65_536;

/// Makes an empty file that only its owner can read, and opens it. It is no wallet before
/// [`init`] is committed; what a killed `create` left behind is taken over.
///
/// # Errors
/// [`StoreError::Exists`] if there is a wallet, [`StoreError::NotAWallet`] if there is another file.
pub fn create(path: &Path) -> Result<Connection, StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    match options.open(path) {
        Ok(_) => {}
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
            let db = connect(path)?;
            if let Kind::Wallet(_) = kind(&db, path)? {
                return Err(StoreError::Exists {
                    path: path.to_owned(),
                });
            }
            // Somebody else may have made it.
            return close_to_others(path).map(|()| db);
        }
        Err(cause) => {
            return Err(StoreError::File {
                path: path.to_owned(),
                cause,
            });
        }
    }
    connect(path)
}

/// Whether there is a wallet. An empty file is none: a killed `create` leaves one behind.
///
/// # Errors
/// [`StoreError::NotAWallet`] if there is another file, [`StoreError::Newer`], [`StoreError::Busy`].
pub fn exists(path: &Path) -> Result<bool, StoreError> {
    if !path.exists() {
        return Ok(false);
    }
    let kind = kind(&connect(path)?, path)?;
    Ok(matches!(kind, Kind::Wallet(_)))
}

/// Opens a wallet, brings it to the current version, and keeps every other process out of it until
/// the connection is closed.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::NotAWallet`], [`StoreError::Newer`] or [`StoreError::Busy`].
pub fn open(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::NotFound {
            path: path.to_owned(),
        });
    }
    let mut db = connect(path)?;
    let Kind::Wallet(version) = kind(&db, path)? else {
        return Err(StoreError::NotAWallet {
            path: path.to_owned(),
        });
    };
    migrate::run(&mut db, version)?;
    Ok(db)
}

/// Makes all tables in a file that has none.
pub fn init(db: &Transaction<'_>) -> Result<(), StoreError> {
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate::apply(db, 0)
}

/// A store of this process alone, gone with the connection.
pub fn memory() -> Result<Connection, StoreError> {
    let mut db = Connection::open_in_memory()?;
    let tables = begin(&mut db)?;
    init(&tables)?;
    tables.commit()?;
    Ok(db)
}

/// Begins the one transaction of a command.
pub fn begin(db: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    Ok(db.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

enum Kind {
    Empty,
    Wallet(i64),
}

/// What the file is, without a change to it.
fn kind(db: &Connection, path: &Path) -> Result<Kind, StoreError> {
    let number = |pragma| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let tables: i64 = db
        .query_row("SELECT count(*) FROM sqlite_master", (), |row| row.get(0))
        .map_err(|cause| not_a_database(cause, path))?;
    let (application, version) = (number("application_id")?, number("user_version")?);
    match (application, version) {
        (0, 0) if tables == 0 => Ok(Kind::Empty),
        (APPLICATION_ID, 1..=VERSION) => Ok(Kind::Wallet(version)),
        (APPLICATION_ID, found) if found > VERSION => Err(StoreError::Newer {
            found,
            newest: VERSION,
        }),
        _ => Err(StoreError::NotAWallet {
            path: path.to_owned(),
        }),
    }
}

fn not_a_database(cause: bdk_wallet::rusqlite::Error, path: &Path) -> StoreError {
    match cause.sqlite_error_code() {
        Some(bdk_wallet::rusqlite::ErrorCode::NotADatabase) => StoreError::NotAWallet {
            path: path.to_owned(),
        },
        _ => cause.into(),
    }
}

/// Opens the file and locks it. Rollback journal, so that a closed wallet is one file; synced so
/// that a committed command survives a loss of power, journal directory included. `SQLite`'s lock
/// ends with the process, however that ends.
fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    lock(&db).map_err(|cause| not_a_database(cause, path))?;
    Ok(db)
}

fn lock(db: &Connection) -> bdk_wallet::rusqlite::Result<()> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.pragma_update(None, "cache_size", CACHE_KIB)?;
    db.busy_timeout(Duration::from_millis(defaults::BUSY_TIMEOUT_MS))?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    db.pragma_update(None, "synchronous", "EXTRA")?;
    db.execute_batch("BEGIN EXCLUSIVE; COMMIT")
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(unix)]
fn close_to_others(path: &Path) -> Result<(), StoreError> {
    let owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, owner).map_err(|cause| StoreError::File {
        path: path.to_owned(),
        cause,
    })
}

/// Other systems keep a user's directory to the user.
#[cfg(not(unix))]
fn close_to_others(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

/// Other systems keep a user's directory to the user.
#[cfg(not(unix))]
fn owner_only(_options: &mut OpenOptions) {}
