//! However often a delta makes the store look for an ancestor, the ancestry is walked once, and for one
//! that asks for none not at all. What is counted are the steps of the store's machine.

use bitcoin::OutPoint;
use bulla_core::operation::Input;
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_tests::kit::make::{coin, on, spend};
use bulla_tests::kit::{Carry, History, Receiver, amounts_at};
use bulla_wallet::Error;
use bulla_wallet::transfer::error::TransferError;

/// The coins that both branches spend, before the delta and by it.
fn early(n: u32) -> OutPoint {
    coin(10_000 + n)
}

/// A wallet that knows two branches that are not mined: one with a witness of `size` operations, and one
/// of `size` witnesses, each of which spends an output that the other branch spends, too.
fn branches(size: u32) -> Receiver {
    let amounts = vec![10; size as usize + 1];
    let mut receiver = Receiver::of(History::fixed_among(&amounts));
    let empty = receiver.history.clone();
    let history = &mut receiver.history;
    let acts = (1..=size).map(|n| {
        let place = [(0, State::Amount(10), on(coin(20_000 + n)))];
        history.act("transfer", &[history.seed(n)], &place)
    });
    let mut broad = history.draft(acts.collect());
    let spent = (0..size).map(|n| spend(early(n)));
    broad.transaction.input.extend(spent);
    history.push(broad);
    let leaf = history.leaf(0, 0);
    pay_on(&mut receiver, leaf);
    receiver.history = empty;
    let history = &mut receiver.history;
    let mut last = history.seed(0);
    for n in 0..size {
        let act = history.act("transfer", &[last], &amounts_at(&[10]));
        let mut draft = history.draft(vec![act]);
        draft.transaction.input.push(spend(early(n)));
        let frame = history.push(draft);
        last = history.leaf(frame, 0);
    }
    pay_on(&mut receiver, last);
    receiver
}

/// Pays the wallet out of a leaf of 10, and has it accept the history.
fn pay_on(receiver: &mut Receiver, leaf: Input) {
    let payment = receiver.payment(&[leaf], &[1, 9]);
    receiver.history.push(payment);
    let whole = receiver.history.encode();
    receiver.accept(&whole).unwrap();
}

/// A transfer on top of the second branch that spends these outputs, too.
fn on_top(receiver: &Receiver, spent: impl Iterator<Item = OutPoint>) -> Vec<u8> {
    let mut history = receiver.history.clone();
    let known = history.drafts().len();
    let act = history.act("transfer", &[history.leaf(known - 1, 1)], &amounts_at(&[9]));
    let mut draft = history.draft(vec![act]);
    draft.transaction.input.extend(spent.map(spend));
    history.push(draft);
    history.delta(known).encode()
}

fn steps_of_validation(size: u32) -> u64 {
    let mut receiver = branches(size);
    let delta = on_top(&receiver, (1..=size).map(coin));
    let (result, steps) = receiver.steps(|receiver| receiver.wallet.validate(&delta));
    result.unwrap();
    steps
}

#[test]
fn many_outputs_of_another_branch_cost_one_walk_through_this_one() {
    let (small, large) = (steps_of_validation(50), steps_of_validation(200));
    assert!(large <= 5 * small, "{small} steps, then {large}");
}

#[test]
fn a_leaf_on_top_costs_no_walk_where_nothing_is_found() {
    let steps = |size| {
        let mut receiver = Receiver::new(Carry::Opret);
        receiver.grow(size);
        let first = receiver.pay();
        receiver.accept(&receiver.whole(first)).unwrap();
        let known = receiver.history.drafts().len();
        let leaf = receiver.pay();
        let delta = receiver.delta(known, leaf);
        let (result, steps) = receiver.steps(|receiver| receiver.wallet.validate(&delta));
        result.unwrap();
        steps
    };
    assert_eq!(steps(10), steps(200));
}

#[test]
fn an_output_that_the_own_branch_spends_is_found_among_many_that_others_spend() {
    let mut receiver = branches(20);
    let delta = on_top(&receiver, (1..=20).map(coin).chain([early(7)]));
    let error = receiver.accept(&delta).unwrap_err();
    let Error::Transfer(cause) = error else {
        panic!("the store failed: {error}");
    };
    let TransferError::Refused(failure) = *cause else {
        panic!("{cause}");
    };
    let report = failure.report();
    assert_eq!(report.check, Check::OutpointSpentTwice);
    assert_eq!(report.found, early(7).to_string());
}

/// The steps to accept a whole history of so many transfers, and one transfer on top of it.
fn accepting(transfers: u32) -> [u64; 2] {
    let mut receiver = Receiver::new(Carry::Opret);
    receiver.grow(transfers - 1);
    let leaf = receiver.pay();
    let whole = receiver.whole(leaf);
    let (accepted, first) = receiver.steps(|receiver| receiver.accept(&whole));
    accepted.unwrap();
    let known = receiver.history.drafts().len();
    let leaf = receiver.pay();
    let delta = receiver.delta(known, leaf);
    let (accepted, more) = receiver.steps(|receiver| receiver.accept(&delta));
    accepted.unwrap();
    [first, more]
}

#[test]
fn accepting_is_linear_and_one_transfer_more_costs_the_same_on_any_history() {
    let [first, more] = accepting(50);
    let [long_first, long_more] = accepting(400);
    assert!(
        long_first < 9 * first,
        "{first} steps for 50, {long_first} for 400"
    );
    assert!(
        long_more < more + 100,
        "{more} steps on top of 50, {long_more} on top of 400"
    );
}
