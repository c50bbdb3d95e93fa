//! A source, and the ground that makes its blocks.

use bitcoin::{Address, Amount, Network, OutPoint, ScriptBuf, Transaction, TxOut, Txid};
use bulla_tests::servers::{Bitcoind, Electrs};
use bulla_wallet::chain::{self, ChainSource, Position, Sought};
use bulla_wallet::sandbox::{Confirm, Contents, Sandbox};

use super::person::{Person, person};
use super::view::View;

pub const FEE: Amount = Amount::from_sat(200);
pub const COIN: u64 = 50_000;

/// What makes blocks.
pub enum Ground {
    Sandbox(Sandbox),
    Node {
        node: Box<Bitcoind>,
        electrs: Option<Electrs>,
    },
}

pub struct World {
    pub source: Box<dyn ChainSource>,
    pub ground: Ground,
    /// Whether the source finds any transaction by its id alone.
    pub finds_by_id: bool,
    /// Whether the source names the transaction that took an input.
    pub names_rivals: bool,
    _directory: tempfile::TempDir,
}

impl World {
    pub fn new(url: &str, ground: Ground) -> World {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let spec = chain::parse(url, &directory.path().join("sandbox")).expect("a source");
        let source = chain::open(&spec).expect("opens");
        World {
            source,
            ground,
            finds_by_id: true,
            names_rivals: false,
            _directory: directory,
        }
    }

    pub fn sandbox() -> World {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("sandbox");
        let ground = Ground::Sandbox(Sandbox::open(&path).expect("opens"));
        let url = format!("sandbox:{}", path.display());
        World {
            names_rivals: true,
            _directory: directory,
            ..World::new(&url, ground)
        }
    }

    pub fn node(options: &[&str]) -> World {
        let node = Bitcoind::start_with(options);
        World::new(
            &node.url(),
            Ground::Node {
                node: Box::new(node),
                electrs: None,
            },
        )
    }

    pub fn electrs() -> World {
        let node = Bitcoind::start();
        let electrs = Electrs::start(&node);
        let url = electrs.url();
        let world = World::new(
            &url,
            Ground::Node {
                node: Box::new(node),
                electrs: Some(electrs),
            },
        );
        World {
            names_rivals: true,
            ..world
        }
    }

    /// As a source that names the transaction that took an input.
    pub fn that_names_rivals(self) -> World {
        World {
            names_rivals: true,
            ..self
        }
    }

    /// As a source that finds mined transactions only where it was told of their place.
    pub fn that_needs_places(self) -> World {
        World {
            finds_by_id: false,
            ..self
        }
    }

    /// Waits until the source has what its ground has.
    pub fn settle(&self) {
        if let Ground::Node {
            node,
            electrs: Some(electrs),
        } = &self.ground
        {
            electrs.wait_synced(node);
        }
    }

    pub fn pay(&self, script: &ScriptBuf, sats: u64) -> Txid {
        let txid = match &self.ground {
            Ground::Sandbox(sandbox) => sandbox
                .fund(script, Amount::from_sat(sats), Confirm::Later)
                .expect("pays"),
            Ground::Node { node, .. } => node.pay(&address(script), sats).txid,
        };
        self.settle();
        txid
    }

    /// As [`Self::pay`], without waiting for the source.
    pub fn pay_unsettled(&self, script: &ScriptBuf, sats: u64) -> Txid {
        match &self.ground {
            Ground::Node { node, .. } => node.pay(&address(script), sats).txid,
            Ground::Sandbox(_) => self.pay(script, sats),
        }
    }

    pub fn mine(&self, blocks: u32) {
        match &self.ground {
            Ground::Sandbox(sandbox) => {
                sandbox.mine(blocks, &person(99).script()).expect("mines");
            }
            Ground::Node { node, .. } => {
                node.mine(blocks as usize);
            }
        }
        self.settle();
    }

    /// Replaces blocks by one more, of which the first holds exactly these.
    pub fn reorg(&self, depth: u32, transactions: &[Transaction]) {
        match &self.ground {
            Ground::Sandbox(sandbox) => {
                let contents = Contents::Only(transactions.to_vec());
                sandbox
                    .reorg(depth, &contents, &person(99).script())
                    .expect("reorgs");
            }
            Ground::Node { node, .. } => {
                node.reorg_with(depth, transactions);
            }
        }
        self.settle();
    }

    pub fn broadcast(&self, tx: &Transaction) {
        self.source.broadcast(tx).expect("valid");
        self.settle();
    }

    pub fn coin(&self, owner: &Person) -> (OutPoint, TxOut) {
        let txid = self.pay(&owner.script(), COIN);
        self.mine(1);
        let mut view = View::new(self, owner);
        view.scan(self);
        let tx = view.graph.get_tx(txid).expect("found by the scan");
        let script = owner.script();
        let vout = tx
            .output
            .iter()
            .position(|o| o.script_pubkey == script)
            .expect("is paid");
        (
            OutPoint::new(txid, u32::try_from(vout).expect("small")),
            tx.output[vout].clone(),
        )
    }

    pub fn height(&self) -> u32 {
        self.source.tip().expect("answers").height
    }

    pub fn positions(&self, sought: &[Sought]) -> Vec<Position> {
        let positions = self.source.positions(sought).expect("answers");
        assert_eq!(positions.tip, self.source.tip().expect("answers"));
        positions.list
    }
}

pub fn address(script: &ScriptBuf) -> Address {
    Address::from_script(script, Network::Regtest).expect("has an address")
}
