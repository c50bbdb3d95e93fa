//! The exit codes of `validate`: 0 settled, 1 invalid, 3 unresolved, 4 consistent, 5 unsigned,
//! 6 conflicted.

use bulla_core::state::State;
use bulla_tests::kit::make::{coin, number, on, values};
use bulla_tests::kit::{History, amounts_at};
use bulla_tests::program::{Program, string};
use serde_json::Value;

use super::shape::{assert_consistent, assert_failed};
use super::world::{World, invoice};

fn of(answer: (i32, Value)) -> (i32, String, Value) {
    let (exit, verdict) = answer;
    (exit, string(&verdict, "verdict"), verdict)
}

#[track_caller]
fn assert_verdict(answer: (i32, Value), exit: i32, word: &str) -> Value {
    let (found, verdict, value) = of(answer);
    assert_eq!((found, verdict.as_str()), (exit, word), "{value}");
    value
}

#[test]
fn a_consignment_on_its_way_through_the_chain() {
    let (world, contract) = World::issued();
    let (alice, bob) = (&world.alice, &world.bob);
    let first = invoice(bob, &contract, "100");
    let held = alice.json(&["send", &first, "--out", "outbox", "--hold"]);
    let file = World::file(&held);
    // Signed, but nowhere: consistent.
    let verdict = assert_verdict(bob.verdict(&["validate", &file]), 4, "consistent");
    assert_consistent(&verdict);
    assert_eq!(verdict["confirmations"], 0);
    // Given up; the same coin pays somebody else.
    alice.json(&["cancel", &string(&held, "transfer")]);
    let second = invoice(bob, &contract, "200");
    let sent = alice.json(&["send", &second, "--out", "outbox"]);
    assert_verdict(
        bob.verdict(&["validate", &World::file(&sent)]),
        4,
        "consistent",
    );
    world.node.mine(1);
    let verdict = assert_verdict(bob.verdict(&["validate", &file]), 6, "conflicted");
    assert_eq!(verdict["weakest"], held["txid"]);
    let other = World::file(&sent);
    let verdict = assert_verdict(bob.verdict(&["validate", &other]), 0, "settled");
    assert_eq!(verdict["weakest"], sent["txid"]);
    let verdict = assert_verdict(
        bob.verdict(&["validate", &other, "--min-conf", "2"]),
        4,
        "consistent",
    );
    assert_eq!(verdict["confirmations"], 1);
    world.node.mine(1);
    assert_verdict(
        bob.verdict(&["validate", &other, "--min-conf", "2"]),
        0,
        "settled",
    );
    // A source that does not answer is no verdict.
    let nobody = bob.on("bitcoind://nobody:nothing@127.0.0.1:1");
    let verdict = assert_verdict(nobody.verdict(&["validate", &other]), 3, "unresolved");
    assert_eq!(string(&verdict, "contract"), contract);
    // A changed byte: invalid, whatever the chain says.
    let mut bytes = world.read(&other);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    world.write("tampered", &bytes);
    let verdict = assert_verdict(bob.verdict(&["validate", "tampered"]), 1, "invalid");
    assert_failed(&verdict, "terminal");
    world.write("cut", &bytes[..last]);
    let verdict = assert_verdict(bob.verdict(&["validate", "cut"]), 1, "invalid");
    assert_failed(&verdict, "decode");
    // On another network.
    let verdict = bob.verdict(&["validate", &other, "--network", "testnet4"]);
    assert_failed(&assert_verdict(verdict, 1, "invalid"), "network");
}

/// A program without a wallet, on an empty sandbox, and a file for it.
fn stranger(bytes: &[u8]) -> (tempfile::TempDir, Program) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("file"), bytes).expect("a file");
    let program = Program::new(folder.path().join("nobody"), "sandbox");
    program.json(&["sandbox", "mine"]);
    (folder, program)
}

#[test]
fn a_schema_outside_the_list_is_unresolved_unless_any_is_allowed() {
    let mut history = History::lab();
    history.transfer(&[history.seed(0)], &[1_000]);
    let (_folder, program) = stranger(&history.encode());
    let verdict = assert_verdict(program.verdict(&["validate", "file"]), 3, "unresolved");
    assert_failed(&verdict, "schema-unknown");
    let any = program.verdict(&["validate", "file", "--any-schema"]);
    let verdict = assert_verdict(any, 4, "consistent");
    assert_consistent(&verdict);
}

#[test]
fn units_that_can_be_reissued_are_said_to_be_unbacked() {
    let unbacked = |history: &History| {
        let (_folder, program) = stranger(&history.encode());
        let verdict = assert_verdict(program.verdict(&["validate", "file"]), 0, "settled");
        verdict["unbacked"].clone()
    };
    let text = |text: &str| text.as_bytes().to_vec();
    let globals = values(&[
        (0, text("TEST")),
        (1, text("Test")),
        (2, number(0)),
        (5, number(1_000)),
        (12, number(500)),
    ]);
    let outputs = [
        (0, State::Amount(1_000), on(coin(0))),
        (4, State::Amount(500), on(coin(1))),
    ];
    let schema = bulla_schemas::replaceable();
    let replaceable = History::new(schema, globals, &outputs);
    assert_eq!(unbacked(&replaceable), "500");
    assert_eq!(unbacked(&History::fixed(1_000)), Value::Null);
}

#[test]
fn a_missing_signature_is_unsigned() {
    let mut history = History::lab();
    let act = history.act("vouch", &[history.seed(0)], &amounts_at(&[1_000]));
    history.push(history.draft(vec![act]));
    let (_folder, program) = stranger(&history.encode());
    let any = program.verdict(&["validate", "file", "--any-schema"]);
    let verdict = assert_verdict(any, 5, "unsigned");
    assert_failed(&verdict, "signature");
    assert_eq!(
        string(&verdict["failure"], "operation"),
        history.id(0).to_string()
    );
}

#[test]
fn a_forged_spend_of_coins_that_never_were_is_consistent_and_no_more() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[600, 400]);
    let (folder, program) = stranger(&history.encode());
    let verdict = assert_verdict(program.verdict(&["validate", "file"]), 4, "consistent");
    assert_eq!(verdict["confirmations"], 0);
    let notes = verdict["notes"].to_string();
    assert!(notes.contains("may have been spent since"), "{notes}");
    let no_chain = format!("sandbox:{}", folder.path().join("file").display());
    let verdict = program.on(&no_chain).verdict(&["validate", "file"]);
    assert_verdict(verdict, 3, "unresolved");
}
