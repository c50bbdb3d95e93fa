//! Where the wallet's transactions stand in the best chain: kept, for BDK walks its whole graph for each
//! question. A change is taken in as a [`Step`](super::step::Step) if it can be, else all is computed anew.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;

use bdk_wallet::chain::tx_graph::TxNode;
use bdk_wallet::chain::{
    BlockId, CanonicalizationParams, ChainOracle, ChainPosition, CheckPoint, ConfirmationBlockTime,
};
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};

use super::{Coin, Coins};

/// A transaction in the graph, with what is known of it.
pub(super) type Node<'a> = TxNode<'a, Arc<Transaction>, ConfirmationBlockTime>;

/// What the best chain and the mempool make of the graph.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The transactions that count, with the height of their block; `None` in the mempool.
    pub heights: HashMap<Txid, Option<u32>>,
    /// Those of them that are in the mempool.
    pub waiting: BTreeSet<Txid>,
    /// What the transactions that count spend.
    pub spent: HashSet<OutPoint>,
    /// The unspent outputs of the wallet: the oldest first, those in the mempool last.
    pub coins: Vec<Coin>,
    /// Blocks outside of the best chain in which BDK saw transactions.
    pub stale: HashSet<BlockId>,
    /// Whether one of the heights is no more than that of a transaction that builds on it.
    pub inferred: bool,
}

impl Standing {
    pub fn of(coins: &Coins) -> Self {
        let blocks = Blocks::of(&coins.chain());
        let params = CanonicalizationParams::default();
        let graph = coins.bdk.tx_graph();
        let anchors = graph.all_anchors().values().flatten();
        let stale = anchors.map(|anchor| anchor.block_id);
        let mut standing = Self {
            heights: HashMap::new(),
            waiting: BTreeSet::new(),
            spent: HashSet::new(),
            coins: Vec::new(),
            stale: stale.filter(|block| !blocks.contain(block)).collect(),
            inferred: false,
        };
        for tx in graph.list_canonical_txs(&blocks, blocks.tip, params) {
            standing.count(&tx.tx_node, height(&tx.chain_position));
            standing.inferred |= matches!(
                tx.chain_position,
                ChainPosition::Confirmed {
                    transitively: Some(_),
                    ..
                }
            );
        }
        standing.coins = coins.unspent(&standing, coins.outpoints());
        standing.sort();
        standing
    }

    /// Takes a transaction for one that counts, at a height.
    pub fn count(&mut self, tx: &Node<'_>, height: Option<u32>) {
        self.heights.insert(tx.txid, height);
        if height.is_some() {
            self.waiting.remove(&tx.txid);
        } else {
            self.waiting.insert(tx.txid);
        }
        let inputs = tx.input.iter();
        self.spent.extend(inputs.map(|input| input.previous_output));
    }

    pub fn sort(&mut self) {
        self.coins.sort_by_key(Coin::order);
    }
}

pub(super) const fn height(position: &ChainPosition<ConfirmationBlockTime>) -> Option<u32> {
    match position {
        ChainPosition::Confirmed { anchor, .. } => Some(anchor.block_id.height),
        ChainPosition::Unconfirmed { .. } => None,
    }
}

/// The blocks of the best chain that BDK knows, by height: its own list is walked from the tip for each
/// question.
pub(super) struct Blocks {
    pub tip: BlockId,
    at: BTreeMap<u32, BlockHash>,
}

impl Blocks {
    pub fn of(chain: &CheckPoint) -> Self {
        Self {
            tip: chain.block_id(),
            at: chain
                .iter()
                .map(|block| (block.height(), block.hash()))
                .collect(),
        }
    }

    fn contain(&self, block: &BlockId) -> bool {
        self.at.get(&block.height) == Some(&block.hash)
    }
}

impl ChainOracle for Blocks {
    type Error = Infallible;

    fn is_block_in_chain(
        &self,
        block: BlockId,
        chain_tip: BlockId,
    ) -> Result<Option<bool>, Infallible> {
        if self.at.get(&chain_tip.height) != Some(&chain_tip.hash)
            || block.height > chain_tip.height
        {
            return Ok(None);
        }
        Ok(self.at.get(&block.height).map(|hash| *hash == block.hash))
    }

    fn get_chain_tip(&self) -> Result<BlockId, Infallible> {
        Ok(self.tip)
    }
}
