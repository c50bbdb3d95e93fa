//! What `issue` refuses, what a dry run of it shows, and the media files of a contract.

use std::fs;

use serde_json::{Value, json};

use crate::bulla::{Bulla, text};
use crate::kinds::{PNG, file, invoice, issued, mined, text_at, world};

const KEY: &str = "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9";
const COIN: &str = "0000000000000000000000000000000000000000000000000000000000000001:0";

const FIXED: &str = r#"schema = "fixed"

[globals]
ticker = "CLAY"
name = "Clay"
precision = 2
supply = "1000.00"

[[allocations]]
owned = "asset"
amount = "1000.00"
"#;

fn words(words: &str) -> Vec<&str> {
    words.split(' ').collect()
}

/// The message of a refused option, and what to do.
fn refused(bulla: &Bulla, arguments: &[&str]) -> (String, String) {
    let (code, error) = bulla.error(arguments);
    assert_eq!((code, text(&error, "code")), (2, "usage"), "{error}");
    (
        text(&error, "message").to_owned(),
        text(&error, "remedy").to_owned(),
    )
}

#[test]
fn beside_a_file_every_option_about_the_contract_is_refused() {
    let bulla = world(&["alice"]);
    fs::write(bulla.path("contract.toml"), FIXED).unwrap();
    for (option, value, in_file) in [
        ("--ticker", "T", "say `ticker = \"…\"` under [globals]"),
        ("--name", "N", "say `name = \"…\"` under [globals]"),
        (
            "--supply",
            "5",
            "say `supply = \"…\"` under [globals], and who gets it under [[allocations]]",
        ),
        ("--raw", "", "leave it out: amounts in a file have decimals"),
        ("--precision", "2", "say `precision = …` under [globals]"),
        ("--details", "d", "say `details = \"…\"` under [globals]"),
        ("--terms", "t", "say `terms = \"…\"` under [globals]"),
        (
            "--cap",
            "5",
            "say `cap = \"…\"` under [globals], and who gets the allowance under [[allocations]]",
        ),
        (
            "--replaceable",
            "5",
            "say `replaceable = \"…\"` under [globals], and who gets the replacement under [[allocations]]",
        ),
        (
            "--signer",
            KEY,
            "say `signers = [\"KEY\", …]` under [globals]",
        ),
        ("--issuer", KEY, "say `issuer = \"KEY\"` under [globals]"),
        ("--threshold", "1", "say `threshold = …` under [globals]"),
        ("--total", "5", "say `total = …` under [globals]"),
        ("--fractions", "5", "say `fractions = …` under [globals]"),
        ("--engravable", "", "say `engravable = 1` under [globals]"),
        ("--media", "a.png", "say `media = [\"FILE\", …]` at the top"),
        (
            "--attribute",
            "a: b",
            "say `attribute = [\"name: value\", …]` under [globals]",
        ),
        (
            "--coin",
            COIN,
            "say `coin = \"TXID:VOUT\"` at the top, or in an allocation",
        ),
        ("--timestamp", "5", "say `timestamp = …` at the top"),
    ] {
        let given = ["issue", "contract.toml", option, value];
        let given: Vec<_> = given.into_iter().filter(|word| !word.is_empty()).collect();
        let (message, remedy) = refused(&bulla, &given);
        assert_eq!(
            message,
            format!("{option} has no meaning for a contract that a file describes")
        );
        assert_eq!(remedy, in_file);
    }
    assert_eq!(bulla.ok(&["assets"])["assets"], json!([]));
}

#[test]
fn an_option_that_would_be_without_effect_is_refused() {
    let bulla = world(&["alice"]);
    let unique = issued(&bulla, "unique", &["--total", "3", "--supply", "1"]);
    let fixed = issued(&bulla, "fixed", &["--supply", "5"]);
    let of = |schema| format!("a contract of the schema `{schema}`");
    let about = "--ticker KIND --name Kind --supply 1";
    for (arguments, option, to) in [
        (
            format!("issue fixed {about} --fractions 3"),
            "--fractions",
            of("fixed"),
        ),
        (
            format!("issue fixed {about} --engravable"),
            "--engravable",
            of("fixed"),
        ),
        (
            format!("issue unique {about} --cap 5"),
            "--cap",
            of("unique"),
        ),
        (
            format!("issue unique {about} --replaceable 3"),
            "--replaceable",
            of("unique"),
        ),
        (
            format!("issue unique {about} --precision 2"),
            "--precision",
            of("unique"),
        ),
        (
            format!("issue fixed {about} --out x"),
            "--out",
            "a contract that is all yours".to_owned(),
        ),
        (
            format!("mint {unique} 2 --raw"),
            "--raw",
            "tokens, which are counted".to_owned(),
        ),
        (
            format!("renounce {unique} 1 --raw"),
            "--raw",
            "tokens, which are counted".to_owned(),
        ),
        (
            format!("mint {fixed} 2 --media a.png"),
            "--media",
            "units, which are all alike".to_owned(),
        ),
        (
            format!("reissue {fixed} 2 --attribute a"),
            "--attribute",
            "units, which are all alike".to_owned(),
        ),
    ] {
        let (message, _) = refused(&bulla, &words(&arguments));
        assert_eq!(
            message,
            format!("{option} has no meaning for {to}"),
            "{arguments}"
        );
    }
    let both = refused(&bulla, &["burn", &unique, "--token", "1", "--raw"]).0;
    assert!(both.contains("cannot be used with"), "{both}");
}

