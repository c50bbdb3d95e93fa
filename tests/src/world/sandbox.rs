//! The embedded sandbox as a scenario's chain.

use bitcoin::{Address, Amount, ScriptBuf, Transaction};
use bulla_wallet::chain::ChainSource;
use bulla_wallet::sandbox::{Confirm, Contents, Sandbox};
use tempfile::TempDir;

use super::Chain;

/// A sandbox in a temporary folder.
pub struct OnSandbox {
    folder: TempDir,
    sandbox: Sandbox,
}

/// A script nobody spends, for blocks' coins.
fn nobody() -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x51])
}

impl Chain for OnSandbox {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sandbox = Sandbox::open(folder.path().join("sandbox.sqlite")).expect("a new sandbox");
        Self { folder, sandbox }
    }

    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn source(&self) -> Box<dyn ChainSource> {
        let path = self.folder.path().join("sandbox.sqlite");
        Box::new(Sandbox::open(path).expect("the sandbox opens again"))
    }

    fn url(&self) -> String {
        "sandbox".into()
    }

    fn fund(&self, address: &Address, sats: u64) {
        let amount = Amount::from_sat(sats);
        self.sandbox
            .fund(&address.script_pubkey(), amount, Confirm::Now)
            .expect("a payment");
    }

    fn mine(&self, blocks: u32) {
        self.sandbox.mine(blocks, &nobody()).expect("blocks");
    }

    fn reorg(&self, depth: u32) {
        self.reorg_to(depth, &[]);
    }

    fn reorg_to(&self, depth: u32, transactions: &[Transaction]) {
        let contents = Contents::Only(transactions.to_vec());
        self.sandbox
            .reorg(depth, &contents, &nobody())
            .expect("a reorg");
    }
}
