//! Facts about the wallet itself.

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Transaction};
use bitcoin::BlockHash;

use super::StoreError;
use super::blob::Bytes;
use crate::Network;

/// What a wallet knows of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its chain.
    pub network: Network,
    /// The first block of that chain.
    pub genesis: BlockHash,
    /// The first height that can hold a transaction of this wallet.
    pub birthday: u32,
    /// How many unused addresses in a row are looked at.
    pub gap: u32,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// The height up to which everything was scanned; none before the first `sync`.
    pub synced: Option<u32>,
}

impl Meta {
    /// Stores all of it.
    pub fn save(&self, db: &Transaction<'_>) -> Result<(), StoreError> {
        set(db, "network", self.network.to_string().as_bytes())?;
        set(db, "genesis", &self.genesis.to_bytes())?;
        set(db, "birthday", &u64::from(self.birthday).to_bytes())?;
        set(db, "gap", &u64::from(self.gap).to_bytes())?;
        set(db, "created", &self.created.to_bytes())?;
        db.execute("DELETE FROM meta WHERE key = 'synced'", ())?;
        self.synced.map_or(Ok(()), |height| {
            set(db, "synced", &u64::from(height).to_bytes())
        })
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if something is missing or unreadable.
    pub fn load(db: &Connection) -> Result<Self, StoreError> {
        let network =
            get(db, "network")?.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
        let genesis = get(db, "genesis")?.and_then(|bytes| BlockHash::from_bytes(&bytes));
        Ok(Self {
            network: network.ok_or_else(|| damaged("network"))?,
            genesis: genesis.ok_or_else(|| damaged("genesis"))?,
            birthday: number(db, "birthday")?.ok_or_else(|| damaged("birthday"))?,
            gap: number(db, "gap")?.ok_or_else(|| damaged("gap"))?,
            created: number(db, "created")?.ok_or_else(|| damaged("created"))?,
            synced: number(db, "synced")?,
        })
    }
}

fn damaged(key: &str) -> StoreError {
    StoreError::Damaged {
        what: format!("`{key}` is missing or unreadable"),
    }
}

fn set(db: &Transaction<'_>, key: &str, value: &[u8]) -> Result<(), StoreError> {
    db.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
        (key, value),
    )?;
    Ok(())
}

fn get(db: &Connection, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(db
        .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| {
            row.get(0)
        })
        .optional()?)
}

fn number<T: TryFrom<u64>>(db: &Connection, key: &str) -> Result<Option<T>, StoreError> {
    get(db, key)?
        .map(|bytes| {
            u64::from_bytes(&bytes)
                .and_then(|value| value.try_into().ok())
                .ok_or_else(|| damaged(key))
        })
        .transpose()
}
