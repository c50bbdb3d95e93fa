//! What an operation in a witness builds on: its parents, each in the witness on which it was proven.

use bdk_wallet::rusqlite::{Connection, Transaction};
use bitcoin::Txid;
use bulla_core::OperationId;
use bulla_core::consignment::Parents;

use super::StoreError;
use super::blob::Blob;

/// Notes what an operation in a witness was proven on, behind what was noted before.
pub fn put(
    db: &Transaction<'_>,
    operation: &OperationId,
    witness: Txid,
    parents: &Parents,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO parents (operation, witness, parent, parent_witness, nth)
         SELECT o.n, w.n, p.n, v.n, coalesce((SELECT max(q.nth) + 1 FROM parents q
             WHERE q.operation = o.n AND q.witness = w.n AND q.parent = p.n), 0)
         FROM operations o, witnesses w, operations p, witnesses v
         WHERE o.id = ?1 AND w.txid = ?2 AND p.id = ?3 AND v.txid = ?4
         ON CONFLICT DO NOTHING";
    let mut statement = db.prepare_cached(sql)?;
    for (parent, on) in parents {
        statement.execute((Blob(operation), Blob(&witness), Blob(parent), Blob(on)))?;
    }
    Ok(())
}

/// What an operation in a witness builds on. Of several witnesses of a parent, one that is mined; of
/// others the first it was proven on, unless that conflicts with what is mined.
pub fn get(db: &Connection, operation: &OperationId, witness: Txid) -> Result<Parents, StoreError> {
    let sql = "SELECT p.id, v.txid FROM operations o CROSS JOIN witnesses w
         CROSS JOIN parents q ON q.operation = o.n AND q.witness = w.n
         JOIN operations p ON p.n = q.parent JOIN witnesses v ON v.n = q.parent_witness
         WHERE o.id = ?1 AND w.txid = ?2
         ORDER BY p.id, CASE v.status WHEN 2 THEN 0 WHEN 3 THEN 2 ELSE 1 END, q.nth";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map((Blob(operation), Blob(&witness)), |row| {
        let (parent, on): (Blob<_>, Blob<_>) = (row.get(0)?, row.get(1)?);
        Ok((parent.0, on.0))
    })?;
    let mut parents = Parents::new();
    for row in rows {
        let (parent, on) = row?;
        parents.entry(parent).or_insert(on);
    }
    Ok(parents)
}

/// Forgets what operations in this witness build on, and what builds on them in it.
pub(super) fn forget(db: &Transaction<'_>, witness: i64) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM parents WHERE (operation, witness) IN (
             SELECT operation, witness FROM anchored WHERE witness = ?1)",
        "DELETE FROM parents WHERE parent_witness = ?1 AND operation IN (
             SELECT i.operation FROM anchored a JOIN inputs i ON i.parent = a.operation
             WHERE a.witness = ?1)",
    ] {
        db.prepare_cached(sql)?.execute([witness])?;
    }
    Ok(())
}

/// Fills in what was proven before it was noted, where only one witness of the parent can be meant: a seal
/// over an output of the parent's witness (0, the output's number) is closed by what spends that output.
pub(super) fn fill(db: &Transaction<'_>) -> Result<(), StoreError> {
    Ok(db.execute_batch(
        "INSERT INTO parents (operation, witness, parent, parent_witness, nth)
         SELECT a.operation, a.witness, i.parent, min(b.witness), 0
         FROM anchored a
         JOIN (SELECT DISTINCT operation, parent FROM inputs) i ON i.operation = a.operation
         JOIN anchored b ON b.operation = i.parent
         JOIN witnesses w ON w.n = b.witness
         WHERE NOT EXISTS (
             SELECT 1 FROM inputs j
             JOIN leaves l ON l.operation = j.parent AND l.type = j.type AND l.idx = j.idx
             WHERE j.operation = a.operation AND j.parent = i.parent AND l.seal < x'01'
             AND NOT EXISTS (
                 SELECT 1 FROM spent s WHERE s.witness = a.witness
                 AND s.outpoint = CAST(w.txid || substr(l.seal, 2, 4) AS BLOB)))
         GROUP BY a.operation, a.witness, i.parent
         HAVING count(*) = 1",
    )?)
}
