//! `issue`: makes a new contract of a schema, or the one that a file describes.

mod answer;
mod arguments;
mod description;

use std::path::{Path, PathBuf};

use bitcoin::Txid;
use bulla_wallet::api::{AllocateTo, Issue as NewContract, Payment};
use clap::Args;

use self::answer::Output;
use self::arguments::Said;
use super::{Result, boxed};
use crate::file;
use crate::media;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{self, Order, Planned, SpendArgs};

/// Arguments of `issue`.
#[derive(Args, Debug)]
pub struct Issue {
    /// A standard schema (fixed, inflatable, unique, permissioned, collectible, replaceable), or a
    /// file that describes the whole contract: `contract.toml`
    #[arg(value_name = "SCHEMA|FILE")]
    what: String,
    #[command(flatten)]
    said: Said,
    /// Folder for the consignments of invoices that the contract allocates to
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    spending: SpendArgs,
}

impl Issue {
    /// Runs the command.
    ///
    /// # Errors
    /// If there are no satoshis for a coin to put the contract on, or the schema forbids it.
    pub fn run(self, settings: &Settings) -> Result {
        let (issue, files) = self.read()?;
        let mut session = Session::synced(settings)?;
        let own = |to: &AllocateTo| matches!(to, AllocateTo::Own);
        let needs_coin = issue.coin.is_none() && issue.allocations.iter().any(|a| own(&a.to));
        let carrier = if needs_coin && session.wallet.free_carrier()?.is_none() {
            match self.carrier(&mut session)? {
                Carrier::Made(txid) => txid,
                Carrier::Planned(planned) => return Ok(planned),
            }
        } else {
            None
        };
        let drafted = session.wallet.draft_issue(&issue)?;
        if self.spending.dry_run {
            return boxed(Ok(Output::of(&drafted, true)));
        }
        let issue = NewContract {
            timestamp: Some(drafted.timestamp),
            ..issue
        };
        let contract = session.wallet.issue(&issue)?;
        for bytes in &files {
            media::keep(&session, contract, bytes)?;
        }
        let mut output = Output::of(&drafted, false);
        output.carrier = carrier;
        for allocation in &issue.allocations {
            if let AllocateTo::Invoice(invoice) = &allocation.to {
                let given = session.wallet.issued_consignment(contract, invoice)?;
                let path = self.out.join(&given.file_name);
                file::write(&path, &given.bytes)?;
                output.consignments.push(path);
            }
        }
        if !output.consignments.is_empty() {
            output.media = media::hand_over(&session, contract, &self.out)?;
        }
        boxed(Ok(output))
    }

    /// The contract, and the media files it commits to.
    fn read(&self) -> Result<(NewContract, Vec<Vec<u8>>)> {
        let path = Path::new(&self.what);
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            self.said.check_none()?;
            return description::read(path);
        }
        self.said.read(&self.what)
    }

    /// Makes a sealed coin for the contract, or shows how it would be made.
    fn carrier(&self, session: &mut Session<'_>) -> Result<Carrier> {
        log::info!("no sealed coin is free: making one first");
        let source = session.source()?;
        let payment = Payment::Carriers {
            count: 1,
            sats: None,
        };
        let order = Order {
            payments: &[payment],
            arguments: &self.spending,
            hold: false,
            out: Path::new("."),
        };
        let plan = spend::plan(session, source.as_ref(), &order)?;
        if self.spending.dry_run {
            return Ok(Carrier::Planned(Box::new(Planned::of(&plan))));
        }
        let sent = spend::carry_out(session, source.as_ref(), plan, order.out)?;
        Ok(Carrier::Made(sent.txid))
    }
}

/// The coin that the contract is put on.
enum Carrier {
    Made(Option<Txid>),
    Planned(Box<dyn crate::output::Output>),
}
