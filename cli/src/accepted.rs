//! Which schemas a command that needs no wallet accepts, and whose names it shows.

use bulla_core::validator::{Rules, SchemaPolicy};
use bulla_wallet::{AllowList, Network};
use clap::Args;

use crate::error::Error;
use crate::subcommand::schema::which::Which;

/// What is accepted besides the standard schemas.
#[derive(Args, Clone, Debug, Default)]
pub struct Accepted {
    /// Accept this schema, and go by its names: its TOML file, or its id; may be given more than once
    #[arg(long, value_name = "SCHEMA")]
    schema: Vec<Which>,
    /// Accept any schema, and go by no names; read what it allows before you rely on the answer
    #[arg(long)]
    any_schema: bool,
}

impl Accepted {
    /// The standard schemas, and any other without its names.
    pub const fn any(any_schema: bool) -> Self {
        Self {
            schema: Vec::new(),
            any_schema,
        }
    }

    /// The schemas that are named.
    ///
    /// # Errors
    /// If a file is no schema.
    pub fn list(&self) -> Result<AllowList, Error> {
        let ids = self.schema.iter().cloned().map(Which::id);
        Ok(AllowList::new(ids.collect::<Result<Vec<_>, _>>()?))
    }

    /// What is accepted on a network.
    pub fn rules(&self, network: &Network, listed: &AllowList) -> Rules<'static> {
        let schemas = if self.any_schema {
            SchemaPolicy::Any
        } else {
            SchemaPolicy::Only(listed.ids())
        };
        Rules::new(network.id(), schemas)
    }
}
