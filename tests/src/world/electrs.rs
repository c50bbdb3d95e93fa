//! A real electrs over a real bitcoind as a scenario's chain.

use bitcoin::{Address, Transaction};
use bulla_wallet::chain::ChainSource;

use super::Chain;
use crate::servers::{Bitcoind, Electrs};

/// A node and an index of their own; the wallet asks the index alone.
pub struct OnElectrs {
    electrs: Electrs,
    node: Bitcoind,
}

impl OnElectrs {
    fn synced(&self) {
        self.electrs.wait_synced(&self.node);
    }
}

impl Chain for OnElectrs {
    fn start() -> Self {
        let node = Bitcoind::start();
        Self {
            electrs: Electrs::start(&node),
            node,
        }
    }

    fn name(&self) -> &'static str {
        "electrs"
    }

    fn source(&self) -> Box<dyn ChainSource> {
        self.synced();
        super::bitcoind::source(&self.electrs.url())
    }

    fn url(&self) -> String {
        self.electrs.url()
    }

    fn fund(&self, address: &Address, sats: u64) {
        self.node.fund(address, sats);
        self.synced();
    }

    fn mine(&self, blocks: u32) {
        self.node.mine(blocks as usize);
        self.synced();
    }

    fn reorg(&self, depth: u32) {
        self.node.reorg(depth);
        self.synced();
    }

    fn reorg_to(&self, depth: u32, transactions: &[Transaction]) {
        self.node.reorg_with(depth, transactions);
        self.synced();
    }
}
