//! The one row of keys.

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Transaction};
use bitcoin::bip32::Fingerprint;

use super::StoreError;
use super::blob::Blob;
use crate::keys::{Descriptors, Vault, ViewSecret};

/// The keys as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysRow {
    /// The encrypted spending keys; a wallet without them only watches.
    pub vault: Option<Vault>,
    /// The view secret, in the clear.
    pub view: ViewSecret,
    /// The public descriptors.
    pub descriptors: Descriptors,
}

impl KeysRow {
    /// Stores the keys of a new wallet.
    pub fn insert(&self, db: &Transaction<'_>) -> Result<(), StoreError> {
        db.execute(
            "INSERT INTO keys (id, vault, view, plain, sealed, fingerprint) VALUES (0, ?1, ?2, ?3, ?4, ?5)",
            (
                self.vault.as_ref().map(Vault::as_bytes),
                Blob(self.view.as_bytes()),
                &self.descriptors.plain,
                &self.descriptors.sealed,
                Blob(self.descriptors.fingerprint.as_bytes()),
            ),
        )?;
        Ok(())
    }

    /// Reads the keys.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if there are none.
    pub fn load(db: &Connection) -> Result<Self, StoreError> {
        let row = db
            .query_row(
                "SELECT vault, view, plain, sealed, fingerprint FROM keys",
                (),
                |row| {
                    let vault: Option<Vec<u8>> = row.get(0)?;
                    let view: Blob<[u8; 32]> = row.get(1)?;
                    let fingerprint: Blob<[u8; 4]> = row.get(4)?;
                    Ok((vault, view.0, row.get(2)?, row.get(3)?, fingerprint.0))
                },
            )
            .optional()?;
        let Some((vault, view, plain, sealed, fingerprint)) = row else {
            return Err(StoreError::Damaged {
                what: "the keys are missing".to_owned(),
            });
        };
        Ok(Self {
            vault: vault.map(Vault::from_bytes),
            view: ViewSecret::from_bytes(view),
            descriptors: Descriptors {
                plain,
                sealed,
                fingerprint: Fingerprint::from(fingerprint),
            },
        })
    }
}
