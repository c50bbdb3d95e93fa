//! `transfers`: what went out and what came in.

use bitcoin::Txid;
use bulla_wallet::api::{Direction, Page, Transfer};
use bulla_wallet::time::rfc3339;
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::item::Item;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::table;
use crate::unbacked;
use crate::units::Names;

/// Which part of a list.
#[derive(Args, Clone, Debug)]
pub struct PageArgs {
    /// Rows at most
    #[arg(long, default_value_t = Page::default().limit)]
    limit: u32,
    /// Rows to skip
    #[arg(long, default_value_t = 0)]
    offset: u64,
}

impl PageArgs {
    /// The page.
    pub const fn page(&self) -> Page {
        Page {
            offset: self.offset,
            limit: self.limit,
        }
    }
}

/// What `transfers` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The transfers, newest first.
    pub transfers: Vec<TransferOutput>,
}

/// A transfer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TransferOutput {
    /// Its name.
    pub transfer: String,
    /// `sent` or `received`.
    pub direction: &'static str,
    /// Its state.
    pub state: &'static str,
    /// Why it failed.
    pub reason: Option<String>,
    /// The transaction, once there is one.
    pub txid: Option<Txid>,
    /// Fee in satoshis, if this wallet paid it.
    pub fee_sats: Option<u64>,
    /// What it moves.
    pub items: Vec<Item>,
    /// When it was made.
    pub created: String,
    /// When its state changed last.
    pub updated: String,
    /// When the sender broadcasts although acknowledgements are missing.
    pub deadline: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// If there is no wallet, or the source does not answer.
pub fn run(arguments: &PageArgs, settings: &Settings) -> Result<Output> {
    let session = Session::synced(settings)?;
    let transfers = session.wallet.transfers(&arguments.page())?;
    let names = Names::of(&session.wallet)?;
    Ok(Output {
        transfers: transfers
            .iter()
            .map(|transfer| TransferOutput::of(transfer, &names))
            .collect(),
    })
}

impl TransferOutput {
    fn of(transfer: &Transfer, names: &Names) -> Self {
        Self {
            transfer: transfer.id.to_string(),
            direction: match transfer.direction {
                Direction::Sent => "sent",
                Direction::Received => "received",
            },
            state: transfer.state.name(),
            reason: transfer.state.failure().map(ToString::to_string),
            txid: transfer.txid,
            fee_sats: transfer.fee_sats,
            items: transfer
                .items
                .iter()
                .map(|item| Item::of(item, names))
                .collect(),
            created: rfc3339(transfer.created),
            updated: rfc3339(transfer.updated),
            deadline: transfer.deadline.map(rfc3339),
        }
    }
}

impl TransferOutput {
    /// The state, and of what failed the reason without its ids.
    fn named_state(&self) -> String {
        let reason = self
            .reason
            .as_deref()
            .and_then(|text| text.split(':').next());
        reason.map_or_else(
            || self.state.to_owned(),
            |reason| format!("{}: {reason}", self.state),
        )
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let rows = self.transfers.iter().map(|transfer| {
            let what = transfer.items.iter().map(Item::what);
            let txid = transfer.txid.map(|txid| txid.to_string());
            [
                transfer.transfer.clone(),
                transfer.direction.to_owned(),
                transfer.named_state(),
                what.collect::<Vec<_>>().join(", "),
                txid.unwrap_or_default(),
                transfer.updated.clone(),
            ]
        });
        let table = table(
            &["transfer", "", "state", "what", "transaction", "changed"],
            rows,
        );
        let items = self.transfers.iter().flat_map(|transfer| &transfer.items);
        unbacked::below(table, items.filter_map(Item::unbacked))
    }
}
