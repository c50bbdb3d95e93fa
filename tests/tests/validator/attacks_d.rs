//! D: secret seals, and seals that can never be closed.

use bitcoin::OutPoint;
use bulla_core::frame::Terminal;
use bulla_core::outputs::Leaves;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_tests::kit::make::{at, coin, on, outputs, spend};
use bulla_tests::kit::{Fails, History, Reason, View, accept, amounts_at, refuse};

fn of(history: &History, frame: usize, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason).witness(history.txid(frame))
}

/// All on a seal, then moved on.
fn through(seal: AssignedSeal) -> History {
    let mut history = History::fixed(1_000);
    let act = history.act(
        "transfer",
        &[history.seed(0)],
        &[(0, State::Amount(1_000), seal)],
    );
    let one = history.push(history.draft(vec![act]));
    history.transfer(&[history.leaf(one, 0)], &[1_000]);
    history
}

#[test]
fn d01_another_seal_is_revealed() {
    let mut history = History::fixed(1_000);
    let secret = AssignedSeal::Secret(on(coin(5)).conceal());
    let act = history.act(
        "transfer",
        &[history.seed(0)],
        &[(0, State::Amount(1_000), secret)],
    );
    history.push(history.draft(vec![act]));
    for seal in [on(coin(6)), at(1)] {
        let mut consignment = history.consignment(View::Everything);
        consignment.tamper(0, |frame| {
            let forged = outputs(&[(0, State::Amount(1_000), seal)]);
            frame.transitions[0].transition.outputs = forged;
        });
        refuse(&consignment.encode(), of(&history, 0, Check::Dbc));
    }
}

#[test]
fn d02_an_input_whose_seal_stays_secret() {
    let history = through(at(1));
    let mut consignment = history.consignment(View::Everything);
    consignment.tamper(0, |frame| {
        let of = &mut frame.transitions[0].transition.outputs;
        *of = of.with_seals(|_, _, _| None);
    });
    let expected = of(
        &history,
        1,
        (Check::SealNotClosed, "an input whose seal is still secret"),
    )
    .operation(history.id(1));
    refuse(&consignment.encode(), expected);
}

#[test]
fn d03_a_witness_seal_is_an_output_of_the_witness_and_of_no_other_transaction() {
    let mut history = through(at(1));
    assert_eq!(accept(&history.encode()).operations, 2);
    let vout = 1;
    history.edit(1, |draft| {
        let other = OutPoint {
            txid: coin(5).txid,
            vout,
        };
        draft.transaction.input = vec![spend(other)];
    });
    let expected = of(&history, 1, Check::SealNotClosed).operation(history.id(1));
    refuse(&history.encode(), expected);
}

#[test]
fn d04_a_seal_over_an_output_that_does_not_exist_never_opens() {
    let mut history = through(at(9));
    let coin = OutPoint {
        txid: history.txid(0),
        vout: 9,
    };
    history.edit(1, |draft| draft.transaction.input = vec![spend(coin)]);
    let expected = of(&history, 1, Check::InputMissing).operation(history.id(1));
    refuse(&history.encode(), expected);
    let mut alone = History::fixed(1_000);
    let assignments = [(0, State::Amount(999), at(9)), (0, State::Amount(1), at(1))];
    let act = alone.act("transfer", &[alone.seed(0)], &assignments);
    alone.push(alone.draft(vec![act]));
    let mut consignment = alone.consignment(View::Everything);
    consignment.hand_over([Terminal::Leaf(alone.leaf(0, 1))]);
    assert_eq!(accept(&consignment.encode()).terminals.len(), 1);
    consignment.hand_over([Terminal::Leaf(alone.leaf(0, 0))]);
    let expected = Fails::invalid(Check::Terminal).operation(alone.id(0));
    refuse(&consignment.encode(), expected);
}

#[test]
fn d07_a_seal_over_a_coinbase_output_is_a_seal_like_any_other() {
    // The transaction that makes the coin is not shown: whether it is mature is Bitcoin's question.
    let young = OutPoint {
        txid: coin(9).txid,
        vout: 0,
    };
    assert_eq!(accept(&through(on(young)).encode()).operations, 2);
}

#[test]
fn d09_two_leaves_with_one_secret_seal_are_both_handed_over() {
    let mut history = History::fixed(1_000);
    let secret = AssignedSeal::Secret(on(coin(5)).conceal());
    let both = [600, 400].map(|amount| (0, State::Amount(amount), secret));
    let act = history.act("transfer", &[history.seed(0)], &both);
    history.push(history.draft(vec![act]));
    assert_eq!(accept(&history.encode()).terminals.len(), 2);
}

#[test]
fn d11_a_witness_seal_in_a_genesis_never_opens_and_spoils_nothing() {
    for view in [View::Leaves, View::Narrow, View::Everything] {
        let mut history = History::fixed_among(&[400, 600]);
        history.edit_genesis(|genesis| {
            let list = [
                (0, State::Amount(400), at(0)),
                (0, State::Amount(600), on(coin(0))),
            ];
            genesis.outputs = outputs(&list);
        });
        let lost = history.seed(0);
        let bytes = |history: &History| history.consignment(view).encode();
        let mut good = history.clone();
        good.transfer(&[good.seed(1)], &[600]);
        assert_eq!(accept(&bytes(&good)).operations, 1);
        let mut file = history.consignment(View::Everything);
        file.hand_over([Terminal::Leaf(lost)]);
        let expected = Fails::invalid(Check::Terminal).operation(history.contract());
        refuse(&file.encode(), expected);
        let act = history.act("transfer", &[lost], &amounts_at(&[400]));
        let mut draft = history.draft(vec![act]);
        draft.transaction.input = vec![spend(OutPoint::null())];
        let frame = history.push(draft);
        let expected = of(&history, frame, Check::InputMissing).operation(history.id(frame));
        refuse(&bytes(&history), expected);
    }
}

#[test]
fn e20_a_seal_that_every_coinbase_would_close_never_opens() {
    // Every coinbase spends the null outpoint. Were that a seal, a miner could close it once in
    // each block, and every one of these histories would settle.
    let seal = on(OutPoint::null());
    let history = through(seal);
    let expected = of(&history, 1, Check::InputMissing).operation(history.id(1));
    refuse(&history.encode(), expected);
    let mut alone = History::fixed(1_000);
    let assignments = [(0, State::Amount(1_000), seal)];
    let act = alone.act("transfer", &[alone.seed(0)], &assignments);
    alone.push(alone.draft(vec![act]));
    let expected = Fails::invalid(Check::Terminal).operation(alone.id(0));
    refuse(&alone.consignment(View::Everything).encode(), expected);
}

#[test]
fn a_leaf_pruned_away_is_not_open() {
    let mut history = History::fixed(1_000);
    let one = history.transfer(&[history.seed(0)], &[400, 600]);
    history.transfer(&[history.leaf(one, 0)], &[400]);
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| {
        let of = &mut frame.transitions[0].transition.outputs;
        *of = of.pruned(|_, index| index == 1);
        assert!(matches!(of.0.get(&0), Some(Leaves::Pruned(_))));
    });
    let expected = of(&history, 1, Check::InputMissing).operation(history.id(1));
    refuse(&consignment.encode(), expected);
}
