//! Counts, types and signers of operations.

use super::super::{
    CountFailure, Facts, LockTime, Occurs, Part, Schema, SignatureRule, SignerFailure, Totals,
    TypeFailure, Value, ValueType,
};
use super::{lab, lab_with};
use crate::state::StateKind;

const NUMBER: &[u8] = &[7, 0, 0, 0, 0, 0, 0, 0];
const TWO: &[u8] = &[2, 0, 0, 0, 0, 0, 0, 0];

/// The x coordinate of the curve's generator times a small number.
fn key(times: u8) -> [u8; 32] {
    let mut secret = [0; 32];
    secret[31] = times;
    let secp = bitcoin::secp256k1::Secp256k1::new();
    let pair = bitcoin::key::Keypair::from_seckey_slice(&secp, &secret).expect("not zero");
    pair.x_only_public_key().0.serialize()
}

fn amounts(counts: &[(u16, u32)]) -> Totals {
    let mut totals = Totals::new();
    for (owned, count) in counts {
        totals.add_root(*owned, StateKind::Amount, *count, 0);
    }
    totals
}

/// The counts of a `burn` with one amount in, and what is given.
fn burn(
    outputs: &Totals,
    globals: &[Value<'_>],
    metadata: &[Value<'_>],
) -> Result<(), CountFailure> {
    let schema = lab();
    let (_, def) = schema.transition("burn").expect("declared");
    let inputs = amounts(&[(0, 1)]);
    let facts = Facts {
        inputs: &inputs,
        outputs,
        globals,
        metadata,
        genesis: &[],
        locktime: LockTime::NONE,
    };
    def.check_counts(&facts, &schema)
}

fn refused(part: Part, what: &str, found: u32, expected: Occurs) -> Result<(), CountFailure> {
    Err(CountFailure {
        part,
        what: what.to_owned(),
        found,
        expected,
    })
}

fn types(schema: &Schema, outputs: &Totals, globals: &[Value<'_>]) -> Result<(), TypeFailure> {
    schema.check_types(&Facts::of_genesis(outputs, globals))
}

#[test]
fn a_part_occurs_as_often_as_declared() {
    let none = Totals::new();
    let memo = Occurs { min: 0, max: 1 };
    assert_eq!(burn(&none, &[], &[(0, NUMBER)]), Ok(()));
    assert_eq!(burn(&none, &[], &[(0, NUMBER), (1, b"x")]), Ok(()));
    let once = Occurs::ONCE;
    assert_eq!(
        burn(&none, &[], &[]),
        refused(Part::Metadata, "metadata `burned`", 0, once)
    );
    assert_eq!(
        burn(&none, &[], &[(1, b"x")]),
        refused(Part::Metadata, "metadata `burned`", 0, once)
    );
    let twice: [Value<'_>; 2] = [(0, NUMBER), (0, NUMBER)];
    assert_eq!(
        burn(&none, &[], &twice),
        refused(Part::Metadata, "metadata `burned`", 2, once)
    );
    let memos: [Value<'_>; 3] = [(0, NUMBER), (1, b"x"), (1, b"x")];
    assert_eq!(
        burn(&none, &[], &memos),
        refused(Part::Metadata, "metadata `memo`", 2, memo)
    );
}

#[test]
fn what_is_not_declared_does_not_occur() {
    let none = Totals::new();
    let fine: [Value<'_>; 1] = [(0, NUMBER)];
    let never = Occurs::NEVER;
    assert_eq!(
        burn(&amounts(&[(1, 1)]), &[], &fine),
        refused(Part::Output, "output `right`", 1, never)
    );
    assert_eq!(
        burn(&amounts(&[(0, 1), (9, 4)]), &[], &fine),
        refused(
            Part::Output,
            "output number 9, which is not declared,",
            4,
            never
        )
    );
    assert_eq!(
        burn(&none, &[(6, NUMBER)], &fine),
        refused(Part::Global, "global `note`", 1, never)
    );
    let more: [Value<'_>; 2] = [(0, NUMBER), (9, NUMBER)];
    assert_eq!(
        burn(&none, &[], &more),
        refused(
            Part::Metadata,
            "metadata number 9, which is not declared,",
            1,
            never
        )
    );
}

#[test]
fn values_out_of_order_are_refused() {
    let mixed: [Value<'_>; 3] = [(0, NUMBER), (1, b"x"), (0, NUMBER)];
    let refusal = refused(Part::Metadata, "metadata `burned`", 1, Occurs::NEVER);
    assert_eq!(burn(&Totals::new(), &[], &mixed), refusal);
}

#[test]
fn the_genesis_counts_outputs_and_globals() {
    let schema = lab();
    let counts = |outputs: &Totals, globals: &[Value<'_>]| {
        let facts = Facts::of_genesis(outputs, globals);
        schema.genesis.check_counts(&facts, &schema)
    };
    let asset = Occurs {
        min: 1,
        max: 1 << 20,
    };
    let keys = Occurs { min: 1, max: 255 };
    let globals: [Value<'_>; 3] = [(0, NUMBER), (4, &[1; 32]), (5, TWO)];
    assert_eq!(counts(&amounts(&[(0, 1)]), &globals), Ok(()));
    assert_eq!(
        counts(&Totals::new(), &globals),
        refused(Part::Output, "output `asset`", 0, asset)
    );
    let most = amounts(&[(0, 1 << 20)]);
    assert_eq!(counts(&most, &globals), Ok(()));
    let more = amounts(&[(0, (1 << 20) + 1)]);
    assert_eq!(
        counts(&more, &globals),
        refused(Part::Output, "output `asset`", (1 << 20) + 1, asset)
    );
    let keyless: [Value<'_>; 2] = [(0, NUMBER), (5, TWO)];
    assert_eq!(
        counts(&most, &keyless),
        refused(Part::Global, "global `keys`", 0, keys)
    );
}

#[test]
fn leaves_are_of_the_declared_kind() {
    let schema = lab();
    let kind = |name: &str, found, expected| {
        Err(TypeFailure::Kind {
            what: format!("output `{name}`"),
            found,
            expected,
        })
    };
    let totals = |owned, found| {
        let mut totals = Totals::new();
        totals.add_root(owned, found, 1, 0);
        totals
    };
    let kinds = [
        StateKind::Amount,
        StateKind::Right,
        StateKind::Token,
        StateKind::Data,
    ];
    let names = ["asset", "right", "nft", "file"];
    for ((owned, expected), name) in (0..).zip(kinds).zip(names) {
        for found in kinds {
            let checked = types(&schema, &totals(owned, found), &[]);
            if found == expected {
                assert_eq!(checked, Ok(()));
            } else {
                assert_eq!(checked, kind(name, found, expected));
            }
        }
    }
    let undeclared = types(&schema, &totals(9, StateKind::Right), &[]);
    let what = "output number 9, which is not declared,".to_owned();
    assert_eq!(undeclared, Err(TypeFailure::Undeclared { what }));
}

#[test]
fn values_are_of_the_declared_type() {
    let schema = lab();
    let none = Totals::new();
    let good: [Value<'_>; 5] = [
        (0, NUMBER),
        (1, "é".as_bytes()),
        (2, &[255]),
        (3, &[0; 32]),
        (4, &[0; 32]),
    ];
    assert_eq!(types(&schema, &none, &good), Ok(()));
    let long = [0; 33];
    let bad: [(u16, &str, &[u8], ValueType); 7] = [
        (0, "supply", &[7; 7], ValueType::Number),
        (0, "supply", &[7; 9], ValueType::Number),
        (0, "supply", &[], ValueType::Number),
        (1, "ticker", &[255], ValueType::Text),
        (3, "media", &[0; 31], ValueType::Hash),
        (4, "keys", &long, ValueType::Key),
        (4, "keys", &[], ValueType::Key),
    ];
    for (number, name, value, expected) in bad {
        let failure = TypeFailure::Value {
            what: format!("global `{name}`"),
            length: value.len(),
            expected,
        };
        assert_eq!(types(&schema, &none, &[(number, value)]), Err(failure));
    }
    let what = "global number 9, which is not declared,".to_owned();
    let undeclared = Err(TypeFailure::Undeclared { what });
    assert_eq!(types(&schema, &none, &[(9, &[])]), undeclared);
}

#[test]
fn refusals_speak_in_the_words_of_the_schema() {
    let none = Totals::new();
    let said = |refused: Result<(), CountFailure>| refused.expect_err("refused").to_string();
    let memos: [Value<'_>; 3] = [(0, NUMBER), (1, b"x"), (1, b"x")];
    for (refused, text) in [
        (
            burn(&none, &[], &[]),
            "metadata `burned` occurs 0 times, expected exactly 1",
        ),
        (
            burn(&none, &[], &memos),
            "metadata `memo` occurs 2 times, expected at most 1",
        ),
        (
            burn(&none, &[(6, NUMBER)], &[(0, NUMBER)]),
            "global `note` occurs once, expected none here",
        ),
        (
            burn(&amounts(&[(9, 4)]), &[], &[(0, NUMBER)]),
            "output number 9, which is not declared, occurs 4 times, expected none here",
        ),
    ] {
        assert_eq!(said(refused), text);
    }
    let schema = lab();
    let (_, moved) = schema.transition("move").expect("declared");
    let facts = Facts::of_genesis(&none, &[]);
    assert_eq!(
        said(moved.check_counts(&facts, &schema)),
        "input `asset` occurs 0 times, expected at least 1"
    );
    let mut rights = Totals::new();
    rights.add_root(0, StateKind::Right, 1, 0);
    let typed = |outputs: &Totals, globals: &[Value<'_>]| {
        let refused = types(&schema, outputs, globals);
        refused.expect_err("refused").to_string()
    };
    assert_eq!(
        typed(&rights, &[]),
        "output `asset` is of kind right, expected amount"
    );
    assert_eq!(
        typed(&none, &[(0, &[7; 3])]),
        "global `supply` has a value of 3 bytes that is not of type number"
    );
    let one = key(1);
    let signers = |keys: &[Value<'_>]| {
        let refused = schema.check_signers(keys);
        refused.expect_err("refused").to_string()
    };
    assert_eq!(
        signers(&[(4, &one), (5, TWO)]),
        "2 signatures of 1 keys for transition `burn`, expected 1 to 1"
    );
    assert_eq!(
        signers(&[(4, &one)]),
        "threshold `m` of transition `burn` is not one number"
    );
    assert_eq!(
        signers(&[(4, &one), (4, &one), (5, TWO)]),
        "key 1 of global `keys` repeats an earlier one, expected keys that differ"
    );
}

#[test]
fn signers_are_keys_that_differ() {
    let schema = lab();
    let (one, two) = (key(1), key(2));
    let zero = [0; 32];
    assert_eq!(
        schema.check_signers(&[(4, &one), (4, &two), (5, TWO)]),
        Ok(())
    );
    let (keys, index) = ("keys".to_owned(), 1);
    let global = keys.clone();
    let repeated = Err(SignerFailure::Repeated { global, index });
    assert_eq!(
        schema.check_signers(&[(4, &one), (4, &one), (5, TWO)]),
        repeated
    );
    let global = keys;
    let not_a_key = Err(SignerFailure::NotAKey { global, index });
    assert_eq!(
        schema.check_signers(&[(4, &one), (4, &zero), (5, TWO)]),
        not_a_key
    );
    assert_eq!(
        schema.check_signers(&[(4, &one), (4, &one[..31]), (5, TWO)]),
        not_a_key
    );
}

#[test]
fn as_many_signatures_can_be_asked_for_as_there_are_keys() {
    let (one, two) = (key(1), key(2));
    let with = |schema: &Schema, m: u64| {
        schema.check_signers(&[(4, &one), (4, &two), (5, &m.to_le_bytes())])
    };
    let refused = |threshold| {
        Err(SignerFailure::Threshold {
            transition: "burn".to_owned(),
            threshold,
            keys: 2,
        })
    };
    let schema = lab();
    assert_eq!(with(&schema, 0), refused(0));
    assert_eq!(with(&schema, 1), Ok(()));
    assert_eq!(with(&schema, 2), Ok(()));
    assert_eq!(with(&schema, 3), refused(3));
    assert_eq!(with(&schema, u64::MAX), refused(u64::MAX));
    let constant = |m: u64| {
        lab_with("signed(genesis.m, keys)", &format!("signed({m}, keys)")).expect("a schema")
    };
    assert_eq!(with(&constant(0), 1), refused(0));
    assert_eq!(with(&constant(2), 0), Ok(()));
    assert_eq!(with(&constant(3), 0), refused(3));
    let (transition, global) = ("burn".to_owned(), "m".to_owned());
    let missing = Err(SignerFailure::NoThreshold { transition, global });
    assert_eq!(schema.check_signers(&[(4, &one)]), missing);
}

#[test]
fn a_transition_names_who_must_sign() {
    let schema = lab();
    let (one, two) = (key(1), key(2));
    let genesis: [Value<'_>; 4] = [(0, NUMBER), (4, &one), (4, &two), (5, TWO)];
    let (_, burn) = schema.transition("burn").expect("declared");
    let rules: Vec<_> = burn.signature_rules(&genesis).collect();
    let expected = SignatureRule {
        rule: 3,
        threshold: 2,
        keys: &[(4, &one), (4, &two)],
    };
    assert_eq!(rules, [expected]);
    let (_, plain) = schema.transition("move").expect("declared");
    assert_eq!(plain.signature_rules(&genesis).count(), 0);
}
