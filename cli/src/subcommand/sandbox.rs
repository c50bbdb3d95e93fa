//! `sandbox`: the embedded regtest chain.

mod fund;
mod mine;
mod reorg;
mod status;

use bulla_wallet::sandbox::Sandbox as Chain;
use clap::Subcommand;

use super::{Result, boxed};
use crate::settings::Settings;
use crate::source;

/// Commands of the sandbox.
#[derive(Subcommand, Debug)]
pub enum Sandbox {
    /// Mine blocks
    Mine(mine::Mine),
    /// Get coins from the sandbox
    Fund(fund::Fund),
    /// Replace the last blocks by others
    Reorg(reorg::Reorg),
    /// Show the best block and what waits
    Status,
}

impl Sandbox {
    /// Runs the command.
    ///
    /// # Errors
    /// If the source is not the sandbox, or the sandbox cannot do it.
    pub fn run(self, settings: &Settings) -> Result {
        match self {
            Self::Mine(command) => boxed(command.run(settings)),
            Self::Fund(command) => boxed(command.run(settings)),
            Self::Reorg(command) => boxed(command.run(settings)),
            Self::Status => boxed(status::run(settings)),
        }
    }
}

fn open(settings: &Settings) -> Result<Chain> {
    Ok(Chain::open(source::sandbox(settings)?)?)
}
