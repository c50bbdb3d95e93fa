//! `issue`: makes a new contract of a schema, or the one that a file describes.

mod answer;
mod arguments;
mod description;

use std::path::{Path, PathBuf};

use bitcoin::Txid;
use bulla_core::schema::Schema;
use bulla_wallet::api::{AllocateTo, Allocation, Issue as NewContract, Payment};
use bulla_wallet::invoice::Invoice;
use clap::Args;

use self::answer::Output;
use self::arguments::Said;
use super::issuer::hand_over::hand_over;
use super::{Result, boxed};
use crate::error::Error;
use crate::media;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{self, Order, Planned, SpendArgs};

/// Arguments of `issue`.
#[derive(Args, Debug)]
pub struct Issue {
    /// A standard schema (fixed, inflatable, unique, permissioned, collectible, replaceable), the id of
    /// one that the wallet allows, or a file that describes the whole contract: `contract.toml`
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
        let mut session = Session::synced(settings)?;
        let (issue, files) = self.read(&session)?;
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
        let schema = schema(&session, &issue.schema.to_string())?;
        if self.spending.dry_run {
            return boxed(Ok(Output::of(&drafted, &schema, true)));
        }
        let issue = NewContract {
            timestamp: Some(drafted.timestamp),
            ..issue
        };
        let contract = session.wallet.issue(&issue)?;
        for bytes in &files {
            media::keep(&session, contract, bytes)?;
        }
        let mut output = Output::of(&drafted, &schema, false);
        output.carrier = carrier;
        let invoices: Vec<Invoice> = issue.allocations.iter().filter_map(invoice).collect();
        if !invoices.is_empty() {
            let written = hand_over(&session, contract, &invoices, &self.out)?;
            (output.consignments, output.media) = (written.consignments, written.media);
        }
        boxed(Ok(output))
    }

    /// The contract, and the media files it commits to.
    fn read(&self, session: &Session<'_>) -> Result<(NewContract, Vec<Vec<u8>>)> {
        let schema = |name: &str| schema(session, name);
        let path = Path::new(&self.what);
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            self.said.check_none()?;
            return description::read(path, &schema);
        }
        self.said.read(&schema(&self.what)?)
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
            out: Path::new(".").into(),
        };
        let plan = spend::plan(session, source.as_ref(), &order)?;
        if self.spending.dry_run {
            return Ok(Carrier::Planned(Box::new(Planned::of(&plan))));
        }
        let sent = spend::carry_out(session, source.as_ref(), plan, order.out)?;
        Ok(Carrier::Made(sent.txid))
    }
}

fn invoice(allocation: &Allocation) -> Option<Invoice> {
    match &allocation.to {
        AllocateTo::Invoice(invoice) => Some((**invoice).clone()),
        AllocateTo::Own | AllocateTo::Coin(_) => None,
    }
}

/// A standard schema by its name, or one that the wallet knows by its id.
fn schema(session: &Session<'_>, name: &str) -> Result<Schema> {
    if let Some(schema) = bulla_schemas::by_name(name) {
        return Ok(schema);
    }
    let known = match name.parse() {
        Ok(id) => session.wallet.known_schema(id)?,
        Err(_) => None,
    };
    known.ok_or_else(|| Error::NoSuchSchema {
        found: name.to_owned(),
    })
}

/// The coin that the contract is put on.
enum Carrier {
    Made(Option<Txid>),
    Planned(Box<dyn crate::output::Output>),
}
