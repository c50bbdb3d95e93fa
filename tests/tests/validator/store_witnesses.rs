//! An operation in several witnesses: behind what builds on it lies the one it was proven on, in the wallet's
//! real store as in the model, so that a delta gets the verdict of the whole.

use bdk_wallet::rusqlite::Connection;
use bulla_core::frame::{Base, Frame, Terminal};
use bulla_core::operation::Input;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::validator::{Check, validate};
use bulla_tests::kit::make::{at, coin, on, spend};
use bulla_tests::kit::{Draft, Fails, History, Receiver, Store, amounts_at, refuse, rules};
use bulla_wallet::Wallet;
use proptest::prelude::*;
use proptest::sample::Index;

use super::store::{Growing, Move, assert_same, deltas};

/// A receiver who was paid by an operation with a leaf of 500 on an output of its witness, and one of 499
/// on a coin; and the same history with that operation in a witness that spends coin 77, too.
fn twofold() -> (Receiver, [History; 2]) {
    let mut receiver = Receiver::of(History::fixed(1_000));
    let seed = receiver.history.seed(0);
    let mut draft = receiver.payment(&[seed], &[1, 999]);
    let outputs = &draft.acts[0].transition.outputs;
    let own: AssignedSeal = outputs.shown().next().unwrap().1.seal;
    let leaves = [
        (0, State::Amount(1), own),
        (0, State::Amount(500), at(2)),
        (0, State::Amount(499), on(coin(50))),
    ];
    draft.acts[0] = receiver.history.act("transfer", &[seed], &leaves);
    receiver.history.push(draft);
    let first = receiver.history.clone();
    let mut second = first.clone();
    second.edit(0, |draft| draft.transaction.input.push(spend(coin(77))));
    assert_eq!(first.id(0), second.id(0));
    (receiver, [first, second])
}

/// Has the receiver accept a payment out of these leaves of the first operation, in this history.
fn pay_on(receiver: &mut Receiver, history: &History, leaves: &[u32], sum: u64) -> History {
    receiver.history = history.clone();
    let inputs: Vec<Input> = leaves.iter().map(|n| history.leaf(0, *n)).collect();
    let payment = receiver.payment(&inputs, &[2, sum - 2]);
    receiver.history.push(payment);
    receiver.accept(&receiver.history.encode()).unwrap();
    receiver.history.clone()
}

/// A transfer of what is left, in a witness that spends coin 77, too, or not.
fn next(history: &History, left: u64, spends: bool) -> History {
    let mut history = history.clone();
    let act = history.act("transfer", &[history.leaf(1, 1)], &amounts_at(&[left]));
    let mut draft = history.draft(vec![act]);
    if spends {
        draft.transaction.input.push(spend(coin(77)));
    }
    history.push(draft);
    history
}

/// Which of two txids is less is left to chance, so all is done several times.
#[test]
fn a_leaf_on_a_coin_builds_on_the_witness_it_was_proven_on() {
    for _ in 0..4 {
        for shown in [0, 1] {
            let (mut receiver, both) = twofold();
            receiver.accept(&both[0].encode()).unwrap();
            receiver.accept(&both[1].encode()).unwrap();
            let paid = pay_on(&mut receiver, &both[shown], &[2], 499);
            let spending = next(&paid, 497, true);
            let store = Store::of(&both[1 - shown], 1).then(Store::of(&paid, 2));
            let accepted = assert_same(&spending.delta(2).encode(), &store, &receiver);
            assert_eq!(accepted, shown == 0);
            let whole = validate(&spending.encode(), &rules());
            assert_eq!(whole.is_ok(), accepted);
            if shown == 1 {
                let twice = Fails::invalid(Check::OutpointSpentTwice).witness(spending.txid(2));
                refuse(&spending.encode(), twice);
            }
        }
    }
}

