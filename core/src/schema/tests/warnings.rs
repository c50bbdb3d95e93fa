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
        "out.asset <= in.asset and in.asset + out.asset == genesis.supply",
        "in.asset - out.asset == genesis.m",
        "in.asset == genesis.supply and out.asset == genesis.supply",
        "out.asset == out.asset + in.asset - out.asset",
        "in.asset + out.asset == 2 * out.asset and out.asset < in.asset + 1",
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
        "in.asset <= out.asset and in.asset + out.asset - in.asset == out.asset + 0 * in.asset \
         and in.asset == 3 * count(global.note)",
    ] {
        assert_eq!(warned(rules), [unbounded()], "{rules}");
    }
}

#[test]
fn rules_that_say_nothing_are_warned_of() {
    for rules in [
        "0 * in.asset == 0 * out.asset",
        "in.asset * count(global.note) == out.asset",
        "in.asset - in.asset == out.asset - out.asset",
        "in.asset + 0 == in.asset and out.asset == out.asset + 0",
        "in.asset + out.asset == out.asset + in.asset",
    ] {
        assert_eq!(warned(rules), [untraced(), unbounded()], "{rules}");
    }
}

#[test]
fn products_too_large_to_multiply_out_end_at_once_and_count_for_nothing() {
    let factor = "(in.asset + genesis.m + genesis.supply + count(in.asset) + count(out.right))";
    let product = vec![factor; 20].join(" * ");
    let rules = format!("{product} == out.asset");
    assert_eq!(warned(&rules), [untraced(), unbounded()]);
}

#[test]
fn rules_that_add_up_in_too_many_ways_are_warned_of() {
    let each = |write: &dyn Fn(usize) -> String| (10..20).map(write).collect::<Vec<_>>();
    let declared = each(&|n| {
        let meta =
            |letter, number| format!("{letter}{n} = {{ number = {number}, type = \"number\" }}");
        [meta("a", n), meta("b", n + 10), meta("c", n + 20)].join("\n")
    });
    let carried = each(&|n| format!("a{n} = \"1\", b{n} = \"1\", c{n} = \"1\""));
    let sum = each(&|n| format!("meta.a{n}")).join(" + ");
    let either = each(&|n| format!("meta.a{n} <= meta.b{n} and meta.a{n} <= meta.c{n}"));
    let rules = format!("in.asset + {sum} == out.asset and {}", either.join(" and "));
    let text = super::LAB
        .replace(
            "[metadata]",
            &format!("[metadata]\n{}", declared.join("\n")),
        )
        .replace(
            "globals = { note = \"0..3\" }",
            &format!("metadata = {{ {} }}", carried.join(", ")),
        )
        .replacen("in.asset == out.asset", &rules, 1);
    let schema = Schema::from_toml(&text).unwrap_or_else(|error| panic!("{error}"));
    let untold = Warning::Untold {
        operation: "transition move".to_owned(),
        made: "out.asset".to_owned(),
    };
    let mut warnings = brought(&schema);
    warnings.retain(|warning| !matches!(warning, Warning::NotMovable { .. }));
    assert_eq!(warnings, [untold]);
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
    let never_used = Warning::NeverUsed {
        transition: named("sit"),
        owned: named("seat"),
    };
    assert_eq!(
        with(seat, spent),
        [Warning::NeverMade { owned }, never_used]
    );
}
