//! Attacks on the bytes of frames: numbers and references that say something else, or the same in
//! another way.

use bulla_core::validator::Check;
use bulla_core::wire::{SpentTxid, WitnessFrame};
use bulla_tests::kit::random::{self, Choices};
use bulla_tests::kit::{Fails, History, Kind, View, judge, refuse, swap};
use proptest::prelude::*;
use proptest::sample::Index;

fn histories() -> impl Strategy<Value = History> {
    prop::collection::vec(any::<u32>(), 20..80)
        .prop_map(|numbers| random::history(&mut Choices::new(numbers), 5))
}

/// Changes one reference; false if that changes nothing.
fn misdirect(frame: &mut WitnessFrame, change: u8, at: Index, to: u64) -> bool {
    let count = frame.transitions.len();
    let spends = frame.transaction.inputs.len();
    match change {
        0 => {
            let numbers = &mut frame.transitions[at.index(count)].inputs.numbers;
            let before = numbers.clone();
            if let Some(first) = numbers.first_mut() {
                *first = to;
            }
            *numbers != before
        }
        1 => {
            let spend = &mut frame.transaction.inputs[at.index(spends)];
            let before = spend.txid;
            spend.txid = SpentTxid::Input(to);
            spend.txid != before
        }
        2 if count > 1 => {
            let moved = frame.transitions[0].inputs.numbers.pop();
            frame.transitions[1].inputs.numbers.extend(moved);
            moved.is_some()
        }
        3 if count > 1 => {
            let first = frame.transitions[0].inputs.clone();
            frame.transitions[0].inputs = frame.transitions[1].inputs.clone();
            frame.transitions[1].inputs = first;
            true
        }
        4 => {
            let numbers = &mut frame.transitions[at.index(count)].inputs.numbers;
            numbers.extend(numbers.last().copied());
            !numbers.is_empty()
        }
        5 if spends > 1 => {
            let first = frame.transaction.inputs[0].txid;
            frame.transaction.inputs[0].txid = frame.transaction.inputs[1].txid;
            frame.transaction.inputs[1].txid = first;
            first != frame.transaction.inputs[0].txid
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_reference_can_lead_elsewhere(
        history in histories(), frame: Index, change in 0_u8..6, at: Index, to in 0_u64..40,
    ) {
        let mut consignment = history.consignment(View::Leaves);
        consignment.hand_over(history.fair_terminals());
        let frame = frame.index(history.drafts().len());
        let mut changed = false;
        let bytes = consignment.encode_wire(frame, |frame| {
            changed = misdirect(frame, change, at, to);
        });
        prop_assume!(changed);
        let failure = match judge(&bytes) {
            Err(failure) => failure,
            // The same coins, spent in another order: another witness, which nobody signs.
            Ok(content) => {
                prop_assert_eq!(change, 5);
                let found = content.get().witnesses.iter().map(|witness| witness.txid);
                prop_assert!(!found.eq((0..history.drafts().len()).map(|at| history.txid(at))));
                return Ok(());
            }
        };
        let check = failure.report().check;
        prop_assert_eq!(Kind::of(&failure), Kind::Invalid);
        let checks = [
            Check::Decode, Check::NotCanonical, Check::Limit, Check::Order, Check::Dbc,
            Check::SealNotClosed, Check::OutpointSpentTwice,
        ];
        let unsigned = change == 5 && check == Check::Signature;
        prop_assert!(unsigned || checks.contains(&check), "{}", failure);
    }
}

fn one() -> History {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    history
}

/// The frame with the amount of its only leaf, 1,000 and tag 0 of its seal, written like this.
fn with_amount(amount: &[u8]) -> Vec<u8> {
    one().consignment(View::Everything).encode_with(0, |bytes| {
        swap(
            bytes,
            &[0, 1, 0xe8, 7, 0, 1],
            &[&[0, 1], amount, &[0, 1]].concat(),
        );
    })
}

#[test]
fn b21_an_amount_of_more_than_64_bits_or_in_a_longer_form_has_no_encoding() {
    let longest = [0xff; 9];
    let decode = Fails::invalid((
        Check::Decode,
        "amount is more; expected a number below 2^64",
    ));
    let longer = Fails::invalid((Check::NotCanonical, "a number is not in its shortest form"));
    refuse(&with_amount(&[&longest[..], &[2]].concat()), decode);
    refuse(&with_amount(&[&longest[..], &[0x81, 0]].concat()), decode);
    refuse(&with_amount(&[0xff; 11]), decode);
    refuse(&with_amount(&[0xe8, 0x87, 0]), longer);
    refuse(&with_amount(&[&longest[..], &[0]].concat()), longer);
    // The largest one is an amount like any other, of another operation.
    let dbc = Fails::invalid(Check::Dbc).witness(one().txid(0));
    refuse(&with_amount(&[&longest[..], &[1]].concat()), dbc);
}

#[test]
fn c11_more_transitions_than_a_frame_may_show_are_refused_before_they_are_read() {
    let history = one();
    for count in [&[0x80, 0x80, 4][..], &[0xff, 0xff, 0xff, 0xff, 0x0f], &[0]] {
        let bytes = history.consignment(View::Leaves).encode_with(0, |bytes| {
            assert_eq!(bytes[..2], [0, 1], "one transition");
            bytes.splice(1..2, count.iter().copied());
        });
        refuse(
            &bytes,
            Fails::invalid((Check::Limit, "the limit is 1 to 65535")),
        );
    }
}

#[test]
fn g14_another_genesis_under_the_frames_of_this_one_is_another_contract() {
    let history = one();
    let header = |change: &dyn Fn(&mut bulla_core::operation::Genesis)| {
        let parts = history.consignment(View::Leaves).parts();
        let mut forged = history.consignment(View::Leaves).header;
        change(&mut forged.genesis);
        bulla_tests::kit::join([vec![forged.encode()], parts[1..].to_vec()].concat())
    };
    // The running numbers lead to the leaves of the forged genesis: the operation is another one.
    let dbc = Fails::invalid(Check::Dbc).witness(history.txid(0));
    refuse(&header(&|genesis| genesis.timestamp += 1), dbc);
    let ticker = |genesis: &mut bulla_core::operation::Genesis| {
        let mut list: Vec<_> = genesis
            .globals
            .0
            .iter()
            .map(|value| (value.number, value.bytes.to_vec()))
            .collect();
        list[0].1 = b"FAKE".to_vec();
        genesis.globals = bulla_tests::kit::make::values(&list);
    };
    refuse(&header(&ticker), dbc);
}
