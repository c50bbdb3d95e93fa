//! Statements about who issued a contract.

use bdk_wallet::rusqlite::{Connection, Transaction};

use bulla_core::ContractId;

use super::StoreError;
use super::blob::Blob;

/// Stores a statement about a contract that is known.
pub fn put(db: &Transaction<'_>, contract: &ContractId, text: &str) -> Result<(), StoreError> {
    db.execute(
        "INSERT OR IGNORE INTO statements (contract, text) VALUES (?1, ?2)",
        (Blob(contract), text),
    )?;
    Ok(())
}

/// The statements about a contract.
pub fn of_contract(db: &Connection, contract: &ContractId) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT text FROM statements WHERE contract = ?1 ORDER BY text";
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map([Blob(contract)], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
