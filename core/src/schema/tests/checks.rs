//! What `check` refuses, in TOML, in bytes and in values alike.

use super::super::{Expr, GlobalDef, MetaDef, Occurs, OwnedDef, Problem, Rule, Schema, ValueType};
use super::{lab, lab_with, refused};
use crate::limits::{AMOUNT_LEAVES, OTHER_LEAVES};
use crate::state::StateKind;

/// What a rule of `move` is refused for.
fn move_rule(rule: &str) -> Option<Problem> {
    let rules = format!("\"in.asset == out.asset\", \"{rule}\"");
    let read = lab_with("\"in.asset == out.asset\"", &rules);
    read.err().map(|error| {
        assert_eq!(error.line, Some(34));
        assert_eq!(error.field, "transitions.move.rules[1]");
        error.problem
    })
}

/// What a rule of the genesis is refused for.
fn genesis_rule(rule: &str) -> Option<Problem> {
    let rules = format!("\"out.asset == global.supply\", \"{rule}\"");
    let read = lab_with("\"out.asset == global.supply\"", &rules);
    read.err().map(|error| {
        assert_eq!(error.line, Some(27));
        assert_eq!(error.field, "genesis.rules[1]");
        error.problem
    })
}

/// What `move` is refused for when these are its only rules.
fn only_rules(rules: &str) -> Option<Problem> {
    let read = lab_with("\"in.asset == out.asset\"", rules);
    read.err().map(|error| {
        assert_eq!(error.field, "transitions.move.rules");
        error.problem
    })
}

/// What a changed lab is refused for, as a value; its bytes are refused for the same.
fn value(change: impl FnOnce(&mut Schema)) -> Option<(String, Problem)> {
    let mut schema = lab();
    change(&mut schema);
    let refused = schema.check();
    let decoded = Schema::decode(&schema.encode()).expect("an encoding");
    assert_eq!(decoded.check(), refused);
    refused.err().map(|error| (error.field, error.problem))
}

fn unguarded(owned: &str, side: &'static str, expected: &str) -> Problem {
    Problem::Unguarded {
        owned: owned.to_owned(),
        side,
        expected: expected.to_owned(),
    }
}

#[test]
fn amounts_need_an_equality_on_both_sides() {
    assert_eq!(only_rules("\"in.asset == out.asset\""), None);
    assert_eq!(
        only_rules(""),
        Some(unguarded("asset", "input", "in.asset"))
    );
    let bounded = "\"in.asset <= out.asset\", \"out.asset <= in.asset\"";
    assert_eq!(
        only_rules(bounded),
        Some(unguarded("asset", "input", "in.asset"))
    );
    assert_eq!(
        only_rules("\"in.asset == genesis.supply\""),
        Some(unguarded("asset", "output", "out.asset"))
    );
    assert_eq!(
        only_rules("\"genesis.supply == out.asset\""),
        Some(unguarded("asset", "input", "in.asset"))
    );
}

#[test]
fn counts_and_equalities_with_themselves_guard_nothing() {
    assert_eq!(
        only_rules("\"count(in.asset) == count(out.asset)\""),
        Some(unguarded("asset", "input", "in.asset"))
    );
    let itself = "\"in.asset + out.asset == in.asset + out.asset\"";
    assert_eq!(
        only_rules(itself),
        Some(unguarded("asset", "input", "in.asset"))
    );
    let hidden = "\"(in.asset)+out.asset == in.asset + out.asset\"";
    assert_eq!(
        only_rules(hidden),
        Some(unguarded("asset", "input", "in.asset"))
    );
}

#[test]
fn the_guard_does_not_see_what_a_rule_means() {
    for blind in [
        "0 * in.asset == 0 * out.asset",
        "in.asset - in.asset == out.asset - out.asset",
        "in.asset + 0 == in.asset and out.asset == out.asset + 0",
    ] {
        assert_eq!(only_rules(&format!("\"{blind}\"")), None);
    }
}

