//! Asking a chain source until nothing new turns up.

use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::KeychainKind;
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
    /// How many scripts of each keychain; the first time, all tapret outputs too.
    scripts: BTreeMap<KeychainKind, u32>,
    watched: BTreeSet<Txid>,
}

impl Round {
    const fn new(since: u32) -> Self {
        Self {
            since,
            scripts: BTreeMap::new(),
            watched: BTreeSet::new(),
        }
    }
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
        let mut round = Round::new(since);
        let mut transactions = 0;
        let mut fork = None;
        for scans in 0..defaults::MAX_SCANS {
            let request = self.request(&mut round);
            if scans > 0 && request.scripts.is_empty() && request.watch.is_empty() {
                return Ok(Scanned {
                    tip: self.tip(),
                    fork,
                    transactions,
                    scans,
                });
            }
            let update = source.scan(&request)?;
            let seen = update.txs.seen_ats.iter().map(|(txid, _)| *txid);
            round.watched.extend(seen);
            transactions += self.apply(update.txs, Some(update.chain))?;
            let common = common_height(&before, &self.chain());
            if common < before.height() && fork.is_none_or(|fork| common < fork) {
                fork = Some(common);
                round = Round::new(round.since.min(common + 1));
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

    /// What this round has not asked for yet. Scripts of a keychain only come at its end, and tapret outputs
    /// not at all while a source is asked.
    fn request(&self, round: &mut Round) -> ScanRequest {
        let mut scripts = Vec::new();
        if round.scripts.is_empty() {
            scripts.extend(self.rows.keys().cloned());
        }
        let derived = self.bdk.spk_index().inner().all_spks();
        for keychain in [KeychainKind::External, KeychainKind::Internal] {
            let asked = round.scripts.entry(keychain).or_default();
            let new = derived.range((keychain, *asked)..=(keychain, u32::MAX));
            for ((_, index), script) in new {
                scripts.push(script.clone());
                *asked = index + 1;
            }
        }
        let watch = self.unconfirmed(&round.watched);
        round.watched.extend(watch.iter().map(|(txid, _)| *txid));
        ScanRequest {
            scripts,
            since: round.since,
            chain: self.chain(),
            watch,
        }
    }

    /// The transactions that wait in the mempool as far as we know, but for some, each with a script of ours.
    fn unconfirmed(&self, but: &BTreeSet<Txid>) -> Vec<(Txid, ScriptBuf)> {
        let waiting = self.standing().waiting.difference(but);
        waiting
            .filter_map(|txid| Some((*txid, self.script_of(&*self.transaction(*txid)?)?)))
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
