//! Alice and Bob with data directories of their own, and one bitcoind.

use std::fs;

use bitcoin::Address;
use bulla_tests::program::{Program, string};
use bulla_tests::servers::Bitcoind;
use serde_json::Value;
use tempfile::TempDir;

/// Two people and a node.
pub struct World {
    pub node: Bitcoind,
    pub alice: Program,
    pub bob: Program,
    folder: TempDir,
}

impl World {
    /// Two new wallets, with coins from mining as the tutorial says.
    pub fn funded() -> Self {
        let node = Bitcoind::start();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = |name| Program::new(folder.path().join(name), &node.url());
        let world = Self {
            alice: program("alice"),
            bob: program("bob"),
            node,
            folder,
        };
        for person in [&world.alice, &world.bob] {
            person.json(&["init"]);
            world.node.mine_to(1, &address(person));
        }
        world.node.mine(100);
        world
    }

    /// The same, and Alice has issued 10,000.00 CLAY. Its contract.
    pub fn issued() -> (Self, String) {
        let world = Self::funded();
        let issue = [
            "issue",
            "fixed",
            "--ticker",
            "CLAY",
            "--name",
            "Clay tokens",
            "--supply",
            "10000",
            "--precision",
            "2",
        ];
        let issued = world.alice.json(&issue);
        world.node.mine(1);
        (world, string(&issued, "contract"))
    }

    /// The file that a `send` wrote for the only payee.
    pub fn file(sent: &Value) -> String {
        string(&sent["outputs"][0], "file")
    }

    /// Writes a file into the folder that both programs run in.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).expect("a file");
    }

    /// Reads a file there.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).expect("a file")
    }
}

/// A new address of somebody.
pub fn address(person: &Program) -> Address {
    let text = string(&person.json(&["address"]), "address");
    text.parse::<Address<_>>()
        .expect("an address")
        .assume_checked()
}

/// An invoice of somebody for so many smallest units.
pub fn invoice(payee: &Program, contract: &str, units: &str) -> String {
    let ask = [
        "invoice",
        "--contract",
        contract,
        "--amount",
        units,
        "--raw",
    ];
    string(&payee.json(&ask), "invoice")
}

/// Settled and pending units that somebody has of the only asset.
pub fn units(person: &Program) -> (String, String) {
    let balance = person.json(&["balance"]);
    super::shape::assert_balance(&balance);
    let asset = &balance["assets"][0];
    (string(asset, "settled"), string(asset, "pending"))
}
