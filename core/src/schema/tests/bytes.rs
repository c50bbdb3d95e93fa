//! The binary form.

use super::super::{Expr, Rule, Schema, Side, Threshold};
use super::lab;
use crate::DecodeError;

fn undecodable(bytes: &[u8]) -> Option<DecodeError> {
    Schema::decode(bytes).err()
}

fn trailing(found: usize) -> DecodeError {
    let what = "schema";
    DecodeError::Trailing { what, found }
}

/// The smallest schema there is, with places to put rules.
fn small(rules: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 1, b's'];
    // one global, key 0 of type number; no metadata; one amount
    bytes.extend([1, 0, 0, 1, b'g', 0, 0, 1, 0, 0, 1, b'a', 0]);
    // genesis: no globals, no outputs, no rules
    bytes.extend([0, 0, 0]);
    // one transition "t", one input at least, up to three
    bytes.extend([1, 0, 0, 1, b't', 1, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0]);
    bytes.extend(rules);
    bytes
}

/// `in.a == out.a`
const KEPT: [u8; 7] = [0, 1, 0, 0, 2, 0, 0];

fn with_rules(rules: &[&[u8]]) -> Vec<u8> {
    let count = u8::try_from(rules.len()).expect("few");
    let mut bytes = vec![count];
    bytes.extend(rules.concat());
    small(&bytes)
}

#[test]
fn the_bytes_are_those_of_strict_encoding() {
    let bytes = with_rules(&[&KEPT]);
    let schema = Schema::decode(&bytes).expect("a schema");
    assert_eq!(schema.encode(), bytes);
    let def = schema.transitions.get(&0).expect("declared");
    assert_eq!(def.rules, [Rule::Equal(Expr::In(0), Expr::Out(0))]);
    assert_eq!(schema.name, "s");
}

#[test]
fn every_node_has_its_tag() {
    let one = || Box::new(Expr::Const(0x0102));
    let exprs: [(Expr, &[u8]); 12] = [
        (Expr::Const(0x0102), &[0, 2, 1, 0, 0, 0, 0, 0, 0]),
        (Expr::In(0x0304), &[1, 4, 3]),
        (Expr::Out(0x0304), &[2, 4, 3]),
        (Expr::CountIn(0x0304), &[3, 4, 3]),
        (Expr::CountOut(0x0304), &[4, 4, 3]),
        (Expr::CountGlobal(0x0304), &[5, 4, 3]),
        (Expr::Global(0x0304), &[6, 4, 3]),
        (Expr::Meta(0x0304), &[7, 4, 3]),
        (Expr::Genesis(0x0304), &[8, 4, 3]),
        (
            Expr::Add(one(), Box::new(Expr::In(1))),
            &[9, 0, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0],
        ),
        (
            Expr::Sub(one(), Box::new(Expr::In(1))),
            &[10, 0, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0],
        ),
        (
            Expr::Mul(one(), Box::new(Expr::In(1))),
            &[11, 0, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0],
        ),
    ];
    for (expr, bytes) in exprs {
        let not_before = [&[6], bytes].concat();
        assert_rule(&Rule::NotBefore(expr.clone()), &not_before);
        let in_pairs: [fn(Expr, Expr) -> Rule; 3] = [Rule::Equal, Rule::AtMost, Rule::Less];
        for (tag, pair) in (0_u8..).zip(in_pairs) {
            let bytes = [&[tag], bytes, &[8, 1, 0]].concat();
            assert_rule(&pair(expr.clone(), Expr::Genesis(1)), &bytes);
        }
    }
    assert_rule(&Rule::TokensKept(0x0304), &[3, 4, 3]);
    let range = |side| Rule::TokensRange {
        side,
        owned: 0x0304,
        first: Expr::In(1),
        count: Expr::In(2),
        fraction: Expr::In(3),
    };
    assert_rule(&range(Side::Input), &[7, 4, 3, 1, 1, 0, 1, 2, 0, 1, 3, 0]);
    assert_rule(&range(Side::Output), &[4, 4, 3, 1, 1, 0, 1, 2, 0, 1, 3, 0]);
    let signed = |threshold| Rule::Signed { threshold, keys: 7 };
    let two = [5, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7, 0];
    assert_rule(&signed(Threshold::Const(2)), &two);
    assert_rule(&signed(Threshold::Genesis(2)), &[5, 1, 2, 0, 7, 0]);
}

fn assert_rule(rule: &Rule, bytes: &[u8]) {
    let bytes = with_rules(&[bytes]);
    let schema = Schema::decode(&bytes).expect("an encoding");
    assert_eq!(schema.encode(), bytes);
    let def = schema.transitions.get(&0).expect("declared");
    assert_eq!(def.rules, std::slice::from_ref(rule));
}

#[test]
fn a_schema_decodes_from_its_bytes() {
    let schema = lab();
    let bytes = schema.encode();
    assert_eq!(Schema::decode(&bytes).as_ref(), Ok(&schema));
    assert_eq!(Schema::id_of(&bytes), schema.id());
}

