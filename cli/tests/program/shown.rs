//! What is shown of assets: the same everywhere, and never more than is known.

use std::fs;

use bulla_core::consignment::parts;
use bulla_core::header::Header;
use serde_json::{Value, json};

use crate::bulla::{Bulla, text};
use crate::kinds::{PNG, file, invoice, issued, mined, world};

const ASKED: &str = "Bank of Ur, 2026-11-21";

fn human(bulla: &Bulla, arguments: &[&str]) -> String {
    let output = bulla.run(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every value of this field, wherever it stands.
pub fn all<'a>(value: &'a Value, field: &str) -> Vec<&'a Value> {
    let below: Vec<&Value> = match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    let below = below.into_iter().flat_map(|value| all(value, field));
    value.get(field).into_iter().chain(below).collect()
}

/// Alice has issued this and paid Bob 5.00 of it; every command that shows units of the contract, and
/// who runs it.
pub fn showing(schema: &str, options: &[&str]) -> (Bulla, Vec<(&'static str, Vec<String>)>) {
    let mut bulla = world(&["bob", "alice"]);
    let options = [&["--supply", "100", "--precision", "2"], options].concat();
    let contract = issued(&bulla, schema, &options);
    bulla.ok(&["contract", "export", &contract, "--out", "file.contract"]);
    let bob = bulla.as_other("bob");
    bob.ok(&["contract", "import", "file.contract"]);
    let wanted = invoice(bob, &["--contract", &contract, "--amount", "5"]);
    let sent = mined(bulla.as_other("alice"), &["send", &wanted]);
    let paid = file(&sent, 0);
    bulla.as_other("bob").ok(&["accept", &paid]);
    bulla.ok(&["prove", &contract, "--challenge", ASKED]);
    let commands = [
        ("alice", vec!["contract", "export", &contract]),
        ("bob", vec!["contract", "import", "file.contract"]),
        ("bob", vec!["assets"]),
        ("bob", vec!["balance"]),
        ("bob", vec!["coins"]),
        ("bob", vec!["transfers"]),
        ("alice", vec!["transfers"]),
        ("bob", vec!["accept", &paid]),
        ("nobody", vec!["validate", &paid]),
        ("nobody", vec!["validate", "file.contract"]),
        ("bob", vec!["prove", &contract, "--challenge", ASKED]),
        (
            "nobody",
            vec!["verify", "ownership.proof", "--challenge", ASKED],
        ),
        ("nobody", vec!["inspect", &paid]),
        ("bob", vec!["supply", &contract]),
        ("bob", vec!["invoice", "decode", &wanted]),
    ];
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    let commands = commands.map(|(who, words)| (who, owned(words)));
    (bulla, commands.into())
}

#[test]
fn amounts_have_decimals_a_ticker_its_contract_and_nothing_is_unbacked_that_cannot_be_reissued() {
    let (mut bulla, commands) = showing("fixed", &[]);
    let assets = bulla.as_other("bob").ok(&["assets"]);
    let contract = text(&assets["assets"][0], "contract").to_owned();
    let with_amount = [
        "accept",
        "validate",
        "verify",
        "invoice",
        "coins",
        "transfers",
    ];
    for (who, command) in commands {
        let bulla = bulla.as_other(who);
        let command: Vec<_> = command.iter().map(String::as_str).collect();
        let found = human(bulla, &command);
        assert!(found.contains(&contract), "{command:?}: {found}");
        assert!(!found.contains("smallest units"), "{command:?}: {found}");
        assert!(!found.contains("unbacked"), "{command:?}: {found}");
        if with_amount.contains(&command[0]) && command[1..] != ["file.contract"] {
            assert!(found.contains("5.00 KIND"), "{command:?}: {found}");
        }
        let answer = bulla.ok(&command);
        let told = all(&answer, "unbacked");
        let none = told.iter().all(|told| told.is_null());
        assert!(none && !told.is_empty(), "{command:?}: {answer}");
    }
    let bob = bulla.as_other("bob");
    let coins = human(bob, &["coins"]);
    assert!(
        coins.contains(&format!("5.00 KIND of {contract}")),
        "{coins}"
    );
    let asked = invoice(bob, &["--contract", &contract, "--amount", "0.3"]);
    let decoded = human(bulla.as_other("nobody"), &["invoice", "decode", &asked]);
    assert!(decoded.contains("30 smallest units of bulla1"), "{decoded}");
}

#[test]
fn evidence_shows_what_it_is_evidence_of() {
    let mut bulla = world(&["alice"]);
    let options = ["--supply", "100", "--cap", "150", "--precision", "2"];
    let contract = issued(&bulla, "inflatable", &options);
    let burned = mined(&bulla, &["burn", &contract, "0.5"]);
    let nobody = bulla.as_other("nobody");
    let verdict = nobody.ok(&["validate", &file(&burned, 0)]);
    assert_eq!(text(&verdict, "schema_name"), "inflatable");
    let evidence = &verdict["terminals"][0];
    assert!(text(evidence, "evidence").starts_with("bop1"), "{evidence}");
    assert_eq!(evidence["amount"], Value::Null, "it hands nothing over");
    let expected = json!({
        "kind": 2, "transition": "burn", "globals": [],
        "metadata": [{ "number": 0, "name": "burned", "value": "50", "display": "0.50 KIND" }],
    });
    assert_eq!(evidence["operation"], expected);
    let found = human(nobody, &["validate", &file(&burned, 0)]);
    let id = text(evidence, "evidence");
    assert!(found.contains(&format!("{id}: burn\n")), "{found}");
    assert!(found.contains("burned = 0.50 KIND"), "{found}");
}

#[test]
fn a_statement_is_shown_beside_its_contract_and_not_beside_its_ticker() {
    let mut bulla = world(&["alice"]);
    mined(&bulla, &["carrier", "2"]);
    let key = text(&bulla.ok(&["issuer", "key"]), "key").to_owned();
    let options = ["--supply", "5", "--issuer", &key];
    let contracts = ["1", "2"].map(|seconds| {
        let options = [&options[..], &["--timestamp", seconds]].concat();
        issued(&bulla, "fixed", &options)
    });
    let [plain, stated] = &contracts;
    let state = ["issuer", "state", stated, "--domain", "example.com"];
    bulla.ok(&[&state[..], &["--out", "statement"]].concat());
    let found = human(bulla.as_other("alice"), &["assets"]);
    let signed = |contract: &str| format!("KIND {contract}: signed by {key}\n");
    assert!(found.contains(&signed(stated)), "{found}");
    let claims = format!("KIND {stated}: claims domain example.com (not checked)");
    assert!(found.contains(&claims), "{found}");
    assert!(!found.contains(&signed(plain)), "{found}");
}

/// A schema that calls itself `fixed`, and is another one.
fn another_fixed() -> String {
    let rule = "\"in.asset == out.asset\"";
    bulla_schemas::FIXED.replacen(rule, &format!("{rule}, \"1 <= out.asset\""), 1)
}

#[test]
fn a_schema_is_not_called_by_the_name_that_it_gives_itself() {
    let mut bulla = world(&["alice"]);
    fs::write(bulla.path("fake.toml"), another_fixed()).unwrap();
    let allowed = bulla.ok(&["schema", "allow", "fake.toml"]);
    let id = text(&allowed, "schema").to_owned();
    let contract = issued(&bulla, &id, &["--supply", "5"]);
    bulla.ok(&["contract", "export", &contract, "--out", "file.contract"]);
    let name = |bulla: &Bulla, arguments: &[&str]| {
        let answer = bulla.ok(arguments);
        all(&answer, "schema_name")[0].clone()
    };
    assert_eq!(name(&bulla, &["assets"]), "own: fixed");
    let found = human(&bulla, &["assets"]);
    assert!(found.contains(" own: fixed "), "{found}");
    bulla.ok(&["schema", "deny", &id]);
    assert_eq!(name(&bulla, &["assets"]), Value::Null);
    let found = human(&bulla, &["assets"]);
    assert!(found.contains(&id) && !found.contains("fixed"), "{found}");
    let nobody = bulla.as_other("nobody");
    let validate = ["validate", "file.contract"];
    assert_eq!(nobody.answer(&validate).0, 3, "nobody allowed it");
    let any = [&validate[..], &["--any-schema"]].concat();
    assert_eq!(name(nobody, &any), Value::Null);
    for command in [&any[..], &["inspect", "file.contract"]] {
        let found = human(nobody, command);
        assert!(found.contains(&id) && !found.contains("fixed"), "{found}");
    }
    for named in [&id[..], "fake.toml"] {
        let named = [&validate[..], &["--schema", named]].concat();
        assert_eq!(name(nobody, &named), "own: fixed");
    }
}

/// The contract of a consignment.
fn contract_of(bytes: &[u8]) -> [u8; 32] {
    let header = parts(bytes).next().unwrap().unwrap();
    let header = Header::decode(header).unwrap();
    header.genesis.contract_id().to_bytes()
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    let at = bytes.windows(from.len()).position(|part| part == from)?;
    Some([&bytes[..at], to, &bytes[at + from.len()..]].concat())
}

/// The same consignment with these texts instead, of the same length, and the contract that this makes.
fn forged(bulla: &Bulla, from: &str, to: &str, texts: &[(&str, &str)]) {
    let bytes = fs::read(bulla.path(from)).unwrap();
    let mut bytes = bulla_wallet::container::open(&bytes, 1 << 20)
        .unwrap()
        .into_owned();
    let before = contract_of(&bytes);
    for (honest, instead) in texts {
        bytes = replaced(&bytes, honest.as_bytes(), instead.as_bytes()).unwrap();
    }
    // A terminal names its operation; a contract file has none.
    let terminal = replaced(&bytes, &before, &contract_of(&bytes));
    fs::write(bulla.path(to), terminal.unwrap_or(bytes)).unwrap();
}

#[test]
fn a_ticker_that_looks_like_another_is_seen_to_be_none() {
    let mut bulla = world(&["bob", "alice"]);
    let bob = bulla.as_other("bob");
    mined(bob, &["carrier", "1"]);
    let wanted = invoice(bob, &["--blind"]);
    let contract = format!(
        r#"
        schema = "fixed"
        [globals]
        ticker = "CLAYAA"
        name = "Clay tokens"
        precision = 0
        supply = "10"
        [[allocations]]
        owned = "asset"
        amount = "10"
        to = "{wanted}"
    "#
    );
    fs::write(bulla.path("contract.toml"), contract).unwrap();
    let given = bulla.as_other("alice").ok(&["issue", "contract.toml"]);
    let given = given["consignments"][0].as_str().unwrap();
    bulla.ok(&[
        "contract",
        "export",
        text(&bulla.ok(&["assets"])["assets"][0], "contract"),
        "--out",
        "file.contract",
    ]);
    // С, А and а are Cyrillic.
    let texts = [("CLAYAA", "СLАY"), ("Clay tokens", "Clаy token")];
    forged(&bulla, given, "forged.bulla", &texts);
    forged(&bulla, "file.contract", "forged.contract", &texts);
    let (ticker, name) = (r"\u{421}L\u{410}Y", r"Cl\u{430}y token");
    for (who, command) in [
        ("bob", vec!["accept", "forged.bulla"]),
        ("bob", vec!["assets"]),
        ("bob", vec!["balance"]),
        ("bob", vec!["coins"]),
        ("bob", vec!["transfers"]),
        ("carol", vec!["validate", "forged.bulla"]),
        ("carol", vec!["inspect", "forged.bulla"]),
        ("carol", vec!["contract", "import", "forged.contract"]),
    ] {
        let bulla = bulla.as_other(who);
        if who == "carol" && command[0] == "contract" {
            bulla.ok(&["init"]);
        }
        let found = human(bulla, &command);
        assert!(found.contains(ticker), "{command:?}: {found}");
        assert!(found.is_ascii(), "{command:?}: {found}");
        let answer = bulla.ok(&command);
        for told in all(&answer, "ticker") {
            assert_eq!(told, ticker, "{command:?}");
        }
        for told in all(&answer, "name")
            .iter()
            .filter(|_| command[0] != "inspect")
        {
            assert_eq!(*told, name, "{command:?}");
        }
    }
}

#[test]
fn a_supply_is_shown_with_what_it_rests_on() {
    let bulla = world(&["alice"]);
    let options = ["--supply", "100", "--cap", "150", "--precision", "1"];
    let contract = issued(&bulla, "inflatable", &options);
    let minted = mined(&bulla, &["mint", &contract, "7.5"]);
    let supply = bulla.ok(&["supply", &contract]);
    let found = human(&bulla, &["supply", &contract]);
    let operation = text(&supply["changes"][0], "operation");
    let line = format!(
        "issued 7.5 by issue {operation} in {}, 1 deep\n",
        text(&minted, "txid")
    );
    assert!(found.contains(&line), "{found}");
    let held = supply["held"].as_array().unwrap();
    assert_eq!(held.len(), 2);
    for held in held {
        let line = format!("circulating on  {}: ", text(held, "outpoint"));
        assert!(found.contains(&line), "{found}");
    }
    assert!(
        found.contains(": 42.5 by bop1"),
        "the unused right: {found}"
    );
}

#[test]
fn tokens_are_counted_and_what_was_written_of_them_is_read_back() {
    let bulla = world(&["alice"]);
    fs::write(bulla.path("picture.png"), PNG).unwrap();
    let options = ["--total", "10", "--supply", "3", "--engravable"];
    let options = [&options[..], &["--terms", "for looking at"]].concat();
    let contract = issued(&bulla, "unique", &options);
    let asset = bulla.ok(&["assets"])["assets"][0].clone();
    let counted = json!({ "held": 3, "issued": 3, "total": 10 });
    assert_eq!(
        (&asset["tokens"], &asset["supply"]),
        (&counted, &json!("3"))
    );
    let found = human(&bulla, &["assets"]);
    assert!(found.contains("3 tokens  3 of 10 tokens"), "{found}");
    let mint = ["mint", &contract, "2", "--media", "picture.png"];
    mined(
        &bulla,
        &[&mint[..], &["--attribute", "colour: blue"]].concat(),
    );
    mined(&bulla, &["engrave", &contract, "2", "for Bob"]);
    let told = bulla.ok(&["media", &contract]);
    assert_eq!(told["terms"], "for looking at");
    assert_eq!(told["media"][0]["tokens"], json!([4, 5]));
    let attribute = &told["attributes"][0];
    let expected = (&json!("colour: blue"), &json!([4, 5]));
    assert_eq!((&attribute["text"], &attribute["tokens"]), expected);
    let engraving = &told["engravings"][0];
    let expected = (&json!("for Bob"), &json!([2]));
    assert_eq!((&engraving["text"], &engraving["tokens"]), expected);
    assert_eq!(engraving["settled"], true);
    let found = human(&bulla, &["media", &contract]);
    for line in [
        "terms      for looking at\n",
        "attribute  tokens 4-5: colour: blue\n",
        "engraving  token 2: for Bob\n",
    ] {
        assert!(found.contains(line), "{line} in {found}");
    }
    // A second engraving counts for nothing before its transaction is mined.
    bulla.ok(&["engrave", &contract, "3", "for Carol"]);
    let found = human(&bulla, &["media", &contract]);
    assert!(
        found.contains("token 3 (not settled): for Carol"),
        "{found}"
    );
}

#[test]
fn a_right_and_a_token_are_not_shown_as_units_of_the_asset() {
    let mut bulla = world(&["bob", "alice"]);
    let options = ["--supply", "100", "--cap", "150", "--precision", "1"];
    let grow = issued(&bulla, "inflatable", &options);
    let art = issued(&bulla, "unique", &["--total", "2", "--supply", "2"]);
    for (contract, ask, shown) in [
        (
            &grow,
            ["--owned", "allowance", "--amount", "25", "--raw"].as_slice(),
            "2.5 allowance of KIND",
        ),
        (&art, &["--token", "2"], "KIND #2"),
    ] {
        let ask = [&["--contract", contract][..], ask].concat();
        let wanted = invoice(bulla.as_other("bob"), &ask);
        let sent = mined(bulla.as_other("alice"), &["send", &wanted]);
        let bob = bulla.as_other("bob");
        let accepted = bob.ok(&["accept", &file(&sent, 0)]);
        assert_eq!(text(&accepted["items"][0], "display"), shown);
        for command in [
            &["accept", &file(&sent, 0)][..],
            &["transfers"],
            &["validate", &file(&sent, 0)],
        ] {
            let found = human(bob, command);
            assert!(found.contains(shown), "{command:?}: {found}");
        }
    }
    let balance = human(bulla.as_other("bob"), &["balance"]);
    let line = balance.lines().find(|line| line.ends_with(&art)).unwrap();
    assert!(!line.contains(" 0 "), "{balance}");
}

#[test]
fn what_is_lost_is_shown_as_what_it_is() {
    let bulla = world(&["alice"]);
    let options = ["--supply", "100", "--cap", "150", "--precision", "1"];
    let grow = issued(&bulla, "inflatable", &options);
    let art = issued(&bulla, "unique", &["--total", "2", "--supply", "1"]);
    let sweep = ["sweep", "--abandon", &grow, "--abandon", &art];
    let planned = bulla.ok(&[&sweep[..], &["--dry-run"]].concat());
    let lost = [
        ("100.0 KIND", &grow),
        ("50.0 allowance of KIND", &grow),
        ("KIND #1", &art),
        ("1 left of KIND", &art),
    ];
    let found = human(&bulla, &[&sweep[..], &["--yes"]].concat());
    let listed = human(&bulla, &["transfers"]);
    let displays = all(&planned, "display");
    for (display, contract) in lost {
        assert!(displays.contains(&&json!(display)), "{planned}");
        let line = format!("LOST         {display} of contract {contract}\n");
        assert!(found.contains(&line), "{line} in {found}");
        let item = format!("{display} of {contract}");
        assert!(listed.contains(&item), "{item} in {listed}");
    }
}
