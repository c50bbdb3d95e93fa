//! The wallet's list of schemas.

use bdk_wallet::rusqlite::Connection;
use bulla_core::SchemaId;
use bulla_core::header::Header;
use bulla_core::schema::Schema;

use super::rows;
use crate::store::{StoreError, contracts};
use crate::{Error, Wallet};

/// A schema by its id: a standard one, one that was allowed with its text, or that of a contract
/// which the wallet has.
pub(crate) fn find(db: &Connection, id: SchemaId) -> Result<Option<Schema>, StoreError> {
    let mut standard = bulla_schemas::standard().iter();
    if let Some(schema) = standard.find(|schema| schema.id() == id) {
        return Ok(Some(schema.clone()));
    }
    if let Some(bytes) = contracts::kept_schema(db, &id)? {
        return rows::decode("a schema", Schema::decode(&bytes)).map(Some);
    }
    for row in contracts::all(db)? {
        let header = rows::decode("a contract", Header::decode(&row.header))?;
        if header.schema.id() == id {
            return Ok(Some(header.schema));
        }
    }
    Ok(None)
}

impl Wallet {
    /// Accepts contracts of this schema from now on, and keeps what it says, so that contracts of
    /// it can be issued. It must be one: [`Schema::check`].
    pub fn allow_known_schema(&mut self, schema: &Schema) -> Result<SchemaId, Error> {
        self.command("allow-schema", |command| {
            let id = schema.id();
            contracts::allow_schema(&command.db, &id)?;
            contracts::keep_schema(&command.db, &id, &schema.encode())?;
            Ok(id)
        })
    }

    /// Accepts no more contracts of a schema that was allowed, and says whether it was. Contracts
    /// that the wallet has remain.
    pub fn deny_schema(&mut self, schema: SchemaId) -> Result<bool, Error> {
        self.command("deny-schema", |command| {
            Ok(contracts::deny_schema(&command.db, &schema)?)
        })
    }

    /// A schema by its id: a standard one, one that was allowed with its text, or that of a
    /// contract which the wallet has.
    pub fn known_schema(&self, id: SchemaId) -> Result<Option<Schema>, Error> {
        Ok(find(&self.db, id)?)
    }
}
