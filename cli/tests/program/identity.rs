//! Who issued a contract, how much of it there is, who owns it.

use serde_json::{Value, json};

use crate::bulla::{Bulla, text};

const ASKED: &str = "Bank of Ur, 2026-11-21";

/// Alice with a contract whose genesis names her issuer key, and Bob who knows nothing.
fn scene() -> (Bulla, String, String) {
    let mut bulla = Bulla::new();
    for name in ["bob", "alice"] {
        let wallet = bulla.as_other(name);
        wallet.ok(&["init"]);
        let address = wallet.ok(&["address"]);
        wallet.ok(&["sandbox", "fund", text(&address, "address"), "1000000"]);
    }
    let key = text(&bulla.ok(&["issuer", "key"]), "key").to_owned();
    let issue = [
        "issue", "fixed", "--ticker", "CLAY", "--name", "Clay", "--supply", "10000", "--issuer",
        &key,
    ];
    let contract = text(&bulla.ok(&issue), "contract").to_owned();
    bulla.ok(&["sandbox", "mine"]);
    (bulla, contract, key)
}

fn failure(bulla: &Bulla, arguments: &[&str]) -> String {
    let (exit, error) = bulla.error(arguments);
    assert_eq!(exit, 1, "{error}");
    text(&error, "code").to_owned()
}

#[test]
fn a_contract_file_lets_others_know_a_contract_before_any_transfer() {
    let (mut bulla, contract, _) = scene();
    bulla.ok(&["contract", "export", &contract, "--out", "clay.contract"]);
    let bob = bulla.as_other("bob");
    let (_, error) = bob.error(&["accept", "clay.contract"]);
    assert_eq!(error["code"], "contract-file");
    let remedy = text(&error, "remedy");
    assert!(remedy.contains("contract import"), "{remedy}");
    let imported = bob.ok(&["contract", "import", "clay.contract"]);
    assert_eq!(imported["contract"], contract.as_str());
    assert_eq!(
        (&imported["ticker"], &imported["supply"]),
        (&json!("CLAY"), &json!("10000"))
    );
    let ask = ["invoice", "--contract", &contract, "--amount", "5"];
    assert_eq!(bob.ok(&ask)["amount"], "5");
    bob.ok(&["contract", "export", &contract]);
    let written = bob.path(&format!("{contract}.contract"));
    let [given, handed_on] =
        [bob.path("clay.contract"), written].map(|path| std::fs::read(path).unwrap());
    assert_eq!(given, handed_on);
    let (kept, last) = contract.split_at(contract.len() - 1);
    let unknown = format!("{kept}{}", if last == "q" { "p" } else { "q" });
    let (exit, error) = bob.error(&["contract", "export", &unknown]);
    assert_eq!((exit, &error["code"]), (2, &json!("usage")), "{error}");
}

#[test]
fn a_statement_shows_who_signed_and_that_the_claim_was_not_checked() {
    let (mut bulla, contract, key) = scene();
    bulla.ok(&["contract", "export", &contract, "--out", "clay.contract"]);
    let state = [
        "issuer",
        "state",
        &contract,
        "--domain",
        "example.com",
        "--out",
        "statement",
    ];
    let stated = bulla.ok(&state);
    assert_eq!(
        (text(&stated, "key"), &stated["named_by_genesis"]),
        (key.as_str(), &json!(true))
    );
    let bob = bulla.as_other("bob");
    let alone = bob.ok(&["issuer", "verify", "statement"]);
    assert_eq!(alone["named_by_genesis"], Value::Null);
    let verified = bob.ok(&[
        "issuer",
        "verify",
        "statement",
        "--contract",
        "clay.contract",
    ]);
    assert_eq!(verified["named_by_genesis"], true);
    assert_eq!(
        (&verified["claim"], &verified["checked"]),
        (&json!("domain example.com"), &json!(false))
    );
    assert_eq!(
        failure(bob, &["issuer", "import", "statement"]),
        "unknown-contract"
    );
    let validated = bob.ok(&["validate", "clay.contract", "--statement", "statement"]);
    assert_eq!(
        (
            &validated["issuer"],
            &validated["statements"][0]["named_by_genesis"]
        ),
        (&json!(key), &json!(true))
    );
    bob.ok(&["contract", "import", "clay.contract"]);
    bob.ok(&["issuer", "import", "statement"]);
    let asset = &bob.ok(&["assets"])["assets"][0];
    assert_eq!(asset["issuer"], key.as_str());
    assert_eq!(asset["statements"][0]["claim"], "domain example.com");
    let human = String::from_utf8(bob.run(&["assets"]).stdout).unwrap();
    assert!(
        human.contains(&format!("CLAY {contract}: signed by {key}\n")),
        "{human}"
    );
    let claims = format!("CLAY {contract}: claims domain example.com (not checked)");
    assert!(human.contains(&claims), "{human}");
}

