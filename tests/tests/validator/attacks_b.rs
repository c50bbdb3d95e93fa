//! B: inflation.

use amplify::confinement::Confined;
use bulla_core::frame::Terminal;
use bulla_core::operation::Input;
use bulla_core::outputs::{Leaf, Leaves, Pruned, Sibling};
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_tests::kit::make::{Assignment, at, leaves, number, outputs, token, values};
use bulla_tests::kit::{
    Act, Fails, History, Reason, View, accept, amounts_at, fixed_globals, leaf, refuse, swap,
};

/// A lab contract whose only frame has this one act.
fn with(make: impl FnOnce(&History) -> Act) -> History {
    let mut history = History::lab();
    let act = make(&history);
    history.push(history.draft(vec![act]));
    history
}

fn first(history: &History, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason)
        .operation(history.id(0))
        .witness(history.txid(0))
}

#[track_caller]
fn refuse_first(history: &History, reason: impl Into<Reason>) {
    refuse(&history.encode(), first(history, reason));
}

fn genesis_leaf(history: &History, ty: u16, index: u32) -> Input {
    leaf(history.contract().into(), ty, index)
}

#[test]
fn b01_outputs_exceed_inputs_or_fall_short_of_them() {
    for (amounts, says) in [
        (&[1_001][..], "left is 1000, right is 1001"),
        (&[999], "left is 1000, right is 999"),
        (&[1_000, 1], "left is 1000, right is 1001"),
        (&[u64::MAX], "left is 1000, right is 18446744073709551615"),
    ] {
        let mut history = History::fixed(1_000);
        history.transfer(&[history.seed(0)], amounts);
        refuse_first(&history, (Check::Rule, says));
    }
}

/// A number of the wire form.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}

#[test]
fn b02_amounts_that_overflow_have_no_encoding() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[600, 400]);
    let with = |amount: u64| {
        history.consignment(View::Leaves).encode_with(0, |bytes| {
            swap(
                bytes,
                &[0xd8, 4, 0, 1],
                &[varint(amount).as_slice(), &[0, 1]].concat(),
            );
        })
    };
    refuse(
        &with(u64::MAX - 399),
        Fails::invalid((
            Check::Decode,
            "sum of the amounts of one owned type is more; expected at most 2^64 - 1",
        )),
    );
    refuse(
        &with(u64::MAX),
        Fails::invalid((
            Check::Decode,
            "sum of the amounts of one owned type is more; expected at most 2^64 - 1",
        )),
    );
    let largest = first(&history, Check::Dbc).without_operation();
    refuse(&with(u64::MAX - 400), largest);
}

/// Outputs of two leaves, the second hidden behind a lie about its amount.
fn lying(shown: u64, hidden: u64, claimed: u64) -> (Leaves, Leaves) {
    let seal = at(1);
    let whole = leaves(&[(State::Amount(shown), seal), (State::Amount(hidden), at(2))]);
    let only = leaves(&[(State::Amount(hidden), at(2))]);
    let sibling = Sibling {
        hash: only.root().hash,
        amount: claimed,
    };
    let leaf = Leaf { state: shown, seal };
    let shown = Confined::try_from(vec![(0, leaf)]).unwrap();
    let siblings = Confined::try_from(vec![sibling]).unwrap();
    (
        whole,
        Leaves::Pruned(Pruned::new(2, shown, siblings).unwrap()),
    )
}

#[test]
fn b05_a_hidden_leaf_is_worth_what_was_said_of_it_or_nothing() {
    let (whole, pruned) = lying(1_000, 500, 0);
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let list = |leaves: &Leaves| Confined::try_from([(0, leaves.clone())].into()).unwrap();
    history.edit(0, |draft| {
        draft.acts[0].transition.outputs.0 = list(&pruned);
    });
    let mut consignment = history.consignment(View::Everything);
    consignment.hand_over([Terminal::Leaf(history.leaf(0, 0))]);
    assert_eq!(accept(&consignment.encode()).operations, 1);
    // Who wants the 500 must show them, and then it is another operation.
    consignment.tamper(0, |frame| {
        frame.transitions[0].transition.outputs.0 = list(&whole);
    });
    let expected = first(&history, Check::Dbc).without_operation();
    refuse(&consignment.encode(), expected);
    // Nor does a tree of the sums as they are move more than came in.
    let (_, honest) = lying(1_000, 500, 500);
    history.edit(0, |draft| {
        draft.acts[0].transition.outputs.0 = list(&honest);
    });
    refuse_first(
        &history,
        (
            Check::Rule,
            "`in.asset == out.asset`: left is 1000, right is 1500",
        ),
    );
}

