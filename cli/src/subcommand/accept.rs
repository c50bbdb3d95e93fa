//! `accept`: takes a consignment that pays this wallet.

use std::path::{Path, PathBuf};

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_wallet::api::Received;
use bulla_wallet::crash_point;
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::amount::display;
use crate::exit::Exit;
use crate::file;
use crate::media;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::fields;
use crate::units;

/// Arguments of `accept`.
#[derive(Args, Debug)]
pub struct Accept {
    /// The consignment
    file: PathBuf,
    /// Write the signed acknowledgement, which the payer may wait for, to this file
    #[arg(long, value_name = "FILE")]
    ack: Option<PathBuf>,
}

/// What `accept` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The transfer it is listed as.
    pub transfer: String,
    /// The contract.
    pub contract: ContractId,
    /// What came, in smallest units.
    pub amount: String,
    /// The numbers of the tokens that came.
    pub tokens: Vec<u32>,
    /// State of the transfer.
    pub state: &'static str,
    /// Why it failed: `lost` where the coin it was paid to is spent.
    pub reason: Option<String>,
    /// Depth of the weakest witness, 0 if one is not mined.
    pub confirmations: u32,
    /// The own output that holds it; the first, if there are several.
    pub outpoint: Option<OutPoint>,
    /// Whether the wallet knew all of it: nothing was credited again.
    pub already_known: bool,
    /// Where the acknowledgement was written.
    pub acknowledgement: Option<PathBuf>,
    /// The same with decimals.
    pub display: String,
}

impl Accept {
    /// Runs the command.
    ///
    /// # Errors
    /// If the consignment is refused, or pays this wallet nothing.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let bytes = file::read_consignment(&self.file)?;
        let mut session = Session::open(settings)?;
        let source = session.source()?;
        let received = session.wallet.accept(&bytes, source.as_ref())?;
        log::info!("received by transfer {}", received.transfer);
        if let Some(path) = &self.ack {
            let mut text = received.acknowledgements.join("\n");
            text.push('\n');
            crash_point!("acknowledge-before-file");
            file::write(path, text.as_bytes())?;
            crash_point!("acknowledge-after-file");
        }
        let beside = self.file.parent().unwrap_or(Path::new("."));
        media::take(&session, received.contract, beside)?;
        let precision = units::precision(&session.wallet, received.contract)?.unwrap_or(0);
        Ok(Output::of(&received, self.ack, precision))
    }
}

impl Output {
    /// Of what the wallet received.
    pub fn of(received: &Received, acknowledgement: Option<PathBuf>, precision: u8) -> Self {
        Self {
            transfer: received.transfer.to_string(),
            contract: received.contract,
            amount: received.amount.to_string(),
            tokens: received
                .leaves
                .iter()
                .filter_map(|leaf| leaf.token)
                .collect(),
            state: received.state.name(),
            reason: received.state.failure().map(ToString::to_string),
            confirmations: received.confirmations,
            outpoint: received.leaves.first().map(|leaf| leaf.outpoint),
            already_known: received.already_known,
            acknowledgement,
            display: display(received.amount, precision),
        }
    }
}

impl Output {
    fn is_lost(&self) -> bool {
        self.reason.as_deref() == Some("lost")
    }
}

impl Human for Output {
    /// What is lost is stored, but no success.
    fn exit(&self) -> Exit {
        if self.is_lost() {
            Exit::Failure
        } else {
            Exit::Success
        }
    }

    fn human(&self) -> String {
        let mut rows = vec![
            ("amount", self.display.clone()),
            ("contract", self.contract.to_string()),
            ("state", self.state.to_owned()),
            ("confirmations", self.confirmations.to_string()),
            ("transfer", self.transfer.clone()),
        ];
        rows.extend(self.tokens.iter().map(|token| ("token", token.to_string())));
        rows.extend(
            self.outpoint
                .map(|outpoint| ("outpoint", outpoint.to_string())),
        );
        if let Some(reason) = &self.reason {
            rows.push(("reason", reason.clone()));
        }
        if self.is_lost() {
            rows.push((
                "note",
                "the coin that it was paid to is spent: it is lost, and nothing was credited"
                    .to_owned(),
            ));
        } else if self.already_known {
            rows.push((
                "note",
                "known before, nothing was credited again".to_owned(),
            ));
        }
        if let Some(path) = &self.acknowledgement {
            rows.push(("acknowledgement", path.display().to_string()));
        }
        fields(rows)
    }
}
