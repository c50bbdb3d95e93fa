//! `transactions`: the transactions of the wallet.

use bitcoin::{Amount, Txid};
use bulla_wallet::api::Page;
use bulla_wallet::coins::TxEntry;
use bulla_wallet::time::rfc3339;
use serde::Serialize;

use super::Result;
use super::transfers::PageArgs;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::table;

/// What `transactions` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The transactions, those that wait first, then the newest first.
    pub transactions: Vec<Transaction>,
}

/// A transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Transaction {
    /// Its id.
    pub txid: Txid,
    /// Satoshis of our coins that it spends.
    pub sent_sats: u64,
    /// Satoshis of its outputs that are ours.
    pub received_sats: u64,
    /// Its fee in satoshis, where all coins that it spends are known.
    pub fee_sats: Option<u64>,
    /// Height of its block; none while it waits.
    pub height: Option<u32>,
    /// When its block was mined, or when it was first seen.
    pub time: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// If there is no wallet, or the source does not answer.
pub fn run(arguments: &PageArgs, settings: &Settings) -> Result<Output> {
    let session = Session::synced(settings)?;
    let Page { offset, limit } = arguments.page();
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let entries = session
        .wallet
        .transactions(number(offset), number(limit.into()));
    Ok(Output {
        transactions: entries.iter().map(Transaction::of).collect(),
    })
}

impl Transaction {
    fn of(entry: &TxEntry) -> Self {
        Self {
            txid: entry.txid,
            sent_sats: entry.sent.to_sat(),
            received_sats: entry.received.to_sat(),
            fee_sats: entry.fee.map(Amount::to_sat),
            height: entry.height,
            time: entry.time.map(rfc3339),
        }
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let rows = self.transactions.iter().map(|transaction| {
            let height = transaction.height.map(|height| height.to_string());
            let fee = transaction.fee_sats.map(|fee| fee.to_string());
            [
                transaction.txid.to_string(),
                height.unwrap_or_else(|| "waits".to_owned()),
                transaction.received_sats.to_string(),
                transaction.sent_sats.to_string(),
                fee.unwrap_or_default(),
                transaction.time.clone().unwrap_or_default(),
            ]
        });
        table(
            &["transaction", ">block", ">in", ">out", ">fee", "time"],
            rows,
        )
    }
}
