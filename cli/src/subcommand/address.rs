//! `address`: a new address of the wallet.

use clap::Args;
use serde::Serialize;

use super::Result;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;

/// Arguments of `address`.
#[derive(Args, Debug)]
pub struct Address {
    /// An address whose coins wait for allocations, and are spent for nothing else
    #[arg(long)]
    sealed: bool,
}

/// What `address` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The address.
    pub address: String,
    /// Whether its coins are sealed coins.
    pub sealed: bool,
}

impl Address {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no wallet.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let mut session = Session::open(settings)?;
        let address = if self.sealed {
            session.wallet.sealed_address()?
        } else {
            session.wallet.address()?
        };
        Ok(Output {
            address: address.to_string(),
            sealed: self.sealed,
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        self.address.clone()
    }
}
