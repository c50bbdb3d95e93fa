//! The wallet's one file: a `SQLite` database that holds BDK's tables and ours.
//!
//! Rows in, rows out; no decisions. Everything that changes rows takes the [`Transaction`] of a
//! command, so that a command happens whole or not at all.
//!
//! [`Transaction`]: bdk_wallet::rusqlite::Transaction

mod blob;
mod error;
mod file;
mod keys;
mod meta;
mod migrate;

pub mod contracts;
pub mod headers;
pub mod invoices;
pub mod operations;
pub mod parents;
pub mod proven;
pub mod quarantine;
pub mod reserved;
pub mod standing;
pub mod statements;
pub mod tapret;
pub mod transfers;
pub mod witnesses;

pub use self::blob::Bytes;
pub use self::error::StoreError;
pub use self::file::{begin, create, exists, init, memory, open};
pub use self::keys::KeysRow;
pub use self::meta::Meta;
pub use self::migrate::VERSION;

use bdk_wallet::rusqlite::{Connection, Params};

/// The numbers in the first column of a query.
fn numbers(db: &Connection, sql: &str, params: impl Params) -> Result<Vec<i64>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
