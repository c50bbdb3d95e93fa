//! Lists of which only a part is shown, and lies about the rest.

use amplify::confinement::Confined;
use bulla_core::frame::Terminal;
use bulla_core::outputs::{Leaf, Leaves, Outputs, Pruned, Sibling};
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_tests::kit::make::{Assignment, at, coin, leaves, on, spend};
use bulla_tests::kit::{Consignment, Fails, History, Reason, View, accept, refuse};

fn first(history: &History, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason).witness(history.txid(0))
}

/// Leaves with their numbers.
type ShownLeaves = Vec<(u32, Leaf<u64>)>;

/// Ten amounts in one transition, and the parts of the list that shows only leaf 3.
fn batch() -> (History, ShownLeaves, Vec<Sibling>) {
    let mut history = History::fixed(55);
    history.transfer(&[history.seed(0)], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let of = &history.drafts()[0].acts[0].transition.outputs;
    let Some(Leaves::Pruned(pruned)) = of.pruned(|_, index| index == 3).0.get(&0).cloned() else {
        panic!("ten amounts can be pruned");
    };
    (
        history,
        pruned.leaves().to_vec(),
        pruned.siblings().to_vec(),
    )
}

fn list(count: u32, shown: ShownLeaves, siblings: Vec<Sibling>) -> Outputs {
    let (shown, siblings) = (
        Confined::try_from(shown).unwrap(),
        Confined::try_from(siblings).unwrap(),
    );
    let leaves = Leaves::Pruned(Pruned::new(count, shown, siblings).expect("parts that fit"));
    Outputs(Confined::try_from([(0, leaves)].into()).unwrap())
}

fn with(history: &History, outputs: Outputs, terminals: &[Terminal]) -> Consignment {
    let mut consignment = history.consignment(View::Everything);
    consignment.tamper(0, |frame| frame.transitions[0].transition.outputs = outputs);
    consignment.hand_over(terminals.iter().copied());
    consignment
}

#[test]
fn a_leaf_under_another_number_is_another_operation() {
    let (history, shown, siblings) = batch();
    let moved = |number: u32| {
        let shown = vec![(number, shown[0].1)];
        let siblings = siblings.clone();
        let terminal = Terminal::Leaf(history.leaf(0, number));
        with(&history, list(10, shown, siblings), &[terminal]).encode()
    };
    assert_eq!(accept(&moved(3)).operations, 1);
    // Numbers 0 to 7 lie at the same depth of the tree, so their lists have as many siblings.
    for number in (0..8).filter(|number| *number != 3) {
        refuse(&moved(number), first(&history, Check::Dbc));
    }
}

#[test]
fn the_same_leaf_shown_under_two_numbers_is_another_operation() {
    let (history, shown, siblings) = batch();
    let twice = vec![shown[0], (2, shown[0].1)];
    let mut twice = twice;
    twice.sort_by_key(|(number, _)| *number);
    // Leaf 2 was the lowest sibling: of the four it is the second.
    let fewer = [&siblings[..1], &siblings[2..]].concat();
    let terminals = [2, 3].map(|number| Terminal::Leaf(history.leaf(0, number)));
    let forged = with(&history, list(10, twice, fewer), &terminals);
    refuse(&forged.encode(), first(&history, Check::Dbc));
}

#[test]
fn another_count_is_another_operation_even_where_the_shape_is_alike() {
    let (history, shown, siblings) = batch();
    let terminal = [Terminal::Leaf(history.leaf(0, 3))];
    for count in [9, 11, 16] {
        let forged = list(count, shown.clone(), siblings.clone());
        refuse(
            &with(&history, forged, &terminal).encode(),
            first(&history, Check::Dbc),
        );
    }
}

#[test]
fn a_root_said_to_be_of_more_leaves_than_it_has_opens_none() {
    let whole = leaves(&[(State::Amount(600), at(1)), (State::Amount(400), at(2))]);
    let Leaves::Amount(amounts) = &whole else {
        panic!("a list of amounts");
    };
    let hash = whole.root().hash;
    let amount = 1_000;
    for count in [1, 3, 4, 1_000] {
        let mut history = History::fixed(1_000);
        history.transfer(&[history.seed(0)], &[1_000]);
        let lie = list(count, vec![], vec![Sibling { hash, amount }]);
        history.edit(0, |draft| draft.acts[0].transition.outputs = lie.clone());
        let evidence = [Terminal::Evidence(history.id(0))];
        assert_eq!(
            accept(&with(&history, lie, &evidence).encode()).operations,
            1
        );
        let own = [Terminal::Leaf(history.leaf(0, 0))];
        let honest = Outputs(Confined::try_from([(0, whole.clone())].into()).unwrap());
        refuse(
            &with(&history, honest, &own).encode(),
            first(&history, Check::Dbc),
        );
        if count == 3 {
            // The left half of three leaves is a tree of two: the very one, with a right of none.
            let right = Sibling {
                hash: [0; 32],
                amount: 0,
            };
            let shown = (0..).zip(amounts.leaves().iter().copied()).collect();
            refuse(
                &with(&history, list(3, shown, vec![right]), &own).encode(),
                first(&history, Check::Dbc),
            );
        }
    }
}

#[test]
fn b02_hidden_sums_that_overflow_have_no_encoding() {
    let (history, _, siblings) = batch();
    let consignment = {
        let mut consignment = history.consignment(View::Everything);
        consignment.hand_over([Terminal::Leaf(history.leaf(0, 3))]);
        consignment.tamper(0, |frame| {
            let of = &mut frame.transitions[0].transition.outputs;
            *of = of.pruned(|_, index| index == 3);
        });
        consignment
    };
    assert_eq!(accept(&consignment.encode()).operations, 1);
    let shown = || {
        vec![(
            3,
            Leaf {
                state: 4,
                seal: at(4),
            },
        )]
    };
    for (at, amount) in [(0, u64::MAX), (3, u64::MAX - 10), (1, u64::MAX - 51)] {
        let mut forged = siblings.clone();
        forged[at].amount = amount;
        let parts = (
            Confined::try_from(shown()).unwrap(),
            Confined::try_from(forged).unwrap(),
        );
        assert!(Pruned::new(10, parts.0, parts.1).is_err());
    }
    // The largest sum that is none too large is encoded, and is another operation.
    let mut forged = siblings;
    let rest: u64 = 55 - forged[0].amount;
    forged[0].amount = u64::MAX - rest;
    let terminal = [Terminal::Leaf(history.leaf(0, 3))];
    refuse(
        &with(&history, list(10, shown(), forged), &terminal).encode(),
        first(&history, Check::Dbc),
    );
}

#[test]
fn an_inflated_sum_that_is_anchored_breaks_the_rule_in_any_view() {
    let (history, shown, siblings) = batch();
    for hidden in 0..siblings.len() {
        let mut forged = siblings.clone();
        forged[hidden].amount += 1;
        let mut history = history.clone();
        let lie = list(10, shown.clone(), forged);
        history.edit(0, |draft| draft.acts[0].transition.outputs = lie.clone());
        let terminal = [Terminal::Leaf(history.leaf(0, 3))];
        let expected =
            first(&history, (Check::Rule, "left is 55, right is 56")).operation(history.id(0));
        refuse(&with(&history, lie, &terminal).encode(), expected);
    }
}

#[test]
fn b04_a_leaf_of_zero_is_not_consumed_in_any_view() {
    for view in [View::Leaves, View::Narrow, View::Everything] {
        let mut history = History::fixed(1_000);
        let one = history.transfer(&[history.seed(0)], &[0, 1_000, 0]);
        let zero = history.leaf(one, 2);
        history.transfer(&[history.leaf(one, 1), zero], &[1_000]);
        let expected = Fails::invalid(Check::InputMissing)
            .operation(history.id(1))
            .witness(history.txid(1));
        refuse(&history.consignment(view).encode(), expected);
    }
}

#[test]
fn a_terminal_names_no_leaf_that_is_hidden() {
    let (history, shown, siblings) = batch();
    for number in (0..10).filter(|number| *number != 3) {
        let terminal = [Terminal::Leaf(history.leaf(0, number))];
        let hidden = list(10, shown.clone(), siblings.clone());
        let expected = Fails::invalid(Check::Terminal).operation(history.id(0));
        refuse(&with(&history, hidden, &terminal).encode(), expected);
    }
}

#[test]
fn a_leaf_of_a_pruned_genesis_that_is_hidden_is_not_consumed() {
    let mut history = History::fixed_among(&[1, 2, 3, 4, 5]);
    history.transfer(&[history.seed(3)], &[4]);
    let mut consignment = history.consignment(View::Narrow);
    let genesis = &mut consignment.header.genesis;
    genesis.outputs = history.genesis().outputs.pruned(|_, index| index == 2);
    let expected = first(&history, Check::InputMissing).operation(history.id(0));
    refuse(&consignment.encode(), expected);
}

#[test]
fn a_hidden_sum_of_the_genesis_is_checked_against_its_supply() {
    let history = History::fixed_among(&[1, 2, 3, 4, 5]);
    for (difference, says) in [
        (-1_i64, "left is 14, right is 15"),
        (1, "left is 16, right is 15"),
    ] {
        let mut forged = history.clone();
        forged.edit_genesis(|genesis| {
            let pruned = genesis.outputs.pruned(|_, index| index == 0);
            let Some(Leaves::Pruned(pruned)) = pruned.0.get(&0) else {
                panic!("five amounts can be pruned");
            };
            let mut siblings = pruned.siblings().to_vec();
            siblings[1].amount = siblings[1].amount.checked_add_signed(difference).unwrap();
            genesis.outputs = list(5, pruned.leaves().to_vec(), siblings);
        });
        let expected = Fails::invalid((Check::Rule, says)).operation(forged.contract());
        refuse(&forged.consignment(View::Everything).encode(), expected);
    }
}

#[test]
fn leaves_of_one_output_move_together_also_from_two_lists() {
    // An asset and an allowance on one coin, one of them shown in a pruned list.
    let mut history = History::lab();
    let both: Vec<Assignment> = vec![
        (0, State::Amount(600), on(coin(9))),
        (0, State::Amount(400), at(1)),
        (1, State::Amount(500), on(coin(9))),
    ];
    let genesis = history.contract().into();
    let inputs = [history.seed(0), bulla_tests::kit::leaf(genesis, 1, 0)];
    let act = history.act("transfer", &inputs, &both);
    history.push(history.draft(vec![act]));
    let [asset, allowance] = [0, 1].map(|ty| bulla_tests::kit::leaf(history.id(0), ty, 0));
    let mut together = history.clone();
    let list = [
        (0, State::Amount(600), at(1)),
        (1, State::Amount(500), at(2)),
    ];
    let act = together.act("transfer", &[asset, allowance], &list);
    together.push(together.draft(vec![act]));
    let mut consignment = together.consignment(View::Narrow);
    let terminals = [0, 1].map(|ty| Terminal::Leaf(bulla_tests::kit::leaf(together.id(1), ty, 0)));
    consignment.hand_over(terminals);
    assert_eq!(accept(&consignment.encode()).operations, 2);
    // One after the other: the output is spent once.
    history.transfer(&[asset], &[600]);
    let act = history.act("transfer", &[allowance], &[(1, State::Amount(500), at(1))]);
    let mut draft = history.draft(vec![act]);
    draft.transaction.input = vec![spend(coin(9))];
    history.push(draft);
    let expected = Fails::invalid(Check::OutpointSpentTwice).witness(history.txid(2));
    refuse(&history.encode(), expected);
    // With another coin spent instead, the seal stays open.
    history.edit(2, |draft| draft.transaction.input = vec![spend(coin(10))]);
    let expected = Fails::invalid(Check::SealNotClosed)
        .operation(history.id(2))
        .witness(history.txid(2));
    refuse(&history.encode(), expected);
}
