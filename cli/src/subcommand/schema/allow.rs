//! `schema allow` and `schema deny`: the wallet's list of schemas.

use bulla_core::SchemaId;
use clap::Args;
use serde::Serialize;

use super::which::{Which, is_standard};
use crate::error::Error;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::subcommand::Result;

/// Arguments of `schema allow`.
#[derive(Args, Debug)]
pub struct Allow {
    /// The TOML file, or the id of one that you only receive; read what it lets through before
    #[arg(value_name = "SCHEMA")]
    schema: Which,
}

/// Arguments of `schema deny`.
#[derive(Args, Debug)]
pub struct Deny {
    /// Its id, or the TOML file
    #[arg(value_name = "SCHEMA")]
    schema: Which,
}

/// What `schema allow` and `schema deny` answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The schema.
    pub schema: SchemaId,
    /// Whether contracts of it are accepted from now on.
    pub allowed: bool,
}

impl Allow {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no wallet, or the file is no schema.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let schema = match self.schema {
            Which::Id(id) => {
                Session::open(settings)?.wallet.allow_schema(id)?;
                id
            }
            named @ Which::NameOrFile(_) => {
                let schema = named.find(settings)?;
                let mut session = Session::open(settings)?;
                session.wallet.allow_known_schema(&schema)?
            }
        };
        Ok(Output {
            schema,
            allowed: true,
        })
    }
}

impl Deny {
    /// Runs the command. Contracts that the wallet has remain, and so does what it holds of them.
    ///
    /// # Errors
    /// If there is no wallet, or the schema is standard or not on the list.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let schema = self.schema.id()?;
        if is_standard(schema) {
            return Err(Error::StandardSchema { schema });
        }
        let listed = Session::open(settings)?.wallet.deny_schema(schema)?;
        if !listed {
            return Err(Error::NotAllowed { schema });
        }
        Ok(Output {
            schema,
            allowed: false,
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        if self.allowed {
            format!("contracts of {} are accepted from now on", self.schema)
        } else {
            format!(
                "no new contracts of {} are accepted; those the wallet has remain",
                self.schema
            )
        }
    }
}
