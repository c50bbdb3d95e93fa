//! `send`: pays invoices, or goes on with a transfer that waits.

use std::path::PathBuf;

use bulla_core::ContractId;
use bulla_wallet::api::{Payment, TransferId};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::transfer::History;
use clap::Args;

use super::Result;
use crate::error::Error;
use crate::file;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{Files, Order, SpendArgs, resume, spend};
use crate::units;

/// Arguments of `send`.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools)] // flags of the command line
pub struct Send {
    /// The invoices, all paid in one transaction
    #[arg(required_unless_present_any = ["resume", "batch"], conflicts_with = "resume")]
    #[arg(value_name = "INVOICE")]
    invoices: Vec<String>,
    /// A file of further invoices, one a line
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    batch: Option<PathBuf>,
    /// Folder for the consignments, one file per invoice
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Compress the consignments with zstd
    #[arg(long)]
    compress: bool,
    /// Show the whole history also to payees who acknowledged part of it before
    #[arg(long)]
    whole: bool,
    /// Amount for an invoice that leaves it open, with the decimals of the contract
    #[arg(long, conflicts_with = "resume")]
    amount: Option<String>,
    /// The amount is in smallest units
    #[arg(long, requires = "amount")]
    raw: bool,
    /// Contract for an invoice that leaves it open
    #[arg(long, conflicts_with = "resume")]
    contract: Option<ContractId>,
    /// Write what a contract's signers have to sign as PSBTs
    #[arg(long)]
    psbt: bool,
    /// Do not broadcast: wait for the payees' acknowledgements
    #[arg(long, conflicts_with = "resume")]
    hold: bool,
    /// Go on with a transfer: write its consignments again, and broadcast if nothing is missing
    #[arg(long, value_name = "TRANSFER", conflicts_with_all = ["FeeArgs", "abandon", "yes", "opret"])]
    resume: Option<TransferId>,
    /// A request that came back with signatures of a contract's signers, a consignment or a PSBT; may be
    /// given more than once
    #[arg(long, value_name = "FILE", requires = "resume")]
    signed: Vec<PathBuf>,
    /// An acknowledgement that came back; may be given more than once
    #[arg(long, value_name = "FILE", requires = "resume")]
    ack: Vec<PathBuf>,
    #[command(flatten)]
    spending: SpendArgs,
}

impl Send {
    /// Runs the command.
    ///
    /// # Errors
    /// If an invoice cannot be paid; nothing stays reserved then.
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let out = Files {
            folder: &self.out,
            compress: self.compress,
            history: if self.whole {
                History::Whole
            } else {
                History::New
            },
            psbt: self.psbt,
        };
        if let Some(transfer) = self.resume {
            let sent = resume(&mut session, transfer, &self.signed, &self.ack, out)?;
            return Ok(Box::new(sent));
        }
        let payments = self.payments(&session)?;
        let order = Order {
            payments: &payments,
            arguments: self.spending,
            hold: self.hold,
            out,
        };
        spend(&mut session, &order)
    }

    fn payments(&self, session: &Session<'_>) -> Result<Vec<Payment>> {
        let batch = self.batch.as_deref().map(file::read_lines).transpose()?;
        let lines = batch.iter().flat_map(|text| text.lines());
        let lines = lines.map(str::trim).filter(|line| !line.is_empty());
        let all = self.invoices.iter().map(String::as_str).chain(lines);
        let parsed = all.map(str::parse);
        let invoices = parsed.collect::<std::result::Result<Vec<Invoice>, _>>()?;
        let open = invoices.iter().filter(|invoice| invoice.amount.is_none());
        if self.amount.is_some() && open.count() != 1 {
            return Err(Error::Options {
                found: "--amount, but not exactly one invoice that leaves its amount open",
                remedy: "pay invoices without an amount one by one",
            });
        }
        invoices
            .iter()
            .map(|invoice| self.payment(invoice, session))
            .collect()
    }

    fn payment(&self, invoice: &Invoice, session: &Session<'_>) -> Result<Payment> {
        if invoice
            .contract
            .is_some_and(|named| self.contract.is_some_and(|given| given != named))
        {
            return Err(Error::Options {
                found: "--contract, but an invoice that names another",
                remedy: "leave --contract out, or ask the payee for an invoice without a contract",
            });
        }
        let contract = invoice.contract.or(self.contract);
        let amount = match (&self.amount, invoice.amount) {
            (Some(text), None) => Some(units::read(&session.wallet, text, contract, self.raw)?),
            _ => None,
        };
        Ok(Payment::Invoice {
            invoice: Box::new(invoice.clone()),
            contract: invoice.contract.xor(contract),
            amount,
        })
    }
}
