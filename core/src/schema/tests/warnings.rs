//! What passes the guard and should be looked at.

use super::super::{Schema, Warning};
use super::{lab, lab_with};

/// The warnings that these rules of `move` bring.
fn warned(rules: &str) -> Vec<Warning> {
    let rules = format!("\"{rules}\"");
    let schema = lab_with("\"in.asset == out.asset\"", &rules).expect("passes the guard");
    brought(&schema)
}

/// The warnings that the lab does not have.
fn brought(schema: &Schema) -> Vec<Warning> {
    let known = lab().warnings();
    let mut warnings = schema.warnings();
    warnings.retain(|warning| !known.contains(warning));
    warnings
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
            "outputs = { asset = \"1..\", nft = \"0..1\" }",
            1,
        );
        let schema = super::Schema::from_toml(&text).expect("passes the guard");
        let mut warnings = brought(&schema);
        warnings.retain(|warning| !matches!(warning, Warning::SplitCounter { .. }));
        warnings
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

/// The warnings of the lab with this declaration and these transitions beside its own.
fn with(owned: &str, transitions: &str) -> Vec<Warning> {
    let text = super::LAB.replace("[owned]\n", &format!("[owned]\n{owned}\n"));
    let schema = Schema::from_toml(&(text + transitions));
    brought(&schema.unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn what_nobody_can_receive_use_or_hand_on_is_warned_of() {
    let named = |owned: &str| owned.to_owned();
    let unsigned = Warning::Unsigned {
        transition: named("move"),
        owned: named("asset"),
        signed: named("burn"),
    };
    let known = [
        Warning::NeverConsumed {
            owned: named("right"),
        },
        Warning::NotMovable {
            owned: named("nft"),
        },
        Warning::NeverMade {
            owned: named("file"),
        },
        unsigned,
    ];
    assert_eq!(lab().warnings(), known);
    let seat = "seat = { number = 9, state = \"right\" }";
    let owned = named("seat");
    assert_eq!(with(seat, ""), [Warning::NeverMade { owned }]);
    let spent = "\n[transitions.sit]\nnumber = 9\ninputs = { seat = \"1\" }\n";
    let owned = named("seat");
    assert_eq!(with(seat, spent), [Warning::NeverMade { owned }]);
}

#[test]
fn rights_that_multiply_are_warned_of() {
    let seat = "seat = { number = 9, state = \"right\" }";
    let moved = |inputs: &str, outputs: &str, rules: &str| {
        let lists = format!("inputs = {{ {inputs} }}\noutputs = {{ {outputs} }}");
        with(
            seat,
            &format!("\n[transitions.hand]\nnumber = 9\n{lists}\nrules = [{rules}]\n"),
        )
    };
    let multiplied = [Warning::Multiplied {
        transition: "hand".to_owned(),
        owned: "seat".to_owned(),
    }];
    let (one, many) = ("seat = \"1\"", "seat = \"1..\"");
    assert_eq!(moved(one, one, ""), []);
    assert_eq!(moved(many, one, ""), []);
    assert_eq!(moved(one, "seat = \"2\"", ""), multiplied);
    assert_eq!(moved(many, many, ""), multiplied);
    let equal = "\"count(in.seat) == count(out.seat)\"";
    assert_eq!(moved(many, many, equal), []);
    assert_eq!(moved(many, many, "\"count(out.seat) <= 9\""), multiplied);
}

#[test]
fn a_counter_of_tokens_that_can_be_split_is_warned_of() {
    let left = "left = { number = 9, state = \"amount\" }";
    let mint = |inputs: &str, outputs: &str| {
        let lists = format!(
            "inputs = {{ left = \"{inputs}\" }}\noutputs = {{ nft = \"1..\", left = \"{outputs}\" }}"
        );
        let range = "tokens(out.nft) == range(genesis.supply - in.left, in.left - out.left, 1)";
        let moved = "[transitions.pass]\nnumber = 10\ninputs = { left = \"1\" }\noutputs = { left = \"1\" }\nrules = [\"in.left == out.left\"]";
        with(
            left,
            &format!("\n[transitions.mint]\nnumber = 9\n{lists}\nrules = [\"{range}\"]\n{moved}\n"),
        )
    };
    let split = [Warning::SplitCounter {
        operation: "transition mint".to_owned(),
        owned: "left".to_owned(),
    }];
    assert_eq!(mint("1", "0..1"), []);
    assert_eq!(mint("1", "0..2"), split);
    assert_eq!(mint("1..2", "0..1"), split);
}
