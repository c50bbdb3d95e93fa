//! Coins that are spoken for: a transfer under way spends them, or a blinded invoice waits on them.

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::{Connection, Transaction};
use bitcoin::OutPoint;

use super::StoreError;
use super::blob::{Blob, unwrap};

/// For whom a coin is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The transfer that spends it.
    Transfer([u8; 16]),
    /// The invoice whose seal it is.
    Invoice(i64),
}

/// One coin that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservedRow {
    /// The coin.
    pub outpoint: OutPoint,
    /// For whom.
    pub holder: Holder,
    /// Until when, in seconds since 1970; `None` until it is released.
    pub until: Option<u64>,
}

/// Keeps a coin. `false` if it is kept already: nothing changes then.
pub fn insert(db: &Transaction<'_>, row: &ReservedRow) -> Result<bool, StoreError> {
    let (transfer, invoice) = match &row.holder {
        Holder::Transfer(id) => (Some(Blob(id)), None),
        Holder::Invoice(id) => (None, Some(id)),
    };
    let inserted = db.execute(
        "INSERT OR IGNORE INTO reserved (outpoint, transfer, invoice, until) VALUES (?1, ?2, ?3, ?4)",
        (Blob(&row.outpoint), transfer, invoice, row.until.map(seconds)),
    )?;
    Ok(inserted == 1)
}

/// Releases everything that is kept for a holder.
pub fn release(db: &Transaction<'_>, holder: Holder) -> Result<(), StoreError> {
    match holder {
        Holder::Transfer(id) => {
            db.execute("DELETE FROM reserved WHERE transfer = ?1", [Blob(&id)])?
        }
        Holder::Invoice(id) => db.execute("DELETE FROM reserved WHERE invoice = ?1", [id])?,
    };
    Ok(())
}

/// Releases what was kept until `now` or earlier.
pub fn release_expired(db: &Transaction<'_>, now: u64) -> Result<(), StoreError> {
    db.execute("DELETE FROM reserved WHERE until <= ?1", [seconds(now)])?;
    Ok(())
}

/// Everything that is kept.
pub fn all(db: &Connection) -> Result<Vec<ReservedRow>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT outpoint, transfer, invoice, until FROM reserved")?;
    let rows = statement.query_map((), |row| {
        let outpoint: Blob<_> = row.get(0)?;
        let holder = match unwrap(row.get(1)?) {
            Some(id) => Holder::Transfer(id),
            None => Holder::Invoice(row.get(2)?),
        };
        let until: Option<i64> = row.get(3)?;
        Ok(ReservedRow {
            outpoint: outpoint.0,
            holder,
            until: until.map(i64::unsigned_abs),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The coins that are kept at a time.
pub fn outpoints(db: &Connection, now: u64) -> Result<BTreeSet<OutPoint>, StoreError> {
    let rows = all(db)?.into_iter();
    Ok(rows
        .filter(|row| row.until.is_none_or(|until| until > now))
        .map(|row| row.outpoint)
        .collect())
}

/// A time as a column holds it; the end of time where it cannot.
pub(super) fn seconds(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}
