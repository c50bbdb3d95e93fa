//! Contracts of every schema from the command line: issued, by options or by a file, and acted on.

use std::fs;

use serde_json::{Value, json};

use crate::bulla::{Bulla, text};

pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// Wallets with coins, on one chain.
pub fn world(names: &[&'static str]) -> Bulla {
    let mut bulla = Bulla::new();
    for name in names {
        let wallet = bulla.as_other(name);
        wallet.ok(&["init"]);
        let address = wallet.ok(&["address"]);
        wallet.ok(&["sandbox", "fund", text(&address, "address"), "1000000"]);
    }
    bulla
}

/// Runs a command, and mines a block.
pub fn mined(bulla: &Bulla, arguments: &[&str]) -> Value {
    let answer = bulla.ok(arguments);
    bulla.ok(&["sandbox", "mine"]);
    answer
}

pub fn issued(bulla: &Bulla, schema: &str, options: &[&str]) -> String {
    let claims = ["issue", schema, "--ticker", "KIND", "--name", "Of a kind"];
    let answer = mined(bulla, &[&claims, options].concat());
    text(&answer, "contract").to_owned()
}

/// What lies on the sealed coins, as people read it.
pub fn held(bulla: &Bulla) -> Vec<String> {
    let coins = bulla.ok(&["coins"]);
    let coins = coins["coins"].as_array().unwrap().iter();
    let on = coins.flat_map(|coin| coin["allocations"].as_array().unwrap().clone());
    let mut held: Vec<_> = on.map(|on| text(&on, "display").to_owned()).collect();
    held.sort();
    held
}

/// The first item of what a command sent, as `transfers` lists it: its act, its amount, and what people read.
fn listed(bulla: &Bulla, sent: &Value) -> (String, String, String) {
    let transfers = bulla.ok(&["transfers"]);
    let transfers = transfers["transfers"].as_array().unwrap();
    let mut transfers = transfers.iter();
    let transfer = transfers.find(|listed| listed["transfer"] == sent["transfer"]);
    let item = &transfer.unwrap()["items"][0];
    let table = String::from_utf8(bulla.run(&["transfers"]).stdout).unwrap();
    let mut rows = table.lines();
    let row = rows.find(|row| row.starts_with(text(sent, "transfer")));
    let what = row.unwrap().split("  ").find(|cell| cell.contains(" of "));
    let of = |field| text(item, field).to_owned();
    (of("act"), of("amount"), what.unwrap().trim().to_owned())
}

pub fn invoice(bulla: &Bulla, options: &[&str]) -> String {
    let answer = bulla.ok(&[&["invoice"], options].concat());
    text(&answer, "invoice").to_owned()
}

pub fn file(answer: &Value, n: usize) -> String {
    text(&answer["outputs"][n], "file").to_owned()
}

#[test]
fn units_are_minted_burned_and_renounced() {
    let mut bulla = world(&["bob", "alice"]);
    let options = ["--supply", "100", "--cap", "150.5", "--precision", "1"];
    let contract = issued(&bulla, "inflatable", &options);
    assert_eq!(held(&bulla), ["100.0 KIND", "50.5 allowance of KIND"]);
    let bob = bulla.as_other("bob");
    let (code, error) = bob.error(&["invoice", "--contract", &contract, "--amount", "7.5"]);
    assert_eq!((code, text(&error, "code")), (1, "unknown-contract"));
    let ask = ["--contract", &contract, "--amount", "75", "--raw"];
    let wanted = invoice(bob, &ask);
    let alice = bulla.as_other("alice");
    let minted = mined(alice, &["mint", &contract, "--to", &wanted]);
    bulla.as_other("bob").ok(&["accept", &file(&minted, 0)]);
    assert_eq!(held(bulla.as_other("bob")), ["7.5 KIND"]);
    let alice = bulla.as_other("alice");
    assert_eq!(held(alice), ["100.0 KIND", "43.0 allowance of KIND"]);
    let burned = mined(alice, &["burn", &contract, "0.3"]);
    assert_eq!(burned["outputs"][0]["invoice"], Value::Null);
    assert_eq!(burned["outputs"][0]["amount"], "3");
    let (code, verdict) = alice.answer(&["validate", &file(&burned, 0)]);
    assert_eq!(code, 0, "anybody can check a burn: {verdict}");
    let (act, amount, what) = listed(alice, &burned);
    assert_eq!((&*act, &*amount), ("burn", "3"));
    assert_eq!(what, format!("burn 0.3 KIND of {contract}"));
    let renounced = mined(alice, &["renounce", &contract]);
    let (act, amount, what) = listed(alice, &renounced);
    assert_eq!((&*act, &*amount), ("renounce", "430"));
    let right = format!("renounce 43.0 allowance of KIND of {contract}");
    assert_eq!(what, right);
    assert_eq!(held(alice), ["99.7 KIND"]);
    let (code, error) = alice.error(&["mint", &contract, "0.1"]);
    assert_eq!((code, text(&error, "code")), (1, "insufficient-asset"));
    let (code, error) = alice.error(&["burn", &contract, "0.35"]);
    assert_eq!((code, text(&error, "code")), (1, "amount"));
    let (code, error) = alice.error(&["engrave", &contract, "1", "text"]);
    assert_eq!((code, text(&error, "code")), (1, "unknown-name"));
}

#[test]
fn tokens_are_minted_with_media_engraved_and_moved() {
    let mut bulla = world(&["bob", "alice"]);
    fs::write(bulla.path("picture.png"), PNG).unwrap();
    let options = ["--total", "3", "--supply", "1", "--engravable"];
    let contract = issued(&bulla, "unique", &options);
    assert_eq!(held(&bulla), ["2 left of KIND", "KIND #1"]);
    let mint = ["mint", &contract, "--media", "picture.png", "--attribute"];
    mined(&bulla, &[&mint[..], &["colour: blue"]].concat());
    assert_eq!(held(&bulla), ["1 left of KIND", "KIND #1", "KIND #2"]);
    let open = ["--contract", &contract, "--token", "2"];
    let wanted = invoice(bulla.as_other("bob"), &open);
    let alice = bulla.as_other("alice");
    mined(alice, &["engrave", &contract, "2", "for Bob"]);
    let sent = mined(alice, &["send", &wanted, "--out", "outbox"]);
    let bob = bulla.as_other("bob");
    let accepted = bob.ok(&["accept", &file(&sent, 0)]);
    assert_eq!(accepted["tokens"], json!([2]));
    assert_eq!(held(bob), ["KIND #2"]);
    let media = bob.ok(&["media", &contract]);
    assert_eq!(media["media"][0]["content_type"], "image/png");
    assert!(media["media"][0]["file"].is_string(), "it came along");
    fs::write(bob.path("other.png"), [PNG, b"x"].concat()).unwrap();
    let (code, error) = bob.error(&["media", &contract, "--add", "other.png"]);
    assert_eq!((code, text(&error, "code")), (1, "media"));
    let burned = mined(bob, &["burn", &contract, "--token", "2"]);
    assert_eq!(bob.answer(&["validate", &file(&burned, 0)]).0, 0);
    let (act, amount, what) = listed(bob, &burned);
    assert_eq!((&*act, &*amount), ("burn", "1"));
    assert_eq!(what, format!("burn KIND #2 of {contract}"));
    assert_eq!(held(bob), Vec::<String>::new());
}

/// Bob, Carol and Alice, and 100 units of hers that Alice and Carol sign for.
pub fn permissioned() -> (Bulla, String) {
    let mut bulla = world(&["bob", "carol", "alice"]);
    let key = |bulla: &Bulla| text(&bulla.ok(&["issuer", "key"]), "key").to_owned();
    let carol = key(bulla.as_other("carol"));
    let alice = key(bulla.as_other("alice"));
    let options = ["--supply", "100", "--signer", &alice, "--signer", &carol];
    let contract = issued(&bulla, "permissioned", &options);
    (bulla, contract)
}

#[test]
fn issuers_sign_what_they_are_asked_to() {
    let (mut bulla, contract) = permissioned();
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
    let sent = bulla.as_other("alice").ok(&pay);
    assert_eq!(
        (text(&sent, "state"), &sent["broadcast"]),
        ("unsigned", &json!(false))
    );
    assert_eq!(sent["outputs"], json!([]));
    let (transfer, request) = (text(&sent, "transfer"), text_at(&sent["requests"], 0));
    let again = bulla.ok(&["send", "--resume", transfer, "--signed", request]);
    assert_eq!(text(&again, "state"), "unsigned", "nobody has signed since");
    let (code, error) = bulla.as_other("bob").error(&["issuer", "sign", request]);
    assert_eq!((code, text(&error, "code")), (1, "not-a-signer"));
    let carol = bulla.as_other("carol");
    let looked = carol.ok(&["issuer", "sign", request, "--dry-run"]);
    let operation = &looked["operations"][0];
    assert_eq!(operation["transition"], "transfer");
    // Carol does not know the contract; what she reads is what its genesis says.
    let made = |n: usize| {
        let leaf = &operation["makes"][n];
        assert!(text(leaf, "outpoint").starts_with(text(operation, "witness")));
        assert!(text(leaf, "address").starts_with("bcrt1p"));
        assert_eq!(leaf["ours"], false);
        text(leaf, "display").to_owned()
    };
    assert_eq!([made(0), made(1)], ["40 KIND", "60 KIND"]);
    let signed = carol.ok(&["issuer", "sign", request, "--out", "signed.bulla"]);
    assert_eq!(signed["complete"], true);
    let alice = bulla.as_other("alice");
    let go_on = ["send", "--resume", transfer, "--signed", "signed.bulla"];
    let sent = mined(alice, &go_on);
    assert_eq!(sent["broadcast"], true);
    let accepted = bulla.as_other("bob").ok(&["accept", &file(&sent, 0)]);
    assert_eq!(accepted["amount"], "40");
    // Who gave a transfer up asks nobody to sign it.
    let wanted = invoice(bulla.as_other("bob"), &[]);
    let pay = [
        "send",
        &wanted,
        "--contract",
        &contract,
        "--amount",
        "1",
        "--raw",
    ];
    let alice = bulla.as_other("alice");
    let sent = alice.ok(&pay);
    let transfer = text(&sent, "transfer");
    alice.ok(&["cancel", transfer]);
    let (code, error) = alice.error(&["send", "--resume", transfer]);
    assert_eq!(code, 1);
    assert!(text(&error, "message").contains("cancel"), "{error}");
}

pub fn text_at(list: &Value, n: usize) -> &str {
    list[n].as_str().unwrap()
}

#[test]
fn a_file_describes_a_contract_that_is_handed_out_at_once() {
    let mut bulla = world(&["bob", "alice"]);
    fs::write(bulla.path("picture.png"), PNG).unwrap();
    let bob = bulla.as_other("bob");
    mined(bob, &["carrier", "1"]);
    let wanted = invoice(bob, &["--blind"]);
    let contract = format!(
        r#"
        schema = "collectible"
        media = ["picture.png"]
        [globals]
        ticker = "PIC"
        name = "Picture"
        precision = 2
        terms = "for looking at"
        supply = "10.00"
        [[allocations]]
        owned = "asset"
        amount = "0.30"
        to = "{wanted}"
        [[allocations]]
        owned = "asset"
        amount = "9.70"
    "#
    );
    fs::write(bulla.path("contract.toml"), contract).unwrap();
    let alice = bulla.as_other("alice");
    mined(alice, &["carrier", "1"]);
    let planned = alice.ok(&["issue", "contract.toml", "--dry-run", "--out", "outbox"]);
    assert_eq!(planned["dry_run"], true);
    assert_eq!(planned["allocations"][0]["amount"], "30");
    assert_eq!(alice.ok(&["assets"])["assets"], json!([]));
    let issued = alice.ok(&["issue", "contract.toml", "--out", "outbox"]);
    let file = text_at(&issued["consignments"], 0).to_owned();
    let contract = text(&issued, "contract").to_owned();
    let again = ["issuer", "hand-over", &contract, &wanted, "--out", "again"];
    let again = text_at(&alice.ok(&again)["consignments"], 0).to_owned();
    let bytes = |path: &str| fs::read(alice.path(path)).unwrap();
    assert_eq!(bytes(&again), bytes(&file), "as often as it is asked for");
    let bob = bulla.as_other("bob");
    let accepted = bob.ok(&["accept", &file]);
    assert_eq!(
        (text(&accepted, "display"), text(&accepted, "state")),
        ("0.30", "settled")
    );
    let media = bob.ok(&["media", &contract]);
    assert!(media["media"][0]["file"].is_string(), "it came along");
}

#[test]
fn any_transition_can_be_said_by_names() {
    let bulla = world(&["alice"]);
    let options = ["--supply", "100", "--cap", "150"];
    let contract = issued(&bulla, "inflatable", &options);
    let issue = [
        "act",
        &contract,
        "issue",
        "--take",
        "allowance=20",
        "--give",
        "asset=20",
    ];
    mined(&bulla, &issue);
    assert_eq!(
        held(&bulla),
        ["100 KIND", "20 KIND", "30 allowance of KIND"]
    );
    let burn = [
        "act", &contract, "burn", "--take", "asset=5", "--meta", "burned=4",
    ];
    let (code, error) = bulla.error(&burn);
    assert_eq!((code, text(&error, "code")), (1, "forbidden"));
    assert!(text(&error, "message").contains("in.asset == out.asset + meta.burned"));
    let burn = [
        "act", &contract, "burn", "--take", "asset=5", "--meta", "burned=5",
    ];
    mined(&bulla, &burn);
    assert_eq!(held(&bulla), ["20 KIND", "30 allowance of KIND", "95 KIND"]);
    let (code, error) = bulla.error(&["act", &contract, "melt"]);
    assert_eq!((code, text(&error, "code")), (1, "unknown-name"));
}
