//! What every command that spends has in common: plan, prepare, sign, finish, hand over, broadcast.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bitcoin::Txid;
use bulla_core::ContractId;
use bulla_wallet::api::{Payment, PlanOptions, Prepared, PreparedConsignment, TransferId};
use bulla_wallet::crash_point;
use bulla_wallet::defaults;
use bulla_wallet::transfer::plan::Method;
use clap::Args;
use serde::Serialize;

use crate::amount::{SatPerVb, sat_per_vb};
use crate::error::Error;
use crate::file;
use crate::output::{Human, Output};
use crate::session::Session;
use crate::table::fields;

/// Options of every command that spends.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Spending")]
pub struct SpendArgs {
    /// Fee rate [default: the source's estimate; on regtest at least the relay minimum]
    #[arg(long, value_name = "SAT/VB")]
    pub fee_rate: Option<SatPerVb>,
    #[arg(long, value_name = "SATS", help = format!("Most that the fee may be [default: {}]", defaults::MAX_FEE.to_sat()))]
    pub max_fee: Option<u64>,
    /// Commit in an `OP_RETURN` output that everybody sees, not in the change
    #[arg(long)]
    pub opret: bool,
    /// A contract whose allocations may be lost; may be given more than once
    #[arg(long, value_name = "CONTRACT")]
    pub burn: Vec<ContractId>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl SpendArgs {
    fn options(&self, hold: bool) -> PlanOptions {
        PlanOptions {
            fee_rate: self.fee_rate.map(SatPerVb::rate),
            method: if self.opret { Method::Opret } else { Method::Auto },
            burn: self.burn.iter().copied().collect::<BTreeSet<_>>(),
            max_fee: self.max_fee,
            hold,
        }
    }
}

/// What `send` answers, and every other command that spends.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// The transfer.
    pub transfer: String,
    /// The transaction.
    pub txid: Txid,
    /// State of the transfer.
    pub state: &'static str,
    /// Fee in satoshis.
    pub fee_sats: u64,
    /// Virtual size.
    pub vbytes: u64,
    /// Fee rate in sat/vB.
    pub fee_rate: f64,
    /// What was paid to whom.
    pub outputs: Vec<SentOutput>,
    /// Whether the transaction went to the network.
    pub broadcast: bool,
}

/// One paid invoice.
#[derive(Clone, Debug, Serialize)]
pub struct SentOutput {
    /// The invoice.
    pub invoice: String,
    /// The contract.
    pub contract: ContractId,
    /// Amount in smallest units.
    pub amount: String,
    /// The consignment for the payee.
    pub file: PathBuf,
}

/// What is to be done, and where consignments go.
pub struct Order<'a> {
    /// The payments.
    pub payments: &'a [Payment],
    /// Options of the command line.
    pub arguments: &'a SpendArgs,
    /// Whether to wait for acknowledgements that nobody asked for.
    pub hold: bool,
    /// Folder of the consignments.
    pub out: &'a Path,
}

/// Does what an order says, or shows what it would do.
///
/// # Errors
/// As the wallet says; nothing stays reserved then.
pub fn spend(session: &mut Session<'_>, order: &Order<'_>) -> Result<Box<dyn Output>, Error> {
    let plan = plan(session, order)?;
    if order.arguments.dry_run {
        return Ok(Box::new(dry_run(&plan)));
    }
    Ok(Box::new(carry_out(session, plan, order.out)?))
}
