//! The commands, one file each: what it takes, what it does, what it answers.

use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use bulla_wallet::Network;
use clap::Subcommand as Commands;

use crate::error::Error;
use crate::output::Output;
use crate::settings::Settings;

pub mod address;
pub mod init;
pub mod inspect;
pub mod keys;
pub mod sandbox;
pub mod sync;
pub mod validate;

/// What a command answers, or why it does not.
pub type Result<T = Box<dyn Output>> = std::result::Result<T, Error>;

/// A command.
#[derive(Commands, Debug)]
pub enum Subcommand {
    /// Make a wallet, with new words or from words
    Init(init::Init),
    /// What the coins are found by, and what spends them
    #[command(subcommand)]
    Keys(keys::Keys),
    /// A new address
    Address(address::Address),
    /// Read the chain; safe to repeat
    Sync(sync::Sync),
    /// Check a consignment against Bitcoin; needs no wallet
    Validate(validate::Validate),
    /// Show what is in a consignment, without a verdict
    Inspect(inspect::Inspect),
    /// The embedded regtest chain
    #[command(subcommand)]
    Sandbox(sandbox::Sandbox),
}

impl Subcommand {
    /// Runs it.
    ///
    /// # Errors
    /// As the command says.
    pub fn run(self, settings: &Settings) -> Result {
        match self {
            Self::Init(command) => boxed(command.run(settings)),
            Self::Keys(command) => boxed(command.run(settings)),
            Self::Address(command) => boxed(command.run(settings)),
            Self::Sync(command) => boxed(command.run(settings)),
            Self::Validate(command) => boxed(command.run(settings)),
            Self::Inspect(command) => boxed(command.run()),
            Self::Sandbox(command) => command.run(settings),
        }
    }
}

fn boxed<T: Output + 'static>(result: Result<T>) -> Result {
    result.map(|output| Box::new(output) as Box<dyn Output>)
}

/// An address that is checked to be one of a network.
fn address_on(address: Address<NetworkUnchecked>, network: &Network) -> Result<Address> {
    let checked = address.clone().require_network(network.bitcoin());
    checked.map_err(|_| Error::AddressNetwork {
        address,
        network: network.clone(),
    })
}
