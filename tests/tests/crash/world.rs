//! Alice and Bob with data directories and a sandbox in one folder, which can be copied.

use std::fs;

use bulla_tests::program::{Program, copy_folder, string};
use serde_json::Value;
use tempfile::TempDir;

/// The folder, and what the invoice says that is being paid.
pub struct World {
    folder: TempDir,
}

impl World {
    /// An empty folder.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder }
    }

    /// Alice has issued 1,000 units, Bob has some bitcoin and an invoice that is not paid yet.
    pub fn issued() -> Self {
        let world = Self::new();
        let (alice, bob) = (world.alice(), world.bob());
        for person in [&alice, &bob] {
            person.json(&["init"]);
            let address = string(&person.json(&["address"]), "address");
            alice.json(&["sandbox", "fund", &address, "100000"]);
        }
        alice.json(&[
            "issue", "fixed", "--ticker", "CLAY", "--name", "Clay", "--supply", "1000",
        ]);
        alice.json(&["sandbox", "mine"]);
        let contract = string(&alice.json(&["assets"])["assets"][0], "contract");
        let invoice = bob.json(&[
            "invoice",
            "--contract",
            &contract,
            "--amount",
            "300",
            "--raw",
        ]);
        world.write("invoice", &string(&invoice, "invoice"));
        world
    }

    /// The same; Alice has signed, and waits for Bob's acknowledgement.
    pub fn held() -> Self {
        let world = Self::issued();
        let sent = world
            .alice()
            .json(&["send", &world.invoice(), "--out", "outbox", "--hold"]);
        world.write("file", &string(&sent["outputs"][0], "file"));
        world
    }

    /// A copy, to be damaged.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        copy_folder(self.folder.path(), copy.folder.path());
        copy
    }

    /// A program with crash points for somebody here.
    pub fn program(&self, name: &str) -> Program {
        let sandbox = self.folder.path().join("sandbox.sqlite");
        let source = format!("sandbox:{}", sandbox.display());
        Program::with_crash_points(self.folder.path().join(name), &source)
    }

    pub fn alice(&self) -> Program {
        self.program("alice")
    }

    pub fn bob(&self) -> Program {
        self.program("bob")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("a note");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect("a note")
    }

    /// Bob's invoice.
    pub fn invoice(&self) -> String {
        self.read("invoice")
    }

    /// The consignment for Bob.
    pub fn file(&self) -> String {
        self.read("file")
    }

    /// Alice's transfer that pays an invoice, if there is one that has not failed.
    pub fn transfer(&self, invoice: &str) -> Option<String> {
        let list = self.alice().json(&["transfers"]);
        let list = list["transfers"].as_array().expect("a list").clone();
        let pays = |transfer: &&Value| {
            transfer["state"] != "failed" && transfer["items"][0]["invoice"] == invoice
        };
        list.iter()
            .find(pays)
            .map(|transfer| string(transfer, "transfer"))
    }

    /// Pays the invoice, or goes on with the payment that a kill left; Bob accepts, a block is mined.
    pub fn finished(self, invoice: &str, at: &str) -> Self {
        let alice = self.alice();
        let sent = match self.transfer(invoice) {
            Some(id) => alice.json(&["send", "--resume", &id, "--out", "outbox"]),
            None => alice.json(&["send", invoice, "--out", "outbox"]),
        };
        assert_eq!(sent["broadcast"], true, "{at}: {sent}");
        let file = string(&sent["outputs"][0], "file");
        self.bob().json(&["accept", &file]);
        alice.json(&["sandbox", "mine"]);
        self
    }

    /// [`World::finished`] where nothing was killed.
    pub fn sent(&self, at: &str) -> Self {
        let copy = self.copy();
        let invoice = copy.invoice();
        copy.finished(&invoice, at)
    }

    /// Bob accepts, however often, and Alice goes on.
    pub fn acknowledged(&self, at: &str) -> Self {
        let copy = self.copy();
        let accepted = copy
            .bob()
            .json(&["accept", &copy.file(), "--ack", "bob.ack"]);
        assert_eq!(accepted["amount"], "300", "{at}");
        copy.resumed(at)
    }

    /// Alice takes in the acknowledgement and broadcasts, however often; a block is mined.
    pub fn resumed(self, at: &str) -> Self {
        let transfer = self.transfer(&self.invoice()).expect("a held transfer");
        let resume = [
            "send", "--resume", &transfer, "--ack", "bob.ack", "--out", "outbox",
        ];
        let sent = self.alice().json(&resume);
        assert_eq!(sent["broadcast"], true, "{at}: {sent}");
        self.alice().json(&["sandbox", "mine"]);
        self
    }

    /// What both have.
    pub fn balances(&self) -> [Value; 2] {
        [self.alice(), self.bob()].map(|person| person.json(&["balance"]))
    }

    /// Asserts that a killed `accept` left no acknowledgement, or a whole one.
    pub fn assert_whole_or_no_acknowledgement(&self, point: &str) {
        let text = fs::read_to_string(self.folder.path().join("bob.ack"));
        let whole = text.map(|text| text.starts_with("bullaack1") && text.ends_with('\n'));
        let written = point == "acknowledge-after-file";
        assert_eq!(whole.ok(), written.then_some(true), "{point}");
    }
}