#[test]
fn b05_the_only_leaf_cannot_hide_behind_a_smaller_sum() {
    let mut history = History::fixed(1_000);
    let honest = leaves(&[(State::Amount(5_000), at(1))]);
    let lie = Sibling {
        hash: honest.root().hash,
        amount: 1_000,
    };
    let siblings = Confined::try_from(vec![lie]).unwrap();
    let pruned = Leaves::Pruned(Pruned::new(1, Confined::default(), siblings).unwrap());
    history.transfer(&[history.seed(0)], &[1_000]);
    let list = |leaves: &Leaves| Confined::try_from([(0, leaves.clone())].into()).unwrap();
    history.edit(0, |draft| {
        draft.acts[0].transition.outputs.0 = list(&pruned);
    });
    let mut consignment = history.consignment(View::Everything);
    consignment.hand_over([Terminal::Evidence(history.id(0))]);
    assert_eq!(accept(&consignment.encode()).operations, 1);
    consignment.tamper(0, |frame| {
        frame.transitions[0].transition.outputs.0 = list(&honest);
    });
    refuse(
        &consignment.encode(),
        first(&history, Check::Dbc).without_operation(),
    );
    consignment.hand_over([Terminal::Leaf(history.leaf(0, 0))]);
    consignment.tamper(0, |frame| {
        frame.transitions[0].transition.outputs.0 = list(&pruned);
    });
    refuse(
        &consignment.encode(),
        Fails::invalid(Check::Terminal).operation(history.id(0)),
    );
}

#[test]
fn b06_a_schema_without_rules_about_amounts_is_no_schema() {
    let mut schema = History::fixed(1).schema;
    schema.genesis.rules.clear();
    let history = History::new(schema, fixed_globals(1_000), &amounts_at(&[1_000]));
    let expected = Fails::invalid((
        Check::SchemaRule,
        "genesis.rules: \"asset\" can be an output but out.asset stands in no == rule",
    ))
    .operation(history.contract());
    refuse(&history.encode(), expected);
}

#[test]
fn b07_b08_a_schema_with_fewer_or_other_rules_is_not_the_one_of_the_genesis() {
    let history = History::fixed(1_000);
    let mut consignment = history.consignment(View::Leaves);
    let rules = &mut consignment.header.schema.genesis.rules;
    rules.clear();
    let expected = Fails::invalid(Check::SchemaId).operation(history.contract());
    refuse(&consignment.encode(), expected);
    let mut consignment = history.consignment(View::Leaves);
    consignment.header.schema = bulla_tests::kit::lab_schema();
    refuse(&consignment.encode(), expected);
}

#[test]
fn b09_an_unknown_rule_is_unsupported_and_not_skipped() {
    let history = History::fixed(1_000);
    let consignment = history.consignment(View::Leaves);
    let schema = consignment.header.schema.encode();
    let mut parts = consignment.parts();
    // The rule of the only transition stands last: tag, in.asset, out.asset.
    let mut unknown = schema.clone();
    let tag = unknown.len() - 7;
    assert_eq!(unknown[tag], 0);
    unknown[tag] = 99;
    swap(&mut parts[0], &schema, &unknown);
    let expected = Fails::new(
        bulla_tests::kit::Kind::Unresolved,
        (Check::Unsupported, "tag of a rule 99"),
    );
    refuse(&bulla_tests::kit::join(parts), expected);
}

#[test]
fn b10_a_leaf_of_another_kind() {
    let history =
        with(|history| history.act("transfer", &[history.seed(0)], &[(0, State::Right, at(1))]));
    refuse_first(&history, (Check::StateType, " is of kind "));
    let history = with(|history| {
        let assignments = [(2, State::Amount(10), at(1))];
        history.act("transfer", &[genesis_leaf(history, 2, 0)], &assignments)
    });
    refuse_first(&history, (Check::StateType, " is of kind "));
}

#[test]
fn b11_an_input_named_by_another_type() {
    let history = with(|history| {
        let confused = genesis_leaf(history, 1, 1);
        history.act("issue", &[confused], &amounts_at(&[500]))
    });
    refuse_first(&history, Check::InputMissing);
    let history = with(|history| {
        let asset = history.seed(0);
        history.act("issue", &[asset], &amounts_at(&[500]))
    });
    refuse_first(&history, (Check::Occurrence, " occurs "));
}

