//! `sandbox reorg`: replaces the last blocks.

use bitcoin::Txid;
use bulla_wallet::sandbox::Contents;
use clap::Args;

use super::mine::script;
use super::status::Output;
use super::{Result, open};
use crate::settings::Settings;

/// Arguments of `sandbox reorg`.
#[derive(Args, Debug)]
pub struct Reorg {
    /// How many blocks to replace; one more than that is mined
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    depth: u32,
    /// A transaction that is not mined again; may be given more than once
    #[arg(long, value_name = "TXID")]
    without: Vec<Txid>,
}

impl Reorg {
    /// Runs the command.
    ///
    /// # Errors
    /// If the source is not the sandbox, or it has fewer blocks.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let sandbox = open(settings)?;
        let contents = if self.without.is_empty() {
            Contents::Mempool
        } else {
            Contents::Without(self.without)
        };
        sandbox.reorg(self.depth, &contents, &script(None)?)?;
        Output::of(&sandbox)
    }
}
