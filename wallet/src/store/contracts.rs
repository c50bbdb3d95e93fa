//! Contracts, and the schemas that are accepted.

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Row, Transaction};

use bulla_core::{ContractId, SchemaId};

use super::StoreError;
use super::blob::Blob;
use super::reserved::seconds;

/// A contract that the wallet knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractRow {
    /// Its id.
    pub id: ContractId,
    /// The encoded header of its consignments, with all of the genesis that is known.
    pub header: Vec<u8>,
    /// Whether this wallet issued it.
    pub issued: bool,
    /// When it became known, in seconds since 1970.
    pub added: u64,
}

/// Stores a contract, and its genesis as an operation; of one that is known, only the header changes.
pub fn put(db: &Transaction<'_>, row: &ContractRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO contracts (id, header, issued, added) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET header = excluded.header",
    )?
    .execute((Blob(&row.id), &row.header, row.issued, seconds(row.added)))?;
    let genesis = "INSERT INTO operations (id, height) VALUES (?1, 0) ON CONFLICT DO NOTHING";
    db.prepare_cached(genesis)?.execute([Blob(&row.id)])?;
    Ok(())
}

/// A contract by its id.
pub fn get(db: &Connection, id: &ContractId) -> Result<Option<ContractRow>, StoreError> {
    let sql = "SELECT id, header, issued, added FROM contracts WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.query_row([Blob(id)], read).optional()?)
}

/// Whether a contract is known.
pub fn exists(db: &Connection, id: &ContractId) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("SELECT 1 FROM contracts WHERE id = ?1")?;
    Ok(statement.exists([Blob(id)])?)
}

/// All contracts, in the order in which they became known.
pub fn all(db: &Connection) -> Result<Vec<ContractRow>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT id, header, issued, added FROM contracts ORDER BY added, id")?;
    let rows = statement.query_map((), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Accepts a schema from now on.
pub fn allow_schema(db: &Transaction<'_>, id: &SchemaId) -> Result<(), StoreError> {
    db.execute(
        "INSERT OR IGNORE INTO schemas_allowed (id) VALUES (?1)",
        [Blob(id)],
    )?;
    Ok(())
}

/// Keeps what an allowed schema says.
pub fn keep_schema(db: &Transaction<'_>, id: &SchemaId, schema: &[u8]) -> Result<(), StoreError> {
    let sql = "UPDATE schemas_allowed SET schema = ?2 WHERE id = ?1";
    db.execute(sql, (Blob(id), schema))?;
    Ok(())
}

/// What an allowed schema says, if it was kept.
pub fn kept_schema(db: &Connection, id: &SchemaId) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT schema FROM schemas_allowed WHERE id = ?1 AND schema IS NOT NULL";
    Ok(db.query_row(sql, [Blob(id)], |row| row.get(0)).optional()?)
}

/// Accepts a schema no more; whether it was accepted.
pub fn deny_schema(db: &Transaction<'_>, id: &SchemaId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM schemas_allowed WHERE id = ?1";
    Ok(db.execute(sql, [Blob(id)])? > 0)
}

/// The schemas that are accepted besides the standard ones.
pub fn allowed_schemas(db: &Connection) -> Result<BTreeSet<SchemaId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id FROM schemas_allowed")?;
    let rows = statement.query_map((), |row| row.get(0).map(|Blob(id)| id))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<ContractRow> {
    let (id, added): (Blob<_>, i64) = (row.get(0)?, row.get(3)?);
    Ok(ContractRow {
        id: id.0,
        header: row.get(1)?,
        issued: row.get(2)?,
        added: added.unsigned_abs(),
    })
}
