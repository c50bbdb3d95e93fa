//! The header chain, and validation without a network.

use std::fs;

use bitcoin::Network;
use bitcoin::blockdata::constants::genesis_block;
use bitcoin::consensus::serialize;
use bulla_core::NetworkId;
use bulla_core::consignment::{Writer, parts};
use bulla_core::frame::Terminals;
use bulla_core::header::Header;
use serde_json::Value;

use crate::bulla::{fields, text};
use crate::transfer::{Scene, file};

const FIELDS: [&str; 7] = ["base", "file", "height", "network", "notes", "tip", "work"];
const SIGNET: &str = "the challenge of a signet is not checked: anyone can extend its headers, so they prove only as much as you trust where they came from";
const NOWHERE: &str = "bitcoind://nobody:nothing@127.0.0.1:1";

#[test]
fn a_payment_is_validated_by_a_file_of_headers_alone() {
    let mut scene = Scene::new();
    let sent = scene.sent("250", &[]);
    let transfer = text(&sent, "transfer").to_owned();
    let alice = scene.alice();
    let status = alice.ok(&["sandbox", "mine", "3"]);
    let fetched = alice.ok(&["headers", "fetch"]);
    assert_eq!(fields(&fetched), FIELDS);
    assert_eq!(
        (&fetched["height"], &fetched["tip"]),
        (&status["height"], &status["tip"])
    );
    alice.ok(&["sync"]);
    let exported = alice.ok(&["headers", "export", "headers.bin"]);
    let length = fs::metadata(alice.path("headers.bin")).unwrap().len();
    assert_eq!(length, 80 * (exported["height"].as_u64().unwrap() + 1));
    let offline = |file: &str, more: &[&str]| {
        let validate = [
            "validate",
            file,
            "--headers",
            "headers.bin",
            "--source",
            NOWHERE,
        ];
        alice.answer(&[&validate, more].concat())
    };
    // The file from before has no proof of its last witness.
    let (code, answer) = offline(file(&sent), &[]);
    assert_eq!((code, text(&answer, "verdict")), (4, "consistent"));
    assert_eq!(answer["weakest"], sent["txid"]);
    let note = format!(
        "witness {}: no block proof came with it",
        text(&sent, "txid")
    );
    assert!(
        answer["notes"].as_array().unwrap().contains(&note.into()),
        "{answer}"
    );
    let again = alice.ok(&["send", "--resume", &transfer, "--out", "outbox"]);
    let (code, answer) = offline(file(&again), &[]);
    assert_eq!((code, text(&answer, "verdict")), (0, "settled"), "{answer}");
    assert_eq!(answer["confirmations"], 3);
    for field in ["base", "height", "tip", "work"] {
        assert_eq!(answer["headers"][field], exported[field], "{field}");
    }
    let (code, answer) = offline(file(&again), &["--min-conf", "4"]);
    assert_eq!((code, text(&answer, "verdict")), (4, "consistent"));
    let human = ["validate", file(&again), "--headers", "headers.bin"];
    let stdout = String::from_utf8(alice.run(&human).stdout).unwrap();
    let line = stdout.lines().next().unwrap_or_default();
    assert!(
        line.ends_with("settled, 3 confirmations on the weakest witness"),
        "{stdout}"
    );
    let row = |name: &str| {
        let line = stdout.lines().find(|line| line.trim().starts_with(name));
        line.unwrap_or_default().to_owned()
    };
    let height = exported["height"].to_string();
    assert!(row("height").ends_with(&height), "{stdout}");
    assert!(row("tip").ends_with(text(&exported, "tip")), "{stdout}");
    let work = format!("{} since block 0", text(&exported, "work"));
    assert!(row("work").ends_with(&work), "{stdout}");
}

/// What is said of a chain that one wallet wrote into a file.
fn exported(scene: &mut Scene) -> Value {
    let alice = scene.alice();
    alice.ok(&["sandbox", "mine", "2"]);
    alice.ok(&["headers", "fetch"]);
    alice.ok(&["headers", "export", "headers.bin"])
}

