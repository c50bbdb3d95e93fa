//! `allow`: accepts contracts of a schema that is not standard.

use bulla_core::SchemaId;
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;

/// Arguments of `allow`.
#[derive(Args, Debug)]
pub struct Allow {
    /// The schema; read what it allows with `inspect` before
    schema: SchemaId,
}

/// What `allow` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The schema.
    pub schema: SchemaId,
}

impl Allow {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no wallet.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        Session::open(settings)?.wallet.allow_schema(self.schema)?;
        Ok(Output {
            schema: self.schema,
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        format!("contracts of {} are accepted from now on", self.schema)
    }
}
