//! What others told us of transactions that no source has seen, or that conflict with mined ones: it
//! has no effect, and anybody can make more of it.

use bdk_wallet::rusqlite::{Connection, Transaction};
use bitcoin::Txid;

use super::blob::Blob;
use super::{StoreError, witnesses};

/// How much waits.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Transitions.
    pub transitions: u64,
    /// Bytes of these transitions and of their transactions.
    pub bytes: u64,
}

impl Waiting {
    /// Whether there is more of something than before, and more than a limit.
    pub const fn grew_beyond(self, limit: Self, before: Self) -> bool {
        (self.transitions > limit.transitions && self.transitions > before.transitions)
            || (self.bytes > limit.bytes && self.bytes > before.bytes)
    }
}

/// Transitions none of whose witnesses is ours, mined or in the mempool.
pub fn waiting(db: &Connection) -> Result<Waiting, StoreError> {
    let sql = "SELECT count(*), coalesce(sum(length(o.transition)), 0),
             (SELECT coalesce(sum(length(tx)), 0) FROM witnesses WHERE status IN (0, 3) AND NOT own)
         FROM operations o WHERE o.id IN (
             SELECT a.operation FROM witnesses w JOIN anchored a ON a.witness = w.txid
             WHERE w.status IN (0, 3) AND NOT w.own AND NOT EXISTS (
                 SELECT 1 FROM anchored b JOIN witnesses v ON v.txid = b.witness
                 WHERE b.operation = a.operation AND (v.status IN (1, 2) OR v.own)))";
    let (transitions, operations, witnesses): (u64, u64, u64) = db
        .prepare_cached(sql)?
        .query_row((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(Waiting {
        transitions,
        bytes: operations.saturating_add(witnesses),
    })
}

/// Forgets the witnesses of others that are absent since before one height of the tip, or conflicted
/// since before another, and the operations they leave without a witness. An operation on which
/// another one builds stays as long as that one.
pub fn forget(db: &Transaction<'_>, absent: u32, conflicted: u32) -> Result<(), StoreError> {
    loop {
        let gone = forgettable(db, absent, conflicted)?;
        if gone.is_empty() {
            return Ok(());
        }
        for witness in gone {
            forget_witness(db, witness)?;
        }
    }
}

fn forgettable(db: &Connection, absent: u32, conflicted: u32) -> Result<Vec<Txid>, StoreError> {
    let sql = "SELECT w.txid FROM witnesses w
         WHERE w.status IN (0, 3) AND w.since < iif(w.status = 0, ?1, ?2) AND NOT w.own
         AND NOT EXISTS (
             SELECT 1 FROM anchored a JOIN inputs i ON i.parent = a.operation
             WHERE a.witness = w.txid AND NOT EXISTS (
                 SELECT 1 FROM anchored b WHERE b.operation = a.operation AND b.witness <> w.txid))";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([absent, conflicted], |row| row.get(0).map(|Blob(id)| id))?;
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
