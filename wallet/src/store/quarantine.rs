//! What others told us of transactions that no source has seen, or that conflict with mined ones: it
//! has no effect, and anybody can make more of it.

use bdk_wallet::rusqlite::{Connection, Transaction};

use super::{StoreError, numbers, parents, witnesses};

/// How much waits.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Transactions that are not ours, not mined and not in the mempool: an operation can have any number of them.
    pub transactions: u64,
    /// Bytes of these transactions, and of the transitions that have no other.
    pub bytes: u64,
}

impl Waiting {
    /// Whether there is more of something than before, and more than a limit.
    pub const fn grew_beyond(self, limit: Self, before: Self) -> bool {
        (self.transactions > limit.transactions && self.transactions > before.transactions)
            || (self.bytes > limit.bytes && self.bytes > before.bytes)
    }
}

/// How many contracts are kept that others brought and of which no source has seen a transaction: anybody can make
/// one, and with an allocation of its genesis it needs no transaction at all. They are not forgotten.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Unseen {
    /// Contracts. Those that were imported count, and are never refused.
    pub contracts: u64,
    /// Bytes of what is known of their schemas and geneses.
    pub bytes: u64,
}

impl Unseen {
    /// Whether there are more contracts than before, and more of something than a limit.
    pub const fn grew_beyond(self, limit: Self, before: Self) -> bool {
        self.contracts > before.contracts
            && (self.contracts > limit.contracts || self.bytes > limit.bytes)
    }
}

/// The contracts of others that have no transaction in the chain, in the mempool, or of our own.
pub fn unseen(db: &Connection) -> Result<Unseen, StoreError> {
    let sql = "SELECT count(*), coalesce(sum(length(c.header)), 0) FROM contracts c
         WHERE NOT c.issued AND NOT EXISTS (
             SELECT 1 FROM operations g JOIN operations o ON o.contract = g.n
             JOIN anchored a ON a.operation = o.n JOIN witnesses w ON w.n = a.witness
             WHERE g.id = c.id AND (w.status IN (1, 2) OR w.own))";
    let (contracts, bytes) = db
        .prepare_cached(sql)?
        .query_row((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Unseen { contracts, bytes })
}

/// What has no effect, for no source has seen it or a mined transaction conflicts with it.
pub fn waiting(db: &Connection) -> Result<Waiting, StoreError> {
    let sql = "SELECT count(*), coalesce(sum(length(tx)), 0),
             (SELECT coalesce(sum(length(o.transition)), 0) FROM operations o WHERE o.n IN (
                 SELECT a.operation FROM witnesses w JOIN anchored a ON a.witness = w.n
                 WHERE w.status IN (0, 3) AND NOT w.own AND NOT EXISTS (
                     SELECT 1 FROM anchored b JOIN witnesses v ON v.n = b.witness
                     WHERE b.operation = a.operation AND (v.status IN (1, 2) OR v.own))))
         FROM witnesses WHERE status IN (0, 3) AND NOT own";
    let (transactions, witnesses, operations): (u64, u64, u64) = db
        .prepare_cached(sql)?
        .query_row((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(Waiting {
        transactions,
        bytes: operations.saturating_add(witnesses),
    })
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

/// The numbers of all of them, or of this one if it is one of them.
fn forgettable(
    db: &Connection,
    absent: u32,
    conflicted: u32,
    one: Option<i64>,
) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT w.n FROM witnesses w
         WHERE w.status IN (0, 3) AND w.since < iif(w.status = 0, ?1, ?2) AND NOT w.own
         AND w.n = coalesce(?3, w.n)
         AND NOT EXISTS (
             SELECT 1 FROM anchored a JOIN inputs i ON i.parent = a.operation
             WHERE a.witness = w.n AND NOT EXISTS (
                 SELECT 1 FROM anchored b WHERE b.operation = a.operation AND b.witness <> w.n))
         AND NOT EXISTS (
             SELECT 1 FROM anchored a JOIN inputs i ON i.parent = a.operation
             JOIN parents p ON p.operation = i.operation AND p.parent = a.operation
             WHERE a.witness = w.n AND p.parent_witness = w.n AND NOT EXISTS (
                 SELECT 1 FROM parents q WHERE q.operation = p.operation AND q.witness = p.witness
                 AND q.parent = p.parent AND q.parent_witness <> w.n))
         ORDER BY w.txid";
    numbers(db, sql, (absent, conflicted, one))
}

fn forget_witness(db: &Transaction<'_>, witness: i64) -> Result<(), StoreError> {
    let orphans = "SELECT a.operation FROM anchored a WHERE a.witness = ?1 AND NOT EXISTS (
         SELECT 1 FROM anchored b WHERE b.operation = a.operation AND b.witness <> a.witness)";
    let orphans = numbers(db, orphans, [witness])?;
    witnesses::forget_spent(db, witness)?;
    parents::forget(db, witness)?;
    delete(
        db,
        witness,
        &[
            ("block_proofs", "witness"),
            ("anchored", "witness"),
            ("anchors", "witness"),
            ("witnesses", "n"),
        ],
    )?;
    let of_operation = [
        ("leaves", "operation"),
        ("inputs", "operation"),
        ("operations", "n"),
    ];
    let mut orphans = orphans.into_iter();
    orphans.try_for_each(|operation| delete(db, operation, &of_operation))
}

/// Deletes the rows of these tables that have a number in a column.
fn delete(db: &Transaction<'_>, number: i64, from: &[(&str, &str)]) -> Result<(), StoreError> {
    for (table, column) in from {
        let sql = format!("DELETE FROM {table} WHERE {column} = ?1");
        db.prepare_cached(&sql)?.execute([number])?;
    }
    Ok(())
}
