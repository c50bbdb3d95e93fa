//! Checks on the curve are put off and done beside the hashing: nothing may show of that. Whatever
//! else is wrong later, the tweak that does not hold is what is reported.

use bulla_core::commit::DbcProof;
use bulla_core::frame::{Frame, Terminal, Terminals};
use bulla_core::validator::{Check, Limits, Rules};
use bulla_tests::kit::make::outputs;
use bulla_tests::kit::{
    Carry, Consignment, Fails, History, View, amounts_at, join, refuse, refuse_under, rules,
};

/// Four transfers, each in a tapret output.
fn chain() -> History {
    let mut history = History::fixed(1_000);
    let mut last = history.seed(0);
    for _ in 0..4 {
        let frame = history.transfer_by(&Carry::Tapret(None), &[last], &[1_000]);
        last = history.leaf(frame, 0);
    }
    history
}

/// The chain with the wrong parity in this frame.
fn bent(history: &History, frame: usize) -> Consignment {
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(frame, |frame| match &mut frame.anchor.dbc {
        DbcProof::Tapret { odd, .. } => *odd = !*odd,
        DbcProof::Opret => panic!("every frame has a tapret anchor"),
    });
    consignment
}

fn expected(history: &History, frame: usize) -> Fails {
    Fails::invalid((Check::Dbc, "found parity bit odd=")).witness(history.txid(frame))
}

#[test]
fn the_lowest_tweak_that_fails_is_reported() {
    let history = chain();
    for lowest in 0..4 {
        let mut consignment = bent(&history, lowest);
        for frame in lowest + 1..4 {
            consignment.frames[frame] = bent(&history, frame).frames[frame].clone();
        }
        refuse(&consignment.encode(), expected(&history, lowest));
    }
}

#[test]
fn bytes_that_are_cut_off_later_do_not_hide_it() {
    let history = chain();
    for frame in 0..4 {
        let consignment = bent(&history, frame);
        let whole = consignment.encode();
        let parts = consignment.parts();
        let before = join(parts[..frame + 2].iter().cloned()).len();
        for length in before..whole.len() {
            refuse(&whole[..length], expected(&history, frame));
        }
    }
}

#[test]
fn nothing_that_is_wrong_with_later_parts_hides_it() {
    let history = chain();
    let bent = bent(&history, 1);
    let with = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut parts = bent.parts();
        change(&mut parts);
        join(parts)
    };
    for bytes in [
        with(&|parts| parts[3] = vec![9]),
        with(&|parts| parts[3] = vec![]),
        with(&|parts| parts[3] = vec![0, 0]),
        with(&|parts| parts[3] = parts[1].clone()),
        with(&|parts| parts[3] = parts[2].clone()),
        with(&|parts| drop(parts.remove(3))),
        with(&|parts| drop(parts.pop())),
        with(&|parts| parts.push(vec![3, 0])),
    ] {
        refuse(&bytes, expected(&history, 1));
    }
}

#[test]
fn no_check_of_content_hides_it_in_the_same_frame_or_later() {
    for frame in 1..4 {
        let mut history = chain();
        history.edit(frame, |draft| {
            draft.acts[0].transition.outputs = outputs(&amounts_at(&[1_001]));
        });
        refuse(&bent(&history, 1).encode(), expected(&history, 1));
    }
    // Of an earlier frame it does.
    let mut history = chain();
    history.edit(0, |draft| {
        draft.acts[0].transition.outputs = outputs(&amounts_at(&[1_001]));
    });
    let earlier = Fails::invalid((Check::Rule, "left is 1000, right is 1001"))
        .operation(history.id(0))
        .witness(history.txid(0));
    refuse(&bent(&history, 1).encode(), earlier);
}

#[test]
fn neither_terminals_nor_a_local_limit_hide_it() {
    let history = chain();
    let mut consignment = bent(&history, 1);
    let whole = consignment.encode().len() as u64;
    consignment.hand_over([Terminal::Leaf(history.leaf(0, 0))]);
    refuse(&consignment.encode(), expected(&history, 1));
    *consignment.frames.last_mut().unwrap() = Frame::Terminals(Terminals::default());
    refuse(&consignment.encode(), expected(&history, 1));
    let limits = Limits {
        bytes: whole - 1,
        ..Limits::default()
    };
    let rules = Rules { limits, ..rules() };
    let consignment = bent(&history, 1);
    refuse_under(&rules, &consignment.encode(), expected(&history, 1));
}