#[test]
fn tokens_need_an_equality_on_both_sides() {
    let kept = "\"tokens(in.nft) == tokens(out.nft)\",";
    let error = lab_with(kept, "").expect_err("unguarded");
    let tokens_in = Some(unguarded("nft", "input", "tokens(in.nft)"));
    assert_eq!(Some(error.problem), tokens_in);
    let ranged = "\"tokens(out.nft) == range(0, 1, 1)\",";
    let error = lab_with(kept, ranged).expect_err("a range says nothing of inputs");
    assert_eq!(Some(error.problem), tokens_in);
    let taken = "\"tokens(in.nft) == range(0, 1, 1)\",";
    let error = lab_with(kept, taken).expect_err("a range says nothing of the other side");
    let tokens_out = Some(unguarded("nft", "output", "tokens(out.nft)"));
    assert_eq!(Some(error.problem), tokens_out);
    assert!(lab_with(kept, &format!("{taken}{ranged}")).is_ok());
    let error = lab_with(", \"tokens(out.nft) == range(0, 9, 1)\"", "").expect_err("unguarded");
    assert_eq!((error.line, Some(error.problem)), (Some(27), tokens_out));
}

#[test]
fn the_genesis_needs_an_equality_for_what_it_creates() {
    let supply = "\"out.asset == global.supply\"";
    let error = lab_with(supply, "\"out.asset <= global.supply\"").expect_err("unguarded");
    assert_eq!(
        Some(error.problem),
        Some(unguarded("asset", "output", "out.asset"))
    );
}

#[test]
fn arguments_of_a_range_are_a_side_of_an_equality() {
    let rules = "\"tokens(out.nft) == range(0, in.asset - out.asset, 1)\"";
    assert_eq!(only_rules(rules), None);
}

#[test]
fn rights_and_data_need_no_guard() {
    let read = lab_with(
        "inputs = { asset = \"1..\" }",
        "inputs = { asset = \"1..\", right = \"0..\", file = \"0..\" }",
    );
    assert!(read.is_ok());
}

#[test]
fn sums_are_of_amounts_and_tokens_of_tokens() {
    let kind = |form: &str, found, expected| {
        Some(Problem::WrongKind {
            form: form.to_owned(),
            found,
            expected,
        })
    };
    assert_eq!(move_rule("in.nft == 1"), kind("in.nft", "token", "amount"));
    assert_eq!(
        move_rule("1 < 2 * out.right"),
        kind("out.right", "right", "amount")
    );
    let kept = "tokens(in.asset) == tokens(out.asset)";
    assert_eq!(move_rule(kept), kind(kept, "amount", "token"));
    let range = "tokens(out.file) == range(1, 2, 3)";
    assert_eq!(move_rule(range), kind(range, "data", "token"));
    for any in ["asset", "right", "nft", "file"] {
        assert_eq!(
            move_rule(&format!("count(in.{any}) <= count(out.{any})")),
            None
        );
    }
}

#[test]
fn arithmetic_is_of_numbers() {
    let wrong = |form: &str, found: &str, expected| {
        Some(Problem::WrongType {
            form: form.to_owned(),
            found: found.to_owned(),
            expected,
        })
    };
    assert_eq!(
        move_rule("genesis.ticker == 1"),
        wrong("genesis.ticker", "text", "number")
    );
    assert_eq!(
        move_rule("global.media == 1"),
        wrong("global.media", "hash", "number")
    );
    assert_eq!(
        move_rule("meta.memo < 1"),
        wrong("meta.memo", "text", "number")
    );
    assert_eq!(
        move_rule("signed(genesis.blob, keys)"),
        wrong("genesis.blob", "bytes", "number")
    );
    assert_eq!(
        move_rule("signed(1, media)"),
        wrong("keys genesis.media", "hash", "key")
    );
}

#[test]
fn arithmetic_is_of_values_that_stand_once() {
    let not_once = |form: &str, found: &str, operation, expected| {
        Some(Problem::NotOnce {
            form: form.to_owned(),
            found: found.to_owned(),
            operation,
            expected,
        })
    };
    let here = "this operation";
    let born = "the genesis";
    let once = "exactly once";
    assert_eq!(
        move_rule("1 <= global.note"),
        not_once("global.note", "0..3", here, once)
    );
    assert_eq!(
        move_rule("1 <= global.supply"),
        not_once("global.supply", "0", here, once)
    );
    assert_eq!(
        move_rule("1 <= meta.burned"),
        not_once("meta.burned", "0", here, once)
    );
    assert_eq!(
        move_rule("1 <= genesis.note"),
        not_once("genesis.note", "0", born, once)
    );
    assert_eq!(
        move_rule("signed(genesis.note, keys)"),
        not_once("genesis.note", "0", born, once)
    );
    let read = lab_with("keys = \"1..\"", "keys = \"0..\"");
    let found = not_once("keys genesis.keys", "0..255", born, "at least once");
    assert_eq!(read.err().map(|error| error.problem), found);
}

