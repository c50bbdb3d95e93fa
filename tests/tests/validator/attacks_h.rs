//! H: the shape of a history.

use amplify::confinement::Confined;
use bulla_core::bundle::BundleProof;
use bulla_core::frame::{BlockProof, Frame, Terminal};
use bulla_core::validator::{Check, Settlement};
use bulla_tests::kit::make::outputs;
use bulla_tests::kit::{
    Chain, Fails, History, View, accept, amounts_at, judge, leaf, record, refuse, swap,
};

fn linear(length: usize) -> History {
    let mut history = History::fixed(1_000);
    let mut at = history.seed(0);
    for _ in 0..length {
        let frame = history.transfer(&[at], &[1_000]);
        at = history.leaf(frame, 0);
    }
    history
}

fn missing(history: &History, frame: usize) -> Fails {
    Fails::invalid(Check::InputMissing)
        .operation(history.id(frame))
        .witness(history.txid(frame))
}

#[test]
fn h01_an_ancestor_is_cut_out() {
    let history = linear(4);
    for cut in 0..3 {
        let mut consignment = history.consignment(View::Leaves);
        consignment.frames.remove(cut);
        refuse(&consignment.encode(), missing(&history, cut + 1));
    }
}

#[test]
fn h02_a_child_before_its_parent() {
    let history = linear(2);
    let mut consignment = history.consignment(View::Leaves);
    consignment.frames.swap(0, 1);
    refuse(&consignment.encode(), missing(&history, 1));
}

#[test]
fn h03_a_cycle_cannot_be_closed() {
    let history = linear(2);
    let mut consignment = history.consignment(View::Leaves);
    let last = history.leaf(1, 0);
    consignment.tamper(0, |frame| {
        frame.transitions[0].transition.inputs = Confined::try_from([last].into()).unwrap();
    });
    let expected = Fails::invalid(Check::Dbc).witness(history.txid(0));
    refuse(&consignment.encode(), expected);
}

#[test]
fn h04_an_input_that_was_never_made() {
    let history = linear(1);
    let id = history.id(0);
    let strange = bulla_core::OperationId::from_bytes([3; 32]);
    for input in [
        leaf(id, 0, 1),
        leaf(id, 0, u32::MAX),
        leaf(id, 1, 0),
        leaf(id, u16::MAX, 0),
        leaf(strange, 0, 0),
        leaf(history.contract().into(), 0, 1),
    ] {
        let mut history = history.clone();
        history.transfer(&[history.leaf(0, 0)], &[1_000]);
        history.edit(1, |draft| {
            let inputs = [input].into();
            draft.acts[0].transition.inputs = Confined::try_from(inputs).unwrap();
        });
        refuse(&history.encode(), missing(&history, 1));
    }
}

#[test]
fn h05_history_that_nothing_builds_on() {
    let mut history = History::fixed_among(&[500, 500]);
    let idle = history.transfer(&[history.seed(0)], &[500]);
    let own = history.transfer(&[history.seed(1)], &[500]);
    let mut consignment = history.consignment(View::Leaves);
    consignment.hand_over([Terminal::Leaf(history.leaf(own, 0))]);
    let expected = Fails::invalid(Check::Irrelevant).operation(history.id(idle));
    refuse(&consignment.encode(), expected);
    consignment.hand_over([
        Terminal::Leaf(history.leaf(own, 0)),
        Terminal::Evidence(history.id(idle)),
    ]);
    assert_eq!(accept(&consignment.encode()).operations, 2);
}

#[test]
fn h05_a_shown_transition_of_a_bundle_that_nothing_builds_on() {
    let mut history = History::fixed_among(&[500, 500]);
    let acts = [0, 1].map(|seed| {
        let amounts = amounts_at(&[500]);
        history.act("transfer", &[history.seed(seed)], &amounts)
    });
    history.push(history.draft(acts.into()));
    let mut consignment = history.consignment(View::Leaves);
    let ids = history.anchored(0).ids.clone();
    consignment.hand_over([Terminal::Leaf(leaf(ids[0], 0, 0))]);
    let expected = Fails::invalid(Check::Irrelevant).operation(ids[1]);
    refuse(&consignment.encode(), expected);
}

#[test]
fn h07_a_very_deep_history_needs_no_deep_stack() {
    let bytes = linear(3_000).encode();
    let judged = std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(move || accept(&bytes).operations)
        .expect("a thread");
    assert_eq!(judged.join().expect("no overflow"), 3_000);
}

#[test]
fn h07_a_deep_history_is_consistent_and_fails_at_the_frame_that_is_wrong() {
    let mut history = linear(1_000);
    assert_eq!(accept(&history.encode()).operations, 1_000);
    history.edit(999, |draft| {
        draft.acts[0].transition.outputs = outputs(&amounts_at(&[1_001]));
    });
    let expected = Fails::invalid((Check::Rule, "left is 1000, right is 1001"))
        .operation(history.id(999))
        .witness(history.txid(999));
    refuse(&history.encode(), expected);
}

