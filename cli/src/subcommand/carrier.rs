//! `carrier`: makes free sealed coins.

use std::path::Path;

use bulla_wallet::api::Payment;
use bulla_wallet::defaults;
use clap::Args;

use super::Result;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{FeeArgs, Order, spend};

/// Arguments of `carrier`.
#[derive(Args, Debug)]
pub struct Carrier {
    /// How many
    #[arg(default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    count: u32,
    #[arg(long, help = format!("Satoshis of each [default: {}]", defaults::CARRIER.to_sat()))]
    sats: Option<u64>,
    #[command(flatten)]
    spending: FeeArgs,
}

impl Carrier {
    /// Runs the command.
    ///
    /// # Errors
    /// If there are not enough plain satoshis.
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let payment = Payment::Carriers {
            count: self.count,
            sats: self.sats,
        };
        let order = Order {
            payments: &[payment],
            arguments: self.spending.into(),
            hold: false,
            out: Path::new(".").into(),
        };
        spend(&mut session, &order)
    }
}