#[test]
fn a_statement_by_another_key_or_changed_on_its_way_is_told_apart() {
    let (bulla, contract, _) = scene();
    bulla.ok(&["contract", "export", &contract, "--out", "clay.contract"]);
    let state = [
        "issuer",
        "state",
        &contract,
        "--domain",
        "example.com",
        "--out",
        "statement",
    ];
    let other = bulla.ok(&[&state[..], &["--number", "1"]].concat());
    assert_eq!(other["named_by_genesis"], false);
    let human = String::from_utf8(bulla.run(&["assets"]).stdout).unwrap();
    assert!(
        human.contains(", which the genesis does not name"),
        "{human}"
    );
    let statement = std::fs::read_to_string(bulla.path("statement")).unwrap();
    let changed = statement.replace("example.com", "example.org");
    std::fs::write(bulla.path("changed"), changed).unwrap();
    assert_eq!(
        failure(&bulla, &["issuer", "verify", "changed"]),
        "statement-signature"
    );
    let [exit, two] = [
        &["--domain", "xn--exmple-4nf.com"][..],
        &["--domain", "a.com", "--nostr", "b"],
    ]
    .map(|claim| {
        bulla
            .error(&[&["issuer", "state", &contract], claim].concat())
            .0
    });
    assert_eq!((exit, two), (2, 2));
}

#[test]
fn a_statement_is_not_shown_beside_another_contract() {
    let (bulla, contract, _) = scene();
    let issue = [
        "issue", "fixed", "--ticker", "LEAD", "--name", "Lead", "--supply", "5",
    ];
    let other = text(&bulla.ok(&issue), "contract").to_owned();
    bulla.ok(&["contract", "export", &other, "--out", "lead.contract"]);
    bulla.ok(&[
        "issuer",
        "state",
        &contract,
        "--pgp",
        "0123456789ABCDEF0123456789ABCDEF01234567",
        "--out",
        "statement",
    ]);
    let verify = [
        "issuer",
        "verify",
        "statement",
        "--contract",
        "lead.contract",
    ];
    assert_eq!(failure(&bulla, &verify), "wrong-contract");
    let validate = ["validate", "lead.contract", "--statement", "statement"];
    assert_eq!(failure(&bulla, &validate), "wrong-contract");
}

#[test]
fn what_is_owned_is_proven_for_one_challenge() {
    let (mut bulla, contract, _) = scene();
    let made = bulla.ok(&["prove", &contract, "--challenge", ASKED]);
    assert_eq!(text(&made, "file"), "ownership.proof");
    let bob = bulla.as_other("bob");
    let verify = [
        "verify",
        "ownership.proof",
        "--challenge",
        ASKED,
        "--contract",
        &contract,
    ];
    let verified = bob.ok(&verify);
    assert_eq!(verified["verdict"], "settled");
    assert_eq!(verified["owned"][0]["amount"], "10000");
    assert_eq!(verified["owned"][0]["display"], "10000 CLAY");
    assert_eq!(verified["unspent"], true);
    let (exit, unasked) = bob.error(&verify[..2]);
    assert_eq!((exit, text(&unasked, "code")), (2, "usage"));
    let message = text(&unasked, "message");
    assert!(message.contains("made for somebody else"), "{message}");
    let replayed = failure(
        bob,
        &["verify", "ownership.proof", "--challenge", "Bank of Uruk"],
    );
    assert_eq!(replayed, "other-challenge");
    let (exit, unasked) = bob.answer(&[&verify[..], &["--offline"]].concat());
    assert_eq!((exit, &unasked["verdict"]), (4, &json!("consistent")));
    bulla
        .as_other("alice")
        .ok(&["headers", "export", "headers"]);
    let bob = bulla.as_other("bob");
    let (exit, by_headers) = bob.answer(&[&verify[..], &["--headers", "headers"]].concat());
    assert_eq!(
        (exit, &by_headers["verdict"], &by_headers["unspent"]),
        (4, &json!("mined"), &json!(false))
    );
    let notes = by_headers["notes"].to_string();
    assert!(notes.contains("spent since"), "{notes}");
    assert!(by_headers["headers"]["work"].is_string());
    let (exit, younger) = bob.answer(&[&verify[..], &["--min-conf", "100"]].concat());
    assert_eq!((exit, &younger["verdict"]), (4, &json!("consistent")));

    let invoice = bob.ok(&["invoice", "--contract", &contract, "--amount", "5", "--raw"]);
    let alice = bulla.as_other("alice");
    alice.ok(&["send", text(&invoice, "invoice")]);
    alice.ok(&["sandbox", "mine"]);
    let (exit, spent) = alice.answer(&verify);
    assert_eq!((exit, &spent["verdict"]), (1, &json!("spent")));
}

#[test]
fn a_supply_is_shown_with_its_bounds_and_compared_with_a_list() {
    let (bulla, contract, _) = scene();
    let claimed = "bop1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs4x4zt2";
    std::fs::write(bulla.path("list"), format!("burned {claimed} 5\n")).unwrap();
    let (exit, error) = bulla.error(&["supply", &contract, "--list", "list"]);
    assert_eq!(
        (exit, text(&error, "code")),
        (1, "list"),
        "a checksum that does not fit"
    );
    let supply = bulla.ok(&["supply", &contract]);
    for (figure, expected) in [
        ("issued", "10000"),
        ("issued_at_most", "10000"),
        ("burned", "0"),
        ("circulating_at_least", "10000"),
        ("circulating_at_most", "10000"),
        ("unused", "0"),
    ] {
        assert_eq!(supply[figure], expected, "{figure}");
    }
    assert_eq!(supply["held"].as_array().unwrap().len(), 1);
    let (exit, offline) = bulla.answer(&["supply", &contract, "--offline"]);
    assert_eq!((exit, &offline["circulating_at_least"]), (0, &json!("0")));
}
