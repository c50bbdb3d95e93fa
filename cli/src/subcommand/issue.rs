//! `issue`: makes a new contract of a schema, or the one that a file describes.

mod amounts;
mod answer;
mod arguments;
mod description;

use std::path::{Path, PathBuf};

use bitcoin::Txid;
use bulla_core::schema::Schema;
use bulla_wallet::api::{AllocateTo, Allocation, Issue as NewContract, Payment, Plan};
use bulla_wallet::chain::ChainSource;
use bulla_wallet::invoice::Invoice;
use clap::Args;

use self::answer::Output;
use self::arguments::Said;
use self::description::Lines;
use super::issuer::hand_over::hand_over;
use super::{Result, boxed};
use crate::error::Error;
use crate::media;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{self, FeeArgs, Order, Planned};

/// Arguments of `issue`.
#[derive(Args, Debug)]
pub struct Issue {
    /// A standard schema (fixed, inflatable, unique, permissioned, collectible, replaceable), the id of
    /// one that the wallet allows, or a file that describes the whole contract: `contract.toml`
    #[arg(value_name = "SCHEMA|FILE")]
    what: String,
    #[command(flatten)]
    said: Said,
    /// Folder for the consignments of invoices that the file allocates to [default: .]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    spending: FeeArgs,
}

impl Issue {
    /// Runs the command.
    ///
    /// # Errors
    /// If there are no satoshis for a coin to put the contract on, the schema forbids it, or something is said
    /// that it has no use for.
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let (issue, files, lines) = self.read(&session)?;
        let explain = |error: bulla_wallet::Error| match &lines {
            Some(lines) => lines.explain(error),
            None => error.into(),
        };
        let drafted = session.wallet.draft_issue(&issue).map_err(explain)?;
        let schema = schema(&session, &issue.schema.to_string())?;
        let mut output = Output::of(&drafted, &schema, self.spending.dry_run);
        if self.spending.dry_run {
            if drafted.contract.is_none() {
                let source = session.source()?;
                let plan = self.carrier(&session, source.as_ref())?;
                output.coin = Some(Planned::of(&plan, &session.wallet)?);
            }
            return boxed(Ok(output.noted(|timestamp| match &lines {
                Some(_) => format!("`timestamp = {timestamp}` in the file"),
                None => format!("--timestamp {timestamp}"),
            })));
        }
        if drafted.contract.is_none() {
            output.carrier = self.make_carrier(&mut session)?;
        }
        let issue = NewContract {
            timestamp: Some(drafted.timestamp),
            ..issue
        };
        let contract = session.wallet.issue(&issue).map_err(explain)?;
        output.contract = Some(contract);
        for bytes in &files {
            media::keep(&session, contract, bytes)?;
        }
        let invoices: Vec<Invoice> = issue.allocations.iter().filter_map(invoice).collect();
        if !invoices.is_empty() {
            let out = self.out.as_deref().unwrap_or(Path::new("."));
            let written = hand_over(&session, contract, &invoices, out)?;
            (output.consignments, output.media) = (written.consignments, written.media);
        }
        boxed(Ok(output))
    }

    /// The contract, the media files that it commits to, and where a file says what.
    fn read(&self, session: &Session<'_>) -> Result<(NewContract, Vec<Vec<u8>>, Option<Lines>)> {
        let schema = |name: &str| schema(session, name);
        let path = Path::new(&self.what);
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            self.said.check_none()?;
            let read = description::read(path, &schema)?;
            return Ok((read.issue, read.files, Some(read.lines)));
        }
        if self.out.is_some() {
            return Err(Error::NotApplicable {
                option: "--out",
                to: "a contract that is all yours".to_owned(),
                remedy: "leave it out; a file allocates to invoices, whose consignments go there"
                    .to_owned(),
            });
        }
        let (issue, files) = self.said.read(&schema(&self.what)?)?;
        Ok((issue, files, None))
    }

    /// How a sealed coin for the contract would be made.
    fn carrier(&self, session: &Session<'_>, source: &dyn ChainSource) -> Result<Plan> {
        let payment = Payment::Carriers {
            count: 1,
            sats: None,
        };
        let order = Order {
            payments: &[payment],
            arguments: self.spending.clone().into(),
            hold: false,
            out: Path::new(".").into(),
        };
        spend::plan(session, source, &order)
    }

    fn make_carrier(&self, session: &mut Session<'_>) -> Result<Option<Txid>> {
        log::info!("no sealed coin is free: making one first");
        let source = session.source()?;
        let plan = self.carrier(session, source.as_ref())?;
        let sent = spend::carry_out(session, source.as_ref(), plan, Path::new(".").into())?;
        Ok(sent.txid)
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
