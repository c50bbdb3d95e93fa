//! `issue`: makes a new contract.

mod fixed;

use clap::Subcommand;

use super::Result;
use crate::settings::Settings;

/// The kinds of assets.
#[derive(Subcommand, Debug)]
pub enum Issue {
    /// Fixed supply: all of it is issued at once, and never changes
    Fixed(fixed::Fixed),
}

impl Issue {
    /// Runs the command.
    ///
    /// # Errors
    /// If there are no coins to put the supply on, or the claims are not allowed.
    pub fn run(self, settings: &Settings) -> Result {
        match self {
            Self::Fixed(command) => command.run(settings),
        }
    }
}
