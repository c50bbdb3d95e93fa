//! How deep the history of an operation is mined: a column that is a cache of what the other tables
//! say, brought up to date with every change of them.

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Transaction};
use bitcoin::Txid;
use bulla_core::OperationId;

use super::blob::Blob;
use super::{StoreError, numbers};

/// What the cache must hold for an operation: the greatest height over itself (its least, where
/// several witnesses of it are mined) and its parents, 0 for a genesis. NULL if one of them is not mined. `CROSS JOIN` has
/// `SQLite` begin with the operation's few witnesses: for a least height it would walk all that are mined.
const HEIGHT: &str = "SELECT o.height, max(
        (SELECT min(w.height) FROM anchored a CROSS JOIN witnesses w ON w.n = a.witness
         WHERE a.operation = o.n AND w.status = 2),
        (SELECT iif(count(p.height) = count(*), max(p.height), NULL)
         FROM inputs i JOIN operations p ON p.n = i.parent WHERE i.operation = o.n))
     FROM operations o WHERE o.n = ?1";

/// The greatest height of the history of an operation: `Some(None)` if not all of it is mined,
/// `None` for one that is not known, or a genesis.
pub fn height(db: &Connection, operation: &OperationId) -> Result<Option<Option<u32>>, StoreError> {
    let sql = "SELECT height FROM operations WHERE id = ?1 AND contract IS NOT NULL";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement
        .query_row([Blob(operation)], |row| row.get(0))
        .optional()?)
}

/// Brings the cache up to date after the witnesses of these operations changed. Parents come before
/// children in the order of their numbers, and a change goes on to children alone.
fn refresh(db: &Transaction<'_>, operations: Vec<i64>) -> Result<(), StoreError> {
    let mut compute = db.prepare_cached(HEIGHT)?;
    let mut update = db.prepare_cached("UPDATE operations SET height = ?2 WHERE n = ?1")?;
    let mut open: BTreeSet<i64> = operations.into_iter().collect();
    while let Some(operation) = open.pop_first() {
        let (before, now): (Option<u32>, Option<u32>) =
            compute.query_row([operation], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if before != now {
            update.execute((operation, now))?;
            let children = "SELECT operation FROM inputs WHERE parent = ?1";
            open.extend(numbers(db, children, [operation])?);
        }
    }
    Ok(())
}

/// [`refresh`] of one operation.
pub(super) fn refresh_operation(
    db: &Transaction<'_>,
    operation: &OperationId,
) -> Result<(), StoreError> {
    let sql = "SELECT n FROM operations WHERE id = ?1";
    refresh(db, numbers(db, sql, [Blob(operation)])?)
}

/// [`refresh`] of the operations that a witness commits to.
pub(super) fn refresh_witness(db: &Transaction<'_>, witness: Txid) -> Result<(), StoreError> {
    let sql = "SELECT a.operation FROM witnesses w JOIN anchored a ON a.witness = w.n
         WHERE w.txid = ?1";
    refresh(db, numbers(db, sql, [Blob(&witness)])?)
}

/// [`refresh`] of all operations.
pub(crate) fn refresh_all(db: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "SELECT n FROM operations WHERE contract IS NOT NULL";
    refresh(db, numbers(db, sql, ())?)
}
