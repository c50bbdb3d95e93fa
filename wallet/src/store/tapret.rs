//! Our outputs whose key is tweaked by a commitment. A row is written before anything is signed
//! (ATTACKS E27): without it the output cannot be spent.

use bdk_wallet::rusqlite::{Connection, Row, Transaction};
use bitcoin::ScriptBuf;
use bitcoin::key::XOnlyPublicKey;
use bitcoin::taproot::TapNodeHash;
use bulla_core::commit::Commitment;

use super::StoreError;
use super::blob::Blob;

/// One such output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapretRow {
    /// The output script: P2TR of the tweaked key.
    pub script: ScriptBuf,
    /// Index of the internal key on the sealed keychain.
    pub index: u32,
    /// The key before the tweak.
    pub internal_key: XOnlyPublicKey,
    /// The commitment in its leaf.
    pub commitment: Commitment,
    /// The root of its script tree.
    pub root: TapNodeHash,
}

/// Stores an output; the same one twice is fine.
pub fn insert(db: &Transaction<'_>, row: &TapretRow) -> Result<(), StoreError> {
    db.execute(
        "INSERT OR IGNORE INTO tapret (script, idx, internal_key, commitment, root) VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            Blob(&row.script),
            row.index,
            Blob(&row.internal_key),
            Blob(&row.commitment),
            Blob(&row.root),
        ),
    )?;
    Ok(())
}

/// All of them.
pub fn all(db: &Connection) -> Result<Vec<TapretRow>, StoreError> {
    let mut statement =
        db.prepare("SELECT script, idx, internal_key, commitment, root FROM tapret")?;
    let rows = statement.query_map((), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<TapretRow> {
    let (script, key): (Blob<_>, Blob<_>) = (row.get(0)?, row.get(2)?);
    let (commitment, root): (Blob<_>, Blob<_>) = (row.get(3)?, row.get(4)?);
    Ok(TapretRow {
        script: script.0,
        index: row.get(1)?,
        internal_key: key.0,
        commitment: commitment.0,
        root: root.0,
    })
}