#[test]
fn every_shorter_input_ends_too_early() {
    let bytes = lab().encode();
    for length in 0..bytes.len() {
        let cut = bytes.get(..length).expect("shorter");
        let error = undecodable(cut);
        assert!(
            matches!(error, Some(DecodeError::Short { .. })),
            "{length}: {error:?}"
        );
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let mut bytes = lab().encode();
    bytes.extend([0, 0]);
    assert_eq!(undecodable(&bytes), Some(trailing(2)));
}

#[test]
fn other_rule_versions_and_tags_are_unsupported_not_malformed() {
    let unsupported = |what, found| Some(DecodeError::Unsupported { what, found });
    assert_eq!(undecodable(&[1]), unsupported("rule version", 1));
    let long = vec![255; 100_000];
    assert_eq!(undecodable(&long), unsupported("rule version", 255));
    assert_eq!(
        undecodable(&with_rules(&[&[8, 0, 0]])),
        unsupported("tag of a rule", 8)
    );
    assert_eq!(
        undecodable(&with_rules(&[&[6, 12, 0, 0]])),
        unsupported("tag of an expression", 12)
    );
    assert_eq!(
        undecodable(&with_rules(&[&[5, 2, 0, 0]])),
        unsupported("tag of a threshold", 2)
    );
}

#[test]
fn unknown_types_and_kinds_are_malformed() {
    let at = |index: usize, byte: u8| {
        let mut bytes = with_rules(&[&KEPT]);
        *bytes.get_mut(index).expect("inside") = byte;
        undecodable(&bytes)
    };
    let wrong = |what, expected, found: u8| {
        let found = found.to_string();
        Some(DecodeError::Value {
            what,
            expected,
            found,
        })
    };
    assert_eq!(at(8, 5), wrong("type of a value", "0 to 4", 5));
    assert_eq!(at(15, 4), wrong("kind of state", "0 to 3", 4));
}

#[test]
fn numbers_of_a_map_ascend_strictly() {
    for found in [4, 5] {
        let mut bytes = vec![0, 1, b's', 2];
        bytes.extend([5, 0, 1, b'g', 0, found, 0, 1, b'h', 0]);
        let what = "numbers of declarations do not ascend";
        let order = DecodeError::NotCanonical { what };
        assert_eq!(undecodable(&bytes), Some(order));
    }
}

#[test]
fn names_are_utf8() {
    let error = undecodable(&[0, 2, b'a', 0xff]);
    let utf8 = |error| {
        matches!(
            error,
            DecodeError::Value {
                expected: "UTF-8",
                ..
            }
        )
    };
    assert!(error.is_some_and(utf8));
}

#[test]
fn rules_decode_up_to_255_nodes() {
    // a chain of `1 + (1 + …)` on the left of an equality with a constant
    let one: &[u8] = &[0, 1, 0, 0, 0, 0, 0, 0, 0];
    let add = [&[9], one].concat();
    let chain = |adds: usize| {
        let left = [add.repeat(adds), one.to_vec()].concat();
        with_rules(&[&KEPT, &[vec![0], left, one.to_vec()].concat()])
    };
    assert!(Schema::decode(&chain(126)).is_ok_and(|schema| {
        let def = schema.transitions.get(&0);
        def.is_some_and(|def| def.rules.get(1).map(Rule::nodes) == Some(255))
    }));
    let limit = DecodeError::Limit {
        what: "nodes of a rule",
        min: 1,
        found: 256,
        max: 255,
    };
    assert_eq!(undecodable(&chain(127)), Some(limit.clone()));
    let deepest = with_rules(&[&[vec![6], vec![9; 60_000]].concat()]);
    assert_eq!(undecodable(&deepest), Some(limit));
}

#[test]
fn rules_decode_up_to_255_in_the_whole_schema() {
    let less: &[u8] = &[2, 1, 0, 0, 2, 0, 0];
    let with = |genesis: u8| {
        // the genesis of the smallest schema gets rules, its transition has 100
        let mut rules = vec![100];
        rules.extend([KEPT.to_vec(), less.repeat(99)].concat());
        let bytes = small(&rules);
        let (before, after) = bytes.split_at(18);
        let genesis_rule: &[u8] = &[2, 2, 0, 0, 6, 0, 0];
        let genesis = [vec![genesis], genesis_rule.repeat(usize::from(genesis))].concat();
        let after = after.get(1..).expect("there is more");
        Schema::decode(&[before, genesis.as_slice(), after].concat())
    };
    assert!(with(155).is_ok());
    let limit = DecodeError::Limit {
        what: "rules of a schema",
        min: 0,
        found: 100,
        max: 99,
    };
    assert_eq!(with(156), Err(limit));
}

#[test]
fn no_more_than_65535_bytes_are_decoded() {
    let mut bytes = lab().encode();
    bytes.resize(65_535, 0);
    assert!(matches!(
        undecodable(&bytes),
        Some(DecodeError::Trailing { .. })
    ));
    bytes.push(0);
    let limit = DecodeError::Limit {
        what: "bytes of a schema",
        min: 1,
        found: 65_536,
        max: 65_535,
    };
    assert_eq!(undecodable(&bytes), Some(limit));
}

#[test]
fn what_decodes_after_a_mutation_encodes_to_the_same_bytes() {
    let bytes = lab().encode();
    let mut decoded = 0;
    for index in 0..bytes.len() {
        for change in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut mutated = bytes.clone();
            *mutated.get_mut(index).expect("inside") ^= change;
            if let Ok(schema) = Schema::decode(&mutated) {
                assert_eq!(schema.encode(), mutated);
                decoded += 1;
            }
        }
    }
    assert!(decoded > bytes.len(), "names and constants may be anything");
}

#[test]
fn bytes_removed_doubled_or_swapped_never_panic() {
    let bytes = lab().encode();
    for index in 0..bytes.len() {
        let mut shorter = bytes.clone();
        let byte = shorter.remove(index);
        let mut longer = bytes.clone();
        longer.insert(index, byte);
        let mut swapped = bytes.clone();
        swapped.swap(index, (index * 7 + 1) % bytes.len());
        for mutated in [shorter, longer, swapped] {
            if let Ok(schema) = Schema::decode(&mutated) {
                assert_eq!(schema.encode(), mutated);
            }
        }
    }
}
