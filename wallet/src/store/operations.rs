//! Operations, what they consume, and the leaves of theirs that were shown.

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Row, Transaction};

use bulla_core::{ContractId, OperationId, SecretSeal};

use super::StoreError;
use super::blob::Blob;

/// A transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRow {
    /// Its id.
    pub id: OperationId,
    /// Its contract.
    pub contract: ContractId,
    /// Its place in the topological order over operations and anchors ([`next_seq`]).
    pub seq: i64,
    /// The encoded transition, with all of it that is known.
    pub transition: Vec<u8>,
}

/// What an operation consumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputRow {
    /// The operation whose leaf it is; the contract for a leaf of the genesis.
    pub parent: OperationId,
    /// Owned type.
    pub ty: u16,
    /// Number of the leaf in its type.
    pub index: u32,
}

/// A leaf of an operation that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafRow {
    /// The operation; the contract for a leaf of the genesis.
    pub operation: OperationId,
    /// Owned type.
    pub ty: u16,
    /// Number of the leaf in its type.
    pub index: u32,
    /// The kind of its state, as core numbers them.
    pub kind: u8,
    /// The amount, the fraction of a token, or 0; in the smallest unit.
    pub amount: u64,
    /// The number of a token.
    pub token: Option<u32>,
    /// The bytes of a data state.
    pub data: Option<Vec<u8>>,
    /// The concealed seal.
    pub secret: SecretSeal,
    /// The encoded seal, where it is known.
    pub seal: Option<Vec<u8>>,
}

/// The next place in the topological order.
pub fn next_seq(db: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT 1 + max(
        (SELECT coalesce(max(seq), 0) FROM operations), (SELECT coalesce(max(seq), 0) FROM anchors))";
    Ok(db.query_row(sql, (), |row| row.get(0))?)
}

/// Stores an operation; of one that is known, only the encoded transition changes.
pub fn put(db: &Transaction<'_>, row: &OperationRow) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO operations (id, contract, seq, transition) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET transition = excluded.transition",
        (Blob(&row.id), Blob(&row.contract), row.seq, &row.transition),
    )?;
    Ok(())
}

/// An operation by its id.
pub fn get(db: &Connection, id: &OperationId) -> Result<Option<OperationRow>, StoreError> {
    let sql = "SELECT id, contract, seq, transition FROM operations WHERE id = ?1";
    Ok(db.query_row(sql, [Blob(id)], read_operation).optional()?)
}

/// The operations of a contract, ancestors first.
pub fn of_contract(
    db: &Connection,
    contract: &ContractId,
) -> Result<Vec<OperationRow>, StoreError> {
    let sql =
        "SELECT id, contract, seq, transition FROM operations WHERE contract = ?1 ORDER BY seq";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([Blob(contract)], read_operation)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores what an operation consumes.
pub fn put_inputs(
    db: &Transaction<'_>,
    operation: &OperationId,
    inputs: &[InputRow],
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO inputs (operation, parent, type, idx) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = db.prepare_cached(sql)?;
    for input in inputs {
        statement.execute((Blob(operation), Blob(&input.parent), input.ty, input.index))?;
    }
    Ok(())
}

/// What an operation consumes.
pub fn inputs(db: &Connection, operation: &OperationId) -> Result<Vec<InputRow>, StoreError> {
    let sql =
        "SELECT parent, type, idx FROM inputs WHERE operation = ?1 ORDER BY parent, type, idx";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([Blob(operation)], |row| {
        let parent: Blob<_> = row.get(0)?;
        Ok(InputRow {
            parent: parent.0,
            ty: row.get(1)?,
            index: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The operations that consume a leaf: more than one only where witnesses conflict.
pub fn consumers(db: &Connection, leaf: &InputRow) -> Result<Vec<OperationId>, StoreError> {
    let sql = "SELECT operation FROM inputs WHERE parent = ?1 AND type = ?2 AND idx = ?3";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map((Blob(&leaf.parent), leaf.ty, leaf.index), |row| {
        row.get(0).map(|Blob(id)| id)
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores a leaf; of one that is known, only a seal that was not known before is added.
pub fn put_leaf(db: &Transaction<'_>, row: &LeafRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO leaves (operation, type, idx, kind, amount, token, data, secret, seal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (operation, type, idx) DO UPDATE SET seal = coalesce(seal, excluded.seal)";
    db.prepare_cached(sql)?.execute((
        Blob(&row.operation),
        row.ty,
        row.index,
        row.kind,
        Blob(&row.amount),
        row.token,
        &row.data,
        Blob(&row.secret),
        &row.seal,
    ))?;
    Ok(())
}

const LEAF: &str =
    "SELECT operation, type, idx, kind, amount, token, data, secret, seal FROM leaves";

/// The leaves of an operation that are known.
pub fn leaves(db: &Connection, operation: &OperationId) -> Result<Vec<LeafRow>, StoreError> {
    let mut statement =
        db.prepare_cached(&format!("{LEAF} WHERE operation = ?1 ORDER BY type, idx"))?;
    let rows = statement.query_map([Blob(operation)], read_leaf)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The leaves with a concealed seal: more than one only if somebody pays one seal several times.
pub fn leaves_of_secret(db: &Connection, secret: &SecretSeal) -> Result<Vec<LeafRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "{LEAF} WHERE secret = ?1 ORDER BY operation, type, idx"
    ))?;
    let rows = statement.query_map([Blob(secret)], read_leaf)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The leaves of a contract whose seal is known, its genesis's included.
pub fn revealed_leaves(db: &Connection, contract: &ContractId) -> Result<Vec<LeafRow>, StoreError> {
    let sql = format!(
        "{LEAF} WHERE seal IS NOT NULL AND (operation = ?1
         OR operation IN (SELECT id FROM operations WHERE contract = ?1)) ORDER BY operation, type, idx"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([Blob(contract)], read_leaf)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_operation(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<OperationRow> {
    let (id, contract): (Blob<_>, Blob<_>) = (row.get(0)?, row.get(1)?);
    Ok(OperationRow {
        id: id.0,
        contract: contract.0,
        seq: row.get(2)?,
        transition: row.get(3)?,
    })
}

fn read_leaf(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<LeafRow> {
    let (operation, amount, secret): (Blob<_>, Blob<_>, Blob<_>) =
        (row.get(0)?, row.get(4)?, row.get(7)?);
    Ok(LeafRow {
        operation: operation.0,
        ty: row.get(1)?,
        index: row.get(2)?,
        kind: row.get(3)?,
        amount: amount.0,
        token: row.get(5)?,
        data: row.get(6)?,
        secret: secret.0,
        seal: row.get(8)?,
    })
}
