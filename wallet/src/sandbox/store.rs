//! The sandbox's file: an `SQLite` database with the block tree, the best chain's transactions and
//! coins (spent ones too, with their spender), and the mempool.

use std::path::Path;
use std::time::Duration;

use bdk_wallet::rusqlite::types::Type;
use bdk_wallet::rusqlite::{self, Connection, Transaction, TransactionBehavior};
use bitcoin::consensus::encode::{self, Decodable};

use super::SandboxError;

const FORMAT: u32 = 1;
/// `SQLite`'s application id of a sandbox: "bulS".
const APPLICATION: u32 = 0x6275_6c53;
/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(60);

const TABLES: &str = "
CREATE TABLE block (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE, prev BLOB NOT NULL, height INTEGER NOT NULL,
    time INTEGER NOT NULL, invalid INTEGER NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE chain (height INTEGER PRIMARY KEY, hash BLOB NOT NULL);
CREATE TABLE mined (
    txid BLOB PRIMARY KEY, height INTEGER NOT NULL, raw BLOB NOT NULL
);
CREATE INDEX mined_height ON mined (height);
CREATE TABLE coin (
    txid BLOB NOT NULL, vout INTEGER NOT NULL, value INTEGER NOT NULL, script BLOB NOT NULL,
    height INTEGER NOT NULL, coinbase INTEGER NOT NULL,
    spender BLOB, spent_height INTEGER,
    PRIMARY KEY (txid, vout)
) WITHOUT ROWID;
CREATE INDEX coin_script ON coin (script);
CREATE INDEX coin_height ON coin (height);
CREATE INDEX coin_spent ON coin (spent_height);
CREATE TABLE pool (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    txid BLOB NOT NULL UNIQUE, fee INTEGER NOT NULL, vsize INTEGER NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE pool_spend (
    txid BLOB NOT NULL, vout INTEGER NOT NULL, script BLOB NOT NULL, spender BLOB NOT NULL,
    PRIMARY KEY (txid, vout)
) WITHOUT ROWID;
CREATE INDEX pool_spend_spender ON pool_spend (spender);
CREATE TABLE pool_coin (
    txid BLOB NOT NULL, vout INTEGER NOT NULL, value INTEGER NOT NULL, script BLOB NOT NULL,
    PRIMARY KEY (txid, vout)
) WITHOUT ROWID;
CREATE INDEX pool_coin_script ON pool_coin (script);
";

/// Opens the file, and makes the tables in a new one. `begin` fills a new sandbox; two processes
/// that open the same new file at the same time agree on one.
pub(super) fn open(
    path: &Path,
    begin: impl FnOnce(&Connection) -> Result<(), SandboxError>,
) -> Result<Connection, SandboxError> {
    let mut conn = Connection::open(path)?;
    conn.busy_timeout(PATIENCE)?;
    conn.set_prepared_statement_cache_capacity(64);
    // A killed process loses nothing; only a power failure could, and these are no real coins.
    conn.pragma_update(None, "synchronous", "OFF")?;
    if !is_ready(&conn)? {
        let db = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !is_ready(&db)? {
            db.execute_batch(TABLES)?;
            db.pragma_update(None, "application_id", APPLICATION)?;
            db.pragma_update(None, "user_version", FORMAT)?;
            begin(&db)?;
        }
        db.commit()?;
    }
    Ok(conn)
}

/// Whether the file is a sandbox of this format; `false` for an empty one.
fn is_ready(db: &Connection) -> Result<bool, SandboxError> {
    let application: u32 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application == APPLICATION {
        let found = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        return match found {
            FORMAT => Ok(true),
            _ => Err(SandboxError::Format {
                found,
                expected: FORMAT,
            }),
        };
    }
    let tables: u32 = db.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if tables == 0 {
        Ok(false)
    } else {
        Err(SandboxError::NotASandbox)
    }
}

/// A consistent view of the file for several reads.
pub(super) fn snapshot(conn: &Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new_unchecked(conn, TransactionBehavior::Deferred)
}

/// The only writer until it commits; a drop changes nothing.
pub(super) fn writer(conn: &Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new_unchecked(conn, TransactionBehavior::Immediate)
}

/// Decodes what this module's own tables hold.
pub(super) fn decode<T: Decodable>(bytes: &[u8]) -> rusqlite::Result<T> {
    encode::deserialize(bytes)
        .map_err(|cause| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(cause)))
}
