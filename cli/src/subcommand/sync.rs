//! `sync`: reads the chain.

use bitcoin::{BlockHash, Txid};
use bulla_wallet::chain::Position;
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::fields;

/// Arguments of `sync`.
#[derive(Args, Debug)]
pub struct Sync {
    /// Read all blocks from this height on again
    #[arg(long, value_name = "HEIGHT")]
    rescan: Option<u32>,
}

/// What `sync` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The source, without credentials.
    pub source: String,
    /// Height of the best block.
    pub height: u32,
    /// The best block.
    pub tip: BlockHash,
    /// Transactions of this wallet that were not known before.
    pub transactions: usize,
    /// The highest block that stayed, if the chain was reorganised.
    pub fork: Option<u32>,
    /// Witnesses of allocations that are elsewhere than before.
    pub moved: Vec<Moved>,
}

/// A witness that is elsewhere than before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Moved {
    /// The transaction.
    pub txid: Txid,
    /// `mined`, `mempool`, `absent` or `conflicted`.
    pub position: &'static str,
    /// Height of its block.
    pub height: Option<u32>,
}

impl Sync {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no wallet, or the source does not answer.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let mut session = Session::open(settings)?;
        let source = session.source()?;
        let report = match self.rescan {
            Some(height) => session.rescan(source.as_ref(), height)?,
            None => session.sync(source.as_ref())?,
        };
        Ok(Output {
            source: source.name(),
            height: report.tip.height,
            tip: report.tip.hash,
            transactions: report.transactions,
            fork: report.fork,
            moved: report.moved.into_iter().map(moved).collect(),
        })
    }
}

const fn moved((txid, position): (Txid, Position)) -> Moved {
    let (position, height) = match position {
        Position::Mined { height } => ("mined", Some(height)),
        Position::Mempool => ("mempool", None),
        Position::Absent => ("absent", None),
        Position::Conflicted { .. } => ("conflicted", None),
    };
    Moved {
        txid,
        position,
        height,
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let mut rows = vec![
            ("source", self.source.clone()),
            ("height", self.height.to_string()),
            ("tip", self.tip.to_string()),
            ("new transactions", self.transactions.to_string()),
        ];
        rows.extend(
            self.fork
                .map(|height| ("reorganised above", height.to_string())),
        );
        let moved = self.moved.iter();
        rows.extend(moved.map(|moved| ("witness", format!("{} {}", moved.txid, moved.position))));
        fields(rows)
    }
}
