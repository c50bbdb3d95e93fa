//! Witness transactions, where they are, and what they commit to.

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Row, Transaction as SqlTransaction};
use bitcoin::{BlockHash, Transaction, Txid};

use bulla_core::{ContractId, OperationId};

use super::StoreError;
use super::blob::{Blob, optional, unwrap};
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
    /// The best block at that time; `None` if the source was never asked.
    pub checked: Option<BlockHash>,
}

/// What a witness commits to for one contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorRow {
    /// The contract.
    pub contract: ContractId,
    /// The witness.
    pub witness: Txid,
    /// Its place in the topological order over operations and anchors.
    pub seq: i64,
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
    db.execute(
        "INSERT INTO witnesses (txid, tx, own, status, height, conflict, checked) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (txid) DO UPDATE SET own = own OR excluded.own",
        (
            Blob(&row.tx.compute_txid()),
            Blob(&row.tx),
            row.own,
            status,
            height,
            optional(conflict.as_ref()),
            optional(row.checked.as_ref()),
        ),
    )?;
    Ok(())
}

/// Notes where a witness is, as of a best block.
pub fn set_position(
    db: &SqlTransaction<'_>,
    txid: Txid,
    position: Position,
    tip: BlockHash,
) -> Result<(), StoreError> {
    let (status, height, conflict) = to_columns(position);
    db.prepare_cached("UPDATE witnesses SET status = ?2, height = ?3, conflict = ?4, checked = ?5 WHERE txid = ?1")?
        .execute((Blob(&txid), status, height, optional(conflict.as_ref()), Blob(&tip)))?;
    Ok(())
}

const WITNESS: &str = "SELECT tx, own, status, height, conflict, checked FROM witnesses";

/// A witness by its id.
pub fn get(db: &Connection, txid: Txid) -> Result<Option<WitnessRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{WITNESS} WHERE txid = ?1"))?;
    Ok(statement.query_row([Blob(&txid)], read).optional()?)
}

/// All witnesses.
pub fn all(db: &Connection) -> Result<Vec<WitnessRow>, StoreError> {
    let mut statement = db.prepare_cached(WITNESS)?;
    let rows = statement.query_map((), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The witnesses whose position may have changed: all that are not mined below `height`.
pub fn movable(db: &Connection, height: u32) -> Result<Vec<WitnessRow>, StoreError> {
    let mut statement =
        db.prepare_cached(&format!("{WITNESS} WHERE status <> 2 OR height >= ?1"))?;
    let rows = statement.query_map([height], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores an anchor; of one that is known, anchor and bundle proof change.
pub fn put_anchor(db: &SqlTransaction<'_>, row: &AnchorRow) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO anchors (contract, witness, seq, anchor, bundle) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (contract, witness) DO UPDATE SET anchor = excluded.anchor, bundle = excluded.bundle",
        (Blob(&row.contract), Blob(&row.witness), row.seq, &row.anchor, &row.bundle),
    )?;
    Ok(())
}

const ANCHOR: &str = "SELECT contract, witness, seq, anchor, bundle FROM anchors";

/// The anchor of a contract in a witness.
pub fn anchor(
    db: &Connection,
    contract: &ContractId,
    witness: Txid,
) -> Result<Option<AnchorRow>, StoreError> {
    let mut statement =
        db.prepare_cached(&format!("{ANCHOR} WHERE contract = ?1 AND witness = ?2"))?;
    Ok(statement
        .query_row((Blob(contract), Blob(&witness)), read_anchor)
        .optional()?)
}

/// The anchors of a contract, ancestors first.
pub fn anchors(db: &Connection, contract: &ContractId) -> Result<Vec<AnchorRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{ANCHOR} WHERE contract = ?1 ORDER BY seq"))?;
    let rows = statement.query_map([Blob(contract)], read_anchor)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores that a witness commits to an operation; signatures that come later replace the earlier.
pub fn put_anchored(db: &SqlTransaction<'_>, row: &AnchoredRow) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO anchored (contract, witness, operation, signatures) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (contract, witness, operation) DO UPDATE SET signatures = excluded.signatures",
        (
            Blob(&row.contract),
            Blob(&row.witness),
            Blob(&row.operation),
            &row.signatures,
        ),
    )?;
    Ok(())
}

const ANCHORED: &str = "SELECT contract, witness, operation, signatures FROM anchored";

/// All operations of a contract with the witnesses that commit to them.
pub fn anchored(db: &Connection, contract: &ContractId) -> Result<Vec<AnchoredRow>, StoreError> {
    let sql = format!("{ANCHORED} WHERE contract = ?1 ORDER BY witness, operation");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([Blob(contract)], read_anchored)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The operations of a contract that one witness commits to.
pub fn anchored_in(
    db: &Connection,
    contract: &ContractId,
    witness: Txid,
) -> Result<Vec<AnchoredRow>, StoreError> {
    let sql = format!("{ANCHORED} WHERE contract = ?1 AND witness = ?2 ORDER BY operation");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((Blob(contract), Blob(&witness)), read_anchored)?;
    Ok(rows.collect::<Result<_, _>>()?)
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

fn read(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<WitnessRow> {
    let tx: Blob<_> = row.get(0)?;
    let position = match row.get::<_, u8>(2)? {
        0 => Position::Absent,
        1 => Position::Mempool,
        2 => Position::Mined {
            height: row.get(3)?,
        },
        3 => Position::Conflicted {
            by: unwrap(row.get(4)?),
        },
        other => {
            return Err(bdk_wallet::rusqlite::Error::IntegralValueOutOfRange(
                2,
                other.into(),
            ));
        }
    };
    Ok(WitnessRow {
        tx: tx.0,
        own: row.get(1)?,
        position,
        checked: unwrap(row.get(5)?),
    })
}

fn read_anchor(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<AnchorRow> {
    let (contract, witness): (Blob<_>, Blob<_>) = (row.get(0)?, row.get(1)?);
    Ok(AnchorRow {
        contract: contract.0,
        witness: witness.0,
        seq: row.get(2)?,
        anchor: row.get(3)?,
        bundle: row.get(4)?,
    })
}
