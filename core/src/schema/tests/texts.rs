//! TOML and rule text, right and wrong.

use super::super::{Occurs, Problem, Schema, parse};
use super::{LAB, lab, lab_with, refused};
use crate::limits::{AMOUNT_LEAVES, INPUTS, OTHER_LEAVES};

#[test]
fn a_schema_has_what_its_text_says() {
    let schema = lab();
    let (number, burn) = schema.transition("burn").expect("declared");
    assert_eq!(number, 1);
    assert_eq!(schema.owned_number("nft"), Some(2));
    assert_eq!(schema.global_number("keys"), Some(4));
    assert_eq!(schema.meta_number("memo"), Some(1));
    let most = |max: usize| {
        let max = u32::try_from(max).expect("fits");
        Some(Occurs { min: 0, max })
    };
    assert_eq!(burn.inputs.get(&2).copied(), most(INPUTS));
    assert_eq!(burn.outputs.get(&0).copied(), most(AMOUNT_LEAVES));
    assert_eq!(burn.outputs.get(&2).copied(), most(OTHER_LEAVES));
    let keys = schema.genesis.globals.get(&4);
    assert_eq!(keys.map(|keys| keys.max), Some(255));
}

#[test]
fn and_joins_rules_that_stand_for_themselves() {
    let split = "in.asset == out.asset + meta.burned\", \"1 <= meta.burned\"";
    let schema = lab_with(
        "in.asset == out.asset + meta.burned and 1 <= meta.burned\"",
        split,
    );
    assert_eq!(schema, Ok(lab()));
}

#[test]
fn layout_and_order_do_not_change_the_id() {
    let schema = lab_with(
        "asset = { number = 0, state = \"amount\" }\nright = { number = 1, state = \"right\" }",
        "right.state = 'right'\nright.number = 0x1 # a comment\nasset = {state=\"amount\", number=0}",
    );
    assert_eq!(schema.map(|schema| schema.id()), Ok(lab().id()));
}

#[test]
fn numbers_and_names_change_the_id() {
    let renumbered = lab_with("blob = { number = 2", "blob = { number = 7");
    assert_ne!(renumbered.map(|schema| schema.id()), Ok(lab().id()));
    let renamed = lab_with("blob = {", "blot = {");
    assert_ne!(renamed.map(|schema| schema.id()), Ok(lab().id()));
}

#[test]
fn rules_print_as_they_were_written() {
    let schema = lab();
    for text in [
        "in.asset == out.asset + meta.burned",
        "count(in.right) + count(out.file) * count(global.note) <= 3",
        "genesis.supply - (in.asset - out.asset) < global.note",
        "(1 + 2) * (3 - 4) - 5 == 2 * 3 * (4 * 5)",
        "tokens(in.nft) == tokens(out.nft)",
        "tokens(in.nft) == range(meta.burned, 1, genesis.m)",
        "tokens(out.nft) == range(1 + 2, genesis.m, 18446744073709551615)",
        "signed(2, keys)",
        "signed(genesis.m, keys)",
        "genesis.m + 1 <= witness.locktime",
    ] {
        let rules = parse::rules(text, &schema).expect(text);
        let printed: Vec<_> = rules.iter().map(|rule| rule.text(&schema)).collect();
        assert_eq!(printed, [text]);
    }
}

#[test]
fn needless_parentheses_and_blanks_do_not_change_a_rule() {
    let plain = parse::rules("1 + 2 * 3 - 4 == in.asset", &lab());
    let loose = parse::rules("((1+(2 *3)) -4)\n==\t(in . asset)", &lab());
    assert!(plain.is_ok());
    assert_eq!(plain, loose);
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    let error = lab_with("[metadata]", "[metadata").expect_err("a bracket is open");
    assert_eq!(error.line, Some(14));
    assert!(matches!(error.problem, Problem::NotToml { .. }));
    let deep = "[".repeat(100_000);
    let error = Schema::from_toml(&format!("a = {deep}")).expect_err("too deep");
    assert!(matches!(error.problem, Problem::NotToml { .. }));
    let error = lab_with("burned = {", "memo = {").expect_err("a key stands twice");
    assert!(matches!(error.problem, Problem::NotToml { .. }));
}