#[test]
fn b12_issuance_beyond_the_allowance() {
    let issue = |asset: u64, rest: u64| {
        let mut assignments: Vec<Assignment> = amounts_at(&[asset]);
        if rest > 0 {
            assignments.push((1, State::Amount(rest), at(2)));
        }
        with(|history| history.act("issue", &[genesis_leaf(history, 1, 0)], &assignments))
    };
    refuse_first(&issue(501, 0), (Check::Rule, "left is 500, right is 501"));
    refuse_first(&issue(100, 500), (Check::Rule, "left is 500, right is 600"));
    refuse_first(
        &issue(0, 500),
        (Check::Rule, "`1 <= out.asset`: left is 1, right is 0"),
    );
    assert_eq!(accept(&issue(100, 400).encode()).operations, 1);
}

#[test]
fn b14_a_burn_that_lies() {
    let burn = |left: &[u64], burned: u64| {
        with(|history| {
            let mut act = history.act("burn", &[history.seed(0)], &amounts_at(left));
            act.transition.metadata = values(&[(0, number(burned))]);
            act
        })
    };
    refuse_first(&burn(&[], 999), (Check::Rule, "left is 1000, right is 999"));
    refuse_first(
        &burn(&[1_000], 0),
        (Check::Rule, "`1 <= meta.burned`: left is 1, right is 0"),
    );
    refuse_first(
        &burn(&[500], 501),
        (Check::Rule, "left is 1000, right is 1001"),
    );
    refuse_first(
        &burn(&[1_001], u64::MAX),
        (Check::Rule, "left is 1000, right is 18446744073709552616"),
    );
    assert_eq!(accept(&burn(&[500], 500).encode()).operations, 1);
}

#[test]
fn b15_metadata_is_missing_doubled_or_of_another_type() {
    let burn = |metadata: Vec<(u16, Vec<u8>)>| {
        with(|history| {
            let mut act = history.act("burn", &[history.seed(0)], &amounts_at(&[500]));
            act.transition.metadata = values(&metadata);
            act
        })
    };
    refuse_first(&burn(vec![]), (Check::Occurrence, " occurs 0 times"));
    refuse_first(
        &burn(vec![(0, number(500)), (0, number(500))]),
        (Check::Occurrence, " occurs 2 times"),
    );
    refuse_first(
        &burn(vec![(0, vec![0xf4, 1])]),
        (
            Check::StateType,
            " has a value of 2 bytes that is not of type ",
        ),
    );
    refuse_first(
        &burn(vec![(0, number(500)), (1, number(500))]),
        (Check::Occurrence, " occurs "),
    );
}

#[test]
fn b16_a_genesis_that_assigns_more_than_its_supply() {
    let schema = History::fixed(1).schema;
    let history = History::new(schema, fixed_globals(999), &amounts_at(&[1_000]));
    let expected = Fails::invalid((
        Check::Rule,
        "`out.asset == global.supply`: left is 1000, right is 999",
    ))
    .operation(history.contract());
    refuse(&history.encode(), expected);
}

#[test]
fn b17_a_transition_without_inputs_has_no_encoding() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let bytes = history
        .consignment(View::Leaves)
        .encode_wire(0, |frame| frame.transitions[0].inputs.numbers.clear());
    refuse(
        &bytes,
        Fails::invalid((Check::Limit, "inputs: 0; the limit is 1 to 65535")),
    );
}

#[test]
fn b19_a_token_is_neither_doubled_nor_made_nor_lost() {
    let spread = |assignments: Vec<Assignment>| {
        with(|history| history.act("transfer", &[genesis_leaf(history, 2, 0)], &assignments))
    };
    refuse_first(
        &spread(vec![(2, token(0, 10), at(1)), (2, token(0, 10), at(2))]),
        (Check::Rule, "token 0: fractions of 20, expected 10"),
    );
    refuse_first(
        &spread(vec![(2, token(0, 9), at(1))]),
        (Check::Rule, "token 0: fractions of 9, expected 10"),
    );
    refuse_first(
        &spread(vec![(2, token(7, 10), at(1))]),
        (Check::Rule, "token 0: fractions of 0, expected 10"),
    );
    refuse_first(
        &spread(vec![(2, token(0, 10), at(1)), (2, token(7, 1), at(2))]),
        (Check::Rule, "token 7: fractions of 1, expected 0"),
    );
    refuse_first(
        &spread(vec![(2, token(0, 10), at(1)), (2, token(0, 0), at(2))]),
        (Check::StateType, "a token of `token` with fraction 0"),
    );
    refuse_first(
        &spread(vec![
            (2, token(0, u64::MAX), at(1)),
            (2, token(0, 11), at(2)),
        ]),
        (
            Check::Rule,
            "token 0: fractions of 18446744073709551626, expected 10",
        ),
    );
    refuse_first(
        &spread(vec![]),
        (Check::Rule, "token 0: fractions of 0, expected 10"),
    );
    let good = spread(vec![(2, token(0, 10), at(1))]);
    // One type: 2, of kind 1, one leaf; kind 0x81 would be a pruned list of tokens.
    let bytes = good.consignment(View::Leaves).encode_with(0, |bytes| {
        swap(
            bytes,
            &[0, 0, 1, 2, 1, 1, 0, 10],
            &[0, 0, 1, 2, 0x81, 1, 0, 10],
        );
    });
    refuse(
        &bytes,
        Fails::invalid((
            Check::Decode,
            "pruned output list is token; expected a whole list",
        )),
    );
}