#[test]
fn headers_go_from_wallet_to_wallet() {
    let mut scene = Scene::new();
    let exported = exported(&mut scene);
    let bob = scene.bob();
    let (_, error) = bob.error(&["headers", "status"]);
    assert_eq!(error["code"], "no-headers");
    let imported = bob.ok(&["headers", "import", "headers.bin"]);
    assert_eq!(imported, exported);
    assert_eq!(bob.ok(&["headers", "status"])["tip"], exported["tip"]);
    let verified = bob.ok(&["headers", "verify", "headers.bin", "--network", "regtest"]);
    assert_eq!(verified, exported);
}

#[test]
fn headers_that_were_imported_can_be_forgotten() {
    let mut scene = Scene::new();
    let exported = exported(&mut scene);
    let bob = scene.bob();
    let (_, error) = bob.error(&["headers", "reset"]);
    assert_eq!(error["code"], "no-headers");
    bob.ok(&["headers", "import", "headers.bin"]);
    let forgotten = bob.ok(&["headers", "reset"]);
    assert_eq!(fields(&forgotten), FIELDS);
    for field in ["base", "height", "tip", "work"] {
        assert_eq!(forgotten[field], exported[field], "{field}");
    }
    let notes = ["this chain is forgotten: `bulla sync` fetches another one from the source"];
    assert_eq!(forgotten["notes"], serde_json::json!(notes));
    let (_, error) = bob.error(&["headers", "status"]);
    assert_eq!(error["code"], "no-headers");
    bob.ok(&["sync"]);
    assert_eq!(bob.ok(&["headers", "status"])["tip"], exported["tip"]);
}

#[test]
fn a_file_that_is_no_chain_to_rely_on_is_refused_with_its_reason() {
    let mut scene = Scene::new();
    let sent = scene.sent("250", &[]);
    let alice = scene.alice();
    alice.ok(&["headers", "export", "headers.bin"]);
    let mut bytes = fs::read(alice.path("headers.bin")).unwrap();
    let last = bytes.len() - 80;
    bytes[last + 4] ^= 1;
    fs::write(alice.path("unlinked"), &bytes).unwrap();
    fs::write(alice.path("cut"), &bytes[..last + 79]).unwrap();
    for network in [Network::Bitcoin, Network::Signet] {
        let genesis = serialize(&genesis_block(network).header);
        fs::write(alice.path(network.to_core_arg()), genesis).unwrap();
    }
    let refused = [
        ("unlinked", "regtest", "bad-headers"),
        ("cut", "regtest", "bad-headers"),
        ("main", "regtest", "bad-headers"),
        ("main", "bitcoin", "short-headers"),
    ];
    for (name, network, code) in refused {
        let verify = ["headers", "verify", name, "--network", network];
        let (exit, error) = alice.error(&verify);
        assert_eq!((exit, text(&error, "code")), (1, code), "{error}");
        assert!(!error["causes"].as_array().unwrap().is_empty(), "{error}");
        let validate = [
            "validate",
            file(&sent),
            "--headers",
            name,
            "--network",
            network,
        ];
        assert_eq!(text(&alice.error(&validate).1, "code"), code);
    }
    let signet = alice.ok(&["headers", "verify", "signet", "--network", "signet"]);
    assert_eq!(signet["notes"], serde_json::json!([SIGNET]));
}

#[test]
fn who_validates_by_the_headers_of_a_signet_is_told_what_they_prove() {
    let mut scene = Scene::new();
    let contract = scene.contract.clone();
    let alice = scene.alice();
    alice.ok(&["contract", "export", &contract, "--out", "clay.contract"]);
    // The same contract on the signet.
    let bytes = fs::read(alice.path("clay.contract")).unwrap();
    let part = parts(&bytes).next().unwrap().unwrap();
    let mut header = Header::decode(part).unwrap();
    header.genesis.network = NetworkId::of_network(Network::Signet);
    let file = Writer::new(&header).unwrap().finish(Terminals::default());
    fs::write(alice.path("signet.contract"), file.unwrap()).unwrap();
    let genesis = serialize(&genesis_block(Network::Signet).header);
    fs::write(alice.path("signet"), genesis).unwrap();
    let validate = [
        "validate",
        "signet.contract",
        "--headers",
        "signet",
        "--network",
        "signet",
    ];
    let (code, answer) = alice.answer(&validate);
    assert_eq!((code, text(&answer, "verdict")), (0, "settled"), "{answer}");
    assert_eq!(answer["notes"], serde_json::json!([SIGNET]), "{answer}");
}
