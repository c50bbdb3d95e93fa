//! `schema`: what contracts may do, in words, and which schemas are accepted.

mod allow;
mod check;
mod list;
mod show;
pub mod which;

use clap::Subcommand;

use super::{Result, boxed};
use crate::settings::Settings;

pub use self::show::{OperationOutput, Output, RuleOutput};

/// Commands of schemas.
#[derive(Subcommand, Debug)]
pub enum Schema {
    /// The schemas whose contracts are accepted
    List,
    /// Explain a schema in words
    Show(show::Show),
    /// Check a schema of your own, explain its rules, and warn of what they let through
    Check(check::Check),
    /// Accept contracts of a schema that is not standard
    Allow(allow::Allow),
    /// Accept no more contracts of a schema that was allowed
    Deny(allow::Deny),
}

impl Schema {
    /// Runs the command.
    ///
    /// # Errors
    /// If a file is no schema, or there is no wallet where one is needed.
    pub fn run(self, settings: &Settings) -> Result {
        match self {
            Self::List => boxed(list::run(settings)),
            Self::Show(command) => boxed(command.run(settings)),
            Self::Check(command) => boxed(command.run()),
            Self::Allow(command) => boxed(command.run(settings)),
            Self::Deny(command) => boxed(command.run(settings)),
        }
    }
}
