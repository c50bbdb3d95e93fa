//! A real bitcoind as a scenario's chain.

use bitcoin::{Address, Transaction};
use bulla_wallet::chain::{self, ChainSource};

use super::Chain;
use crate::servers::Bitcoind;

/// A node of its own, asked over its RPC.
pub struct OnBitcoind(Bitcoind);

impl Chain for OnBitcoind {
    fn start() -> Self {
        Self(Bitcoind::start())
    }

    fn name(&self) -> &'static str {
        "bitcoind"
    }

    fn source(&self) -> Box<dyn ChainSource> {
        source(&self.url())
    }

    fn url(&self) -> String {
        self.0.url()
    }

    fn fund(&self, address: &Address, sats: u64) {
        self.0.fund(address, sats);
    }

    fn mine(&self, blocks: u32) {
        self.0.mine(blocks as usize);
    }

    fn reorg(&self, depth: u32) {
        self.0.reorg(depth);
    }

    fn reorg_to(&self, depth: u32, transactions: &[Transaction]) {
        self.0.reorg_with(depth, transactions);
    }
}

/// The source that the command line opens for a URL.
pub(super) fn source(url: &str) -> Box<dyn ChainSource> {
    let spec = chain::parse(url, "unused".as_ref()).expect("a URL of a source");
    chain::open(&spec).expect("the source answers")
}
