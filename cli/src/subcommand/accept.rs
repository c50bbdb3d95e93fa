//! `accept`: takes a consignment that pays this wallet.

use std::path::{Path, PathBuf};

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_wallet::api::Received;
use bulla_wallet::crash_point;
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::exit::Exit;
use crate::file;
use crate::item::Item;
use crate::media::{self, Beside};
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::fields;
use crate::unbacked::Unbacked;
use crate::units::Names;

/// Arguments of `accept`.
#[derive(Args, Debug)]
pub struct Accept {
    /// The consignment
    file: PathBuf,
    /// Write the signed acknowledgement, which the payer may wait for, to this file; what no invoice asked
    /// for has none
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
    /// Its ticker, a claim of the issuer.
    pub ticker: String,
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
    /// What came, in smallest units.
    pub amount: String,
    /// What came, by what it is and where it lies.
    pub items: Vec<Item>,
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
    /// Where the acknowledgement was written; none if there is none, as for what no invoice asked for.
    pub acknowledgement: Option<PathBuf>,
    /// The same with decimals.
    pub display: String,
    /// The media files that lay beside the consignment and were not here yet.
    pub media: Vec<Beside>,
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
        let ack = self.ack.filter(|_| !received.acknowledgements.is_empty());
        if let Some(path) = &ack {
            let mut text = received.acknowledgements.join("\n");
            text.push('\n');
            crash_point!("acknowledge-before-file");
            file::write(path, text.as_bytes())?;
            crash_point!("acknowledge-after-file");
        }
        let beside = self.file.parent().unwrap_or(Path::new("."));
        let media = media::take(&session, received.contract, beside)?;
        let names = Names::of(&session.wallet)?;
        let transfer = session.wallet.transfer(received.transfer)?;
        let items = transfer.items.iter().map(|held| Item::of(held, &names));
        Ok(Output {
            items: items.collect(),
            media,
            ..Output::of(&received, ack, &names)
        })
    }
}

impl Output {
    /// Of what the wallet received.
    pub fn of(received: &Received, acknowledgement: Option<PathBuf>, names: &Names) -> Self {
        let named = names.named(received.contract);
        Self {
            transfer: received.transfer.to_string(),
            contract: received.contract,
            ticker: named.ticker().unwrap_or_default().to_owned(),
            unbacked: named.unbacked(),
            amount: received.amount.to_string(),
            items: Vec::new(),
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
            display: named.decimals(received.amount),
            media: Vec::new(),
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
        let items = self.items.iter();
        let mut rows: Vec<_> = items.map(|item| ("amount", item.display.clone())).collect();
        rows.extend([
            ("contract", self.contract.to_string()),
            ("state", self.state.to_owned()),
            ("confirmations", self.confirmations.to_string()),
            ("transfer", self.transfer.clone()),
        ]);
        rows.extend(
            self.outpoint
                .map(|outpoint| ("outpoint", outpoint.to_string())),
        );
        rows.extend(self.unbacked.iter().map(|some| ("unbacked", some.line())));
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
        rows.extend(self.media.iter().map(|beside| {
            let file = beside.file.display();
            match &beside.refused {
                None => ("media", file.to_string()),
                Some(why) => ("NOT TAKEN IN", format!("{file}: {why}")),
            }
        }));
        if let Some(path) = &self.acknowledgement {
            rows.push(("acknowledgement", path.display().to_string()));
        }
        fields(rows)
    }
}
