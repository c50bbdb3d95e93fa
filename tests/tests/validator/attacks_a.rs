//! A: double spends of a seal.

use amplify::confinement::Confined;
use bitcoin::TxOut;
use bulla_core::bundle::BundleProof;
use bulla_core::frame::Frame;
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_core::witness::Witness;
use bulla_core::{BundleId, OperationId};
use bulla_tests::kit::make::{at, coin, key, on, outputs, p2tr};
use bulla_tests::kit::{
    Act, Carry, Draft, Fails, History, Reason, View, accept, amounts_at, leaf, refuse,
};

/// All on one coin, moved once; then the same leaf moved again.
fn twice() -> History {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    history.transfer(&[history.seed(0)], &[999, 1]);
    history
}

fn of(history: &History, frame: usize, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason).witness(history.txid(frame))
}

#[test]
fn a01_same_output_consumed_twice() {
    let history = twice();
    refuse(
        &history.encode(),
        of(&history, 1, Check::OutpointSpentTwice),
    );
    let mut elsewhere = twice();
    elsewhere.edit(1, |draft| {
        draft.transaction.input[0].previous_output = coin(5);
    });
    let expected = of(&elsewhere, 1, Check::InputMissing).operation(elsewhere.id(1));
    refuse(&elsewhere.encode(), expected);
}

#[test]
fn a02_two_operations_of_one_bundle_consume_one_input() {
    let mut history = History::fixed(1_000);
    let seed = history.seed(0);
    let acts = vec![
        history.act("transfer", &[seed], &amounts_at(&[1_000])),
        history.act("transfer", &[seed], &amounts_at(&[999, 1])),
    ];
    history.push(history.draft(acts));
    // A leaf that is open is taken once.
    refuse(
        &history.encode(),
        Fails::invalid((
            Check::Decode,
            "number of an input is 0; expected the number of an open leaf that no input of this frame took before",
        )),
    );
    // One that is not has no number: the bundle does not take it twice either.
    history.edit(0, |draft| {
        let input = leaf(OperationId::from_bytes([9; 32]), 0, 0);
        for act in &mut draft.acts {
            act.transition.inputs = Confined::try_from([input].into()).unwrap();
        }
    });
    refuse(
        &history.encode(),
        of(
            &history,
            0,
            (Check::Bundle, "two shown transitions consume one input"),
        ),
    );
}

#[test]
fn a03_a_hidden_sibling_consumes_the_input_of_the_shown_one() {
    let mut history = History::fixed_among(&[500, 500]);
    let (seed, other) = (history.seed(0), history.seed(1));
    let thief = OperationId::from_bytes([8; 32]);
    let mut draft = history.draft(vec![
        history.act("transfer", &[seed], &amounts_at(&[500])),
        history.act("transfer", &[other], &[(0, State::Amount(500), at(2))]),
    ]);
    draft.acts[1].shown = false;
    draft.entries.insert(seed, thief);
    let frame = history.push(draft);
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| frame.bundle = BundleProof::default());
    refuse(&consignment.encode(), of(&history, frame, Check::Dbc));
    // Nor does the proof of the bundle as it should be.
    let mut honest = history.clone();
    honest.edit(0, |draft| draft.entries.clear());
    let Frame::Witness(honest) = honest.consignment(View::Leaves).frames[0].clone() else {
        panic!("the first frame is a witness frame");
    };
    consignment.tamper(0, |frame| frame.bundle = honest.bundle);
    refuse(&consignment.encode(), of(&history, frame, Check::Dbc));
}

#[test]
fn a04_a_transition_listed_twice_in_a_frame() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| {
        let again = frame.transitions[0].clone();
        frame.transitions.push(again).unwrap();
    });
    refuse(
        &consignment.encode(),
        Fails::invalid((
            Check::Decode,
            "number of an input is 0; expected the number of an open leaf that no input of this frame took before",
        )),
    );
}

#[test]
fn a05_one_input_twice_in_a_transition() {
    let mut history = History::fixed_among(&[500, 500]);
    let [first, second] = [history.seed(0), history.seed(1)];
    history.transfer(&[first, second], &[1_000]);
    let bytes = history.consignment(View::Leaves).encode_wire(0, |frame| {
        assert_eq!(frame.transitions[0].inputs.numbers, [0, 1]);
        frame.transitions[0].inputs.numbers = vec![0, 0];
    });
    refuse(
        &bytes,
        Fails::invalid((Check::NotCanonical, "inputs do not ascend")),
    );
}

#[test]
fn a07_the_witness_does_not_spend_the_seal() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    history.edit(0, |draft| {
        draft.transaction.input[0].previous_output = coin(5);
    });
    let expected = of(&history, 0, Check::SealNotClosed).operation(history.id(0));
    refuse(&history.encode(), expected);
}

#[test]
fn a08_the_witness_spends_only_some_of_the_seals() {
    for lost in 0..2 {
        let mut history = History::fixed_among(&[500, 500]);
        history.transfer(&[history.seed(0), history.seed(1)], &[1_000]);
        history.edit(0, |draft| {
            draft.transaction.input.remove(lost);
        });
        let expected = of(&history, 0, Check::SealNotClosed).operation(history.id(0));
        refuse(&history.encode(), expected);
    }
}

