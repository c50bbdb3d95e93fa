//! What the program refuses, and how it says so.

use std::fs;

use bulla_tests::program::{PASSPHRASE, Program, string};

use super::shape::assert_error;
use super::world::{World, address, invoice, units};

#[test]
fn an_error_changes_nothing_and_has_a_code() {
    let (world, contract) = World::issued();
    let (alice, bob) = (&world.alice, &world.bob);
    let before = alice.json(&["balance"]);
    let much = invoice(bob, &contract, "1000001");
    let refused = |arguments: &[&str], code: &str| {
        let (exit, error) = alice.error(arguments);
        assert_eq!(exit, 1, "{error}");
        assert_error(&error, code);
        assert_eq!(alice.json(&["balance"]), before, "{code}");
    };
    refused(&["send", &much], "insufficient-asset");
    refused(
        &["pay", &address(bob).to_string(), "99000000000"],
        "insufficient-sats",
    );
    let mainnet = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
    refused(&["pay", mainnet, "1000"], "wrong-network");
    refused(&["sweep"], "nothing-to-do");
    refused(
        &["cancel", "00000000000000000000000000000000"],
        "unknown-transfer",
    );
    refused(&["accept", "nowhere"], "file");
    world.write("noise", b"noise");
    refused(&["accept", "noise"], "invalid");
    refused(&["init"], "wallet-exists");
    refused(&["balance", "--network", "testnet4"], "wrong-network");
    refused(&["sandbox", "mine"], "wrong-source");
    refused(&["invoice", "--amount", "1.5"], "amount");
    refused(&["send", "bulla:nonsense"], "invoice");
    let text = alice.run(&["send", &much]);
    let text = String::from_utf8(text.stderr).expect("text");
    assert!(text.starts_with("error: "), "{text}");
    assert!(text.contains("remedy: "), "{text}");
    assert_eq!(units(alice).0, "1000000");
}

#[test]
fn a_plain_payment_leaves_assets_alone() {
    let (world, _) = World::issued();
    let (alice, bob) = (&world.alice, &world.bob);
    let to = address(bob).to_string();
    alice.json(&["pay", &to, "50000"]);
    alice.json(&["pay", &to, "all"]);
    world.node.mine(1);
    let balance = alice.json(&["balance"]);
    assert_eq!(balance["bitcoin"]["settled"], 0);
    assert_eq!(balance["carriers"]["coins"], 1);
    assert_eq!(units(alice), ("1000000".to_owned(), "0".to_owned()));
}

/// A program in an empty folder.
fn fresh() -> (tempfile::TempDir, Program) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = Program::new(folder.path().join("data"), "sandbox");
    (folder, program)
}

#[test]
fn arguments_that_make_no_sense_exit_with_2() {
    let (_folder, program) = fresh();
    for arguments in [
        &["frobnicate"][..],
        &["send"],
        &["pay", "nowhere", "1"],
        &["init", "--words", "13"],
    ] {
        let (exit, error) = program.error(arguments);
        assert_eq!(exit, 2, "{arguments:?}");
        assert_error(&error, "usage");
    }
}

#[test]
fn a_passphrase_comes_from_the_environment_or_a_file_and_has_to_be_right() {
    let (folder, program) = fresh();
    program.json(&["init"]);
    let words = string(&program.json(&["keys", "show", "--words"]), "words");
    fs::write(folder.path().join("right"), format!("{PASSPHRASE}\n")).expect("a file");
    fs::write(folder.path().join("wrong"), "something else").expect("a file");
    let other = program.without_passphrase();
    let show = |file| ["keys", "show", "--words", "--passphrase-file", file];
    assert_eq!(string(&other.json(&show("right")), "words"), words);
    let (exit, error) = other.error(&show("wrong"));
    assert_eq!(exit, 1);
    assert_error(&error, "wrong-passphrase");
    // What needs no signature needs no passphrase.
    other.json(&["balance"]);
    other.json(&["address"]);
}

#[test]
fn words_restore_plain_coins_into_another_folder() {
    let (folder, program) = fresh();
    let words = string(&program.json(&["init", "--words", "24"]), "words");
    assert_eq!(words.split(' ').count(), 24);
    let to = address(&program).to_string();
    program.json(&["sandbox", "fund", &to, "70000"]);
    fs::write(folder.path().join("words"), words).expect("a file");
    let restored = Program::new(folder.path().join("restored"), "sandbox");
    restored.json(&["init", "--restore", "--words-file", "words"]);
    let balance = restored.json(&["balance"]);
    assert_eq!(balance["bitcoin"]["settled"], 70_000);
    assert_eq!(balance, program.json(&["balance"]));
}