#[test]
fn h08_a_merge_of_thousands() {
    let mut history = History::fixed(3_000);
    let batch = history.transfer(&[history.seed(0)], &vec![1; 3_000]);
    let assignments: Vec<_> = (0..3_000_u32)
        .map(|i| {
            (
                0,
                bulla_core::state::State::Amount(1),
                bulla_tests::kit::make::at(i % 100),
            )
        })
        .collect();
    history.edit(batch, |draft| {
        draft.acts[0].transition.outputs = outputs(&assignments);
    });
    let all: Vec<_> = (0..3_000).map(|i| history.leaf(batch, i)).collect();
    let merge = history.transfer(&all, &[3_000]);
    assert_eq!(accept(&history.encode()).operations, 2);
    // 65,536 inputs, in three bytes after the kind of the frame, one transition, and its kind; they never stand there.
    let many = history
        .consignment(View::Leaves)
        .encode_with(merge, |frame| {
            assert_eq!(frame[..5], [0, 1, 0, 0xb8, 0x17]);
            frame.splice(3..5, [0x80, 0x80, 4]);
        });
    let says = "inputs: 65536; the limit is 1 to 65535";
    refuse(&many, Fails::invalid((Check::Limit, says)));
}

#[test]
fn h14_a_forged_spend_is_consistent_and_never_settles() {
    let mut history = linear(1);
    let seen = history.leaf(0, 0);
    let forged = history.transfer(&[seen], &[1_000]);
    let bytes = history.encode();
    let chain = Chain::mined(100, [(history.txid(0), 50)]);
    let settlement = judge(&bytes).unwrap().settle(&chain, 1);
    let found = record::Judged::of(&settlement);
    record::judged(&accept(&bytes), &bytes, (&chain, 1), found);
    let settlement = settlement.unwrap();
    let Settlement::Pending { depth, weakest, .. } = settlement else {
        panic!("a witness that nobody signed settled: {settlement:?}");
    };
    assert_eq!((depth, weakest), (0, history.txid(forged)));
}

#[test]
fn frames_stand_only_where_they_may() {
    let history = linear(2);
    let proof = Frame::BlockProof(BlockProof {
        height: 1,
        position: 0,
        branch: Confined::default(),
    });
    for (at, good) in [(0, false), (1, true), (2, true)] {
        let mut consignment = history.consignment(View::Leaves);
        consignment.frames.insert(at, proof.clone());
        if good {
            let mut content = accept(&consignment.encode());
            let proofs = std::mem::take(&mut content.proofs);
            assert_eq!(content, accept(&history.encode()));
            assert!(proofs.into_keys().eq([history.txid(at - 1)]));
        } else {
            refuse(
                &consignment.encode(),
                Fails::invalid((
                    Check::Order,
                    "expected a block proof right after the frame of its witness",
                )),
            );
        }
    }
    let mut twice = history.consignment(View::Leaves);
    twice.frames.insert(1, proof.clone());
    twice.frames.insert(1, proof);
    refuse(
        &twice.encode(),
        Fails::invalid((
            Check::Order,
            "expected a block proof right after the frame of its witness",
        )),
    );
}

#[test]
fn a_witness_stands_in_one_frame_even_with_another_part_of_its_bundle() {
    let mut history = History::fixed_among(&[500, 500]);
    let acts = [0, 1].map(|seed| {
        let amounts = amounts_at(&[500]);
        history.act("transfer", &[history.seed(seed)], &amounts)
    });
    history.push(history.draft(acts.into()));
    let mut second = history.clone();
    history.edit(0, |draft| draft.acts[1].shown = false);
    second.edit(0, |draft| draft.acts[0].shown = false);
    let mut consignment = history.consignment(View::Everything);
    let other = second.consignment(View::Everything).frames[0].clone();
    consignment.frames.insert(1, other);
    let expected =
        Fails::invalid((Check::Order, "expected one frame per witness")).witness(history.txid(0));
    refuse(&consignment.encode(), expected);
}

#[test]
fn the_proof_of_a_whole_bundle_has_no_bytes() {
    let history = linear(1);
    let consignment = history.consignment(View::Leaves);
    let Frame::Witness(frame) = &consignment.frames[0] else {
        panic!("the first frame is a witness frame");
    };
    assert_eq!(frame.bundle, BundleProof::default());
}

#[test]
fn a_witness_without_inputs_or_with_a_number_in_a_longer_form_is_no_witness() {
    let history = linear(1);
    let consignment = history.consignment(View::Leaves);
    let empty = consignment.encode_wire(0, |frame| frame.transaction.inputs.clear());
    refuse(
        &empty,
        Fails::invalid((
            Check::Limit,
            "inputs of the witness transaction: 0; the limit is 1 to 24390",
        )),
    );
    let wide = consignment.encode_with(0, |bytes| {
        // Version 2, one input: output 0 of the txid that input 0 tells, sequence fffffffd.
        let spend = [2, 1, 1, 0, 0, 2];
        swap(bytes, &spend, &[&[0x82, 0], &spend[1..]].concat());
    });
    refuse(
        &wide,
        Fails::invalid((Check::NotCanonical, "a number is not in its shortest form")),
    );
}