#[test]
fn counts_of_globals_need_no_declared_occurrence() {
    assert_eq!(move_rule("count(global.note) <= count(global.media)"), None);
}

#[test]
fn a_genesis_has_no_inputs_metadata_witness_or_signatures() {
    for (rule, form) in [
        ("in.asset == 0", "in.asset"),
        ("count(in.right) == 0", "count(in.right)"),
        ("meta.burned == 0", "meta.burned"),
        (
            "tokens(in.nft) == tokens(out.nft)",
            "tokens(in.nft) == tokens(out.nft)",
        ),
        ("signed(1, keys)", "signed(1, keys)"),
        ("1 <= witness.locktime", "1 <= witness.locktime"),
    ] {
        let form = form.to_owned();
        assert_eq!(genesis_rule(rule), Some(Problem::NotInGenesis { form }));
    }
    assert_eq!(genesis_rule("genesis.m == global.m"), None);
}

#[test]
fn a_transition_is_signed_by_one_list_of_keys() {
    assert_eq!(move_rule("signed(1, keys)"), None);
    let read = lab_with(
        "\"signed(genesis.m, keys)\"",
        "\"signed(genesis.m, keys)\", \"signed(1, keys)\"",
    );
    assert_eq!(
        read,
        refused(44, "transitions.burn.rules[4]", Problem::SecondSigned)
    );
}

#[test]
fn a_transition_needs_inputs() {
    assert_eq!(
        lab_with("inputs = { asset = \"1..\" }", "inputs = {}"),
        refused(29, "transitions.move", Problem::NoInputs)
    );
    assert_eq!(
        lab_with("inputs = { asset = \"1..\" }", ""),
        refused(29, "transitions.move", Problem::NoInputs)
    );
}

#[test]
fn occurrences_can_be_met() {
    for (text, min, max) in [("0", 0, 0), ("0..0", 0, 0), ("3..2", 3, 2)] {
        assert_eq!(
            lab_with("note = \"0..3\"", &format!("note = \"{text}\"")),
            refused(
                33,
                "transitions.move.globals.note",
                Problem::EmptyOccurs { min, max }
            )
        );
    }
}

#[test]
fn names_are_words_and_stand_once() {
    let words = "a letter, then letters, digits and _, at most 255 in all";
    for name in ["", "1st", "_x", "a-b", "a b", "é", "a.b"] {
        let found = value(|schema| {
            let def = GlobalDef {
                name: name.to_owned(),
                ty: ValueType::Text,
            };
            schema.globals.insert(9, def);
        });
        let problem = Problem::BadName {
            found: name.to_owned(),
            expected: words,
        };
        assert_eq!(found.map(|(_, problem)| problem), Some(problem));
    }
    let mut schema = lab();
    let name = "a".repeat(256);
    let ty = ValueType::Text;
    schema.globals.insert(
        9,
        GlobalDef {
            name: name.clone(),
            ty,
        },
    );
    let expected = words;
    let problem = Problem::BadName {
        found: name,
        expected,
    };
    assert_eq!(schema.check().map_err(|error| error.problem), Err(problem));
    let found = value(|schema| {
        let def = OwnedDef {
            name: "nft".to_owned(),
            kind: StateKind::Right,
        };
        schema.owned.insert(9, def);
    });
    let problem = Problem::DuplicateName {
        name: "nft".to_owned(),
        first: 2,
    };
    assert_eq!(found, Some(("owned.nft".to_owned(), problem)));
}

#[test]
fn the_name_of_a_schema_is_printable() {
    for name in ["", "tab\t", "é"] {
        let found = value(|schema| name.clone_into(&mut schema.name));
        let problem = Problem::BadName {
            found: name.to_owned(),
            expected: "1 to 255 printable ASCII characters",
        };
        assert_eq!(found, Some(("name".to_owned(), problem)));
    }
}

