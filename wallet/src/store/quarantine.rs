//! What others told us of transactions that no source has seen, or that conflict with mined ones: it
//! has no effect, and anybody can make more of it.

use bdk_wallet::rusqlite::{Connection, Transaction};
use bitcoin::Txid;

use super::blob::{Blob, optional};
use super::{StoreError, parents, witnesses};

/// Witnesses that are not ours, not mined and not in the mempool: an operation can have any number of them.
pub fn waiting(db: &Connection) -> Result<usize, StoreError> {
    let sql = "SELECT count(*) FROM witnesses WHERE status IN (0, 3) AND NOT own";
    Ok(db.prepare_cached(sql)?.query_row((), |row| row.get(0))?)
}

/// Forgets the witnesses of others that are absent since before one height of the tip, or conflicted
/// since before another, and the operations they leave without a witness. An operation on which
/// another one builds stays as long as that one, in the witness on which that was proven.
pub fn forget(db: &Transaction<'_>, absent: u32, conflicted: u32) -> Result<(), StoreError> {
    loop {
        let mut left = true;
        for witness in forgettable(db, absent, conflicted, None)? {
            // Of two that can stand in for each other one stays.
            if !forgettable(db, absent, conflicted, Some(witness))?.is_empty() {
                forget_witness(db, witness)?;
                left = false;
            }
        }
        if left {
            return Ok(());
        }
    }
}

/// All of them, or this one if it is one of them.
fn forgettable(
    db: &Connection,
    absent: u32,
    conflicted: u32,
    one: Option<Txid>,
) -> Result<Vec<Txid>, StoreError> {
    let sql = "SELECT w.txid FROM witnesses w
         WHERE w.status IN (0, 3) AND w.since < iif(w.status = 0, ?1, ?2) AND NOT w.own
         AND w.txid = coalesce(?3, w.txid)
         AND NOT EXISTS (
             SELECT 1 FROM anchored a JOIN inputs i ON i.parent = a.operation
             WHERE a.witness = w.txid AND NOT EXISTS (
                 SELECT 1 FROM anchored b WHERE b.operation = a.operation AND b.witness <> w.txid))
         AND NOT EXISTS (
             SELECT 1 FROM anchored a JOIN inputs i ON i.parent = a.operation
             JOIN parents p ON p.operation = i.operation AND p.parent = a.operation
             WHERE a.witness = w.txid AND p.parent_witness = w.txid AND NOT EXISTS (
                 SELECT 1 FROM parents q WHERE q.operation = p.operation AND q.witness = p.witness
                 AND q.parent = p.parent AND q.parent_witness <> w.txid))";
    let mut statement = db.prepare_cached(sql)?;
    let key = (absent, conflicted, optional(one.as_ref()));
    let rows = statement.query_map(key, |row| row.get(0).map(|Blob(id)| id))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn forget_witness(db: &Transaction<'_>, witness: Txid) -> Result<(), StoreError> {
    let orphans = "SELECT a.operation FROM anchored a WHERE a.witness = ?1 AND NOT EXISTS (
         SELECT 1 FROM anchored b WHERE b.operation = a.operation AND b.witness <> a.witness)";
    let mut statement = db.prepare_cached(orphans)?;
    let rows = statement.query_map([Blob(&witness)], |row| row.get::<_, Vec<u8>>(0))?;
    let orphans: Vec<_> = rows.collect::<Result<_, _>>()?;
    if let Some(row) = witnesses::get(db, witness)? {
        let sql = "DELETE FROM spent WHERE outpoint = ?1 AND witness = ?2";
        for input in &row.tx.input {
            let key = (Blob(&input.previous_output), Blob(&witness));
            db.prepare_cached(sql)?.execute(key)?;
        }
    }
    parents::forget(db, witness)?;
    for (table, column) in [
        ("anchored", "witness"),
        ("anchors", "witness"),
        ("witnesses", "txid"),
    ] {
        let sql = format!("DELETE FROM {table} WHERE {column} = ?1");
        db.prepare_cached(&sql)?.execute([Blob(&witness)])?;
    }
    for operation in &orphans {
        for (table, column) in [
            ("leaves", "operation"),
            ("inputs", "operation"),
            ("operations", "id"),
        ] {
            let sql = format!("DELETE FROM {table} WHERE {column} = ?1");
            db.prepare_cached(&sql)?.execute([operation])?;
        }
    }
    Ok(())
}
