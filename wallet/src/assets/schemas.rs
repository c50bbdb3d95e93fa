//! The wallet's list of schemas.

use bulla_core::SchemaId;
use bulla_core::header::Header;
use bulla_core::schema::Schema;

use crate::store::contracts;
use crate::{Error, Wallet};

impl Wallet {
    /// Accepts no more contracts of a schema that was allowed, and says whether it was. Contracts
    /// that the wallet has remain.
    pub fn deny_schema(&mut self, schema: SchemaId) -> Result<bool, Error> {
        self.command("deny-schema", |command| {
            Ok(contracts::deny_schema(&command.db, &schema)?)
        })
    }

    /// The schema with this id, if a contract of the wallet has it.
    pub fn known_schema(&self, id: SchemaId) -> Result<Option<Schema>, Error> {
        for row in contracts::all(&self.db)? {
            let header = super::rows::decode("a contract", Header::decode(&row.header))?;
            if header.schema.id() == id {
                return Ok(Some(header.schema));
            }
        }
        Ok(None)
    }
}
