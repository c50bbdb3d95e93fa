//! Asking a chain source until nothing new turns up.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use bdk_wallet::KeychainKind;
use bdk_wallet::chain::{BlockId, CheckPoint};
use bitcoin::{Script, ScriptBuf, Transaction, Txid};

use super::{Coins, CoinsError};
use crate::chain::{ChainSource, ScanRequest, Scripts, SourceError};
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
    /// How many scripts of each keychain, and with the first of them all tapret outputs: no such output comes
    /// while a source is asked.
    scripts: BTreeMap<KeychainKind, u32>,
    watched: BTreeSet<Txid>,
}

/// The scripts of the wallet that a round has not asked for yet: all, at first.
struct New<'a> {
    coins: &'a Coins,
    asked: BTreeMap<KeychainKind, u32>,
}

impl New<'_> {
    fn derived(&self) -> impl Iterator<Item = &ScriptBuf> {
        let all = self.coins.bdk.spk_index().inner().all_spks();
        let keychains = [KeychainKind::External, KeychainKind::Internal].into_iter();
        keychains
            .flat_map(|keychain| all.range((keychain, self.first(keychain))..=(keychain, u32::MAX)))
            .map(|(_, script)| script)
    }

    fn tapret(&self) -> impl Iterator<Item = &ScriptBuf> {
        let rows = self.asked.is_empty().then_some(&self.coins.rows);
        rows.into_iter().flat_map(BTreeMap::keys)
    }

    fn first(&self, keychain: KeychainKind) -> u32 {
        self.asked.get(&keychain).copied().unwrap_or(0)
    }
}

impl Scripts for New<'_> {
    fn contains(&self, script: &Script) -> bool {
        let owner = self.coins.owner(script);
        owner.is_some_and(|owner| match owner.tapret {
            Some(_) => self.asked.is_empty(),
            None => owner.index >= self.first(owner.place.keychain()),
        })
    }

    fn is_empty(&self) -> bool {
        self.derived().chain(self.tapret()).next().is_none()
    }

    fn all(&self) -> Vec<ScriptBuf> {
        self.derived().chain(self.tapret()).cloned().collect()
    }
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
            let scripts = self.new_scripts(&mut round);
            let watch = self.unconfirmed(&round.watched);
            if scans > 0 && scripts.is_empty() && watch.is_empty() {
                return Ok(Scanned {
                    tip: self.tip(),
                    fork,
                    transactions,
                    scans,
                });
            }
            round.watched.extend(watch.iter().map(|(txid, _)| *txid));
            let update = source.scan(&ScanRequest {
                scripts: &scripts,
                since: round.since,
                chain: self.chain(),
                watch,
            })?;
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

    /// What a round has not asked for yet, from now on asked for.
    fn new_scripts(&self, round: &mut Round) -> New<'_> {
        let all = self.bdk.spk_index().inner().all_spks();
        let count = |keychain| {
            let last = all.range(..=(keychain, u32::MAX)).next_back();
            let last = last.filter(|((found, _), _)| *found == keychain);
            (keychain, last.map_or(0, |((_, index), _)| index + 1))
        };
        let now = [KeychainKind::External, KeychainKind::Internal].map(count);
        New {
            coins: self,
            asked: mem::replace(&mut round.scripts, now.into()),
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