#[test]
fn b20_a_transition_that_rewrites_a_global_of_the_genesis() {
    let history = with(|history| {
        let mut act = history.act("transfer", &[history.seed(0)], &amounts_at(&[1_000]));
        act.transition.globals = values(&[(0, number(2_000))]);
        act
    });
    refuse_first(&history, (Check::Occurrence, " occurs "));
    let history = with(|history| {
        let mut act = history.act("issue", &[genesis_leaf(history, 1, 0)], &amounts_at(&[500]));
        act.transition.globals = values(&[(3, b"one".to_vec()), (3, b"two".to_vec())]);
        act
    });
    refuse_first(&history, (Check::Occurrence, " occurs 2 times"));
    let history = with(|history| {
        let mut act = history.act("issue", &[genesis_leaf(history, 1, 0)], &amounts_at(&[500]));
        act.transition.globals = values(&[(3, vec![0xff])]);
        act
    });
    refuse_first(
        &history,
        (
            Check::StateType,
            " has a value of 1 bytes that is not of type ",
        ),
    );
}

#[test]
fn b22_siblings_that_do_not_make_the_root() {
    let mut history = History::fixed(1_000);
    let batch = history.transfer(&[history.seed(0)], &[100; 10]);
    let narrow = |change: &dyn Fn(&mut Vec<Sibling>)| {
        let mut consignment = history.consignment(View::Leaves);
        consignment.hand_over([Terminal::Leaf(history.leaf(batch, 3))]);
        consignment.tamper(0, |frame| {
            let of = &mut frame.transitions[0].transition.outputs;
            *of = of.pruned(|_, index| index == 3);
            let Some(Leaves::Pruned(pruned)) = of.0.get(&0).cloned() else {
                panic!("ten amounts can be pruned");
            };
            let mut siblings = pruned.siblings().to_vec();
            change(&mut siblings);
            let shown = Confined::try_from(pruned.leaves().to_vec()).unwrap();
            let siblings = Confined::try_from(siblings).unwrap();
            let forged = Pruned::new(10, shown, siblings).unwrap();
            of.0 = Confined::try_from([(0, Leaves::Pruned(forged))].into()).unwrap();
        });
        consignment.encode()
    };
    assert_eq!(accept(&narrow(&|_| {})).terminals.len(), 1);
    let expected = first(&history, Check::Dbc).without_operation();
    refuse(&narrow(&|siblings| siblings[0].hash[0] ^= 1), expected);
    refuse(&narrow(&|siblings| siblings.swap(0, 1)), expected);
    refuse(
        &narrow(&|siblings| {
            siblings[0].amount += 1;
            siblings[1].amount -= 1;
        }),
        expected,
    );
}

#[test]
fn leaves_of_two_types_are_not_one_and_types_ascend() {
    let mut history = with(|history| {
        let assignments = [
            (0, State::Amount(1_000), at(1)),
            (1, State::Amount(500), at(2)),
        ];
        let inputs = [history.seed(0), genesis_leaf(history, 1, 0)];
        history.act("transfer", &inputs, &assignments)
    });
    assert_eq!(accept(&history.encode()).operations, 1);
    let swapped = [
        (0, State::Amount(500), at(1)),
        (1, State::Amount(1_000), at(2)),
    ];
    history.edit(0, |draft| {
        draft.acts[0].transition.outputs = outputs(&swapped);
    });
    refuse_first(&history, (Check::Rule, "left is 1000, right is 500"));
}
