//! A change that is taken into the [`Standing`] without a look at the whole graph.
//!
//! BDK goes through its transactions in an order: those mined in the best chain, then those seen in the mempool,
//! then those mined elsewhere. Each counts, with all that it builds on, unless that conflicts with what
//! counts already. So what counts is free of conflicts, and two changes add to it at most, wherever in that order
//! they are looked at:
//! - a new transaction that builds only on what counts, which nothing in the graph builds on or conflicts with: it
//!   counts, and what else counts or not does not depend on it;
//! - one that counts, and is mined or seen again: it is looked at earlier, and counted already.
//!
//! The height of what is mined is that of its block as long as all that it builds on is mined too; else BDK infers
//! heights. A new block changes nothing else as long as no transaction was seen in it before.
//!
//! Whatever is not surely of this kind, such as a reorg, an eviction or a conflict, is no step: the standing is
//! computed anew.

use std::collections::BTreeSet;

use bdk_wallet::chain::{CheckPoint, ConfirmationBlockTime, TxUpdate};
use bitcoin::{OutPoint, Txid};

use super::Coins;
use super::standing::{Node, Standing};
use crate::chain::checkpoint::beyond;

/// What an update is about, noted before BDK takes it.
pub(super) struct Step {
    /// The transactions that are new in the graph.
    pub new: BTreeSet<Txid>,
    /// All that it speaks of.
    touched: BTreeSet<Txid>,
    /// Whether it says that a transaction is gone, or gives an output without its transaction.
    odd: bool,
    chain: CheckPoint,
}

impl Step {
    pub fn new(coins: &Coins, update: &TxUpdate<ConfirmationBlockTime>) -> Self {
        let found: BTreeSet<Txid> = update.txs.iter().map(|tx| tx.compute_txid()).collect();
        let mut touched = found.clone();
        touched.extend(update.anchors.iter().map(|(_, txid)| *txid));
        touched.extend(update.seen_ats.iter().map(|(txid, _)| *txid));
        let is_new = |txid: &Txid| coins.transaction(*txid).is_none();
        Self {
            new: found.into_iter().filter(is_new).collect(),
            touched,
            odd: !update.evicted_ats.is_empty() || !update.txouts.is_empty(),
            chain: coins.chain(),
        }
    }

    /// The standing after the update, out of the one before it; none if it has to be computed anew.
    pub fn take(&self, mut standing: Standing, coins: &Coins) -> Option<Standing> {
        let chain = coins.chain();
        if self.odd || standing.inferred || !self.only_grows(&chain, &standing) {
            return None;
        }
        let graph = coins.bdk.tx_graph();
        let nodes = self.touched.iter().map(|txid| graph.get_tx_node(*txid));
        let nodes: Vec<Node<'_>> = nodes.collect::<Option<_>>()?;
        for node in &nodes {
            if self.new.contains(&node.txid) {
                self.is_free(node, coins).then_some(())?;
            } else {
                standing.heights.get(&node.txid)?;
            }
            let height = height(node, &chain).ok()?;
            standing.count(node, height);
        }
        for node in &nodes {
            builds_on_what_counts(node, &standing, coins).then_some(())?;
        }
        self.renew(&mut standing, &nodes, coins);
        Some(standing)
    }

    /// Where coins may have come or gone by this step.
    pub fn outpoints(&self, coins: &Coins) -> Vec<OutPoint> {
        let touched = self.touched.iter().copied();
        let made = touched.clone().flat_map(|txid| coins.outpoints_of(txid));
        let made = made.map(|(_, outpoint)| outpoint);
        let txs = touched.filter_map(|txid| coins.transaction(txid));
        let spent = txs.flat_map(|tx| tx.input.clone());
        let spent = spent.map(|input| input.previous_output);
        made.chain(spent).collect()
    }

    /// Whether the chain has all blocks that it had, and no other in which a transaction was seen before.
    fn only_grows(&self, chain: &CheckPoint, standing: &Standing) -> bool {
        let came = beyond(&self.chain, chain);
        beyond(chain, &self.chain).is_empty()
            && came.iter().all(|block| !standing.stale.contains(block))
    }

    /// Whether a new transaction counts by itself, and nothing in the graph conflicts with it or builds on it, but
    /// for what is new too.
    fn is_free(&self, node: &Node<'_>, coins: &Coins) -> bool {
        let graph = coins.bdk.tx_graph();
        let seen = node.last_seen.is_some() && graph.get_last_evicted(node.txid).is_none();
        let mut inputs = node.input.iter();
        let mut spenders = graph.tx_spends(node.txid).flat_map(|(_, by)| by);
        (seen || !node.anchors.is_empty())
            && inputs.all(|input| graph.outspends(input.previous_output).len() <= 1)
            && spenders.all(|spender| self.new.contains(spender))
    }

    /// Brings the coins up to date: those of the transactions touched, those that wait, for trust depends on what
    /// they build on, and the age of all others.
    fn renew(&self, standing: &mut Standing, nodes: &[Node<'_>], coins: &Coins) {
        let inputs = nodes.iter().flat_map(|node| &node.input);
        let spent: BTreeSet<OutPoint> = inputs.map(|input| input.previous_output).collect();
        let tip = coins.tip().height;
        standing.coins.retain_mut(|coin| {
            let Some(height) = coin.height else {
                return false;
            };
            coin.age(height, tip);
            !self.touched.contains(&coin.outpoint.txid) && !spent.contains(&coin.outpoint)
        });
        let txids = self.touched.union(&standing.waiting);
        let outputs = txids.flat_map(|txid| coins.outpoints_of(*txid));
        let new = coins.unspent(standing, outputs);
        standing.coins.extend(new);
        standing.sort();
    }
}

/// It is not plain to see in which block a transaction is.
struct Unclear;

/// The height of a transaction; `None` if it is in no block.
fn height(node: &Node<'_>, chain: &CheckPoint) -> Result<Option<u32>, Unclear> {
    let mut anchors = node.anchors.iter();
    match (anchors.next(), anchors.next()) {
        (None, _) => Ok(None),
        (Some(anchor), None) => {
            let block = chain.get(anchor.block_id.height);
            let block = block.filter(|block| block.block_id() == anchor.block_id);
            block.map(|block| Some(block.height())).ok_or(Unclear)
        }
        (Some(_), Some(_)) => Err(Unclear),
    }
}

/// Whether all known parents count, and are mined if it is.
fn builds_on_what_counts(node: &Node<'_>, standing: &Standing, coins: &Coins) -> bool {
    let is_mined = |txid: &Txid| standing.heights.get(txid).map(Option::is_some);
    let mut parents = node.input.iter().map(|input| input.previous_output.txid);
    parents.all(|parent| match is_mined(&parent) {
        Some(mined) => mined || is_mined(&node.txid) == Some(false),
        None => coins.transaction(parent).is_none(),
    })
}

#[cfg(test)]
mod tests;