#[test]
fn an_attribute_is_a_name_and_a_value() {
    let bulla = world(&["alice"]);
    let about = ["issue", "unique", "--ticker", "ART", "--name", "Art"];
    let (code, error) = bulla.error(&[&about[..], &["--attribute", "blue"]].concat());
    assert_eq!((code, text(&error, "code")), (1, "field"));
    let form =
        "the attribute of a contract is `blue`; expected `name: value`, such as `colour: blue`";
    assert_eq!(text(&error, "message"), form);
    assert_eq!(
        bulla.ok(&["sandbox", "status"])["mempool"],
        0,
        "no coin was made for it"
    );
    let contract = issued(&bulla, "unique", &["--total", "2", "--supply", "1"]);
    let (code, error) = bulla.error(&["mint", &contract, "--attribute", "blue"]);
    assert_eq!((code, text(&error, "message")), (1, form));
}

#[test]
fn a_dry_run_shows_the_contract_also_where_no_sealed_coin_is_free() {
    let bulla = world(&["alice"]);
    fs::write(bulla.path("contract.toml"), FIXED).unwrap();
    let before = bulla.ok(&["coins"]);
    let planned = bulla.ok(&["issue", "contract.toml", "--dry-run"]);
    assert_eq!(
        (&planned["contract"], &planned["schema_name"]),
        (&Value::Null, &json!("fixed"))
    );
    let supply = json!({ "name": "supply", "value": "100000", "display": "1000.00" });
    assert!(
        planned["globals"].as_array().unwrap().contains(&supply),
        "{planned}"
    );
    assert_eq!(text(&planned["allocations"][0], "display"), "1000.00 CLAY");
    assert!(
        planned["coin"]["fee_sats"].as_u64().unwrap() > 0,
        "{planned}"
    );
    assert!(text(&planned, "note").contains("the id follows once there is a sealed coin"));
    let shown = bulla.run(&["issue", "contract.toml", "--dry-run"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    for line in [
        "says         supply: 1000.00",
        "allocates    1000.00 CLAY to this wallet",
        "sealed coin  one is made first",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    assert!(!shown.contains("100000"), "{shown}");
    assert_eq!(bulla.ok(&["coins"]), before);
    assert_eq!(bulla.ok(&["sandbox", "status"])["mempool"], 0);
}

#[test]
fn the_id_of_a_dry_run_comes_again_with_its_timestamp() {
    let bulla = world(&["alice"]);
    mined(&bulla, &["carrier", "2"]);
    fs::write(bulla.path("contract.toml"), FIXED).unwrap();
    let planned = bulla.ok(&["issue", "contract.toml", "--dry-run"]);
    let (_, stamp) = text(&planned, "note").split_once('`').unwrap();
    let stamp = stamp.split('`').next().unwrap();
    assert_eq!(stamp, format!("timestamp = {}", planned["timestamp"]));
    fs::write(bulla.path("contract.toml"), format!("{stamp}\n{FIXED}")).unwrap();
    let issued = bulla.ok(&["issue", "contract.toml"]);
    assert!(issued["contract"].is_string());
    assert_eq!(issued["contract"], planned["contract"]);
    let said = words("issue fixed --ticker TWO --name Two --supply 5 --details first --terms none");
    let planned = bulla.ok(&[&said[..], &["--dry-run"]].concat());
    let option = format!("--timestamp {}", planned["timestamp"]);
    assert!(text(&planned, "note").ends_with(&option), "{planned}");
    let again = [&said[..], &words(&option)].concat();
    assert_eq!(bulla.ok(&again)["contract"], planned["contract"]);
}

#[test]
fn options_say_when_on_which_coin_and_with_what_terms() {
    let bulla = world(&["alice"]);
    mined(&bulla, &["carrier", "3"]);
    let coins = bulla.ok(&["coins"]);
    let coins = coins["coins"].as_array().unwrap().clone();
    let sealed = coins.iter().rfind(|coin| coin["kind"] == "sealed").unwrap();
    let coin = text(sealed, "outpoint");
    let said = words("issue fixed --ticker CLAY --name Clay --supply 5 --timestamp 86400");
    let said = [
        &said[..],
        &["--coin", coin, "--details", "of mud", "--terms", "as is"],
    ]
    .concat();
    let contract = text(&bulla.ok(&said), "contract").to_owned();
    let asset = bulla.ok(&["assets"])["assets"][0].clone();
    assert_eq!(
        (
            text(&asset, "issued"),
            text(&asset, "details"),
            text(&asset, "terms")
        ),
        ("1970-01-02T00:00:00Z", "of mud", "as is")
    );
    let coins = bulla.ok(&["coins"]);
    let holds = |coin: &&Value| coin["allocations"][0]["contract"] == contract.as_str();
    let held = coins["coins"]
        .as_array()
        .unwrap()
        .iter()
        .find(holds)
        .unwrap();
    assert_eq!(text(held, "outpoint"), coin);
    let again = [&said[..], &["--dry-run"]].concat();
    let (code, error) = bulla.error(&again);
    assert_eq!((code, text(&error, "code")), (1, "coin-not-free"));
}

#[test]
fn what_is_wrong_in_a_file_is_named_by_line_and_part() {
    let mut bulla = world(&["bob", "alice"]);
    let wanted = invoice(bulla.as_other("bob"), &[]);
    let alice = bulla.as_other("alice");
    let to = format!("amount = \"1000.00\"\nto = \"{wanted}\"");
    for (from, to, expected, cause, code) in [
        (
            "amount = \"1000.00\"",
            "amount = \"1000.005\"",
            "line 11: allocation 1, `amount` is wrong",
            "`1000.005` has 3 decimals; this asset has 2",
            "amount",
        ),
        (
            "precision = 2",
            "precision = \"2\"",
            "line 6: `globals.precision` is wrong",
            "found \"2\", expected 0 to 18 decimals",
            "description",
        ),
        (
            "\"CLAY\"",
            "\"CL AY\"",
            "line 4: `globals.ticker` is wrong",
            "the ticker of a contract is `CL AY`; expected 1 to 16 letters and digits of ASCII",
            "field",
        ),
        (
            "amount = \"1000.00\"",
            &to,
            "line 9: allocation 1 is wrong",
            "allocation 1 of the contract cannot be made",
            "field",
        ),
        (
            "amount = \"1000.00\"",
            "amount = \"999.00\"",
            "line 7: `globals.supply` is wrong",
            "the schema does not allow this contract: rules[0] `out.asset == global.supply`: left is 99900, right is 100000",
            "forbidden",
        ),
        (
            "[globals]",
            "[globals",
            "line 3: the text is wrong",
            "unclosed table, expected `]`",
            "description",
        ),
    ] {
        assert!(FIXED.contains(from));
        fs::write(alice.path("c2.toml"), FIXED.replacen(from, to, 1)).unwrap();
        let (exit, error) = alice.error(&["issue", "c2.toml"]);
        assert_eq!((exit, text(&error, "code")), (1, code), "{error}");
        assert_eq!(text(&error, "message"), format!("c2.toml, {expected}"));
        assert_eq!(text_at(&error["causes"], 0), cause);
    }
    assert_eq!(
        alice.ok(&["sandbox", "status"])["mempool"],
        0,
        "no coin was made for any"
    );
}

/// Alice sends Bob some of a contract with a file, and what Bob's folder then holds under the file's name is
/// something else.
#[test]
fn a_wrong_media_file_beside_a_consignment_takes_nothing_from_it() {
    let mut bulla = world(&["bob", "alice"]);
    fs::write(bulla.path("picture.png"), PNG).unwrap();
    let options = [
        "--supply",
        "10",
        "--terms",
        "none",
        "--media",
        "picture.png",
    ];
    let contract = issued(&bulla, "collectible", &options);
    let wanted = invoice(bulla.as_other("bob"), &[]);
    let alice = bulla.as_other("alice");
    let pay = [
        "send",
        &wanted,
        "--contract",
        &contract,
        "--amount",
        "4",
        "--raw",
        "--out",
        "outbox",
    ];
    let sent = mined(alice, &pay);
    let name = text(&alice.ok(&["media", &contract])["media"][0], "hash").to_owned();
    let beside = alice.path("outbox").join(&name);
    assert_eq!(fs::read(&beside).unwrap(), PNG);
    fs::write(&beside, b"something else").unwrap();
    let bob = bulla.as_other("bob");
    let accepted = bob.ok(&["accept", &file(&sent, 0), "--ack", "bob.ack"]);
    assert_eq!(
        (text(&accepted, "amount"), text(&accepted, "state")),
        ("4", "settled")
    );
    let why = text(&accepted["media"][0], "refused");
    assert!(
        why.contains("does not commit to a file with SHA-256"),
        "{why}"
    );
    assert!(bob.path("bob.ack").exists());
    let kept = |bulla: &Bulla| bulla.ok(&["media", &contract])["media"][0]["file"].clone();
    assert_eq!(kept(bob), Value::Null, "nor taken in");
    fs::write(&beside, PNG).unwrap();
    let again = bob.ok(&["accept", &file(&sent, 0)]);
    assert_eq!(
        (&again["already_known"], &again["media"][0]["refused"]),
        (&json!(true), &Value::Null)
    );
    assert!(kept(bob).is_string());
}

#[test]
fn a_type_that_first_bytes_do_not_tell_is_the_issuers_word() {
    let bulla = world(&["alice"]);
    let drawing = "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n";
    fs::write(bulla.path("drawing.svg"), drawing).unwrap();
    fs::write(bulla.path("poem.txt"), "BM is no picture.\n").unwrap();
    let options = ["--media", "drawing.svg", "--media", "poem.txt"];
    let contract = issued(&bulla, "unique", &options);
    let media = bulla.ok(&["media", &contract]);
    let types: Vec<_> = media["media"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["content_type"])
        .collect();
    assert_eq!(types, ["image/svg+xml", "text/plain"]);
    assert!(
        media["media"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["file"].is_string())
    );
    // What other programs say of the same files.
    let hash = |n: usize| text(&media["media"][n], "hash").to_owned();
    let described = format!(
        "schema = \"unique\"\n[globals]\nticker = \"ART\"\nname = \"Art\"\ntotal = 1\nfractions = 1\nengravable = 0\n\
         media = [\"{}\", \"{}\"]\nmedia_type = [\"application/xml\", \"text/markdown\"]\nmedia_size = [{}, 18]\n\
         [[allocations]]\nowned = \"nft\"\ntoken = 1\n",
        hash(0),
        hash(1),
        drawing.len()
    );
    fs::write(bulla.path("art.toml"), described).unwrap();
    let art = text(&mined(&bulla, &["issue", "art.toml"]), "contract").to_owned();
    for name in ["drawing.svg", "poem.txt"] {
        bulla.ok(&["media", &art, "--add", name]);
    }
}

/// Each payee gets the files of the tokens that his history concerns, and those at once.
#[test]
fn a_minted_token_goes_to_its_payee_with_its_own_file_alone() {
    let mut bulla = world(&["bob", "alice"]);
    let other = [PNG, b"other"].concat();
    fs::write(bulla.path("picture.png"), PNG).unwrap();
    fs::write(bulla.path("other.png"), &other).unwrap();
    let contract = issued(&bulla, "unique", &["--total", "3", "--supply", "1"]);
    mined(&bulla, &["mint", &contract, "--media", "other.png"]);
    let token = ["--contract", &contract, "--token", "3"];
    let wanted = invoice(bulla.as_other("bob"), &token);
    let alice = bulla.as_other("alice");
    let mint = ["mint", &contract, "--to", &wanted, "--media", "picture.png"];
    let sent = mined(alice, &[&mint[..], &["--out", "outbox"]].concat());
    let files = fs::read_dir(alice.path("outbox")).unwrap();
    let lengths: Vec<u64> = files
        .map(|entry| entry.unwrap())
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with(".bulla"))
        .map(|entry| entry.metadata().unwrap().len())
        .collect();
    let bob = bulla.as_other("bob");
    let accepted = bob.ok(&["accept", &file(&sent, 0)]);
    assert_eq!(accepted["tokens"], json!([3]));
    assert!(lengths.contains(&(PNG.len() as u64)), "{lengths:?}");
    // The right to mint went through the token before, so its file is part of what Bob is shown.
    assert_eq!(lengths.len(), 2);
}
