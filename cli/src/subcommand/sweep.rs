//! `sweep`: brings empty carriers back to plain bitcoin.

use std::path::Path;

use bulla_wallet::api::Payment;
use clap::Args;

use super::Result;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{LossArgs, Order, spend};

/// Arguments of `sweep`.
#[derive(Args, Debug)]
pub struct Sweep {
    #[command(flatten)]
    spending: LossArgs,
}

impl Sweep {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no empty carrier.
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let order = Order {
            payments: &[Payment::Sweep],
            arguments: self.spending.into(),
            hold: false,
            out: Path::new(".").into(),
        };
        spend(&mut session, &order)
    }
}