#[test]
fn leaves_on_a_coin_and_on_an_output_of_one_parent_build_on_one_witness() {
    for _ in 0..4 {
        for shown in [0, 1] {
            let (mut receiver, both) = twofold();
            receiver.accept(&both[0].encode()).unwrap();
            receiver.accept(&both[1].encode()).unwrap();
            let paid = pay_on(&mut receiver, &both[shown], &[1, 2], 999);
            let plain = next(&paid, 997, false);
            let store = Store::of(&both[1 - shown], 1).then(Store::of(&paid, 2));
            assert!(assert_same(&plain.delta(2).encode(), &store, &receiver));
        }
    }
}

#[test]
fn what_is_proven_on_a_second_witness_stays_on_the_first() {
    for first in [0, 1] {
        let (mut receiver, both) = twofold();
        let paid = pay_on(&mut receiver, &both[first], &[2], 499);
        // The same operation in the same witness.
        let mut again = both[1 - first].clone();
        again.push(paid.drafts()[1].clone());
        assert_eq!(again.txid(1), paid.txid(1));
        receiver.accept(&again.encode()).unwrap();
        let store = Store::of(&paid, 2).then(Store::of(&again, 2));
        let delta = next(&paid, 497, true).delta(2).encode();
        assert_eq!(assert_same(&delta, &store, &receiver), first == 0);
    }
}

