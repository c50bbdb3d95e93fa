//! Rules evaluated, both ways.

use super::super::{Broken, Facts, GenesisDef, LockTime, Totals, TransitionDef, Value, parse};
use super::lab;
use crate::state::StateKind;

const MAX: u64 = u64::MAX;

#[derive(Default)]
struct Operation {
    inputs: Totals,
    outputs: Totals,
    globals: Vec<(u16, Vec<u8>)>,
    metadata: Vec<(u16, Vec<u8>)>,
    genesis: Vec<(u16, Vec<u8>)>,
    locktime: Option<LockTime>,
}

impl Operation {
    fn moving(input: u64, output: u64) -> Self {
        let mut operation = Self::default();
        operation.inputs.add_amount(0, input);
        operation.outputs.add_amount(0, output);
        operation
    }

    fn tokens(inputs: &[(u32, u64)], outputs: &[(u32, u64)]) -> Self {
        let mut operation = Self::default();
        for (id, fraction) in inputs {
            operation.inputs.add_token(2, *id, *fraction);
        }
        for (id, fraction) in outputs {
            operation.outputs.add_token(2, *id, *fraction);
        }
        operation
    }

    fn meta(mut self, number: u16, value: u64) -> Self {
        self.metadata.push((number, value.to_le_bytes().to_vec()));
        self
    }

    fn global(mut self, number: u16, value: u64) -> Self {
        self.globals.push((number, value.to_le_bytes().to_vec()));
        self
    }

    fn genesis(mut self, number: u16, value: u64) -> Self {
        self.genesis.push((number, value.to_le_bytes().to_vec()));
        self
    }

    /// Why `rule` does not hold, or nothing.
    fn breaks(&self, rule: &str) -> Option<Broken> {
        let schema = lab();
        let rules = parse::rules(rule, &schema).expect(rule);
        let [globals, metadata, genesis] =
            [&self.globals, &self.metadata, &self.genesis].map(|values| borrowed(values));
        let facts = Facts {
            inputs: &self.inputs,
            outputs: &self.outputs,
            globals: &globals,
            metadata: &metadata,
            genesis: &genesis,
            locktime: self.locktime.unwrap_or(LockTime::NONE),
        };
        let def = TransitionDef {
            rules: rules.clone(),
            ..TransitionDef::default()
        };
        let failure = def.check_rules(&facts, &schema).err();
        if let Some(failure) = &failure {
            assert_eq!((failure.rule, failure.text.as_str()), (0, rule));
        }
        failure.map(|failure| failure.broken)
    }
}

fn borrowed(values: &[(u16, Vec<u8>)]) -> Vec<Value<'_>> {
    let values = values.iter();
    values
        .map(|(number, value)| (*number, value.as_slice()))
        .collect()
}

fn compared(left: u128, right: u128) -> Broken {
    Broken::Compared { left, right }
}

#[test]
fn equal_at_most_and_less_compare() {
    let operation = Operation::moving(5, 6);
    assert_eq!(operation.breaks("in.asset + 1 == out.asset"), None);
    assert_eq!(
        operation.breaks("in.asset == out.asset"),
        Some(compared(5, 6))
    );
    assert_eq!(operation.breaks("in.asset <= 5"), None);
    assert_eq!(operation.breaks("out.asset <= 5"), Some(compared(6, 5)));
    assert_eq!(operation.breaks("in.asset < 6"), None);
    assert_eq!(operation.breaks("in.asset < 5"), Some(compared(5, 5)));
}

#[test]
fn sums_of_absent_types_are_nothing() {
    let operation = Operation::default();
    assert_eq!(operation.breaks("in.asset + out.asset == 0"), None);
    assert_eq!(
        operation.breaks("count(in.nft) + count(out.nft) == 0"),
        None
    );
    assert_eq!(operation.breaks("1 <= in.asset"), Some(compared(1, 0)));
}

#[test]
fn operators_bind_and_group_as_written() {
    let operation = Operation::default();
    assert_eq!(operation.breaks("2 + 3 * 4 == 14"), None);
    assert_eq!(operation.breaks("(2 + 3) * 4 == 20"), None);
    assert_eq!(operation.breaks("9 - 4 - 3 == 2"), None);
    assert_eq!(operation.breaks("9 - (4 - 3) == 8"), None);
    assert_eq!(operation.breaks("2 + 3 * 4 == 20"), Some(compared(14, 20)));
}