#[test]
fn a09_two_leaves_on_one_output_close_together_or_not_at_all() {
    let mut history = History::fixed_among(&[500, 500]);
    history.edit_genesis(|genesis| {
        let both = [500, 500].map(|amount| (0, State::Amount(amount), on(coin(0))));
        genesis.outputs = outputs(&both);
    });
    let mut together = history.clone();
    together.transfer(&[history.seed(0), history.seed(1)], &[1_000]);
    assert_eq!(accept(&together.encode()).operations, 1);
    history.transfer(&[history.seed(0)], &[500]);
    history.transfer(&[history.seed(1)], &[250, 250]);
    refuse(
        &history.encode(),
        of(&history, 1, Check::OutpointSpentTwice),
    );
}

#[test]
fn a09_one_witness_spends_one_output_by_two_inputs() {
    for sequence in [bitcoin::Sequence::MAX, bitcoin::Sequence::ZERO] {
        let mut history = History::fixed(1_000);
        history.transfer(&[history.seed(0)], &[1_000]);
        history.edit(0, |draft| {
            let mut again = draft.transaction.input[0].clone();
            again.sequence = sequence;
            draft.transaction.input.push(again);
        });
        refuse(
            &history.encode(),
            of(&history, 0, Check::OutpointSpentTwice),
        );
    }
}

#[test]
fn a13_one_operation_in_two_witnesses() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let bumped = Draft {
        entropy: 8,
        ..history.drafts()[0].clone()
    };
    let again = history.push(bumped);
    assert_eq!(history.id(0), history.id(again));
    refuse(
        &history.encode(),
        of(&history, again, Check::OutpointSpentTwice),
    );
}

/// A witness with two outputs that could carry; `first` fills the first, `second` the second.
fn two_hosts(first: &Carry, second: &Carry, told: &Carry) -> (Vec<u8>, bitcoin::Txid) {
    let mut history = History::fixed(1_000);
    let frame = history.transfer(&[history.seed(0)], &[1_000]);
    let draft = history.drafts()[frame].clone();
    let anchored = history.anchored(frame).clone();
    let bundle: BundleId = anchored.bundle.id();
    let commitment = anchored
        .anchor
        .commitment(history.contract(), bundle)
        .unwrap();
    let mut transaction = draft.transaction;
    transaction.output.insert(0, TxOut::NULL);
    let mut proof = bulla_tests::kit::carry(first, commitment, &mut transaction, 0);
    let other = bulla_tests::kit::carry(second, commitment, &mut transaction, 1);
    if matches!(told, Carry::Tapret(_)) == matches!(second, Carry::Tapret(_)) {
        proof = other;
    }
    let mut consignment = history.consignment(View::Leaves);
    let witness = Witness::new(&transaction);
    let txid = witness.txid();
    consignment.tamper(0, |frame| {
        frame.witness = witness;
        frame.anchor.dbc = proof;
    });
    (consignment.encode(), txid)
}

#[test]
fn a15_a_transaction_with_opret_and_tapret_both_right_counts_only_the_first() {
    let (opret, tapret) = (Carry::Opret, Carry::Tapret(None));
    for (first, second, says) in [
        (
            &opret,
            &tapret,
            "the proof is tapret, but output 0 is the first possible and fixes opret",
        ),
        (
            &tapret,
            &opret,
            "the proof is opret, but output 0 is the first possible and fixes tapret",
        ),
    ] {
        let (bytes, _) = two_hosts(first, second, first);
        assert_eq!(accept(&bytes).operations, 1);
        let (bytes, txid) = two_hosts(first, second, second);
        refuse(&bytes, Fails::invalid((Check::Dbc, says)).witness(txid));
    }
}

#[test]
fn a16_the_other_variant_of_tapret_is_not_accepted() {
    let mut history = History::fixed(1_000);
    let frame = history.transfer_by(&Carry::Tapret(None), &[history.seed(0)], &[1_000]);
    let anchored = history.anchored(frame).clone();
    let commitment = anchored
        .anchor
        .commitment(history.contract(), anchored.bundle.id())
        .unwrap();
    let mut script = vec![0x50; 29];
    script.extend([0x6a, 0x21]);
    script.extend(commitment.to_byte_array());
    script.push(0);
    let leaf = bitcoin::ScriptBuf::from_bytes(script);
    let spend = bitcoin::taproot::TaprootBuilder::new()
        .add_leaf(0, leaf)
        .unwrap()
        .finalize(&bulla_tests::kit::make::SECP, key(0))
        .unwrap();
    let mut transaction = history.drafts()[frame].transaction.clone();
    transaction.output[0].script_pubkey = p2tr(spend.output_key().to_x_only_public_key());
    let witness = Witness::new(&transaction);
    let txid = witness.txid();
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| frame.witness = witness);
    refuse(
        &consignment.encode(),
        Fails::invalid((Check::Dbc, "found output key")).witness(txid),
    );
}

#[test]
fn a18_another_transition_for_a_witness_that_was_mined() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let mut consignment = history.consignment(View::Leaves);
    let Act { transition, .. } = history.act(
        "transfer",
        &[history.seed(0)],
        &[(0, State::Amount(1_000), at(0))],
    );
    consignment.tamper(0, |frame| frame.transitions[0].transition = transition);
    refuse(&consignment.encode(), of(&history, 0, Check::Dbc));
}
