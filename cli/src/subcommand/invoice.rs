//! `invoice`: asks for an asset.

mod decode;

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_schemas::roles::owned;
use bulla_wallet::api::{InvoiceRequest, InvoiceTarget};
use bulla_wallet::defaults;
use bulla_wallet::time::rfc3339;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Result, boxed};
use crate::denomination::has_decimals;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::unbacked::Unbacked;
use crate::units::{self, Names};

/// Arguments of `invoice`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Invoice {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    request: Request,
}

/// Commands of invoices.
#[derive(Subcommand, Debug)]
enum Command {
    /// Show what an invoice asks for
    Decode(decode::Decode),
}

/// What to ask for.
#[derive(Args, Debug)]
struct Request {
    /// The contract [default: any]
    #[arg(long)]
    contract: Option<ContractId>,
    /// The amount, with the decimals of the contract; of an owned type of one's own a whole number [default: any; of a
    /// token: 1 fraction]
    #[arg(long)]
    amount: Option<String>,
    /// The name of the owned type, such as `allowance` or `nft` [default: the asset; of a token: nft]
    #[arg(long, value_name = "NAME", requires = "contract")]
    owned: Option<String>,
    /// The number of the token
    #[arg(long, value_name = "NUMBER", requires = "contract")]
    token: Option<u32>,
    /// The amount is in smallest units
    #[arg(long, requires = "amount")]
    raw: bool,
    /// A secret seal over an own sealed coin, which is reserved, instead of a new output
    #[arg(long)]
    blind: bool,
    /// The sealed coin to reserve [default: a free one]
    #[arg(long, value_name = "TXID:VOUT", requires = "blind")]
    coin: Option<OutPoint>,
    #[arg(long, conflicts_with = "blind", help = format!("Satoshis of the new output, at least {} [default: {}, the payer's choice]", defaults::DUST.to_sat(), defaults::CARRIER.to_sat()))]
    sats: Option<u64>,
    #[arg(long, value_name = "SECONDS", help = format!("Seconds until nobody may pay it any more [default: {}]", defaults::INVOICE_EXPIRY))]
    expiry: Option<u64>,
    /// Where the consignment is to be handed over; the payer waits for an acknowledgement then
    #[arg(long, value_name = "URL")]
    via: Option<String>,
    /// The age recipient that the consignment is encrypted to
    #[arg(long, value_name = "AGE")]
    enc: Option<String>,
    /// Name of the payer: invoices for the same name share the key that signs acknowledgements, so that
    /// he need not send again what it signed for; never give two payers the same
    #[arg(long, value_name = "NAME")]
    contact: Option<String>,
}

/// What `invoice` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The invoice.
    pub invoice: String,
    /// The contract; none: any.
    pub contract: Option<ContractId>,
    /// How much of it can be reissued, in smallest units, and is unbacked by its history; none if nothing can,
    /// or the wallet does not know the contract.
    pub unbacked: Option<Unbacked>,
    /// The owned type; none: the asset.
    pub owned: Option<String>,
    /// The token.
    pub token: Option<u32>,
    /// The amount in smallest units, of a token its fraction; none: any.
    pub amount: Option<String>,
    /// `witness`: a new output; `blind`: a secret seal over an own one.
    pub kind: &'static str,
    /// When it expires.
    pub expiry: Option<String>,
    /// The own coin that is reserved for it.
    pub reserved: Option<OutPoint>,
}

impl Invoice {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no wallet, no free sealed coin for a blind invoice, or the amount has no meaning.
    pub fn run(self, settings: &Settings) -> Result {
        match self.command {
            Some(Command::Decode(command)) => boxed(command.run(settings)),
            None => boxed(self.request.run(settings)),
        }
    }
}

impl Request {
    fn run(self, settings: &Settings) -> Result<Output> {
        let mut session = if self.blind {
            Session::synced(settings)?
        } else {
            Session::open(settings)?
        };
        let whole = |owned: &String| !has_decimals(owned);
        let raw = self.raw || self.token.is_some() || self.owned.as_ref().is_some_and(whole);
        let amount = match &self.amount {
            Some(text) => Some(units::read(&session.wallet, text, self.contract, raw)?),
            None => self.token.map(|_| 1),
        };
        let nft = self.token.map(|_| owned::NFT.name.to_owned());
        let invoice = session.wallet.invoice(&InvoiceRequest {
            contract: self.contract,
            amount,
            owned: self.owned.or(nft),
            token: self.token,
            target: if self.blind {
                InvoiceTarget::Blind(self.coin)
            } else {
                InvoiceTarget::Witness
            },
            sats: self.sats,
            expires_in: self.expiry,
            via: self.via,
            enc: self.enc,
            contact: self.contact,
        })?;
        let known = session.wallet.invoices()?;
        let info = known.iter().rev().find(|info| info.invoice == invoice);
        let reserved = info.and_then(|info| info.reserved);
        let names = Names::of(&session.wallet)?;
        Ok(Output::of(&invoice, reserved, &names))
    }
}

impl Output {
    /// Of an invoice of the wallet.
    pub fn of(
        invoice: &bulla_wallet::invoice::Invoice,
        reserved: Option<OutPoint>,
        names: &Names,
    ) -> Self {
        Self {
            invoice: invoice.to_string(),
            contract: invoice.contract,
            unbacked: invoice.contract.and_then(|id| names.unbacked(id)),
            owned: invoice.owned.clone(),
            token: invoice.token,
            amount: invoice.amount.map(|amount| amount.to_string()),
            kind: kind(invoice),
            expiry: invoice.expiry.map(rfc3339),
            reserved,
        }
    }
}

const fn kind(invoice: &bulla_wallet::invoice::Invoice) -> &'static str {
    if invoice.is_witness() {
        "witness"
    } else {
        "blind"
    }
}

impl Human for Output {
    fn human(&self) -> String {
        self.invoice.clone()
    }

    fn aside(&self) -> Option<String> {
        self.unbacked.as_ref().map(Unbacked::line)
    }
}
