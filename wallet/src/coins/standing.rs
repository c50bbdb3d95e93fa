//! Where the wallet's transactions stand in the best chain: computed once after each change, for BDK walks its
//! whole graph for each question.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;

use bdk_wallet::chain::{
    BlockId, CanonicalizationParams, ChainOracle, ChainPosition, CheckPoint, ConfirmationBlockTime,
};
use bitcoin::{BlockHash, OutPoint, Txid};

use super::{Coin, Coins};

/// What the best chain and the mempool make of the graph.
#[derive(Debug)]
pub(super) struct Standing {
    /// The transactions that count, with the height of their block; `None` in the mempool.
    pub heights: HashMap<Txid, Option<u32>>,
    /// What those transactions spend.
    pub spent: HashSet<OutPoint>,
    /// The unspent outputs of the wallet.
    pub coins: Vec<Coin>,
}

impl Standing {
    pub fn of(coins: &Coins) -> Self {
        let blocks = Blocks::of(&coins.chain());
        let params = CanonicalizationParams::default();
        let graph = coins.bdk.tx_graph();
        let mut standing = Self {
            heights: HashMap::new(),
            spent: HashSet::new(),
            coins: Vec::new(),
        };
        for tx in graph.list_canonical_txs(&blocks, blocks.tip, params) {
            let height = height(&tx.chain_position);
            standing.heights.insert(tx.tx_node.txid, height);
            let inputs = tx.tx_node.input.iter();
            standing
                .spent
                .extend(inputs.map(|input| input.previous_output));
        }
        standing.coins = coins.unspent(&standing);
        standing
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
