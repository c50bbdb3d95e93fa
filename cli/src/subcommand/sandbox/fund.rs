//! `sandbox fund`: coins for a newcomer.

use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, Amount, Txid};
use bulla_wallet::Network;
use bulla_wallet::sandbox::Confirm;
use clap::Args;
use serde::Serialize;

use super::{Result, open};
use crate::output::Human;
use crate::settings::Settings;
use crate::subcommand::address_on;

/// Arguments of `sandbox fund`.
#[derive(Args, Debug)]
pub struct Fund {
    /// Who gets it
    address: Address<NetworkUnchecked>,
    /// Satoshis
    #[arg(default_value_t = 100_000_000)]
    sats: u64,
    /// Leave the payment unconfirmed
    #[arg(long)]
    unconfirmed: bool,
}

/// What `sandbox fund` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The payment.
    pub txid: Txid,
    /// Its satoshis.
    pub sats: u64,
    /// Whether it was mined.
    pub mined: bool,
}

impl Fund {
    /// Runs the command.
    ///
    /// # Errors
    /// If the source is not the sandbox, the address not one of regtest, or the sandbox has not got
    /// that much.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let to = address_on(self.address, &Network::Regtest)?;
        let confirm = if self.unconfirmed {
            Confirm::Later
        } else {
            Confirm::Now
        };
        let amount = Amount::from_sat(self.sats);
        let txid = open(settings)?.fund(&to.script_pubkey(), amount, confirm)?;
        Ok(Output {
            txid,
            sats: self.sats,
            mined: !self.unconfirmed,
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let state = if self.mined { "mined" } else { "waits" };
        format!("{} sat in {}, which is {state}", self.sats, self.txid)
    }
}