#[test]
fn numbers_that_are_not_declared_are_refused() {
    let unknown = |what, number| Problem::UnknownNumber { what, number };
    let in_move = |rule: Rule| {
        value(|schema| {
            let def = schema.transitions.get_mut(&0).expect("declared");
            def.rules.push(rule);
        })
        .map(|(_, problem)| problem)
    };
    let one = || Expr::Const(1);
    for (rule, what) in [
        (Rule::Equal(Expr::In(9), one()), "owned type"),
        (Rule::Equal(one(), Expr::Out(9)), "owned type"),
        (Rule::Less(one(), Expr::CountIn(9)), "owned type"),
        (Rule::Less(one(), Expr::CountOut(9)), "owned type"),
        (Rule::AtMost(one(), Expr::CountGlobal(9)), "global"),
        (Rule::AtMost(one(), Expr::Global(9)), "global"),
        (Rule::NotBefore(Expr::Genesis(9)), "global"),
        (Rule::AtMost(one(), Expr::Meta(9)), "metadata"),
        (Rule::TokensKept(9), "owned type"),
    ] {
        assert_eq!(in_move(rule), Some(unknown(what, 9)));
    }
    let single = Occurs::ONCE;
    let found = value(|schema| {
        schema.genesis.outputs.insert(9, single);
    });
    let problem = unknown("owned type", 9);
    assert_eq!(found, Some(("genesis.outputs".to_owned(), problem)));
    let found = value(|schema| {
        schema.genesis.globals.insert(9, single);
    });
    let problem = unknown("global", 9);
    assert_eq!(found, Some(("genesis.globals".to_owned(), problem)));
}

#[test]
fn all_occurrences_together_fit_into_an_operation() {
    let with = |first: u32, second: u32| {
        value(|schema| {
            let globals = &mut schema.genesis.globals;
            let fixed = |count| Occurs {
                min: count,
                max: count,
            };
            globals.clear();
            globals.insert(0, Occurs::ONCE);
            globals.insert(4, Occurs::ONCE);
            globals.insert(5, Occurs::ONCE);
            globals.insert(1, fixed(first));
            globals.insert(2, fixed(second));
        })
    };
    assert_eq!(with(200, 52), None);
    let problem = Problem::Limit {
        what: "global values",
        found: 256,
        max: 255,
    };
    assert_eq!(with(200, 53), Some(("genesis.globals".to_owned(), problem)));
}

#[test]
fn leaves_of_a_type_stay_within_the_limit_of_its_kind() {
    let with = |owned: u16, max: u32| {
        value(|schema| {
            schema.genesis.outputs.insert(owned, Occurs { min: 0, max });
        })
    };
    for (owned, name, max) in [(0, "asset", AMOUNT_LEAVES), (2, "nft", OTHER_LEAVES)] {
        let most = u32::try_from(max).expect("fits");
        assert_eq!(with(owned, most), None);
        let problem = Problem::Limit {
            what: "occurrences",
            found: max + 1,
            max,
        };
        let field = format!("genesis.outputs.{name}");
        assert_eq!(with(owned, most + 1), Some((field, problem)));
    }
}

#[test]
fn a_schema_has_at_most_255_rules() {
    let with = |rules: usize| {
        let mut schema = lab();
        let spare = Rule::Less(Expr::Const(0), Expr::Const(1));
        let burn = schema.transitions.get_mut(&1).expect("declared");
        // two in the genesis, one in move, four in burn
        burn.rules.extend(vec![spare; rules - 7]);
        schema
    };
    assert_eq!(with(255).check(), Ok(()));
    let problem = Problem::Limit {
        what: "rules",
        found: 256,
        max: 255,
    };
    assert_eq!(
        with(256).check().map_err(|error| error.problem),
        Err(problem)
    );
}

#[test]
fn a_schema_has_at_most_65535_bytes() {
    let filled = |bytes: usize| {
        let mut schema = lab();
        // a global is its number, a length, a name and a type
        for number in 100..300 {
            let name = format!("n{number}{}", "x".repeat(251));
            let ty = ValueType::Text;
            schema.globals.insert(number, GlobalDef { name, ty });
        }
        for number in 100..300_u16 {
            let name = format!("n{number}{}", "x".repeat(251));
            let ty = ValueType::Text;
            let left = bytes.saturating_sub(schema.encode().len());
            if left < 260 {
                let name = format!("z{}", "x".repeat(left.saturating_sub(5)));
                schema.metadata.insert(number, MetaDef { name, ty });
                return schema;
            }
            schema.metadata.insert(number, MetaDef { name, ty });
        }
        schema
    };
    let full = filled(65_535);
    assert_eq!(full.encode().len(), 65_535);
    assert_eq!(full.check(), Ok(()));
    assert_eq!(Schema::decode(&full.encode()), Ok(full));
    let over = filled(65_536);
    assert_eq!(over.encode().len(), 65_536);
    let problem = Problem::Limit {
        what: "bytes of schema",
        found: 65_536,
        max: 65_535,
    };
    assert_eq!(over.check().map_err(|error| error.problem), Err(problem));
}
