//! That a reissued unit is unbacked by its history is said wherever units of its contract are shown.

use std::collections::BTreeSet;
use std::fs;

use clap::{Command, CommandFactory};
use serde_json::{Value, json};

use crate::bulla::{Bulla, text};
use crate::kinds::{invoice, issued, mined, world};
use crate::shown::{all, showing};

const LINE: &str = "a reissued unit is unbacked by this history, up to 10.00 KIND";

/// Commands that show units of a contract, and change nothing.
const READ: [&str; 13] = [
    "accept",
    "assets",
    "balance",
    "coins",
    "contract export",
    "contract import",
    "inspect",
    "invoice decode",
    "prove",
    "supply",
    "transfers",
    "validate",
    "verify",
];

/// Commands that move, make or ask for units of a contract.
const ACT: [&str; 12] = [
    "act",
    "burn",
    "engrave",
    "hand-in",
    "invoice",
    "issue",
    "issuer sign",
    "mint",
    "reissue",
    "renounce",
    "send",
    "sweep",
];

/// Commands that show no unit of any contract that somebody issued. The demo has its own, of a fixed supply.
const SILENT: [&str; 31] = [
    "address",
    "cancel",
    "carrier",
    "conformance",
    "demo",
    "headers export",
    "headers fetch",
    "headers import",
    "headers reset",
    "headers status",
    "headers verify",
    "init",
    "issuer hand-over",
    "issuer import",
    "issuer key",
    "issuer state",
    "issuer verify",
    "keys show",
    "media",
    "pay",
    "sandbox fund",
    "sandbox mine",
    "sandbox reorg",
    "sandbox status",
    "schema allow",
    "schema check",
    "schema deny",
    "schema list",
    "schema show",
    "sync",
    "transactions",
];

/// Every command that can be given, by its words.
fn commands(of: &Command, words: &str) -> BTreeSet<String> {
    let below = of.get_subcommands().flat_map(|command| {
        let words = format!("{words} {}", command.get_name());
        commands(command, words.trim())
    });
    let mut found: BTreeSet<_> = below.collect();
    if !of.is_subcommand_required_set() {
        found.insert(words.to_owned());
    }
    found
}

#[test]
fn every_command_is_known_to_show_units_or_to_show_none() {
    let known = [&READ[..], &ACT, &SILENT].concat();
    let found = commands(&::bulla::arguments::Arguments::command(), "");
    assert_eq!(found, named(&known), "put what is new where it belongs");
    assert_eq!(known.len(), found.len(), "in one list alone");
}

#[test]
fn the_page_of_the_schema_names_every_command_that_says_it() {
    let page = include_str!("../../../docs/schemas/replaceable.md");
    for command in [&READ[..], &ACT].concat() {
        assert!(page.contains(&format!("`{command}`")), "{command}");
    }
}

/// The command that these words give.
fn command_of(words: &[String]) -> String {
    let two = words[..2.min(words.len())].join(" ");
    let known = [&READ[..], &ACT].concat();
    if known.contains(&two.as_str()) {
        two
    } else {
        words[0].clone()
    }
}

fn commands_of(run: &[Told]) -> BTreeSet<String> {
    run.iter().map(|told| command_of(&told.people)).collect()
}

fn named(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|words| (*words).to_owned()).collect()
}

/// A command as people give it and as programs do, who need another one where it cannot be given twice.
struct Told {
    who: &'static str,
    people: Vec<String>,
    programs: Vec<String>,
}

impl Told {
    fn twice(who: &'static str, words: &[&str]) -> Self {
        Self::each(who, words, words)
    }

    fn each(who: &'static str, people: &[&str], programs: &[&str]) -> Self {
        let [people, programs] = [people, programs].map(|words| {
            let words = words.iter().map(|word| (*word).to_owned());
            words.collect()
        });
        Self {
            who,
            people,
            programs,
        }
    }

    /// Runs it, and expects that what it says is said with what is unbacked.
    fn check(&self, bulla: &mut Bulla) {
        let bulla = bulla.as_other(self.who);
        let [people, programs] = [&self.people, &self.programs]
            .map(|words| words.iter().map(String::as_str).collect::<Vec<_>>());
        let output = bulla.run(&people);
        assert!(output.status.success(), "{people:?}: {output:?}");
        let found = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(found.contains(LINE), "{people:?}: {found}");
        let answer = bulla.ok(&programs);
        let told = all(&answer, "unbacked");
        assert!(told.contains(&&json!("1000")), "{programs:?}: {answer}");
        for amount in amounts(&answer) {
            assert_eq!(amount["unbacked"], "1000", "{programs:?}: {answer}");
        }
    }
}

/// Every amount that stands beside its contract.
fn amounts(value: &Value) -> Vec<&Value> {
    let below: Vec<&Value> = match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    let here = value["contract"].is_string() && value["amount"].is_string();
    let here = here.then_some(value).into_iter();
    here.chain(below.into_iter().flat_map(amounts)).collect()
}

