//! `schema`: standard ones, and those of people's own.

use std::fs;

use crate::bulla::{Bulla, fields, text};

const NAMES: [&str; 6] = [
    "fixed",
    "inflatable",
    "unique",
    "permissioned",
    "collectible",
    "replaceable",
];

/// Every standard schema, with its file beside the wallet.
fn standard() -> Bulla {
    let bulla = Bulla::new();
    for (name, text) in NAMES.iter().zip(bulla_schemas::TEXTS) {
        fs::write(bulla.path(&format!("{name}.toml")), text).unwrap();
    }
    bulla
}

#[test]
fn check_explains_every_rule_of_each_standard_schema() {
    let bulla = standard();
    for (name, schema) in NAMES.iter().zip(bulla_schemas::standard()) {
        let checked = bulla.ok(&["schema", "check", &format!("{name}.toml")]);
        assert_eq!(text(&checked, "name"), *name);
        assert_eq!(text(&checked, "schema"), schema.id().to_string());
        assert_eq!(checked["standard"], true);
        assert_eq!(checked["warnings"].as_array().map(Vec::len), Some(0));
        let operations = checked["operations"].as_array().unwrap();
        assert_eq!(operations.len(), schema.transitions.len() + 1);
        let transitions = schema.transitions.values().map(|def| def.rules.len());
        let rules = [schema.genesis.rules.len()].into_iter().chain(transitions);
        for (operation, count) in operations.iter().zip(rules) {
            let explained = operation["rules"].as_array().unwrap();
            assert_eq!(explained.len(), count, "{operation}");
            for rule in explained {
                assert_eq!(fields(rule), ["means", "rule"]);
                assert!(text(rule, "means").len() > 10, "{rule}");
                assert_ne!(text(rule, "means"), text(rule, "rule"));
            }
        }
    }
}

#[test]
fn a_schema_is_shown_by_its_name_and_its_text_is_the_one_compiled_in() {
    let bulla = standard();
    for (name, written) in NAMES.iter().zip(bulla_schemas::TEXTS) {
        let shown = bulla.ok(&["schema", "show", name]);
        let checked = bulla.ok(&["schema", "check", &format!("{name}.toml")]);
        assert_eq!(shown, checked);
        let by_id = bulla.ok(&["schema", "show", text(&shown, "schema")]);
        assert_eq!(by_id, shown);
        let printed = bulla.run(&["schema", "show", name, "--toml"]);
        assert_eq!(String::from_utf8(printed.stdout).unwrap(), written);
    }
    let human = bulla.run(&["schema", "show", "fixed"]);
    let human = String::from_utf8(human.stdout).unwrap();
    let rule = "  rules[0]  in.asset == out.asset\n            as much asset";
    assert!(human.contains(rule), "{human}");
    let means = "as much asset is made as is consumed: none appears, none is lost";
    assert!(human.contains(means), "{human}");
    assert!(human.starts_with("standard schema fixed\n"), "{human}");
}

#[test]
fn a_fault_is_named_by_line_and_field() {
    let bulla = standard();
    let broken = bulla_schemas::FIXED.replace("in.asset == out.asset", "in.asset = out.asset");
    fs::write(bulla.path("broken.toml"), broken).unwrap();
    let (code, error) = bulla.error(&["schema", "check", "broken.toml"]);
    assert_eq!((code, text(&error, "code")), (1, "schema"));
    assert_eq!(text(&error, "message"), "broken.toml is no schema");
    let cause = error["causes"][0].as_str().unwrap();
    let line = bulla_schemas::FIXED.lines().count();
    let place = format!("line {line}: transitions.transfer.rules[0]: column 10 of the rule: ");
    assert!(cause.starts_with(&place), "{cause}");
    let (_, error) = bulla.error(&["schema", "check", "nowhere.toml"]);
    assert_eq!(text(&error, "code"), "file");
}

const TICKET: &str = include_str!("../../../docs/schemas/ticket.toml");

/// The ticket with one thing changed, in a file.
fn changed(bulla: &Bulla, from: &str, to: &str) -> &'static str {
    assert_eq!(TICKET.matches(from).count(), 1, "{from} stands there once");
    fs::write(bulla.path("own.toml"), TICKET.replacen(from, to, 1)).unwrap();
    "own.toml"
}

