//! Wallets that pay each other.

use bulla_core::ContractId;
use bulla_wallet::Wallet;
use bulla_wallet::api::{Payment, PlanOptions};
use serde_json::{Value, json};

use crate::bulla::{Bulla, fields, text};

/// Alice with 10,000.00 CLAY, and Bob; both have bitcoin.
pub struct Scene {
    bulla: Bulla,
    pub contract: String,
}

impl Scene {
    pub fn new() -> Self {
        let mut bulla = Bulla::new();
        for name in ["bob", "alice"] {
            let wallet = bulla.as_other(name);
            wallet.ok(&["init"]);
            let address = wallet.ok(&["address"]);
            wallet.ok(&["sandbox", "fund", text(&address, "address"), "1000000"]);
        }
        let issue = [
            "issue",
            "fixed",
            "--ticker",
            "CLAY",
            "--name",
            "Clay",
            "--supply",
            "10000",
            "--precision",
            "2",
        ];
        let issued = bulla.ok(&issue);
        assert!(
            issued["carrier"].is_string(),
            "a new wallet has no sealed coin: {issued}"
        );
        let contract = text(&issued, "contract").to_owned();
        bulla.ok(&["sandbox", "mine"]);
        Self { bulla, contract }
    }

    pub fn alice(&mut self) -> &Bulla {
        self.bulla.as_other("alice")
    }

    pub fn bob(&mut self) -> &Bulla {
        self.bulla.as_other("bob")
    }

    /// An invoice of Bob for so many smallest units.
    fn invoice(&mut self, units: &str) -> String {
        let contract = self.contract.clone();
        let invoice = [
            "invoice",
            "--contract",
            &contract,
            "--amount",
            units,
            "--raw",
        ];
        text(&self.bob().ok(&invoice), "invoice").to_owned()
    }

    /// What Alice's `send` answers.
    pub fn sent(&mut self, units: &str, options: &[&str]) -> Value {
        let invoice = self.invoice(units);
        let send = [&["send", &invoice, "--out", "outbox"], options].concat();
        self.alice().ok(&send)
    }
}

pub fn file(sent: &Value) -> &str {
    text(&sent["outputs"][0], "file")
}