#[test]
fn an_empty_text_misses_its_version() {
    let error = Schema::from_toml("").expect_err("nothing there");
    assert_eq!(
        error.to_string(),
        "version: missing, expected the rule version, 0"
    );
}

#[test]
fn errors_say_line_field_found_and_expected() {
    let error = lab_with("\"amount\"", "\"amout\"").expect_err("misspelled");
    assert_eq!(
        error.to_string(),
        "line 19: owned.asset.state: found \"amout\", expected one of: amount, token, right, data"
    );
}

#[test]
fn keys_that_mean_nothing_are_refused() {
    let unknown = |expected| Problem::UnknownKey { expected };
    let root = "name version globals metadata owned genesis transitions";
    assert_eq!(
        lab_with("version = 0", "version = 0\ncolour = 1"),
        refused(4, "colour", unknown(root))
    );
    assert_eq!(
        lab_with("blob = {", "blob = { size = 1,"),
        refused(8, "globals.blob.size", unknown("number type"))
    );
    assert_eq!(
        lab_with("file = {", "file = { type = 1,"),
        refused(22, "owned.file.type", unknown("number state"))
    );
    assert_eq!(
        lab_with("[genesis]", "[genesis]\nmetadata = {}"),
        refused(25, "genesis.metadata", unknown("globals outputs rules"))
    );
    assert_eq!(
        lab_with("number = 0\ninputs", "number = 0\ninput = {}\ninputs"),
        refused(
            31,
            "transitions.move.input",
            unknown("number inputs outputs globals metadata rules")
        )
    );
}

#[test]
fn keys_that_are_missing_are_named() {
    let missing = |expected| Problem::MissingKey { expected };
    assert_eq!(
        lab_with("name = \"lab\"", "").map_err(|error| (error.field, error.problem)),
        Err(("name".to_owned(), missing("the name of the schema")))
    );
    assert_eq!(
        lab_with("memo = { number = 1,", "memo = {"),
        refused(
            16,
            "metadata.memo.number",
            missing("its number, 0 to 65535")
        )
    );
    assert_eq!(
        lab_with(
            "media = { number = 3, type = \"hash\"",
            "media = { number = 3"
        ),
        refused(9, "globals.media.type", missing("the type of its values"))
    );
    let (before, after) = LAB.split_once("[genesis]").expect("it is there");
    let (_, transitions) = after.split_once("[transitions.move]").expect("it is there");
    let text = format!("{before}[transitions.move]{transitions}");
    let error = Schema::from_toml(&text).expect_err("no genesis");
    assert_eq!(error.problem, missing("a table with outputs and rules"));
}

#[test]
fn values_of_another_sort_are_refused() {
    let wrong = |found, expected| Problem::WrongToml { found, expected };
    assert_eq!(
        lab_with("name = \"lab\"", "name = 5"),
        refused(2, "name", wrong("integer", "a text in quotes"))
    );
    assert_eq!(
        lab_with("supply = \"1\"", "supply = 1"),
        refused(
            25,
            "genesis.globals.supply",
            wrong("integer", "a text in quotes")
        )
    );
    assert_eq!(
        lab_with("[\"in.asset == out.asset\"]", "\"in.asset == out.asset\""),
        refused(
            34,
            "transitions.move.rules",
            wrong("string", "a list of texts")
        )
    );
    assert_eq!(
        lab_with("file = { number = 3, state = \"data\" }", "file = \"data\""),
        refused(22, "owned.file", wrong("string", "a table"))
    );
    assert_eq!(
        lab_with("blob = { number = 2", "blob = { number = 2.5"),
        refused(8, "globals.blob.number", wrong("float", "a number"))
    );
}

#[test]
fn numbers_beyond_a_u16_are_refused() {
    for found in ["65536", "-1", "99999999999999999999999999"] {
        let problem = Problem::NumberRange {
            found: found.to_owned(),
            max: 65_535,
        };
        assert_eq!(
            lab_with(
                "blob = { number = 2",
                &format!("blob = {{ number = {found}")
            ),
            refused(8, "globals.blob.number", problem)
        );
    }
    assert!(lab_with("blob = { number = 2", "blob = { number = 65535").is_ok());
}