#[test]
fn sums_of_inputs_may_exceed_a_u64() {
    let mut operation = Operation::moving(MAX, MAX);
    operation.inputs.add_amount(0, 2);
    let sum = u128::from(MAX) + 2;
    assert_eq!(operation.breaks("in.asset == out.asset + 2"), None);
    assert_eq!(operation.breaks("in.asset == 1"), Some(compared(sum, 1)));
}

#[test]
fn overflow_breaks_a_rule_even_where_it_would_hold() {
    let operation = Operation::default();
    let product = format!("{MAX} * {MAX} * {MAX}");
    assert_eq!(
        operation.breaks(&format!("{product} == {product}")),
        Some(Broken::Overflow)
    );
    let square = format!("{MAX} * {MAX}");
    assert_eq!(operation.breaks(&format!("{square} == {square}")), None);
    assert_eq!(
        operation.breaks(&format!("0 < {square} + {square}")),
        Some(Broken::Overflow)
    );
    assert_eq!(
        operation.breaks(&format!("{square} + {MAX} + {MAX} < {square}")),
        Some(compared(u128::MAX, u128::MAX - 2 * u128::from(MAX)))
    );
    let one_more = format!("0 <= {square} + {MAX} + {MAX} + 1");
    assert_eq!(operation.breaks(&one_more), Some(Broken::Overflow));
}

#[test]
fn a_negative_intermediate_breaks_a_rule_even_where_it_would_hold() {
    let operation = Operation::moving(5, 6);
    let (left, right) = (5, 6);
    let negative = Some(Broken::Negative { left, right });
    assert_eq!(operation.breaks("in.asset - out.asset + 1 == 0"), negative);
    assert_eq!(operation.breaks("in.asset + 1 - out.asset == 0"), None);
    assert_eq!(
        operation.breaks("0 * (in.asset - out.asset) == 0"),
        negative
    );
}

#[test]
fn values_count_when_they_stand_once_as_a_number() {
    let operation = Operation::moving(9, 5)
        .meta(0, 4)
        .global(6, 7)
        .genesis(0, 11);
    assert_eq!(
        operation.breaks("in.asset == out.asset + meta.burned"),
        None
    );
    assert_eq!(
        operation.breaks("global.note + meta.burned == genesis.supply"),
        None
    );
    assert_eq!(
        operation.breaks("global.note == genesis.supply"),
        Some(compared(7, 11))
    );
    let missing = |what, number| Some(Broken::NotANumber { what, number });
    let none = Operation::moving(9, 5);
    assert_eq!(none.breaks("0 <= meta.burned"), missing("metadata", 0));
    assert_eq!(none.breaks("0 <= global.note"), missing("global", 6));
    assert_eq!(
        none.breaks("0 <= genesis.supply"),
        missing("genesis global", 0)
    );
    let twice = Operation::default().meta(0, 4).meta(0, 4);
    assert_eq!(twice.breaks("0 <= meta.burned"), missing("metadata", 0));
    let mut short = Operation::default();
    short.metadata.push((0, vec![4]));
    assert_eq!(short.breaks("0 <= meta.burned"), missing("metadata", 0));
}

#[test]
fn counts_are_of_leaves_and_values() {
    let mut operation = Operation::tokens(&[(1, 1), (1, 2)], &[(1, 3)]);
    operation.outputs.add_root(1, StateKind::Right, 4, 0);
    let operation = operation.global(6, 7).global(6, 7);
    assert_eq!(operation.breaks("count(in.nft) == 2"), None);
    assert_eq!(operation.breaks("count(out.nft) == 1"), None);
    assert_eq!(operation.breaks("count(out.right) == 4"), None);
    assert_eq!(operation.breaks("count(global.note) == 2"), None);
    assert_eq!(
        operation.breaks("count(global.blob) == 2"),
        Some(compared(0, 2))
    );
    assert_eq!(
        operation.breaks("count(in.nft) == count(out.nft)"),
        Some(compared(2, 1))
    );
}

