//! Operations, what they consume, and the leaves of theirs that were shown.
//!
//! In the tables an operation is a number, and a contract is the number of its genesis; a genesis is a row
//! without a contract and without a transition.

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Params, Row, Transaction};

use bitcoin::OutPoint;
use bulla_core::operation::Input;
use bulla_core::seal::{Blinding, Seal};
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
    /// Its place in the topological order ([`next_seq`]).
    pub seq: i64,
    /// The encoded transition, with all of it that is known.
    pub transition: Vec<u8>,
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
    let sql = "SELECT 1 + coalesce(max(n), 0) FROM operations";
    Ok(db.prepare_cached(sql)?.query_row((), |row| row.get(0))?)
}

/// Stores an operation; of one that is known, only the encoded transition changes. One of which no more was known
/// than that another one builds on it keeps its number.
pub fn put(db: &Transaction<'_>, row: &OperationRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO operations (id, contract, n, transition)
         VALUES (?1, (SELECT n FROM operations WHERE id = ?2), ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET contract = excluded.contract, transition = excluded.transition",
    )?
    .execute((Blob(&row.id), Blob(&row.contract), row.seq, &row.transition))?;
    Ok(())
}

const OPERATION: &str = "SELECT o.id, c.id, o.n, o.transition
     FROM operations o JOIN operations c ON c.n = o.contract";

/// An operation by its id.
pub fn get(db: &Connection, id: &OperationId) -> Result<Option<OperationRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{OPERATION} WHERE o.id = ?1"))?;
    Ok(statement.query_row([Blob(id)], read_operation).optional()?)
}

/// The place of an operation in the topological order, if it is known.
pub fn seq(db: &Connection, id: &OperationId) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT n FROM operations WHERE id = ?1 AND contract IS NOT NULL";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement
        .query_row([Blob(id)], |row| row.get(0))
        .optional()?)
}

