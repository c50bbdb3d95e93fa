//! What holders and issuers do with a contract: hand in, reissue, sign as m of n, keep, and show as evidence;
//! and what a dry run says of it.

use std::fs;

use serde_json::{Value, json};

use crate::bulla::{Bulla, text};
use crate::kinds::{file, held, invoice, issued, mined, text_at, world};

/// The public key of the secret key 3 (the first test vector of BIP-340).
const KEY: &str = "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9";

/// What a dry run shows of one kind of moving things.
fn shown(transition: &Value, what: &str) -> Vec<String> {
    let moving = transition[what].as_array().unwrap().iter();
    moving.map(|one| text(one, "display").to_owned()).collect()
}

/// A dry run, which changes nothing, and the transition that was asked for; any other carries along what
/// lies on the same coin.
fn planned(bulla: &Bulla, arguments: &[&str]) -> Value {
    let before = bulla.ok(&["coins"]);
    let planned = bulla.ok(&[arguments, &["--dry-run"]].concat());
    assert_eq!(planned["dry_run"], true);
    assert_eq!(bulla.ok(&["coins"]), before);
    let transitions = planned["transitions"].as_array().unwrap();
    let carried = |one: &Value| one["carried"].as_bool().unwrap();
    assert!(transitions[1..].iter().all(carried), "{planned}");
    assert!(!carried(&transitions[0]), "{planned}");
    transitions[0].clone()
}

/// Whether a verdict warns that what is handed over may have been spent.
fn says_spent(verdict: &Value) -> bool {
    let notes = verdict["notes"].as_array().unwrap().iter();
    notes
        .filter_map(Value::as_str)
        .any(|note| note.contains("may have been spent"))
}

#[test]
fn units_are_handed_in_and_reissued() {
    let mut bulla = world(&["bob", "alice"]);
    let options = [
        "--supply",
        "100",
        "--precision",
        "1",
        "--replaceable",
        "30.5",
    ];
    let contract = issued(&bulla, "replaceable", &options);
    assert_eq!(held(&bulla), ["100.0 KIND", "30.5 replacement of KIND"]);
    let wanted = invoice(bulla.as_other("bob"), &[]);
    let pay = ["send", &wanted, "--contract", &contract, "--amount", "10"];
    let sent = mined(bulla.as_other("alice"), &pay);
    let bob = bulla.as_other("bob");
    bob.ok(&["accept", &file(&sent, 0)]);

    let hand_in = ["hand-in", &contract, "2.5", "--out", "outbox"];
    let plan = planned(bob, &hand_in);
    assert_eq!(text(&plan, "transition"), "hand_in");
    assert_eq!(
        (shown(&plan, "takes"), shown(&plan, "keeps")),
        (vec!["10.0 KIND".to_owned()], vec!["7.5 KIND".to_owned()])
    );
    assert_eq!(shown(&plan, "metadata"), ["2.5 KIND"]);
    let handed = mined(bob, &hand_in);
    assert_eq!(
        (
            &handed["outputs"][0]["invoice"],
            text(&handed["outputs"][0], "amount")
        ),
        (&Value::Null, "25")
    );
    assert_eq!(held(bob), ["7.5 KIND"]);
    let (code, error) = bob.error(&["hand-in", &contract, "7.6"]);
    assert_eq!((code, text(&error, "code")), (1, "insufficient-asset"));
    let (code, error) = bob.error(&["reissue", &contract, "1"]);
    assert_eq!((code, text(&error, "code")), (1, "insufficient-asset"));

    let again = invoice(bob, &["--contract", &contract, "--amount", "2.5"]);
    let alice = bulla.as_other("alice");
    let (code, verdict) = alice.answer(&["validate", &file(&handed, 0)]);
    assert_eq!((code, text(&verdict, "verdict")), (0, "settled"));
    assert!(!says_spent(&verdict), "evidence cannot be spent: {verdict}");
    let supply = alice.ok(&["supply", &contract, "--evidence", &file(&handed, 0)]);
    assert_eq!(
        (text(&supply, "issued"), text(&supply, "burned")),
        ("1000", "25")
    );
    let reissue = ["reissue", &contract, "--to", &again];
    let plan = planned(alice, &reissue);
    assert_eq!(
        (text(&plan, "transition"), shown(&plan, "takes")),
        ("reissue", vec!["30.5 replacement of KIND".to_owned()])
    );
    assert_eq!(
        (shown(&plan, "pays"), shown(&plan, "keeps")),
        (
            vec!["2.5 KIND".to_owned()],
            vec!["28.0 replacement of KIND".to_owned()]
        )
    );
    let reissued = mined(alice, &reissue);
    assert_eq!(held(alice), ["28.0 replacement of KIND", "90.0 KIND"]);
    let bob = bulla.as_other("bob");
    assert_eq!(
        text(&bob.ok(&["accept", &file(&reissued, 0)]), "display"),
        "2.5"
    );
    assert_eq!(held(bob), ["2.5 KIND", "7.5 KIND"]);
    let alice = bulla.as_other("alice");
    let (code, error) = alice.error(&["reissue", &contract, "28.1"]);
    assert_eq!((code, text(&error, "code")), (1, "insufficient-asset"));
}