#[test]
fn each_fault_says_what_was_expected() {
    let bulla = standard();
    for (from, to, line, fault) in [
        (
            "[owned]\nasset = { number = 0, state = \"amount\" }",
            "[owned]\nasset = { number = 0, state = \"money\" }",
            19,
            "owned.asset.state: found \"money\", expected one of: amount, token, right, data",
        ),
        (
            "burned = { number = 0, type = \"number\" }",
            "burned = { type = \"number\" }",
            16,
            "metadata.burned.number: missing, expected its number, 0 to 65535",
        ),
        (
            "number = 64\ninputs",
            "number = 64\nrule = \"\"\ninputs",
            35,
            "transitions.redeem.rule: unknown key, expected one of: number inputs outputs globals metadata rules",
        ),
        (
            "visitor = \"1..\"",
            "guest = \"1..\"",
            37,
            "transitions.redeem.globals.guest: global \"guest\" is not declared, expected one under [globals]",
        ),
        (
            "visitor = \"1..\"",
            "visitor = \"some\"",
            37,
            "transitions.redeem.globals.visitor: found \"some\", expected how many: \"1\", \"0..1\", \"2..5\" or \"1..\"",
        ),
        (
            "meta.burned == count(global.visitor)",
            "meta.burned == global.visitor",
            41,
            "transitions.redeem.rules[1]: global.visitor is of type text, expected number",
        ),
        (
            "number = 0\ninputs = { asset = \"1..\" }",
            "number = 0",
            26,
            "transitions.transfer: no inputs, expected at least one owned type",
        ),
        (
            "\"in.asset == out.asset + meta.burned\"",
            "\"in.asset <= out.asset + meta.burned\"",
            39,
            "transitions.redeem.rules: \"asset\" can be an input but in.asset stands in no == rule, add one that ties it",
        ),
    ] {
        let (code, error) = bulla.error(&["schema", "check", changed(&bulla, from, to)]);
        assert_eq!((code, text(&error, "code")), (1, "schema"), "{to}");
        assert_eq!(text(&error, "message"), "own.toml is no schema");
        assert_eq!(error["causes"][0], format!("line {line}: {fault}"));
    }
}

#[test]
fn each_unsound_schema_is_warned_of_in_its_own_words() {
    let bulla = standard();
    let moved = "rules = [\"in.asset == out.asset\"]";
    let boss = "[owned]\nboss = { number = 9, state = \"right\" }\n";
    let appointed = "inputs = { asset = \"1..\", boss = \"1\" }\noutputs = { asset = \"1..\", boss = \"1\" }\nrules = [\"in.asset == out.asset\"]";
    for (from, to, expected) in [
        (
            moved,
            "rules = [\"in.asset * 2 == out.asset\"]".to_owned(),
            &["transition transfer: a unit of in.asset allows more than one of out.asset, units can be multiplied"][..],
        ),
        (
            moved,
            "rules = [\"in.asset + count(out.asset) == out.asset\"]".to_owned(),
            &["transition transfer: no rule bounds out.asset by inputs, any amount can be created"],
        ),
        (
            "\"out.asset == global.supply\"",
            "\"0 * out.asset == 0 * global.supply\"".to_owned(),
            &["genesis: no rule bounds out.asset by what it publishes, any amount can be issued"],
        ),
        (
            "\"in.asset == out.asset + meta.burned\"",
            "\"in.asset - in.asset == 0 * meta.burned\", \"in.asset - out.asset == in.asset - out.asset + 0\"".to_owned(),
            &["transition redeem: no equality accounts for in.asset, any amount can vanish"],
        ),
        (
            "[owned]\n",
            boss.to_owned(),
            &["no operation makes boss: nobody can receive it, nor make a transition that needs it"],
        ),
    ] {
        let checked = bulla.ok(&["schema", "check", changed(&bulla, from, &to)]);
        assert_eq!(checked["warnings"], serde_json::json!(expected), "{to}");
    }
    let needs = "inputs = { asset = \"1..\" }\noutputs = { asset = \"1..\" }\nrules = [\"in.asset == out.asset\"]";
    let own = TICKET
        .replacen("[owned]\n", boss, 1)
        .replacen(needs, appointed, 1);
    fs::write(bulla.path("own.toml"), own).unwrap();
    let human = bulla.run(&["schema", "check", "own.toml"]);
    let human = String::from_utf8(human.stdout).unwrap();
    let expected = "
warning: no transition moves asset alone: it cannot be handed on, nor saved from a coin that must be spent
warning: nobody can receive boss: only transfer could make it, and can never be used
warning: transition transfer can never be used: nobody can receive boss, which it needs
3 warnings: read the rules again before you allow this schema
";
    assert!(human.ends_with(expected), "{human}");
}

