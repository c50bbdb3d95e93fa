//! `issue fixed`: an asset of fixed supply.

use std::path::Path;

use bitcoin::{OutPoint, Txid};
use bulla_core::ContractId;
use bulla_wallet::Amount;
use bulla_wallet::api::{self, Payment, PlanOptions};
use clap::Args;
use serde::Serialize;

use crate::amount::display;
use crate::claim;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{self, Order, SpendArgs};
use crate::subcommand::{Result, boxed};
use crate::table::fields;

/// Arguments of `issue fixed`.
#[derive(Args, Debug)]
pub struct Fixed {
    /// Ticker: 1 to 16 ASCII letters and digits; a claim, for anybody can take the same
    #[arg(long)]
    ticker: String,
    /// Name: 1 to 64 printable ASCII characters; a claim too
    #[arg(long)]
    name: String,
    /// All that will ever be, with as many decimals as the precision allows
    #[arg(long)]
    supply: String,
    /// The supply is in smallest units
    #[arg(long)]
    raw: bool,
    /// Decimals people see, 0 to 18
    #[arg(long, default_value_t = 0)]
    precision: u8,
    /// Details, part of the contract for ever
    #[arg(long)]
    details: Option<String>,
    /// Terms, part of the contract for ever
    #[arg(long)]
    terms: Option<String>,
    /// The own sealed coin that holds the supply [default: a free one; if none, one is made]
    #[arg(long, value_name = "TXID:VOUT")]
    coin: Option<OutPoint>,
    #[command(flatten)]
    spending: SpendArgs,
}

/// What `issue` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker.
    pub ticker: String,
    /// Its supply in smallest units.
    pub supply: String,
    /// Decimals people see.
    pub precision: u8,
    /// The transaction that made the coin for it, where none was free.
    pub carrier: Option<Txid>,
}
