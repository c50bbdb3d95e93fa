//! `sandbox mine`: mines blocks.

use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, ScriptBuf};
use bulla_wallet::Network;
use clap::Args;

use super::status::Output;
use super::{Result, open};
use crate::settings::Settings;
use crate::subcommand::address_on;

/// Arguments of `sandbox mine`.
#[derive(Args, Debug)]
pub struct Mine {
    /// How many blocks
    #[arg(default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    blocks: u32,
    /// Who gets the reward [default: nobody]
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Address<NetworkUnchecked>>,
}

impl Mine {
    /// Runs the command.
    ///
    /// # Errors
    /// If the source is not the sandbox, or the address not one of regtest.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let to = script(self.to)?;
        let sandbox = open(settings)?;
        sandbox.mine(self.blocks, &to)?;
        Output::of(&sandbox)
    }
}

/// The script of an address; without one, a script that nobody has the key of.
pub fn script(to: Option<Address<NetworkUnchecked>>) -> Result<ScriptBuf> {
    match to {
        Some(address) => Ok(address_on(address, &Network::Regtest)?.script_pubkey()),
        None => Ok(ScriptBuf::new_op_return([])),
    }
}
