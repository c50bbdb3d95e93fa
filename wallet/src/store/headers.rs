//! The headers of the best chain that was checked, and the block proofs of witnesses in it.

use amplify::confinement::Confined;
use bdk_wallet::rusqlite::types::Type;
use bdk_wallet::rusqlite::{Connection, OptionalExtension, Row, Transaction};
use bitcoin::Txid;
use bitcoin::block::Header;
use bulla_core::frame::BlockProof;

use super::StoreError;
use super::blob::Blob;

/// The lowest header, with its height; none before the first `sync`.
pub fn base(db: &Connection) -> Result<Option<(u32, Header)>, StoreError> {
    one(db, "ORDER BY height LIMIT 1", ())
}

/// The highest header, with its height.
pub fn tip(db: &Connection) -> Result<Option<(u32, Header)>, StoreError> {
    one(db, "ORDER BY height DESC LIMIT 1", ())
}

/// The header at a height.
pub fn get(db: &Connection, height: u32) -> Result<Option<Header>, StoreError> {
    let found = one(db, "WHERE height = ?1", [height])?;
    Ok(found.map(|(_, header)| header))
}

fn one(
    db: &Connection,
    which: &str,
    params: impl bdk_wallet::rusqlite::Params,
) -> Result<Option<(u32, Header)>, StoreError> {
    let mut statement =
        db.prepare_cached(&format!("SELECT height, header FROM headers {which}"))?;
    Ok(statement.query_row(params, read).optional()?)
}

/// All headers from a height up.
pub fn from(db: &Connection, height: u32) -> Result<Vec<Header>, StoreError> {
    let sql = "SELECT height, header FROM headers WHERE height >= ?1 ORDER BY height";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([height], read)?;
    Ok(rows
        .map(|row| row.map(|(_, header)| header))
        .collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<(u32, Header)> {
    let header: Blob<_> = row.get(1)?;
    Ok((row.get(0)?, header.0))
}

/// Drops what is above a height, with the proofs there.
pub fn cut(db: &Transaction<'_>, height: u32) -> Result<(), StoreError> {
    db.execute("DELETE FROM headers WHERE height > ?1", [height])?;
    db.execute("DELETE FROM block_proofs WHERE height > ?1", [height])?;
    Ok(())
}

/// Drops all headers, and all proofs in them.
pub fn clear(db: &Transaction<'_>) -> Result<(), StoreError> {
    Ok(db.execute_batch("DELETE FROM headers; DELETE FROM block_proofs")?)
}

/// Stores headers, the first at a height.
pub fn put(db: &Transaction<'_>, height: u32, headers: &[Header]) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("INSERT INTO headers (height, header) VALUES (?1, ?2)")?;
    for (height, header) in (height..).zip(headers) {
        statement.execute((height, Blob(header)))?;
    }
    Ok(())
}

/// The block proof of a witness.
pub fn proof(db: &Connection, txid: Txid) -> Result<Option<BlockProof>, StoreError> {
    let sql = "SELECT p.height, p.position, p.branch FROM witnesses w JOIN block_proofs p ON p.witness = w.n
         WHERE w.txid = ?1";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.query_row([Blob(&txid)], read_proof).optional()?)
}

/// Stores the block proof of a witness instead of an earlier one. Of a transaction that is no witness nothing is
/// stored: a number that is NULL would become that of another one.
pub fn put_proof(db: &Transaction<'_>, txid: Txid, proof: &BlockProof) -> Result<(), StoreError> {
    let sql = "INSERT INTO block_proofs (witness, height, position, branch)
         SELECT n, ?2, ?3, ?4 FROM witnesses WHERE txid = ?1
         ON CONFLICT (witness) DO UPDATE
         SET height = excluded.height, position = excluded.position, branch = excluded.branch";
    let branch = proof.branch.as_flattened();
    db.prepare_cached(sql)?
        .execute((Blob(&txid), proof.height, proof.position, branch))?;
    Ok(())
}

fn read_proof(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<BlockProof> {
    let bytes: Vec<u8> = row.get(2)?;
    let (hashes, rest) = bytes.as_chunks();
    let branch = Confined::try_from(hashes.to_vec()).ok();
    let unreadable =
        || bdk_wallet::rusqlite::Error::InvalidColumnType(2, "branch".to_owned(), Type::Blob);
    Ok(BlockProof {
        height: row.get(0)?,
        position: row.get(1)?,
        branch: branch.filter(|_| rest.is_empty()).ok_or_else(unreadable)?,
    })
}