#[test]
fn a_right_to_make_more_is_paid_like_anything_else() {
    let mut bulla = world(&["bob", "alice"]);
    let options = ["--supply", "10", "--cap", "15", "--precision", "1"];
    let contract = issued(&bulla, "inflatable", &options);
    let given = bulla.ok(&["contract", "export", &contract, "--out", "kind.contract"]);
    let bob = bulla.as_other("bob");
    let judged = bob.ok(&["validate", text(&given, "file")]);
    assert!(!says_spent(&judged), "nothing is handed over: {judged}");
    bob.ok(&["contract", "import", text(&given, "file")]);
    let ask = [
        "--contract",
        &contract,
        "--owned",
        "allowance",
        "--amount",
        "2",
    ];
    let wanted = invoice(bob, &ask);
    let alice = bulla.as_other("alice");
    let plan = alice.ok(&["send", &wanted, "--dry-run"])["transitions"].clone();
    let plan = plan.as_array().unwrap();
    let named = |name: &str| plan.iter().find(|one| one["transition"] == name).unwrap();
    let moves = named("move_allowance");
    assert_eq!(
        (shown(moves, "pays"), shown(moves, "keeps")),
        (
            vec!["2.0 allowance of KIND".to_owned()],
            vec!["3.0 allowance of KIND".to_owned()]
        )
    );
    assert_eq!(moves["pays"][0]["invoice"], wanted.as_str());
    let along = named("transfer");
    assert_eq!(
        (&along["carried"], shown(along, "keeps")),
        (&json!(true), vec!["10.0 KIND".to_owned()])
    );
    let sent = mined(alice, &["send", &wanted]);
    let bob = bulla.as_other("bob");
    bob.ok(&["accept", &file(&sent, 0)]);
    assert!(says_spent(&bob.ok(&["validate", &file(&sent, 0)])));
    mined(bob, &["mint", &contract, "0.5"]);
    assert_eq!(held(bob), ["0.5 KIND", "1.5 allowance of KIND"]);
}

#[test]
fn two_of_three_issuers_sign() {
    let mut bulla = world(&["bob", "carol", "alice"]);
    let key = |bulla: &Bulla| text(&bulla.ok(&["issuer", "key"]), "key").to_owned();
    let carol = key(bulla.as_other("carol"));
    let alice = key(bulla.as_other("alice"));
    let signers = ["--signer", &alice, "--signer", &carol, "--signer", KEY];
    let too_many = [
        &[
            "issue",
            "permissioned",
            "--ticker",
            "T",
            "--name",
            "N",
            "--supply",
            "1",
            "--threshold",
            "4",
        ],
        &signers[..],
    ]
    .concat();
    let (code, error) = bulla.error(&too_many);
    assert_eq!((code, text(&error, "code")), (1, "forbidden"), "{error}");
    let options = [&["--supply", "100", "--threshold", "2"], &signers[..]].concat();
    let contract = issued(&bulla, "permissioned", &options);
    let wanted = invoice(bulla.as_other("bob"), &[]);
    let pay = [
        "send",
        &wanted,
        "--contract",
        &contract,
        "--amount",
        "40",
        "--raw",
    ];
    let alice = bulla.as_other("alice");
    assert_eq!(planned(alice, &pay)["signatures"], 2);
    let sent = alice.ok(&pay);
    assert_eq!(
        (text(&sent, "state"), &sent["broadcast"]),
        ("unsigned", &json!(false))
    );
    let (transfer, request) = (text(&sent, "transfer"), text_at(&sent["requests"], 0));
    fs::write(alice.path("key"), format!("{}3\n", "0".repeat(63))).unwrap();
    fs::write(alice.path("other-key"), format!("{}4\n", "0".repeat(63))).unwrap();
    let (code, error) = alice.error(&["issuer", "sign", request, "--key", "other-key"]);
    assert_eq!((code, text(&error, "code")), (1, "not-a-signer"));
    let signed = alice.ok(&[
        "issuer",
        "sign",
        request,
        "--key",
        "key",
        "--out",
        "signed.bulla",
    ]);
    assert_eq!(
        signed["complete"], true,
        "with the wallet's own, which came first"
    );
    assert_eq!(
        (
            &signed["operations"][0]["signatures"],
            &signed["operations"][0]["threshold"]
        ),
        (&json!(2), &json!(2))
    );
    let go_on = ["send", "--resume", transfer, "--signed", "signed.bulla"];
    let sent = mined(alice, &go_on);
    let accepted = bulla.as_other("bob").ok(&["accept", &file(&sent, 0)]);
    assert_eq!(
        (text(&accepted, "amount"), text(&accepted, "state")),
        ("40", "settled")
    );
}

