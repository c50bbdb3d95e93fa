//! Asking a chain source until nothing new turns up.

use std::collections::BTreeSet;

use bdk_wallet::chain::{BlockId, CheckPoint};
use bitcoin::{ScriptBuf, Transaction, Txid};

use super::{Coins, CoinsError};
use crate::chain::{ChainSource, ScanRequest, SourceError};
use crate::{Error, defaults};

/// What a scan found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// The best block now.
    pub tip: BlockId,
    /// The highest block that is as it was, if the chain was reorganised.
    pub fork: Option<u32>,
    /// Transactions that were not known before.
    pub transactions: usize,
    /// How often the source was asked.
    pub scans: u32,
}

/// What one `sync` has asked for so far.
struct Round {
    since: u32,
    scripts: BTreeSet<ScriptBuf>,
    watched: BTreeSet<Txid>,
}

impl Coins {
    /// Brings the coins up to date with a source: everything at the given height and above, and the
    /// mempool. Scripts are extended by the gap limit wherever the last ones were used; after a
    /// reorg everything above the fork is scanned again.
    ///
    /// # Errors
    /// [`SourceError`], also for a source of another chain; [`CoinsError::Endless`].
    pub fn scan(&mut self, source: &dyn ChainSource, since: u32) -> Result<Scanned, Error> {
        self.check_chain(source)?;
        let before = self.chain();
        let known = self.bdk.tx_graph().full_txs().count();
        let mut round = Round {
            since,
            scripts: BTreeSet::new(),
            watched: BTreeSet::new(),
        };
        let mut fork = None;
        for scans in 0..defaults::MAX_SCANS {
            let request = self.request(&round);
            if scans > 0 && request.scripts.is_empty() && request.watch.is_empty() {
                let transactions = self.bdk.tx_graph().full_txs().count().saturating_sub(known);
                return Ok(Scanned {
                    tip: self.tip(),
                    fork,
                    transactions,
                    scans,
                });
            }
            let update = source.scan(&request)?;
            round.scripts.extend(request.scripts);
            round
                .watched
                .extend(request.watch.into_iter().map(|(txid, _)| txid));
            round
                .watched
                .extend(update.txs.seen_ats.iter().map(|(txid, _)| *txid));
            self.apply(update.txs, Some(update.chain))?;
            let common = common_height(&before, &self.chain());
            if common < before.height() && fork.is_none_or(|fork| common < fork) {
                fork = Some(common);
                let since = round.since.min(common + 1);
                round = Round {
                    since,
                    scripts: BTreeSet::new(),
                    watched: BTreeSet::new(),
                };
            }
        }
        Err(CoinsError::Endless {
            source_name: source.name(),
            scans: defaults::MAX_SCANS,
        }
        .into())
    }

    fn check_chain(&self, source: &dyn ChainSource) -> Result<(), SourceError> {
        let (found, expected) = (source.genesis()?, self.network.genesis_hash());
        if found == expected {
            return Ok(());
        }
        Err(SourceError::OtherChain {
            name: source.name(),
            found,
            expected,
        })
    }

    /// What this round has not asked for yet.
    fn request(&self, round: &Round) -> ScanRequest {
        let derived = self.bdk.spk_index().inner().all_spks().values();
        let scripts = derived.chain(self.rows.keys());
        let scripts = scripts
            .filter(|script| !round.scripts.contains(*script))
            .cloned()
            .collect();
        let unconfirmed = self.unconfirmed().into_iter();
        let watch = unconfirmed
            .filter(|(txid, _)| !round.watched.contains(txid))
            .collect();
        ScanRequest {
            scripts,
            since: round.since,
            chain: self.chain(),
            watch,
        }
    }

    /// The transactions that wait in the mempool as far as we know, each with a script of ours.
    fn unconfirmed(&self) -> Vec<(Txid, ScriptBuf)> {
        let heights = self.standing().heights.iter();
        let waiting = heights.filter(|(_, height)| height.is_none());
        waiting
            .filter_map(|(txid, _)| Some((*txid, self.script_of(&*self.transaction(*txid)?)?)))
            .collect()
    }

    fn script_of(&self, tx: &Transaction) -> Option<ScriptBuf> {
        let graph = self.bdk.tx_graph();
        let spent = tx
            .input
            .iter()
            .filter_map(|input| graph.get_txout(input.previous_output));
        let mut outputs = tx.output.iter().chain(spent);
        outputs
            .find(|output| self.is_ours(&output.script_pubkey))
            .map(|output| output.script_pubkey.clone())
    }
}

/// The highest block of `before` that is in `after`; genesis is in both.
fn common_height(before: &CheckPoint, after: &CheckPoint) -> u32 {
    let same = |block: &CheckPoint| {
        after
            .get(block.height())
            .is_some_and(|other| other.hash() == block.hash())
    };
    before.iter().find(same).map_or(0, |block| block.height())
}
