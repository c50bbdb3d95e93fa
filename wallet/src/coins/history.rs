//! The transactions of the wallet.

use std::cmp::Reverse;

use bdk_wallet::chain::{CanonicalizationParams, ChainPosition};
use bitcoin::{Amount, Transaction, TxOut, Txid};

use super::Coins;
use super::standing::Blocks;

/// A transaction that pays to the wallet or spends from it, in the best chain or in the mempool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxEntry {
    /// Its id.
    pub txid: Txid,
    /// Our coins that it spends, tapret outputs included.
    pub sent: Amount,
    /// Its outputs that are ours, tapret outputs included.
    pub received: Amount,
    /// Its fee, if all outputs that it spends are known.
    pub fee: Option<Amount>,
    /// The height of its block; `None` in the mempool.
    pub height: Option<u32>,
    /// When its block was mined, or when it was first seen, in seconds since 1970.
    pub time: Option<u64>,
}

impl Coins {
    /// All transactions: those in the mempool first, then the newest first.
    pub fn history(&self) -> Vec<TxEntry> {
        let graph = self.bdk.tx_graph();
        let blocks = Blocks::of(&self.chain());
        let params = CanonicalizationParams::default();
        let txs = graph.list_canonical_txs(&blocks, blocks.tip, params);
        let mut entries: Vec<_> = txs
            .map(|tx| {
                let (height, time) = match tx.chain_position {
                    ChainPosition::Confirmed { anchor, .. } => {
                        (Some(anchor.block_id.height), Some(anchor.confirmation_time))
                    }
                    ChainPosition::Unconfirmed { first_seen, .. } => (None, first_seen),
                };
                self.entry(&tx.tx_node.tx, height, time)
            })
            .filter(|entry| entry.sent > Amount::ZERO || entry.received > Amount::ZERO)
            .collect();
        entries.sort_by_key(|entry| {
            (
                Reverse(entry.height.unwrap_or(u32::MAX)),
                Reverse(entry.time),
                entry.txid,
            )
        });
        entries
    }

    fn entry(&self, tx: &Transaction, height: Option<u32>, time: Option<u64>) -> TxEntry {
        let graph = self.bdk.tx_graph();
        let spent = tx
            .input
            .iter()
            .filter_map(|input| graph.get_txout(input.previous_output));
        TxEntry {
            txid: tx.compute_txid(),
            sent: self.ours(spent),
            received: self.ours(tx.output.iter()),
            fee: graph.calculate_fee(tx).ok(),
            height,
            time,
        }
    }

    fn ours<'a>(&self, outputs: impl Iterator<Item = &'a TxOut>) -> Amount {
        outputs
            .filter(|output| self.is_ours(&output.script_pubkey))
            .map(|output| output.value)
            .sum()
    }
}