/// The operations that consume a leaf: more than one only where witnesses conflict.
pub fn consumers(db: &Connection, leaf: &Input) -> Result<Vec<OperationId>, StoreError> {
    let sql = "SELECT o.id FROM operations p JOIN inputs i ON i.parent = p.n JOIN operations o ON o.n = i.operation
         WHERE p.id = ?1 AND i.type = ?2 AND i.idx = ?3";
    let mut statement = db.prepare_cached(sql)?;
    let key = (Blob(&leaf.operation), leaf.owned_type, leaf.index);
    let rows = statement.query_map(key, |row| row.get(0).map(|Blob(id)| id))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The operations of a contract, ancestors first.
pub fn of_contract(
    db: &Connection,
    contract: &ContractId,
) -> Result<Vec<OperationRow>, StoreError> {
    let sql = format!("{OPERATION} WHERE c.id = ?1 ORDER BY o.n");
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([Blob(contract)], read_operation)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores what an operation consumes.
pub fn put_inputs<'a>(
    db: &Transaction<'_>,
    operation: &OperationId,
    inputs: impl IntoIterator<Item = &'a Input>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO inputs (operation, parent, type, idx)
         VALUES ((SELECT n FROM operations WHERE id = ?1), (SELECT n FROM operations WHERE id = ?2), ?3, ?4)
         ON CONFLICT DO NOTHING";
    let mut statement = db.prepare_cached(sql)?;
    for input in inputs {
        let parent = Blob(&input.operation);
        statement.execute((Blob(operation), parent, input.owned_type, input.index))?;
    }
    Ok(())
}

/// What an operation consumes.
pub fn inputs(db: &Connection, operation: &OperationId) -> Result<Vec<Input>, StoreError> {
    let sql = "SELECT p.id, i.type, i.idx
         FROM operations o JOIN inputs i ON i.operation = o.n JOIN operations p ON p.n = i.parent
         WHERE o.id = ?1 ORDER BY p.id, i.type, i.idx";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([Blob(operation)], |row| {
        let parent: Blob<_> = row.get(0)?;
        Ok(Input {
            operation: parent.0,
            owned_type: row.get(1)?,
            index: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores a leaf; of one that is known, only a seal that was not known before is added.
pub fn put_leaf(db: &Transaction<'_>, row: &LeafRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO leaves (operation, type, idx, kind, amount, token, data, secret, seal)
         VALUES ((SELECT n FROM operations WHERE id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
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

const LEAF: &str = "o.id, l.type, l.idx, l.kind, l.amount, l.token, l.data, l.secret, l.seal";

/// A leaf of an operation, if it is known.
pub fn leaf(
    db: &Connection,
    operation: &OperationId,
    ty: u16,
    index: u32,
) -> Result<Option<LeafRow>, StoreError> {
    let sql = format!(
        "SELECT {LEAF} FROM operations o JOIN leaves l ON l.operation = o.n
         WHERE o.id = ?1 AND l.type = ?2 AND l.idx = ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let key = (Blob(operation), ty, index);
    Ok(statement.query_row(key, read_leaf).optional()?)
}

/// The leaves with a concealed seal: more than one only if somebody pays one seal several times.
pub fn leaves_of_secret(db: &Connection, secret: &SecretSeal) -> Result<Vec<LeafRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {LEAF} FROM leaves l JOIN operations o ON o.n = l.operation
         WHERE l.secret = ?1 ORDER BY o.id, l.type, l.idx"
    ))?;
    let rows = statement.query_map([Blob(secret)], read_leaf)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The leaves whose seal, once its operation has a witness, can be over an output, each with its
/// contract, in an order that does not change.
pub fn leaves_on(
    db: &Connection,
    outpoint: OutPoint,
) -> Result<Vec<(ContractId, LeafRow)>, StoreError> {
    let mut rows = leaves_by_outpoint(db, outpoint)?;
    rows.extend(leaves_by_output(db, outpoint)?);
    rows.sort_unstable_by_key(|(contract, row)| (*contract, row.operation, row.ty, row.index));
    Ok(rows)
}

/// Leaves whose seal names the output.
fn leaves_by_outpoint(
    db: &Connection,
    outpoint: OutPoint,
) -> Result<Vec<(ContractId, LeafRow)>, StoreError> {
    let sql = format!(
        "SELECT {LEAF}, c.id FROM leaves l JOIN operations o ON o.n = l.operation
         JOIN operations c ON c.n = coalesce(o.contract, o.n)
         WHERE l.seal >= x'01' AND l.seal BETWEEN ?1 AND ?2"
    );
    let blinding = Blinding([0; 16]);
    let least = Seal::outpoint(outpoint, blinding).encode();
    select_on(db, &sql, (&least, greatest(&least)))
}

/// Leaves whose seal is over an output of their witness, which can be this one.
fn leaves_by_output(
    db: &Connection,
    outpoint: OutPoint,
) -> Result<Vec<(ContractId, LeafRow)>, StoreError> {
    let sql = format!(
        "SELECT {LEAF}, c.id FROM witnesses w CROSS JOIN anchored a ON a.witness = w.n
         CROSS JOIN leaves l ON l.operation = a.operation
         JOIN operations o ON o.n = a.operation JOIN operations c ON c.n = a.contract
         WHERE w.txid = ?3 AND l.seal < x'01' AND l.seal BETWEEN ?1 AND ?2"
    );
    let seal = Seal::Witness {
        vout: outpoint.vout,
        blinding: Blinding([0; 16]),
    };
    let least = seal.encode();
    let greatest = greatest(&least);
    select_on(db, &sql, (&least, greatest, Blob(&outpoint.txid)))
}

/// The encoded seal with the greatest blinding, which stands at its end.
fn greatest(least: &[u8]) -> Vec<u8> {
    let place = least.len().saturating_sub(16);
    let place = least.iter().take(place).copied();
    place.chain([u8::MAX; 16]).collect()
}

fn select_on(
    db: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<(ContractId, LeafRow)>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| {
        let contract: Blob<_> = row.get(9)?;
        Ok((contract.0, read_leaf(row)?))
    })?;
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
