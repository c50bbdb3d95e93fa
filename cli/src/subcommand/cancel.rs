//! `cancel`: gives up a transfer that was not broadcast, or an invoice.

use bulla_wallet::api::TransferId;
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;

/// Arguments of `cancel`.
#[derive(Args, Debug)]
pub struct Cancel {
    /// The transfer or the invoice's, as `transfers` lists it
    transfer: TransferId,
}

/// What `cancel` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The transfer that was given up; its coins can be spent again.
    pub transfer: String,
}

impl Cancel {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no such transfer, or its transaction may be with others.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        Session::open(settings)?.wallet.cancel(self.transfer)?;
        Ok(Output {
            transfer: self.transfer.to_string(),
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        format!(
            "{} is given up; its coins can be spent again",
            self.transfer
        )
    }
}