#[test]
fn a_later_rule_version_is_refused_by_name() {
    let (found, expected) = (1, 0);
    assert_eq!(
        lab_with("version = 0", "version = 1"),
        refused(3, "version", Problem::Version { found, expected })
    );
}

#[test]
fn a_number_serves_one_name() {
    let problem = Problem::DuplicateNumber {
        number: 2,
        first: "blob".to_owned(),
    };
    assert_eq!(
        lab_with("media = { number = 3", "media = { number = 2"),
        refused(9, "globals.media.number", problem)
    );
}

#[test]
fn words_for_types_and_states_are_fixed() {
    let problem = Problem::UnknownWord {
        found: "Number".to_owned(),
        expected: "number, text, bytes, hash, key",
    };
    assert_eq!(
        lab_with(
            "m = { number = 5, type = \"number\"",
            "m = { number = 5, type = \"Number\""
        ),
        refused(11, "globals.m.type", problem)
    );
}

#[test]
fn occurrences_have_four_forms() {
    for (text, min, max) in [("3", 3, 3), ("0..1", 0, 1), ("2..5", 2, 5), ("7..", 7, 255)] {
        let schema = lab_with("note = \"0..3\"", &format!("note = \"{text}\""));
        let schema = schema.expect(text);
        let (_, def) = schema.transition("move").expect("declared");
        assert_eq!(def.globals.get(&6), Some(&Occurs { min, max }));
    }
    for found in [
        "",
        "..",
        "..3",
        "1...3",
        "+1",
        "-1",
        "1..x",
        "1 .. 3",
        "4294967296",
        "one",
    ] {
        let problem = Problem::BadOccurs {
            found: found.to_owned(),
        };
        assert_eq!(
            lab_with("note = \"0..3\"", &format!("note = \"{found}\"")),
            refused(33, "transitions.move.globals.note", problem)
        );
    }
}

#[test]
fn occurrences_are_of_declared_names() {
    let unknown = |what, name: &str, section| Problem::UnknownName {
        what,
        name: name.to_owned(),
        section,
    };
    assert_eq!(
        lab_with("note = \"0..3\"", "nope = \"0..3\""),
        refused(
            33,
            "transitions.move.globals.nope",
            unknown("global", "nope", "globals")
        )
    );
    assert_eq!(
        lab_with("memo = \"0..1\"", "nope = \"0..1\""),
        refused(
            40,
            "transitions.burn.metadata.nope",
            unknown("metadata", "nope", "metadata")
        )
    );
    assert_eq!(
        lab_with("right = \"0..1\"", "nope = \"0..1\""),
        refused(
            26,
            "genesis.outputs.nope",
            unknown("owned type", "nope", "owned")
        )
    );
}

#[test]
fn rules_are_of_declared_names() {
    for (rule, what, name, section) in [
        ("in.gold == out.asset", "owned type", "gold", "owned"),
        ("in.asset == global.gold", "global", "gold", "globals"),
        ("in.asset == genesis.gold", "global", "gold", "globals"),
        ("in.asset == meta.gold", "metadata", "gold", "metadata"),
        ("signed(1, gold)", "global", "gold", "globals"),
        (
            "tokens(in.gold) == tokens(out.gold)",
            "owned type",
            "gold",
            "owned",
        ),
    ] {
        let problem = Problem::UnknownName {
            what,
            name: name.to_owned(),
            section,
        };
        assert_eq!(
            lab_with("\"in.asset == out.asset\"", &format!("\n\"{rule}\"")),
            refused(35, "transitions.move.rules[0]", problem)
        );
    }
}

