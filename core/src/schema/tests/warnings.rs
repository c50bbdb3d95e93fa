//! What passes the guard and should be looked at.

use super::super::Warning;
use super::{lab, lab_with};

/// The warnings about `move` when these are its rules.
fn warned(rules: &str) -> Vec<Warning> {
    let rules = format!("\"{rules}\"");
    let schema = lab_with("\"in.asset == out.asset\"", &rules).expect("passes the guard");
    schema.warnings()
}

fn unbounded() -> Warning {
    Warning::Unbounded {
        transition: "move".to_owned(),
        owned: "asset".to_owned(),
    }
}

fn untraced() -> Warning {
    Warning::Untraced {
        transition: "move".to_owned(),
        owned: "asset".to_owned(),
    }
}

#[test]
fn what_is_conserved_burned_or_bounded_by_inputs_is_not_warned_of() {
    assert_eq!(lab().warnings(), []);
    for rules in [
        "in.asset == out.asset",
        "2 * (in.asset + 3) == 6 + out.asset * 2",
        "in.asset == out.asset + genesis.supply",
        "out.asset == in.asset * genesis.supply",
        "out.asset == in.asset + count(in.asset) * genesis.m",
        "out.asset <= in.asset and in.asset + out.asset == genesis.supply",
        "in.asset - out.asset == genesis.m",
    ] {
        assert_eq!(warned(rules), [], "{rules}");
    }
}

#[test]
fn outputs_that_grow_without_inputs_are_warned_of() {
    for rules in [
        "in.asset + genesis.supply == out.asset",
        "in.asset + 1 == out.asset",
        "in.asset + count(out.asset) == out.asset",
        "in.asset + 3 * count(global.note) == out.asset",
        "in.asset * count(global.note) == out.asset",
        "in.asset == genesis.supply and out.asset == genesis.supply",
        "in.asset <= out.asset and in.asset + out.asset - in.asset == out.asset + 0 * in.asset \
         and in.asset == genesis.supply",
    ] {
        assert_eq!(warned(rules), [unbounded()], "{rules}");
    }
}

#[test]
fn rules_that_say_nothing_are_warned_of() {
    for rules in [
        "0 * in.asset == 0 * out.asset",
        "in.asset - in.asset == out.asset - out.asset",
        "in.asset + 0 == in.asset and out.asset == out.asset + 0",
        "in.asset + out.asset == out.asset + in.asset",
    ] {
        assert_eq!(warned(rules), [untraced(), unbounded()], "{rules}");
    }
}

#[test]
fn tokens_that_can_be_created_again_are_warned_of() {
    let with = |first: &str| {
        let range = format!("\"tokens(out.nft) == range({first}, 1, 1)\"");
        let rules = format!("rules = [\"in.asset == out.asset\", {range}]");
        let text = super::LAB.replace("rules = [\"in.asset == out.asset\"]", &rules);
        let text = text.replacen(
            "outputs = { asset = \"1..\" }",
            "outputs = { asset = \"1..\", nft = \"1\" }",
            1,
        );
        let schema = super::Schema::from_toml(&text).expect("passes the guard");
        schema.warnings()
    };
    let repeatable = Warning::Repeatable {
        transition: "move".to_owned(),
        owned: "nft".to_owned(),
    };
    for first in ["genesis.m", "in.asset - in.asset"] {
        assert_eq!(with(first), std::slice::from_ref(&repeatable));
    }
    assert_eq!(with("genesis.supply - in.asset"), []);
}

#[test]
fn products_too_large_to_multiply_out_end_at_once_and_count_for_nothing() {
    let factor = "(in.asset + genesis.m + genesis.supply + count(in.asset) + count(out.right))";
    let product = vec![factor; 20].join(" * ");
    let rules = format!("{product} == out.asset");
    assert_eq!(warned(&rules), [untraced(), unbounded()]);
}
