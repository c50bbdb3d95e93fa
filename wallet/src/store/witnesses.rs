//! Witness transactions, where they are, and what they commit to.

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Row, Transaction as SqlTransaction};
use bitcoin::{OutPoint, Transaction, Txid};

use bulla_core::{ContractId, OperationId};

use super::blob::{Blob, optional, unwrap};
use super::{StoreError, standing};
use crate::chain::Position;

/// A witness transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessRow {
    /// The transaction; its id is the key.
    pub tx: Transaction,
    /// Whether this wallet made it.
    pub own: bool,
    /// Where the chain source last saw it.
    pub position: Position,
    /// The height of the best block when it came there; 0 if the source was never asked.
    pub since: u32,
}

/// What a witness commits to for one contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorRow {
    /// The contract.
    pub contract: ContractId,
    /// The witness.
    pub witness: Txid,
    /// The encoded anchor.
    pub anchor: Vec<u8>,
    /// The encoded proof that the bundle maps its inputs to the operations that are known.
    pub bundle: Vec<u8>,
}

/// An operation that a witness commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchoredRow {
    /// The contract.
    pub contract: ContractId,
    /// The witness.
    pub witness: Txid,
    /// The operation.
    pub operation: OperationId,
    /// The encoded signatures over operation and witness.
    pub signatures: Vec<u8>,
}

/// Stores a witness. Of one that is known nothing changes, except that it becomes our own if it is.
pub fn put(db: &SqlTransaction<'_>, row: &WitnessRow) -> Result<(), StoreError> {
    let (status, height, conflict) = to_columns(row.position);
    let txid = row.tx.compute_txid();
    db.prepare_cached(
        "INSERT INTO witnesses (txid, tx, own, status, height, conflict, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (txid) DO UPDATE SET own = own OR excluded.own",
    )?
    .execute((
        Blob(&txid),
        Blob(&row.tx),
        row.own,
        status,
        height,
        optional(conflict.as_ref()),
        row.since,
    ))?;
    put_spent(db, txid, &row.tx)
}

fn put_spent(db: &SqlTransaction<'_>, txid: Txid, tx: &Transaction) -> Result<(), StoreError> {
    let sql = "INSERT INTO spent (outpoint, witness) VALUES (?1, (SELECT n FROM witnesses WHERE txid = ?2))
         ON CONFLICT DO NOTHING";
    let mut statement = db.prepare_cached(sql)?;
    for input in &tx.input {
        statement.execute((Blob(&input.previous_output), Blob(&txid)))?;
    }
    Ok(())
}

/// Forgets what the witness of a number spends.
pub(super) fn forget_spent(db: &SqlTransaction<'_>, witness: i64) -> Result<(), StoreError> {
    let sql = "SELECT tx FROM witnesses WHERE n = ?1";
    let tx: Blob<Transaction> = db
        .prepare_cached(sql)?
        .query_row([witness], |row| row.get(0))?;
    let sql = "DELETE FROM spent WHERE outpoint = ?1 AND witness = ?2";
    let mut statement = db.prepare_cached(sql)?;
    for input in &tx.0.input {
        statement.execute((Blob(&input.previous_output), witness))?;
    }
    Ok(())
}

/// Notes again what all witnesses spend.
pub(super) fn refresh_spent(db: &SqlTransaction<'_>) -> Result<(), StoreError> {
    let mut statement = db.prepare("SELECT tx FROM witnesses")?;
    let rows = statement.query_map((), |row| row.get(0).map(|Blob(tx)| tx))?;
    for tx in rows {
        let tx: Transaction = tx?;
        put_spent(db, tx.compute_txid(), &tx)?;
    }
    Ok(())
}

/// Notes where a witness is, as of a best block at this height.
pub fn set_position(
    db: &SqlTransaction<'_>,
    txid: Txid,
    position: Position,
    tip: u32,
) -> Result<(), StoreError> {
    let (status, height, conflict) = to_columns(position);
    let moved = db
        .prepare_cached(
            "UPDATE witnesses SET since = iif(status IS ?2, since, ?5), status = ?2, height = ?3, conflict = ?4
             WHERE txid = ?1 AND (status, height, conflict) IS NOT (?2, ?3, ?4)",
        )?
        .execute((Blob(&txid), status, height, optional(conflict.as_ref()), tip))?;
    if moved > 0 {
        standing::refresh_witness(db, txid)?;
    }
    Ok(())
}