#[test]
fn rules_that_cannot_be_read_are_refused_with_their_column() {
    let value = "a number, in.NAME, out.NAME, count(…), global.NAME, meta.NAME, genesis.NAME or (";
    for (rule, column, found, expected) in [
        ("", 1, "the end", value),
        ("in.asset", 9, "the end", "== or <= or <"),
        (
            "in.asset = 1",
            10,
            "'='",
            "a name, a number or one of == <= < + - * ( ) . ,",
        ),
        (
            "in.asset > 1",
            10,
            "'>'",
            "a name, a number or one of == <= < + - * ( ) . ,",
        ),
        ("in.asset == ", 13, "the end", value),
        ("in.asset == -1", 13, "\"-\"", value),
        (
            "in.asset == 1 or 1 < 2",
            15,
            "\"or\"",
            "the end of the rule, or `and`",
        ),
        ("1 == 1 == 1", 8, "\"==\"", "the end of the rule, or `and`"),
        ("in asset == 1", 4, "\"asset\"", "."),
        ("in.1 == 1", 4, "\"1\"", "a name"),
        ("(1 + 2 == 3", 8, "\"==\"", ")"),
        (
            "count(meta.burned) == 1",
            7,
            "\"meta\"",
            "in.NAME, out.NAME or global.NAME",
        ),
        ("1 == witness.locktime", 6, "\"witness\"", value),
        ("witness.locktime <= 1", 1, "\"witness\"", value),
        ("1 <= witness.height", 14, "\"height\"", "locktime"),
        ("tokens(in.nft) <= tokens(out.nft)", 16, "\"<=\"", "=="),
        (
            "tokens(out.nft) == tokens(in.nft)",
            20,
            "\"tokens\"",
            "range",
        ),
        (
            "tokens(in.nft) == in.asset",
            19,
            "\"in\"",
            "tokens(out.NAME) or range",
        ),
        (
            "tokens(in.nft) == tokens(out.asset)",
            30,
            "\"asset\"",
            "the same owned type on both sides",
        ),
        ("tokens(out.nft) == range(1, 2)", 30, "\")\"", ","),
        (
            "signed(meta.burned, keys)",
            8,
            "\"meta\"",
            "a number or genesis.NAME",
        ),
        ("signed(1 + 1, keys)", 10, "\"+\"", ","),
        ("1 < 2 and", 10, "the end", value),
        (
            "1 < é",
            5,
            "'é'",
            "a name, a number or one of == <= < + - * ( ) . ,",
        ),
    ] {
        let problem = Problem::RuleSyntax {
            column,
            found: found.to_owned(),
            expected,
        };
        assert_eq!(parse::rules(rule, &lab()), Err(problem), "{rule}");
    }
}

#[test]
fn constants_stay_below_two_to_the_64() {
    assert!(parse::rules("1 == 18446744073709551615", &lab()).is_ok());
    let found = "18446744073709551616".to_owned();
    assert_eq!(
        parse::rules(&format!("1 == {found}"), &lab()),
        Err(Problem::ConstantTooLarge { found })
    );
}

#[test]
fn rules_have_at_most_255_nodes() {
    let sum = |terms: usize| format!("1 == {}", vec!["1"; terms].join(" + "));
    let rules = parse::rules(&sum(127), &lab()).expect("255 nodes");
    assert_eq!(rules.first().map(super::super::Rule::nodes), Some(255));
    let (what, found, max) = ("nodes of rule", 256, 255);
    let refused = Err(Problem::Limit { what, found, max });
    assert_eq!(parse::rules(&sum(128), &lab()), refused);
    assert_eq!(parse::rules(&sum(100_000), &lab()), refused);
    let late = format!("{} <= witness.locktime", vec!["1"; 128].join(" * "));
    assert_eq!(parse::rules(&late, &lab()), refused);
}

#[test]
fn parentheses_nest_at_most_255_deep() {
    let nested = |depth: usize| format!("{}1{} == 1", "(".repeat(depth), ")".repeat(depth));
    assert!(parse::rules(&nested(255), &lab()).is_ok());
    let (what, found, max) = ("parentheses in each other", 256, 255);
    let refused = Err(Problem::Limit { what, found, max });
    assert_eq!(parse::rules(&nested(256), &lab()), refused);
    assert_eq!(parse::rules(&nested(100_000), &lab()), refused);
}