#[test]
fn a_token_of_fractions_is_split_kept_and_engraved_as_a_whole() {
    let mut bulla = world(&["bob", "alice"]);
    let options = [
        "--total",
        "2",
        "--supply",
        "1",
        "--fractions",
        "10",
        "--engravable",
    ];
    let contract = issued(&bulla, "unique", &options);
    assert_eq!(held(&bulla), ["1 left of KIND", "KIND #1 (10 fractions)"]);
    let engrave = [
        "act",
        &contract,
        "engrave",
        "--keep",
        "nft:1=10",
        "--global",
        "engraving=ours",
        "--meta",
        "token=1",
    ];
    let plan = planned(&bulla, &engrave);
    assert_eq!(
        (shown(&plan, "takes"), shown(&plan, "keeps")),
        (
            vec!["KIND #1 (10 fractions)".to_owned()],
            vec!["KIND #1 (10 fractions)".to_owned()]
        )
    );
    assert_eq!(
        (shown(&plan, "globals"), shown(&plan, "metadata")),
        (vec!["ours".to_owned()], vec!["1".to_owned()])
    );
    mined(&bulla, &engrave);
    let bob = bulla.as_other("bob");
    let given = bulla_file(bob, &contract);
    bob.ok(&["contract", "import", &given]);
    let wanted = invoice(
        bob,
        &["--contract", &contract, "--token", "1", "--amount", "4"],
    );
    let alice = bulla.as_other("alice");
    let sent = mined(alice, &["send", &wanted]);
    bulla.as_other("bob").ok(&["accept", &file(&sent, 0)]);
    assert_eq!(held(bulla.as_other("bob")), ["KIND #1 (4 fractions)"]);
    let alice = bulla.as_other("alice");
    assert_eq!(held(alice), ["1 left of KIND", "KIND #1 (6 fractions)"]);
    let (code, error) = alice.error(&["engrave", &contract, "1", "mine"]);
    assert_eq!((code, text(&error, "code")), (1, "insufficient-asset"));
    let (code, error) = alice.error(&["burn", &contract, "--token", "1"]);
    assert_eq!((code, text(&error, "code")), (1, "insufficient-asset"));
}

#[test]
fn a_dry_run_says_what_moves_whose_it_becomes_and_what_goes_along() {
    let mut bulla = world(&["bob", "alice"]);
    let options = ["--supply", "100", "--precision", "2", "--cap", "150"];
    let contract = issued(&bulla, "inflatable", &options);
    let mint = planned(&bulla, &["mint", &contract, "20.5"]);
    assert_eq!(
        (text(&mint, "transition"), &mint["carried"]),
        ("issue", &json!(false))
    );
    assert_eq!(
        shown(&mint, "keeps"),
        ["20.50 KIND", "29.50 allowance of KIND"]
    );
    let ask = ["--contract", &contract, "--amount", "5", "--raw"];
    let shown = |bulla: &Bulla, arguments: &[&str]| {
        let output = bulla.run(&[arguments, &["--dry-run"]].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let alice = bulla.as_other("alice");
    let burn = shown(alice, &["burn", &contract, "0.3"]);
    for line in [
        format!("does           `burn` of contract {contract}"),
        "  takes        100.00 KIND".to_owned(),
        "  keeps        99.70 KIND".to_owned(),
        "  states       burned: 0.30 KIND".to_owned(),
        format!("carries along  by `move_allowance` of contract {contract}"),
        "  keeps        50.00 allowance of KIND".to_owned(),
        "note           nothing was done".to_owned(),
    ] {
        assert!(burn.contains(&line), "{line} in {burn}");
    }
    let wanted = invoice(bulla.as_other("bob"), &ask);
    let address = wanted.split("to=").nth(1).unwrap();
    let address = address.split('&').next().unwrap().to_owned();
    let sent = shown(bulla.as_other("alice"), &["send", &wanted]);
    assert!(
        sent.contains(&format!("  pays         0.05 KIND to {address}")),
        "{sent}"
    );
}

/// A contract file from Alice's wallet.
fn bulla_file(bulla: &Bulla, contract: &str) -> String {
    let exported = bulla.run(&[
        "--data-dir",
        "alice",
        "contract",
        "export",
        contract,
        "--out",
        "kind.contract",
    ]);
    assert!(exported.status.success(), "{exported:?}");
    "kind.contract".to_owned()
}
