//! `validate` believes no Electrum server either (attack K10): with the headers of a wallet, and with
//! those that it fetches itself where there is none.

use bitcoin::Transaction;
use bulla_core::ContractId;
use bulla_tests::people::{Person, Sent, pay};
use bulla_tests::program::{Program, string};
use bulla_tests::world::{Chain, Lie, OnLiar};
use bulla_wallet::api::PlanOptions;

/// A payment that is signed, the file of it, and two who read it: one with a wallet whose headers reach
/// the last block, and one with nothing.
struct Ground {
    chain: OnLiar,
    alice: Person,
    contract: ContractId,
    sent: Sent,
    owner: Program,
    stranger: Program,
    _folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let chain = OnLiar::start();
        let (mut alice, mut bob) = (Person::new("alice"), Person::new("bob"));
        alice.fund(&chain, 200_000);
        let contract = alice.issue(&chain, "CLAY", 1_000);
        let invoice = bob.invoice(contract, 10);
        let sent = alice.hold(&[pay(&invoice)]);
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("file"), sent.bytes()).expect("a file");
        let program = |name| Program::new(folder.path().join(name), &chain.url());
        let (owner, stranger) = (program("owner"), program("stranger"));
        owner.json(&["init"]);
        chain.mine(1);
        owner.json(&["headers", "fetch"]);
        Self {
            alice,
            contract,
            sent,
            owner,
            stranger,
            chain,
            _folder: folder,
        }
    }

    /// The same with the payment mined, right below the last block.
    fn mined() -> Self {
        let ground = Self::new();
        let sent = ground.chain.source().broadcast(&ground.sent.tx);
        sent.expect("is taken");
        ground.chain.mine(2);
        ground.owner.json(&["headers", "fetch"]);
        ground
    }

    fn transaction(&self) -> Transaction {
        self.sent.tx.clone()
    }

    /// Both give no verdict on a lie, and say why.
    fn refused(&self, lie: Lie, because: &str) {
        self.chain.say(lie.clone());
        for program in [&self.owner, &self.stranger] {
            assert_refused(program, because);
        }
    }
}

#[track_caller]
fn assert_refused(program: &Program, because: &str) {
    let (exit, answer) = program.verdict(&["validate", "file"]);
    let verdict = string(&answer, "verdict");
    assert_eq!((exit, verdict.as_str()), (3, "unresolved"), "{answer}");
    let notes = answer["notes"].to_string();
    assert!(notes.contains(because), "{notes}");
}

#[track_caller]
fn assert_verdict(program: &Program, exit: i32, confirmations: u32) {
    let (found, answer) = program.verdict(&["validate", "file"]);
    assert_eq!(found, exit, "{answer}");
    assert_eq!(answer["confirmations"], confirmations, "{answer}");
}

#[test]
fn a_server_that_tells_the_truth_is_understood_with_a_wallet_and_without() {
    let ground = Ground::new();
    assert_verdict(&ground.stranger, 4, 0);
    let ground = Ground::mined();
    for program in [&ground.owner, &ground.stranger] {
        assert_verdict(program, 0, 2);
    }
    // Nothing was left behind by who has no wallet.
    assert!(!ground.stranger.folder().exists());
    ground.chain.say(Lie::Count);
    assert_verdict(&ground.stranger, 0, 2);
}

#[test]
fn k10_a_transaction_that_is_not_mined_is_not_settled_by_any_branch_or_block() {
    let ground = Ground::new();
    let unproven = "its proof does not show that";
    ground.refused(Lie::Branch(ground.transaction()), unproven);
    let unknown = "it is not in the chain of headers that was checked";
    ground.refused(Lie::Block(ground.transaction()), unknown);
}

#[test]
fn k10_a_conflict_in_a_block_that_the_server_made_is_no_verdict() {
    let mut ground = Ground::new();
    let mut thief = ground.alice.backup("thief");
    thief.cancel(&ground.sent);
    let again = Person::new("bob").invoice(ground.contract, 20);
    let prepared = thief.prepare(&[pay(&again)], &PlanOptions::default());
    let rival = thief.finish(prepared).tx;
    let unknown = "it is not in the chain of headers that was checked";
    ground.refused(Lie::Block(rival), unknown);
}

#[test]
fn k08_k04_another_height_or_position_is_no_verdict() {
    let ground = Ground::mined();
    for lie in [Lie::Height, Lie::Position] {
        ground.refused(lie, "its proof does not show that");
    }
}

#[test]
fn k06_headers_that_break_a_rule_or_never_come_are_no_verdict() {
    let ground = Ground::mined();
    ground.refused(Lie::Ahead, "expected one answer per call");
    // One that the wallet has not got yet.
    ground.chain.say(Lie::Nothing);
    ground.chain.mine(1);
    ground.refused(Lie::Target, "headers that are not of the best chain");
}

/// Only who has seen the chain before can know that another branch has as much work.
#[test]
fn k06_a_branch_without_more_work_than_the_wallet_has_seen_is_no_verdict() {
    let ground = Ground::mined();
    ground.chain.say(Lie::Branched);
    assert_refused(&ground.owner, "that has no more work than the chain");
    assert_verdict(&ground.stranger, 0, 2);
}
