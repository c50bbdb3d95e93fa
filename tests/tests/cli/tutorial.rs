//! The README's tutorial, step by step.

use bulla_tests::program::string;

use super::shape::{
    assert_accepted, assert_balance, assert_consistent, assert_invoice, assert_sent,
};
use super::world::{World, units};

fn pair(settled: &str, pending: &str) -> (String, String) {
    (settled.to_owned(), pending.to_owned())
}

#[test]
fn two_data_directories_and_one_bitcoind_as_the_tutorial_says() {
    let (world, contract) = World::issued();
    let (alice, bob) = (&world.alice, &world.bob);
    assert_eq!(units(alice), pair("1000000", "0"));
    let balance = alice.json(&["balance"]);
    assert_eq!(balance["assets"][0]["display"], "10000.00");
    assert_eq!(
        string(&alice.json(&["assets"])["assets"][0], "contract"),
        contract
    );

    // Invoice and send.
    let asked = [
        "invoice",
        "--contract",
        &contract,
        "--amount",
        "25000",
        "--raw",
    ];
    let invoice = bob.json(&asked);
    assert_invoice(&invoice, "witness");
    let invoice = string(&invoice, "invoice");
    let decoded = alice.json(&["invoice", "decode", &invoice]);
    assert_eq!(
        (string(&decoded, "contract"), string(&decoded, "amount")),
        (contract.clone(), "25000".into())
    );
    let before = alice.json(&["balance"]);
    let planned = alice.json(&["send", &invoice, "--dry-run"]);
    assert!(
        planned["fee_sats"].as_u64().is_some_and(|fee| fee > 0),
        "{planned}"
    );
    assert_eq!(alice.json(&["balance"]), before, "a dry run does nothing");
    let sent = alice.json(&["send", &invoice, "--out", "outbox"]);
    assert_sent(&sent);
    let state = (&sent["broadcast"], &sent["state"]);
    assert_eq!(state, (&true.into(), &"broadcast".into()));
    assert_eq!(sent["fee_sats"], planned["fee_sats"]);
    let file = World::file(&sent);

    // Accept and validate.
    let accepted = bob.json(&["accept", &file]);
    assert_accepted(&accepted);
    assert_eq!(string(&accepted, "amount"), "25000");
    assert_eq!(
        (&accepted["confirmations"], &accepted["already_known"]),
        (&0.into(), &false.into())
    );
    assert_eq!(units(bob), pair("0", "25000"));
    assert_eq!(bob.verdict(&["validate", &file]).0, 4);
    world.node.mine(1);
    assert_eq!(units(bob), pair("25000", "0"));
    assert_eq!(units(alice), pair("975000", "0"));
    let (exit, verdict) = bob.verdict(&["validate", &file]);
    assert_eq!((exit, &verdict["verdict"]), (0, &"settled".into()));
    assert_consistent(&verdict);
    assert_eq!(
        (&verdict["operations"], &verdict["confirmations"]),
        (&1.into(), &1.into())
    );
    assert_eq!(verdict["terminals"][0]["amount"], "25000");
    assert_eq!(bob.json(&["accept", &file])["already_known"], true);

    // And back again, blind.
    alice.json(&["carrier"]);
    let back = [&asked[..4], &["50.25", "--blind"]].concat();
    let invoice = alice.json(&back);
    assert_eq!(invoice["amount"], "5025");
    assert_invoice(&invoice, "blind");
    let sent = bob.json(&["send", &string(&invoice, "invoice"), "--out", "outbox"]);
    let file = World::file(&sent);
    let accepted = alice.json(&["accept", &file]);
    assert_eq!(accepted["outpoint"], invoice["reserved"]);
    world.node.mine(1);
    assert_eq!(units(alice), pair("980025", "0"));
    assert_eq!(units(bob), pair("19975", "0"));
    let (exit, verdict) = bob.verdict(&["validate", &file]);
    assert_eq!((exit, &verdict["operations"]), (0, &2.into()));

    // Acknowledgement first.
    let asked = ["invoice", "--contract", &contract, "--amount", "1"];
    let invoice = string(&bob.json(&asked), "invoice");
    let sent = alice.json(&["send", &invoice, "--out", "outbox", "--hold"]);
    assert_eq!(
        (&sent["broadcast"], &sent["state"]),
        (&false.into(), &"delivered".into())
    );
    let transfer = string(&sent, "transfer");
    let (exit, error) = alice.error(&["send", "--resume", &transfer, "--out", "outbox"]);
    assert_eq!(exit, 1);
    assert!(error.to_string().contains("acknowledgement"), "{error}");
    bob.json(&["accept", &World::file(&sent), "--ack", "bob.ack"]);
    let resumed = alice.json(&[
        "send", "--resume", &transfer, "--ack", "bob.ack", "--out", "outbox",
    ]);
    assert_sent(&resumed);
    assert_eq!(resumed["broadcast"], true);
    world.node.mine(1);
    assert_eq!(units(bob), pair("20075", "0"));
    assert_eq!(units(alice), pair("979925", "0"));
    assert_balance(&alice.json(&["balance"]));

    validate_offline(&world, &transfer);
}

/// Only the file from after the block has a proof of its last witness.
fn validate_offline(world: &World, transfer: &str) {
    let (alice, bob) = (&world.alice, &world.bob);
    alice.json(&["sync"]);
    let exported = alice.json(&["headers", "export", "headers.bin"]);
    let again = alice.json(&["send", "--resume", transfer, "--out", "outbox"]);
    let nobody = bob.on("bitcoind://nobody:nothing@127.0.0.1:1");
    let file = World::file(&again);
    let (exit, verdict) = nobody.verdict(&["validate", &file, "--headers", "headers.bin"]);
    assert_eq!(
        (exit, &verdict["confirmations"]),
        (0, &1.into()),
        "{verdict}"
    );
    assert_eq!(verdict["headers"]["tip"], exported["tip"]);
}

#[test]
fn the_demo_leaves_a_folder_that_works() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outside = bulla_tests::program::Program::new(folder.path().join("nobody"), "sandbox");
    let output = outside.without_settings(&["demo"]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        told.contains("bulla --data-dir bulla-demo/alice balance"),
        "{told}"
    );
    let demo = |arguments: &[&str]| {
        let output = outside.without_settings(&[arguments, &["--json"]].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON")
    };
    let held = |name: &str| {
        let balance = demo(&["--data-dir", name, "balance"]);
        assert_balance(&balance);
        string(&balance["assets"][0], "settled")
            .parse::<u64>()
            .expect("a number")
    };
    let (alice, bob) = (held("bulla-demo/alice"), held("bulla-demo/bob"));
    assert_eq!(alice + bob, 1_000_000);
    let contract = string(
        &demo(&["--data-dir", "bulla-demo/bob", "assets"])["assets"][0],
        "contract",
    );
    let ask = [
        "--data-dir",
        "bulla-demo/bob",
        "invoice",
        "--contract",
        &contract,
        "--amount",
        "7",
        "--raw",
    ];
    let invoice = string(&demo(&ask), "invoice");
    let sent = demo(&[
        "--data-dir",
        "bulla-demo/alice",
        "send",
        &invoice,
        "--out",
        "outbox",
    ]);
    demo(&[
        "--data-dir",
        "bulla-demo/bob",
        "accept",
        &World::file(&sent),
    ]);
    demo(&["--data-dir", "bulla-demo/bob", "sandbox", "mine"]);
    assert_eq!(
        (held("bulla-demo/alice"), held("bulla-demo/bob")),
        (alice - 7, bob + 7)
    );
}