#[test]
fn kept_tokens_keep_the_fraction_total_of_each_id() {
    let kept = "tokens(in.nft) == tokens(out.nft)";
    let token = |id, found, expected| {
        Some(Broken::Token {
            id,
            found,
            expected,
        })
    };
    let breaks = |inputs: &[_], outputs: &[_]| Operation::tokens(inputs, outputs).breaks(kept);
    assert_eq!(breaks(&[], &[]), None);
    assert_eq!(breaks(&[(7, 3), (9, 1)], &[(9, 1), (7, 1), (7, 2)]), None);
    assert_eq!(breaks(&[(7, 3)], &[]), token(7, 0, 3));
    assert_eq!(breaks(&[], &[(7, 3)]), token(7, 3, 0));
    assert_eq!(breaks(&[(7, 3)], &[(7, 2)]), token(7, 2, 3));
    assert_eq!(breaks(&[(7, 3)], &[(7, 3), (7, 3)]), token(7, 6, 3));
    assert_eq!(breaks(&[(7, 1), (8, 1)], &[(7, 1), (9, 1)]), token(8, 0, 1));
    let wide = u128::from(MAX) * 2;
    assert_eq!(
        breaks(&[(7, MAX), (7, MAX)], &[(7, MAX - 1)]),
        token(7, wide / 2 - 1, wide)
    );
}

#[test]
fn a_range_is_exactly_its_ids() {
    let breaks = |rule: &str, outputs: &[_]| Operation::tokens(&[], outputs).breaks(rule);
    let token = |id, found, expected| {
        Some(Broken::Token {
            id,
            found,
            expected,
        })
    };
    let range = "tokens(out.nft) == range(5, 3, 2)";
    assert_eq!(breaks(range, &[(5, 2), (6, 1), (6, 1), (7, 2)]), None);
    assert_eq!(breaks(range, &[(5, 2), (6, 2)]), token(7, 0, 2));
    assert_eq!(
        breaks(range, &[(5, 2), (6, 2), (7, 2), (8, 2)]),
        token(8, 2, 0)
    );
    assert_eq!(
        breaks(range, &[(4, 2), (5, 2), (6, 2), (7, 2)]),
        token(4, 2, 0)
    );
    assert_eq!(breaks(range, &[(5, 2), (6, 3), (7, 2)]), token(6, 3, 2));
    let empty = "tokens(out.nft) == range(5, 0, 2)";
    assert_eq!(breaks(empty, &[]), None);
    assert_eq!(breaks(empty, &[(5, 2)]), token(5, 2, 0));
    let nothing = "tokens(out.nft) == range(5, 1, 0)";
    assert_eq!(breaks(nothing, &[]), token(5, 0, 0));
}

#[test]
fn a_range_may_be_of_what_is_consumed() {
    let rule = "tokens(in.nft) == range(5, 2, 3)";
    let breaks = |inputs: &[_]| Operation::tokens(inputs, &[(9, 9)]).breaks(rule);
    let token = |id, found, expected| {
        Some(Broken::Token {
            id,
            found,
            expected,
        })
    };
    assert_eq!(breaks(&[(5, 3), (6, 1), (6, 2)]), None);
    assert_eq!(breaks(&[(5, 3)]), token(6, 0, 3));
    assert_eq!(breaks(&[(5, 3), (6, 2)]), token(6, 2, 3));
    assert_eq!(breaks(&[(5, 3), (6, 3), (7, 3)]), token(7, 3, 0));
}

#[test]
fn a_range_has_at_most_4096_ids() {
    let mut operation = Operation::default();
    for id in 0..4_096 {
        operation.outputs.add_token(2, id, 1);
    }
    assert_eq!(
        operation.breaks("tokens(out.nft) == range(0, 4096, 1)"),
        None
    );
    let count = 4097;
    let too_long = Some(Broken::RangeTooLong { count });
    assert_eq!(
        operation.breaks("tokens(out.nft) == range(0, 4097, 1)"),
        too_long
    );
    let count = u128::from(MAX) * u128::from(MAX);
    assert_eq!(
        operation.breaks(&format!("tokens(out.nft) == range(0, {MAX} * {MAX}, 1)")),
        Some(Broken::RangeTooLong { count })
    );
}