const WITNESS: &str = "SELECT tx, own, status, height, conflict, since FROM witnesses";

/// A witness by its id.
pub fn get(db: &Connection, txid: Txid) -> Result<Option<WitnessRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{WITNESS} WHERE txid = ?1"))?;
    Ok(statement.query_row([Blob(&txid)], read).optional()?)
}

/// The witnesses whose position may have changed: all that are not mined below `height`.
pub fn movable(db: &Connection, height: u32) -> Result<Vec<WitnessRow>, StoreError> {
    let sql = format!(
        "{WITNESS} WHERE status IN (0, 1, 3) UNION ALL {WITNESS} WHERE status = 2 AND height >= ?1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([height], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The witnesses that spend an output.
pub fn spenders(db: &Connection, outpoint: OutPoint) -> Result<Vec<Txid>, StoreError> {
    let sql =
        "SELECT w.txid FROM spent s JOIN witnesses w ON w.n = s.witness WHERE s.outpoint = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([Blob(&outpoint)], |row| row.get(0).map(|Blob(id)| id))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a witness is mined.
pub fn is_mined(db: &Connection, txid: Txid) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM witnesses WHERE txid = ?1 AND status = 2";
    Ok(db.prepare_cached(sql)?.exists([Blob(&txid)])?)
}

/// A witness of an operation, as far as it matters which of several counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standpoint {
    /// The transaction.
    pub txid: Txid,
    /// Where the chain source last saw it.
    pub position: Position,
    /// Ours, broadcast or about to be, and not given up.
    pub live: bool,
}

/// The witnesses of an operation. The `+` keeps the store from the index of states, by which it would walk all
/// that was ever sent: one transaction has few transfers.
pub fn of_operation(
    db: &Connection,
    operation: &OperationId,
) -> Result<Vec<Standpoint>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT w.txid, w.status, w.height, w.conflict, w.own AND EXISTS (
             SELECT 1 FROM transfers t
             WHERE t.txid = w.txid AND +t.direction = 'sent' AND +t.state IN ('broadcast', 'settled'))
         FROM operations o JOIN anchored a ON a.operation = o.n CROSS JOIN witnesses w ON w.n = a.witness
         WHERE o.id = ?1",
    )?;
    let rows = statement.query_map([Blob(operation)], |row| {
        let txid: Blob<_> = row.get(0)?;
        Ok(Standpoint {
            txid: txid.0,
            position: position(row, 1)?,
            live: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores an anchor; of one that is known, anchor and bundle proof change.
pub fn put_anchor(db: &SqlTransaction<'_>, row: &AnchorRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO anchors (contract, witness, anchor, bundle)
         VALUES ((SELECT n FROM operations WHERE id = ?1), (SELECT n FROM witnesses WHERE txid = ?2), ?3, ?4)
         ON CONFLICT (witness, contract) DO UPDATE SET anchor = excluded.anchor, bundle = excluded.bundle",
    )?
    .execute((Blob(&row.contract), Blob(&row.witness), &row.anchor, &row.bundle))?;
    Ok(())
}

/// The anchor of a contract in a witness.
pub fn anchor(
    db: &Connection,
    contract: &ContractId,
    witness: Txid,
) -> Result<Option<AnchorRow>, StoreError> {
    let sql = "SELECT c.id, w.txid, a.anchor, a.bundle FROM witnesses w CROSS JOIN operations c
         CROSS JOIN anchors a ON a.witness = w.n AND a.contract = c.n WHERE c.id = ?1 AND w.txid = ?2";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement
        .query_row((Blob(contract), Blob(&witness)), read_anchor)
        .optional()?)
}

/// Stores that a witness commits to an operation; signatures that come later replace the earlier.
pub fn put_anchored(db: &SqlTransaction<'_>, row: &AnchoredRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO anchored (contract, witness, operation, signatures)
         VALUES ((SELECT n FROM operations WHERE id = ?1), (SELECT n FROM witnesses WHERE txid = ?2),
                 (SELECT n FROM operations WHERE id = ?3), ?4)
         ON CONFLICT (witness, contract, operation) DO UPDATE SET signatures = excluded.signatures",
    )?
    .execute((
        Blob(&row.contract),
        Blob(&row.witness),
        Blob(&row.operation),
        &row.signatures,
    ))?;
    standing::refresh_operation(db, &row.operation)
}

/// The operations of a contract that one witness commits to.
pub fn anchored_in(
    db: &Connection,
    contract: &ContractId,
    witness: Txid,
) -> Result<Vec<AnchoredRow>, StoreError> {
    let sql = "SELECT c.id, w.txid, o.id, a.signatures FROM witnesses w CROSS JOIN operations c
         CROSS JOIN anchored a ON a.witness = w.n AND a.contract = c.n JOIN operations o ON o.n = a.operation
         WHERE c.id = ?1 AND w.txid = ?2 ORDER BY o.id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map((Blob(contract), Blob(&witness)), read_anchored)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The signatures beside an operation in a witness; none if it does not commit to it.
pub fn signatures(
    db: &Connection,
    contract: &ContractId,
    witness: Txid,
    operation: &OperationId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql =
        "SELECT signatures FROM anchored WHERE witness = (SELECT n FROM witnesses WHERE txid = ?1)
         AND contract = (SELECT n FROM operations WHERE id = ?2)
         AND operation = (SELECT n FROM operations WHERE id = ?3)";
    let mut statement = db.prepare_cached(sql)?;
    let key = (Blob(&witness), Blob(contract), Blob(operation));
    Ok(statement.query_row(key, |row| row.get(0)).optional()?)
}

/// The first place in the topological order of the operations of a contract that a witness commits to.
pub fn first_seq(
    db: &Connection,
    contract: &ContractId,
    witness: Txid,
) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT min(operation) FROM anchored WHERE witness = (SELECT n FROM witnesses WHERE txid = ?1)
         AND contract = (SELECT n FROM operations WHERE id = ?2)";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.query_row((Blob(&witness), Blob(contract)), |row| row.get(0))?)
}

fn read_anchored(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<AnchoredRow> {
    let (contract, witness, operation): (Blob<_>, Blob<_>, Blob<_>) =
        (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(AnchoredRow {
        contract: contract.0,
        witness: witness.0,
        operation: operation.0,
        signatures: row.get(3)?,
    })
}

const fn to_columns(position: Position) -> (u8, Option<u32>, Option<Txid>) {
    match position {
        Position::Absent => (0, None, None),
        Position::Mempool => (1, None, None),
        Position::Mined { height } => (2, Some(height), None),
        Position::Conflicted { by } => (3, None, by),
    }
}

/// Status, height and conflict, from this column on.
fn position(row: &Row<'_>, at: usize) -> bdk_wallet::rusqlite::Result<Position> {
    Ok(match row.get::<_, u8>(at)? {
        0 => Position::Absent,
        1 => Position::Mempool,
        2 => Position::Mined {
            height: row.get(at + 1)?,
        },
        3 => Position::Conflicted {
            by: unwrap(row.get(at + 2)?),
        },
        other => {
            return Err(bdk_wallet::rusqlite::Error::IntegralValueOutOfRange(
                at,
                other.into(),
            ));
        }
    })
}

fn read(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<WitnessRow> {
    let tx: Blob<_> = row.get(0)?;
    Ok(WitnessRow {
        tx: tx.0,
        own: row.get(1)?,
        position: position(row, 2)?,
        since: row.get(5)?,
    })
}

fn read_anchor(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<AnchorRow> {
    let (contract, witness): (Blob<_>, Blob<_>) = (row.get(0)?, row.get(1)?);
    Ok(AnchorRow {
        contract: contract.0,
        witness: witness.0,
        anchor: row.get(2)?,
        bundle: row.get(3)?,
    })
}
