//! How deep the history of an operation is mined: a column that is a cache of what the other tables
//! say, brought up to date with every change of them.

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Params, Transaction};
use bitcoin::Txid;
use bulla_core::OperationId;

use super::StoreError;
use super::blob::Blob;

/// What the cache must hold for an operation: the greatest height over itself (its least, where
/// several witnesses of it are mined) and its parents. NULL if one of them is not mined. `CROSS JOIN` has
/// the store begin with the operation's few witnesses: for a least height it would walk all that are mined.
const HEIGHT: &str = "SELECT o.height, max(
        (SELECT min(w.height) FROM anchored a CROSS JOIN witnesses w ON w.txid = a.witness
         WHERE a.operation = o.id AND w.status = 2),
        (SELECT iif(count(iif(i.parent = o.contract, 0, p.height)) = count(*),
                    max(iif(i.parent = o.contract, 0, p.height)), NULL)
         FROM inputs i LEFT JOIN operations p ON p.id = i.parent WHERE i.operation = o.id))
     FROM operations o WHERE o.id = ?1";

/// The greatest height of the history of an operation: `Some(None)` if not all of it is mined,
/// `None` for one that is not known, or a genesis.
pub fn height(db: &Connection, operation: &OperationId) -> Result<Option<Option<u32>>, StoreError> {
    let mut statement = db.prepare_cached("SELECT height FROM operations WHERE id = ?1")?;
    Ok(statement
        .query_row([Blob(operation)], |row| row.get(0))
        .optional()?)
}

/// Brings the cache up to date after the witnesses of these operations changed. Parents come before
/// children, and a change goes on to children alone.
pub(super) fn refresh(
    db: &Transaction<'_>,
    operations: impl IntoIterator<Item = (i64, OperationId)>,
) -> Result<(), StoreError> {
    let mut compute = db.prepare_cached(HEIGHT)?;
    let mut update = db.prepare_cached("UPDATE operations SET height = ?2 WHERE id = ?1")?;
    let mut open: BTreeSet<(i64, OperationId)> = operations.into_iter().collect();
    while let Some((_, operation)) = open.pop_first() {
        let (before, now): (Option<u32>, Option<u32>) =
            compute.query_row([Blob(&operation)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if before != now {
            update.execute((Blob(&operation), now))?;
            open.extend(children(db, &operation)?);
        }
    }
    Ok(())
}

/// [`refresh`] of one operation.
pub(super) fn refresh_operation(
    db: &Transaction<'_>,
    operation: &OperationId,
) -> Result<(), StoreError> {
    refresh(db, [(0, *operation)])
}

/// [`refresh`] of the operations that a witness commits to.
pub(super) fn refresh_witness(db: &Transaction<'_>, witness: Txid) -> Result<(), StoreError> {
    let sql = "SELECT o.seq, o.id FROM anchored a JOIN operations o ON o.id = a.operation
         WHERE a.witness = ?1";
    let operations = numbered(db, sql, [Blob(&witness)])?;
    refresh(db, operations)
}

/// [`refresh`] of all operations.
pub(crate) fn refresh_all(db: &Transaction<'_>) -> Result<(), StoreError> {
    let operations = numbered(db, "SELECT seq, id FROM operations", ())?;
    refresh(db, operations)
}

fn children(
    db: &Connection,
    operation: &OperationId,
) -> Result<Vec<(i64, OperationId)>, StoreError> {
    let sql = "SELECT o.seq, o.id FROM inputs i JOIN operations o ON o.id = i.operation
         WHERE i.parent = ?1";
    numbered(db, sql, [Blob(operation)])
}

fn numbered(
    db: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<(i64, OperationId)>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| {
        let id: Blob<_> = row.get(1)?;
        Ok((row.get(0)?, id.0))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