#[test]
fn ids_of_a_range_fit_a_u32() {
    let operation = Operation::tokens(&[], &[(u32::MAX - 1, 1), (u32::MAX, 1)]);
    assert_eq!(
        operation.breaks("tokens(out.nft) == range(4294967294, 2, 1)"),
        None
    );
    let (first, count) = (4_294_967_294, 3);
    assert_eq!(
        operation.breaks("tokens(out.nft) == range(4294967294, 3, 1)"),
        Some(Broken::RangeTooHigh { first, count })
    );
    let high = format!("tokens(out.nft) == range({MAX} * {MAX} + {MAX} + {MAX}, 1, 1)");
    let (first, count) = (u128::MAX, 1);
    assert_eq!(
        Operation::default().breaks(&high),
        Some(Broken::RangeTooHigh { first, count })
    );
}

#[test]
fn arguments_of_a_range_are_checked_arithmetic() {
    let operation = Operation::tokens(&[], &[(5, 1)]);
    let (left, right) = (1, 2);
    let negative = Some(Broken::Negative { left, right });
    for rule in [
        "range(1 - 2, 1, 1)",
        "range(5, 1 - 2, 1)",
        "range(5, 1, 1 - 2)",
    ] {
        assert_eq!(
            operation.breaks(&format!("tokens(out.nft) == {rule}")),
            negative
        );
    }
}

#[test]
fn not_before_compares_within_one_unit() {
    let breaks = |earliest: u64, locktime: u32| {
        let lock_time = bitcoin::absolute::LockTime::from_consensus(locktime);
        let operation = Operation {
            locktime: Some(LockTime::of(&witness(lock_time, &[0, u32::MAX]))),
            ..Operation::default().genesis(0, earliest)
        };
        let broken = operation.breaks("genesis.supply <= witness.locktime");
        let too_early = Broken::TooEarly {
            earliest: u128::from(earliest),
            locktime,
        };
        assert!(broken.is_none() || broken == Some(too_early));
        broken.is_some()
    };
    assert!(!breaks(100, 100));
    assert!(!breaks(100, 101));
    assert!(breaks(100, 99));
    assert!(breaks(100, 0));
    assert!(breaks(0, 0));
    assert!(breaks(0, 100));
    assert!(!breaks(499_999_999, 499_999_999));
    assert!(!breaks(500_000_000, 500_000_000));
    assert!(breaks(499_999_999, 500_000_000));
    assert!(breaks(500_000_001, 500_000_000));
    assert!(breaks(1, u32::MAX));
    assert!(!breaks(u64::from(u32::MAX), u32::MAX));
    assert!(breaks(1 << 32, u32::MAX));
}

#[test]
fn a_locktime_that_bitcoin_ignores_is_worth_nothing() {
    let lock_time = bitcoin::absolute::LockTime::from_consensus(100);
    let disabled = LockTime::of(&witness(lock_time, &[u32::MAX, u32::MAX]));
    assert_eq!(disabled, LockTime::NONE);
    let one = LockTime::of(&witness(lock_time, &[u32::MAX, u32::MAX - 1]));
    assert_eq!(one.value(), 100);
    let operation = Operation {
        locktime: Some(disabled),
        ..Operation::default()
    };
    assert_eq!(
        operation.breaks("1 <= witness.locktime"),
        Some(Broken::TooEarly {
            earliest: 1,
            locktime: 0
        })
    );
}

fn witness(nlocktime: bitcoin::absolute::LockTime, sequences: &[u32]) -> bitcoin::Transaction {
    let input = sequences.iter().map(|sequence| bitcoin::TxIn {
        sequence: bitcoin::Sequence(*sequence),
        ..bitcoin::TxIn::default()
    });
    bitcoin::Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: nlocktime,
        input: input.collect(),
        output: Vec::new(),
    }
}

#[test]
fn the_first_broken_rule_is_named() {
    let schema = lab();
    let rules = parse::rules("1 == 1 and 1 < 1 and 2 < 1", &schema).expect("three");
    let genesis = GenesisDef {
        rules,
        ..GenesisDef::default()
    };
    let outputs = Totals::new();
    let failure = genesis.check_rules(&Facts::of_genesis(&outputs, &[]), &schema);
    let failure = failure.expect_err("two do not hold");
    assert_eq!(
        failure.to_string(),
        "rules[1] `1 < 1`: left is 1, right is 1"
    );
}

#[test]
fn signatures_are_left_to_the_validator() {
    assert_eq!(Operation::default().breaks("signed(9, keys)"), None);
}