#[test]
fn a_schema_that_borrows_a_standard_name_is_warned_of_and_not_standard() {
    let bulla = standard();
    let weak =
        bulla_schemas::FIXED.replace("in.asset == out.asset", "0 * in.asset == 0 * out.asset");
    fs::write(bulla.path("weak.toml"), weak).unwrap();
    let checked = bulla.ok(&["schema", "check", "weak.toml"]);
    assert_eq!(checked["standard"], false);
    let warnings = checked["warnings"].to_string();
    for expected in [
        "any amount can vanish",
        "any amount can be created",
        "calls itself fixed as a standard schema does",
    ] {
        assert!(warnings.contains(expected), "{warnings}");
    }
    let human = bulla.run(&["schema", "check", "weak.toml"]);
    let human = String::from_utf8(human.stdout).unwrap();
    assert!(human.starts_with("not a standard schema"), "{human}");
}

#[test]
fn a_schema_is_allowed_listed_and_denied() {
    let bulla = standard();
    let listed = |bulla: &Bulla| {
        let list = bulla.ok(&["schema", "list"]);
        let schemas = list["schemas"].as_array().unwrap().clone();
        assert!(schemas.len() >= NAMES.len(), "{list}");
        schemas[NAMES.len()..].to_vec()
    };
    assert!(listed(&bulla).is_empty(), "without a wallet");
    fs::write(bulla.path("ticket.toml"), TICKET).unwrap();
    let (_, error) = bulla.error(&["schema", "allow", "ticket.toml"]);
    assert_eq!(text(&error, "code"), "no-wallet");
    bulla.ok(&["init"]);
    let allowed = bulla.ok(&["schema", "allow", "ticket.toml"]);
    let id = text(&allowed, "schema").to_owned();
    let checked = bulla.ok(&["schema", "check", "ticket.toml"]);
    assert_eq!(text(&checked, "schema"), id);
    let others = listed(&bulla);
    assert_eq!(others.len(), 1);
    assert_eq!(text(&others[0], "schema"), id);
    assert_eq!(text(&others[0], "name"), "own: ticket", "a name is a claim");
    assert_eq!(text(&others[0], "status"), "allowed");
    let human = bulla.run(&["schema", "list"]);
    let human = String::from_utf8(human.stdout).unwrap();
    let words = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let rows: Vec<_> = human.lines().map(words).collect();
    assert_eq!(rows[1][..2], ["fixed", "standard"], "{human}");
    assert_eq!(rows[NAMES.len() + 1], ["own:", "ticket", "allowed", &id]);
    assert_eq!(bulla.ok(&["schema", "show", &id]), checked);
    assert_eq!(bulla.ok(&["schema", "deny", &id])["allowed"], false);
    assert!(listed(&bulla).is_empty());
    let (_, error) = bulla.error(&["schema", "deny", &id]);
    assert_eq!(text(&error, "code"), "unknown-schema");
    let (_, error) = bulla.error(&["schema", "deny", "fixed"]);
    assert_eq!(text(&error, "code"), "standard-schema");
    let (_, error) = bulla.error(&["schema", "show", &id]);
    assert_eq!(text(&error, "code"), "unknown-schema");
    bulla.ok(&["schema", "allow", &id]);
    let others = listed(&bulla);
    assert_eq!(text(&others[0], "status"), "allowed");
    assert!(others[0]["name"].is_null(), "the id alone is known");
}