#[test]
fn whatever_shows_units_says_how_much_is_unbacked() {
    let (mut bulla, commands) = showing("replaceable", &["--replaceable", "10"]);
    let commands: Vec<_> = commands
        .iter()
        .map(|(who, words)| {
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            Told::twice(who, &words)
        })
        .collect();
    assert_eq!(commands_of(&commands), named(&READ));
    for command in commands {
        command.check(&mut bulla);
    }
}

/// A contract of `every.toml`, which knows every act. What Carol signs is a transition of its own, so that
/// nothing else waits for her.
fn every(bulla: &mut Bulla) -> String {
    let carol = text(&bulla.as_other("carol").ok(&["issuer", "key"]), "key").to_owned();
    let alice = bulla.as_other("alice");
    fs::write(alice.path("every.toml"), include_str!("every.toml")).unwrap();
    let schema = text(&alice.ok(&["schema", "allow", "every.toml"]), "schema").to_owned();
    let contract = format!(
        r#"
        schema = "{schema}"
        [globals]
        ticker = "KIND"
        name = "Of every kind"
        precision = 2
        supply = "100.00"
        replaceable = "10.00"
        cap = "5.00"
        total = 1
        fractions = 1
        threshold = 1
        signers = ["{carol}"]
        [[allocations]]
        owned = "asset"
        amount = "100.00"
        [[allocations]]
        owned = "replacement"
        amount = "10.00"
        [[allocations]]
        owned = "allowance"
        amount = "5.00"
        [[allocations]]
        owned = "nft"
        token = 1
    "#
    );
    fs::write(alice.path("contract.toml"), contract).unwrap();
    text(&mined(alice, &["issue", "contract.toml"]), "contract").to_owned()
}

/// Every act, each for people and for programs; what is swept is given up, so it comes last.
fn acts(bulla: &mut Bulla, every: &str, others: &[String; 2]) -> Vec<Told> {
    let ask = ["--contract", every, "--amount", "100", "--raw"];
    let wanted = [(); 2].map(|()| invoice(bulla.as_other("bob"), &ask));
    let alice = bulla.as_other("alice");
    let co_sign = ["--take", "asset=1", "--give", "asset=1"];
    let sent = alice.ok(&[&["act", every, "co_sign"], &co_sign[..]].concat());
    let request = sent["requests"][0].as_str().unwrap();
    assert_eq!(sent["contracts"][0]["unbacked"], "1000");
    // The request can be signed all the same, and what it would move is there for the acts.
    alice.ok(&["cancel", text(&sent, "transfer")]);
    let issue = ["issue", "replaceable", "--ticker", "KIND", "--name", "Kind"];
    let amounts = ["--supply", "5", "--replaceable", "10", "--precision", "2"];
    let issue = [issue, amounts].concat();
    let lose = |contract| ["sweep", "--abandon", contract, "--yes"];
    let [first, second] = others;
    let alice = |words: &[&str]| Told::twice("alice", words);
    vec![
        alice(&issue),
        alice(&[&issue[..], &["--dry-run"]].concat()),
        alice(&["mint", every, "0.10"]),
        alice(&["reissue", every, "0.10"]),
        alice(&["reissue", every, "0.10", "--dry-run"]),
        alice(&["burn", every, "0.10"]),
        alice(&["hand-in", every, "0.10"]),
        alice(&["renounce", every, "0.10"]),
        alice(&["engrave", every, "1", "for Bob"]),
        alice(&[
            "act", every, "burn", "--take", "asset=1", "--meta", "burned=1",
        ]),
        Told::twice("carol", &["issuer", "sign", request, "--dry-run"]),
        Told::twice("bob", &[&["invoice"], &ask[..]].concat()),
        alice(&["send", &wanted[0], "--dry-run"]),
        Told::each("alice", &["send", &wanted[0]], &["send", &wanted[1]]),
        alice(&["sweep", "--abandon", first, "--dry-run"]),
        Told::each("alice", &lose(first), &lose(second)),
    ]
}

#[test]
fn whatever_moves_or_makes_units_says_how_much_is_unbacked() {
    let mut bulla = world(&["bob", "carol", "alice"]);
    let every = every(&mut bulla);
    let options = ["--supply", "5", "--replaceable", "10", "--precision", "2"];
    let others = [(); 2].map(|()| issued(&bulla, "replaceable", &options));
    bulla.ok(&["contract", "export", &every, "--out", "file.contract"]);
    for who in ["bob", "carol"] {
        bulla.as_other(who).ok(&["schema", "allow", "every.toml"]);
    }
    let import = ["contract", "import", "file.contract"];
    bulla.as_other("bob").ok(&import);
    let acts = acts(&mut bulla, &every, &others);
    assert_eq!(commands_of(&acts), named(&ACT));
    for act in acts {
        act.check(&mut bulla);
    }
}
