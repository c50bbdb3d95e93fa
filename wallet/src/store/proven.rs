//! What payees said they have proven, by the key that signed it.

use bdk_wallet::rusqlite::{Connection, Transaction};
use bitcoin::Txid;
use bitcoin::key::XOnlyPublicKey;
use bulla_core::OperationId;

use super::StoreError;
use super::blob::Blob;

/// Notes that the owner of a key has proven an operation in a witness.
pub fn put(
    db: &Transaction<'_>,
    ack: &XOnlyPublicKey,
    operation: &OperationId,
    witness: Txid,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO proven (ack, operation, witness) VALUES (?1, ?2, ?3)",
    )?
    .execute((Blob(ack), Blob(operation), Blob(&witness)))?;
    Ok(())
}

/// Whether the owner of a key said so.
pub fn contains(
    db: &Connection,
    ack: &XOnlyPublicKey,
    operation: &OperationId,
    witness: Txid,
) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM proven WHERE ack = ?1 AND operation = ?2 AND witness = ?3",
    )?;
    Ok(statement.exists((Blob(ack), Blob(operation), Blob(&witness)))?)
}

/// Forgets all that the owner of a key said.
pub fn forget(db: &Transaction<'_>, ack: &XOnlyPublicKey) -> Result<(), StoreError> {
    db.execute("DELETE FROM proven WHERE ack = ?1", [Blob(ack)])?;
    Ok(())
}
