//! What a wallet sees.

use std::collections::BTreeSet;

use bdk_wallet::chain::local_chain::LocalChain;
use bdk_wallet::chain::{CanonicalizationParams, ConfirmationBlockTime, TxGraph};
use bitcoin::{ScriptBuf, Txid};
use bulla_wallet::chain::ScanRequest;

use super::person::Person;
use super::world::World;

/// A wallet's view: BDK's graph and chain, filled by scans alone.
pub struct View {
    pub chain: LocalChain,
    pub graph: TxGraph<ConfirmationBlockTime>,
    pub scripts: Vec<ScriptBuf>,
    pub since: u32,
}

impl View {
    pub fn new(world: &World, owner: &Person) -> View {
        let (chain, _) = LocalChain::from_genesis_hash(world.source.genesis().expect("answers"));
        View {
            chain,
            graph: TxGraph::default(),
            scripts: vec![owner.script()],
            since: 0,
        }
    }

    pub fn scan(&mut self, world: &World) {
        let watch = self
            .waiting()
            .iter()
            .map(|txid| (*txid, self.scripts[0].clone()))
            .collect();
        let request = ScanRequest {
            scripts: &self.scripts,
            since: self.since,
            chain: self.chain.tip(),
            watch,
        };
        let update = world.source.scan(&request).expect("scans");
        self.chain.apply_update(update.chain).expect("connects");
        let _ = self.graph.apply_update(update.txs);
        assert_eq!(
            self.chain.tip().block_id(),
            world.source.tip().expect("answers")
        );
    }

    pub fn transactions(&self, confirmed: bool) -> BTreeSet<Txid> {
        self.graph
            .list_canonical_txs(
                &self.chain,
                self.chain.tip().block_id(),
                CanonicalizationParams::default(),
            )
            .filter(|tx| tx.chain_position.is_confirmed() == confirmed)
            .map(|tx| tx.tx_node.txid)
            .collect()
    }

    pub fn waiting(&self) -> BTreeSet<Txid> {
        self.transactions(false)
    }

    pub fn settled(&self) -> BTreeSet<Txid> {
        self.transactions(true)
    }
}

pub fn set(txids: impl IntoIterator<Item = Txid>) -> BTreeSet<Txid> {
    txids.into_iter().collect()
}