#[test]
fn the_answers_have_the_fields_that_scripts_rely_on() {
    let mut scene = Scene::new();
    let contract = scene.contract.clone();
    let invoice = scene
        .bob()
        .ok(&["invoice", "--contract", &contract, "--amount", "5", "--raw"]);
    let expected = [
        "amount", "contract", "expiry", "invoice", "kind", "owned", "reserved", "token", "unbacked",
    ];
    assert_eq!(fields(&invoice), expected);
    assert_eq!(invoice["kind"], "witness");
    assert_eq!(invoice["amount"], "5");

    let sent = scene.alice().ok(&["send", text(&invoice, "invoice")]);
    for field in [
        "transfer",
        "txid",
        "state",
        "fee_sats",
        "vbytes",
        "fee_rate",
        "broadcast",
    ] {
        assert!(!sent[field].is_null(), "{field}: {sent}");
    }
    assert_eq!(
        fields(&sent["outputs"][0]),
        ["amount", "contract", "file", "invoice", "unbacked"]
    );

    let accepted = scene.bob().ok(&["accept", file(&sent)]);
    for field in [
        "transfer",
        "contract",
        "state",
        "confirmations",
        "outpoint",
        "already_known",
    ] {
        assert!(!accepted[field].is_null(), "{field}: {accepted}");
    }
    assert_eq!(accepted["amount"], "5");

    scene.bob().ok(&["sandbox", "mine"]);
    let balance = scene.bob().ok(&["balance"]);
    assert_eq!(fields(&balance), ["assets", "bitcoin", "carriers"]);
    let expected = json!({
        "contract": contract, "ticker": "CLAY", "precision": 2,
        "settled": "5", "pending": "0", "display": "0.05", "others": [], "unbacked": null,
    });
    assert_eq!(balance["assets"], json!([expected]));

    let (code, verdict) = scene.bob().answer(&["validate", file(&sent)]);
    assert_eq!((code, text(&verdict, "verdict")), (0, "settled"));
    assert_eq!(verdict["contract"], contract);
    assert_eq!(
        verdict["terminals"],
        json!([{
            "outpoint": accepted["outpoint"], "type": 0, "owned": "asset", "amount": "5",
            "display": "0.05 CLAY",
        }])
    );
    assert_eq!(
        (&verdict["operations"], &verdict["witnesses"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(verdict["failure"], Value::Null);
}

#[test]
fn a_consignment_is_consistent_until_it_is_deep_enough() {
    let mut scene = Scene::new();
    let sent = scene.sent("5", &[]);
    let verdict = |scene: &mut Scene| {
        let (code, answer) = scene.bob().answer(&["validate", file(&sent)]);
        (code, text(&answer, "verdict").to_owned())
    };
    assert_eq!(verdict(&mut scene), (4, "consistent".to_owned()));
    scene.bob().ok(&["sandbox", "mine"]);
    assert_eq!(verdict(&mut scene), (0, "settled".to_owned()));
    let (code, _) = scene
        .bob()
        .answer(&["validate", file(&sent), "--min-conf", "2"]);
    assert_eq!(code, 4);
}

#[test]
fn a_source_that_does_not_answer_leaves_a_consignment_unresolved() {
    let mut scene = Scene::new();
    let sent = scene.sent("5", &[]);
    let nowhere = "bitcoind://me:hunter2@127.0.0.1:1";
    let (code, answer) = scene
        .bob()
        .answer(&["--source", nowhere, "validate", file(&sent)]);
    assert_eq!((code, text(&answer, "verdict")), (3, "unresolved"));
    assert_eq!(answer["failure"], Value::Null);
    let note = answer["notes"][0].as_str().unwrap();
    assert!(
        note.starts_with("the chain gave no answer: bitcoind 127.0.0.1:1"),
        "{note}"
    );
}

#[test]
fn nothing_is_broadcast_before_the_acknowledgement_is_there() {
    let mut scene = Scene::new();
    let sent = scene.sent("5", &["--hold"]);
    assert_eq!(
        (&sent["state"], &sent["broadcast"]),
        (&json!("delivered"), &json!(false))
    );
    let transfer = text(&sent, "transfer").to_owned();
    let (code, error) = scene.alice().error(&["send", "--resume", &transfer]);
    assert_eq!((code, text(&error, "code")), (1, "unacknowledged"));
    assert_eq!(scene.alice().ok(&["sandbox", "status"])["mempool"], 0);
    scene.bob().ok(&["accept", file(&sent), "--ack", "bob.ack"]);
    let resumed = scene
        .alice()
        .ok(&["send", "--resume", &transfer, "--ack", "bob.ack"]);
    assert_eq!(
        (&resumed["txid"], &resumed["broadcast"]),
        (&sent["txid"], &json!(true))
    );
    assert_eq!(scene.alice().ok(&["sandbox", "status"])["mempool"], 1);
}

#[test]
fn a_transfer_that_was_cut_off_before_it_was_signed_can_be_gone_on_with() {
    let mut scene = Scene::new();
    let invoice = scene.invoice("5");
    let mut wallet = Wallet::open(&scene.bulla.path("alice/wallet.sqlite")).unwrap();
    let payment = Payment::Invoice {
        invoice: Box::new(invoice.parse().unwrap()),
        contract: None,
        amount: None,
    };
    let plan = wallet.plan(&[payment], &PlanOptions::default()).unwrap();
    let prepared = wallet.prepare(plan).unwrap();
    drop(wallet);
    let (code, error) = scene.alice().error(&["send", &invoice]);
    assert_eq!((code, text(&error, "code")), (1, "already-paid"));
    assert!(text(&error, "remedy").contains("send --resume"), "{error}");
    let transfer = prepared.transfer.to_string();
    let resumed = scene
        .alice()
        .ok(&["send", "--resume", &transfer, "--out", "outbox"]);
    assert_eq!(resumed["txid"], prepared.txid.to_string());
    scene.bob().ok(&["accept", file(&resumed)]);
}

#[test]
fn a_transfer_that_waits_can_be_given_up() {
    let mut scene = Scene::new();
    let before = scene.alice().ok(&["balance"]);
    let sent = scene.sent("5", &["--hold"]);
    scene.alice().ok(&["cancel", text(&sent, "transfer")]);
    assert_eq!(scene.alice().ok(&["balance"]), before);
}

#[test]
fn a_transaction_that_can_never_be_mined_is_conflicted() {
    let mut scene = Scene::new();
    let given_up = scene.sent("5", &["--hold"]);
    let transfer = text(&given_up, "transfer").to_owned();
    scene.alice().ok(&["cancel", &transfer]);
    scene.sent("6", &[]);
    scene.alice().ok(&["sandbox", "mine"]);
    let (code, answer) = scene.bob().answer(&["validate", file(&given_up)]);
    assert_eq!((code, text(&answer, "verdict")), (6, "conflicted"));
    assert_eq!(answer["weakest"], given_up["txid"]);
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut scene = Scene::new();
    let invoice = scene.invoice("5");
    let before = scene.alice().ok(&["coins"]);
    let planned = scene.alice().ok(&["send", &invoice, "--dry-run"]);
    assert_eq!(planned["dry_run"], true);
    assert_eq!(scene.alice().ok(&["coins"]), before);
    assert_eq!(scene.alice().ok(&["sandbox", "status"])["mempool"], 0);
}

#[test]
fn a_wrong_passphrase_leaves_nothing_reserved() {
    let mut scene = Scene::new();
    std::fs::write(scene.bulla.path("wrong"), "wrong\n").unwrap();
    let invoice = scene.invoice("5");
    let before = scene.alice().ok(&["coins"]);
    let send = ["send", &invoice, "--passphrase-file", "wrong"];
    let (code, error) = scene.alice().error(&send);
    assert_eq!((code, text(&error, "code")), (1, "wrong-passphrase"));
    assert_eq!(scene.alice().ok(&["coins"]), before);
    scene.alice().ok(&["send", &invoice]);
}

#[test]
fn a_command_takes_no_option_that_it_has_no_use_for() {
    let bulla = Bulla::new();
    let address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    let contract = ContractId::from_bytes([1; 32]).to_string();
    let losing = ["--abandon", &contract];
    let issue = [
        "issue", "fixed", "--ticker", "T", "--name", "T", "--supply", "1",
    ];
    for command in [
        &["pay", address, "1000"][..],
        &["carrier"],
        &["sweep"],
        &issue,
    ] {
        let of_losses: [&[&str]; 2] = [&losing, &["--yes"]];
        let of_losses = of_losses.iter().filter(|_| command != ["sweep"]);
        for option in of_losses.chain([&["--opret"][..]].iter()) {
            let (code, error) = bulla.error(&[command, option].concat());
            let found = format!("unexpected argument '{}' found", option[0]);
            assert_eq!((code, text(&error, "message")), (2, &*found), "{command:?}");
        }
    }
    let transfer = "00".repeat(16);
    let fees = ": --fee-rate <SAT/VB> --max-fee <SATS> --dry-run";
    for (option, named) in [
        (&["--opret"][..], " '--opret'"),
        (&losing, " '--abandon <CONTRACT>'"),
        (&["--yes"], " '--yes'"),
        (&["--max-fee", "1"], fees),
        (&["--dry-run"], fees),
    ] {
        let resume = ["send", "--resume", &transfer];
        let (code, error) = bulla.error(&[&resume, option].concat());
        let found = format!("the argument '--resume <TRANSFER>' cannot be used with{named}");
        assert_eq!((code, text(&error, "message")), (2, &*found));
    }
}

#[test]
fn an_asset_is_left_behind_only_if_it_is_named() {
    let mut scene = Scene::new();
    let (code, error) = scene.alice().error(&["sweep"]);
    assert_eq!((code, text(&error, "code")), (1, "nothing-to-do"));
    let contract = scene.contract.clone();
    let lost = json!([{
        "contract": contract, "amount": "1000000", "display": "10000.00 CLAY", "unbacked": null,
    }]);
    let planned = scene
        .alice()
        .ok(&["sweep", "--abandon", &contract, "--dry-run"]);
    assert_eq!(planned["abandoned"], lost);
    let (code, error) = scene.alice().error(&["sweep", "--abandon", &contract]);
    assert_eq!((code, text(&error, "code")), (1, "not-confirmed"));
    let swept = scene
        .alice()
        .ok(&["sweep", "--abandon", &contract, "--yes"]);
    assert_eq!(swept["abandoned"], lost);
    scene.alice().ok(&["sandbox", "mine"]);
    assert_eq!(scene.alice().ok(&["balance"])["assets"][0]["settled"], "0");
}

#[test]
fn what_is_paid_to_a_spent_coin_is_no_success() {
    let mut scene = Scene::new();
    scene.bob().ok(&["carrier"]);
    scene.alice().ok(&["sandbox", "mine"]);
    let contract = scene.contract.clone();
    let ask = [
        "invoice",
        "--contract",
        &contract,
        "--amount",
        "5",
        "--raw",
        "--blind",
    ];
    let invoice = text(&scene.bob().ok(&ask), "invoice").to_owned();
    let transfers = scene.bob().ok(&["transfers"]);
    let mut listed = transfers["transfers"].as_array().unwrap().iter();
    let invoiced = listed.find(|transfer| transfer["state"] == "invoiced");
    let transfer = text(invoiced.unwrap(), "transfer").to_owned();
    scene.bob().ok(&["cancel", &transfer]);
    scene.bob().ok(&["sweep"]);
    let sent = scene.alice().ok(&["send", &invoice]);
    scene.alice().ok(&["sandbox", "mine"]);
    let file = text(&sent["outputs"][0], "file").to_owned();
    let accept = ["accept", &file, "--ack", "ack"];
    let (code, received) = scene.bob().answer(&accept);
    assert_eq!((code, text(&received, "reason")), (1, "lost"));
}

#[test]
fn what_cannot_be_paid_says_why_and_what_to_do() {
    let mut scene = Scene::new();
    let too_much = scene.invoice("1000001");
    let (code, error) = scene.alice().error(&["send", &too_much]);
    assert_eq!((code, text(&error, "code")), (1, "insufficient-asset"));
    let cut = &too_much[..too_much.len() - 1];
    let (code, error) = scene.alice().error(&["send", cut]);
    assert_eq!((code, text(&error, "code")), (1, "invoice"));
    let (code, error) = scene.bob().error(&["invoice", "--amount", "0.5"]);
    assert_eq!((code, text(&error, "code")), (1, "amount"));
    assert!(text(&error, "remedy").contains("--raw"), "{error}");
    let contract = scene.contract.clone();
    let (code, error) = scene
        .bob()
        .error(&["invoice", "--contract", &contract, "--amount", "0.5"]);
    assert_eq!((code, text(&error, "code")), (1, "unknown-contract"));
    let (code, error) = scene.alice().error(&["invoice", "--blind"]);
    assert_eq!((code, text(&error, "code")), (1, "no-carrier"));
    assert!(text(&error, "remedy").contains("bulla carrier"), "{error}");
}

#[test]
fn one_transaction_pays_many_invoices_with_a_file_each() {
    let mut scene = Scene::new();
    let invoices = ["1", "2", "3"].map(|units| scene.invoice(units));
    let [a, b, c] = &invoices;
    let sent = scene.alice().ok(&["send", a, b, c, "--out", "outbox"]);
    let outputs = sent["outputs"].as_array().unwrap().clone();
    assert_eq!(outputs.len(), 3);
    for output in &outputs {
        scene.bob().ok(&["accept", text(output, "file")]);
    }
    scene.bob().ok(&["sandbox", "mine"]);
    assert_eq!(scene.bob().ok(&["balance"])["assets"][0]["settled"], "6");
}

#[test]
fn words_restore_plain_bitcoin() {
    let mut bulla = Bulla::new();
    let words = text(&bulla.ok(&["init"]), "words").to_owned();
    let address = bulla.ok(&["address"]);
    bulla.ok(&["sandbox", "fund", text(&address, "address"), "70000"]);
    std::fs::write(bulla.path("words"), words).unwrap();
    let restored = bulla.as_other("restored");
    restored.ok(&["init", "--restore", "--words-file", "words"]);
    assert_eq!(restored.ok(&["balance"])["bitcoin"]["settled"], 70_000);
}

#[test]
fn the_words_are_shown_only_if_they_are_asked_for() {
    let bulla = Bulla::new();
    let words = text(&bulla.ok(&["init"]), "words").to_owned();
    assert_eq!(bulla.ok(&["keys", "show"])["words"], Value::Null);
    assert_eq!(bulla.ok(&["keys", "show", "--words"])["words"], words);
}

#[test]
fn messages_show_no_seals_and_no_blindings() {
    let mut scene = Scene::new();
    let invoice = scene.invoice("5");
    let blinding = invoice.split("blind=").nth(1).unwrap()[..32].to_owned();
    let sent = scene.alice().run(&["-vv", "send", &invoice, "--json"]);
    let answer: Value = serde_json::from_slice(&sent.stdout).unwrap();
    let accepted = scene.bob().run(&["-vv", "accept", file(&answer)]);
    for output in [sent, accepted] {
        assert!(output.status.success(), "{output:?}");
        let messages = String::from_utf8(output.stderr).unwrap();
        assert!(messages.contains("[INFO"), "{messages}");
        for secret in [blinding.as_str(), "bseal1", "correct horse"] {
            assert!(!messages.contains(secret), "{secret} in {messages}");
        }
    }
}
