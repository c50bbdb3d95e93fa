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
    let ticket = include_str!("../../../docs/schemas/ticket.toml");
    fs::write(bulla.path("ticket.toml"), ticket).unwrap();
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
    assert!(others[0]["name"].is_null(), "a name is a claim");
    assert_eq!(bulla.ok(&["schema", "show", &id]), checked);
    assert_eq!(bulla.ok(&["schema", "deny", &id])["allowed"], false);
    assert!(listed(&bulla).is_empty());
    let (_, error) = bulla.error(&["schema", "deny", &id]);
    assert_eq!(text(&error, "code"), "unknown-schema");
    let (_, error) = bulla.error(&["schema", "deny", "fixed"]);
    assert_eq!(text(&error, "code"), "standard-schema");
    let (_, error) = bulla.error(&["schema", "show", &id]);
    assert_eq!(text(&error, "code"), "unknown-schema");
}
