//! `schema check`: whether a file is a schema, and what it means.

use std::path::PathBuf;

use clap::Args;

use super::show::Output;
use super::which;
use crate::subcommand::Result;

/// Arguments of `schema check`.
#[derive(Args, Debug)]
pub struct Check {
    /// The schema, in TOML
    file: PathBuf,
}

impl Check {
    /// Runs the command.
    ///
    /// # Errors
    /// If it is no schema: the line, the field, what was found and what was expected.
    pub fn run(self) -> Result<Output> {
        Ok(Output::of(&which::read(&self.file)?))
    }
}