/// Takes leaves of a history that grew, in a witness that spends coin 77, too, or not.
fn grown(history: &History, taken: &(Vec<Input>, Vec<u64>), spends: bool) -> History {
    let mut history = history.clone();
    let act = history.act("transfer", &taken.0, &amounts_at(&taken.1));
    let mut draft: Draft = history.draft(vec![act]);
    if spends {
        draft.transaction.input.push(spend(coin(77)));
    }
    history.push(draft);
    history
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec((1_usize..4, 1_u64..4, any::<bool>()), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// A history of which one frame has a second witness: what hangs on its outputs has others as well,
    /// what hangs on coins has not.
    #[test]
    fn incremental_is_full_where_one_witness_replaces_another(
        moves in moves(), frame: Index, swap: bool, takes in 1_usize..12,
    ) {
        let mut growing = Growing::new();
        growing.mined = false;
        growing.grow(&moves);
        let known = growing.known();
        let mut replaced = growing.receiver.history.clone();
        replaced.edit(frame.index(known), |draft| draft.transaction.input.push(spend(coin(77))));
        let mut both = [growing.receiver.history.clone(), replaced];
        if swap {
            both.reverse();
        }
        for history in &both {
            growing.receiver.accept(&history.encode()).unwrap();
        }
        let store = Store::of(&both[0], known).then(Store::of(&both[1], known));
        let taken = growing.take(takes, 2);
        // Whoever takes all that is open builds on all of the history.
        let on_all = growing.open.is_empty();
        for (n, history) in both.iter().enumerate() {
            for spends in [false, true] {
                let next = grown(history, &taken, spends);
                if next.base(known).is_empty() {
                    continue;
                }
                let delta = next.delta(known).encode();
                let accepted = assert_same(&delta, &store, &growing.receiver);
                // What was proven first is what lies behind: the verdict is that of the whole.
                if n == 0 && on_all {
                    prop_assert_eq!(accepted, validate(&next.encode(), &rules()).is_ok());
                }
                for bytes in deltas(&next, known) {
                    assert_same(&bytes, &store, &growing.receiver);
                }
            }
        }
    }
}

/// Runs a statement on the file of a receiver's wallet, which is closed for it.
pub(super) fn in_file(mut receiver: Receiver, sql: &str) -> Receiver {
    let file = receiver.folder.path().join("wallet");
    let another = Receiver::of(receiver.history.clone());
    drop(std::mem::replace(&mut receiver.wallet, another.wallet));
    Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    receiver.wallet = Wallet::open(&file).unwrap();
    receiver
}

#[test]
fn where_nobody_noted_on_which_witness_a_parent_was_proven_the_whole_is_asked_for() {
    let (mut receiver, both) = twofold();
    let paid = pay_on(&mut receiver, &both[0], &[2], 499);
    let delta = next(&paid, 497, false).delta(2).encode();
    receiver.wallet.validate(&delta).unwrap();
    let mut receiver = in_file(receiver, "DELETE FROM parents");
    let unknown = receiver.wallet.validate(&delta).unwrap_err();
    assert_eq!(unknown.code(), "base-missing");
    assert_eq!(unknown.missing(), [paid.id(1)]);
    receiver.accept(&paid.encode()).unwrap();
    receiver.wallet.validate(&delta).unwrap();
}

/// The steps of validating and of accepting a delta.
fn steps(receiver: &mut Receiver, delta: &[u8]) -> [u64; 2] {
    let (valid, validated) = receiver.steps(|receiver| receiver.wallet.validate(delta));
    valid.unwrap();
    let (accepted, stored) = receiver.steps(|receiver| receiver.accept(delta));
    accepted.unwrap();
    [validated, stored]
}

/// A delta that names every leaf that it leaves alone, too.
fn naming_all(history: &History, known: usize, leaves: &[(usize, u32)]) -> Vec<u8> {
    let mut delta = history.delta(known);
    let base = leaves
        .iter()
        .map(|(frame, n)| history.entry(*frame, history.leaf(*frame, *n)));
    delta.frames[0] = Frame::Base(Base::new(base).unwrap());
    delta.hand_over([Terminal::Leaf(history.leaf(known, 0))]);
    delta.encode()
}

/// Of a base with so many leaves of one operation.
fn steps_of_a_wide_base(leaves: u32) -> [u64; 2] {
    let mut receiver = Receiver::of(History::fixed(10_000));
    let seed = receiver.history.seed(0);
    let mut draft = receiver.payment(&[seed], &[1, 9_999]);
    let own = draft.acts[0]
        .transition
        .outputs
        .shown()
        .next()
        .unwrap()
        .1
        .seal;
    let mut list = vec![(0, State::Amount(1), own)];
    list.push((0, State::Amount(9_999 - u64::from(leaves)), at(2)));
    list.extend((0..leaves).map(|n| (0, State::Amount(1), on(coin(2_000 + n)))));
    draft.acts[0] = receiver.history.act("transfer", &[seed], &list);
    receiver.history.push(draft);
    receiver.accept(&receiver.history.encode()).unwrap();
    let left = receiver.history.leaf(0, 1);
    let payment = receiver.payment(&[left], &[1, 9_998 - u64::from(leaves)]);
    receiver.history.push(payment);
    let named: Vec<_> = (1..leaves + 2).map(|n| (0, n)).collect();
    let delta = naming_all(&receiver.history, 1, &named);
    steps(&mut receiver, &delta)
}

/// Of a base with a leaf of each operation of a line so long, none of them mined.
fn steps_of_a_deep_base(size: u32) -> [u64; 2] {
    let mut receiver = Receiver::of(History::fixed(10_000));
    let mut last = receiver.history.seed(0);
    let mut left = 10_000;
    for n in 0..size {
        left -= 1;
        let place = [
            (0, State::Amount(1), on(coin(2_000 + n))),
            (0, State::Amount(left), at(2)),
        ];
        let history = &mut receiver.history;
        let act = history.act("transfer", &[last], &place);
        let frame = history.push(history.draft(vec![act]));
        last = history.leaf(frame, 1);
    }
    let payment = receiver.payment(&[last], &[1, left - 1]);
    let known = receiver.history.push(payment);
    receiver.accept(&receiver.history.encode()).unwrap();
    let payment = receiver.payment(&[receiver.history.leaf(known, 1)], &[1, left - 2]);
    receiver.history.push(payment);
    let mut named: Vec<_> = (0..known).map(|frame| (frame, 0)).collect();
    named.push((known, 1));
    let delta = naming_all(&receiver.history, known + 1, &named);
    steps(&mut receiver, &delta)
}

#[test]
fn a_base_costs_no_more_than_its_entries_and_what_lies_behind() {
    for of in [steps_of_a_wide_base, steps_of_a_deep_base] {
        let (small, large) = (of(50), of(200));
        for (small, large) in small.into_iter().zip(large) {
            assert!(large <= 5 * small, "{small} steps, then {large}");
        }
    }
}
