//! Seals over outputs that are spent already, spent otherwise, or named in two ways.

use bitcoin::OutPoint;
use bulla_core::frame::Terminal;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_tests::kit::make::{at, blinding, coin, on, spend};
use bulla_tests::kit::{Fails, History, Reason, View, accept, amounts_at, leaf, refuse};

fn of(history: &History, frame: usize, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason).witness(history.txid(frame))
}

/// All on this seal by the first witness, which spends coin 0.
fn onto(seal: AssignedSeal) -> History {
    let mut history = History::fixed(1_000);
    let act = history.act(
        "transfer",
        &[history.seed(0)],
        &[(0, State::Amount(1_000), seal)],
    );
    history.push(history.draft(vec![act]));
    history
}

#[test]
fn a_seal_over_a_coin_that_its_own_witness_spends_is_never_closed() {
    let mut history = onto(on(coin(0)));
    let mut file = history.consignment(View::Everything);
    let expected = Fails::invalid((
        Check::Terminal,
        "expected a leaf whose output no witness of this consignment spends",
    ))
    .operation(history.id(0));
    refuse(&file.encode(), expected);
    file.hand_over([Terminal::Evidence(history.id(0))]);
    assert_eq!(accept(&file.encode()).operations, 1);
    history.transfer(&[history.leaf(0, 0)], &[1_000]);
    refuse(
        &history.encode(),
        of(&history, 1, Check::OutpointSpentTwice),
    );
}

#[test]
fn a_seal_over_a_coin_that_an_earlier_witness_spent_is_never_closed() {
    let mut history = onto(at(1));
    let act = history.act(
        "transfer",
        &[history.leaf(0, 0)],
        &[(0, State::Amount(1_000), on(coin(0)))],
    );
    history.push(history.draft(vec![act]));
    let expected = Fails::invalid((
        Check::Terminal,
        "expected a leaf whose output no witness of this consignment spends",
    ))
    .operation(history.id(1));
    refuse(&history.consignment(View::Everything).encode(), expected);
    history.transfer(&[history.leaf(1, 0)], &[1_000]);
    refuse(
        &history.encode(),
        of(&history, 2, Check::OutpointSpentTwice),
    );
    // Without spending the coin once more the seal is not closed.
    history.edit(2, |draft| draft.transaction.input = vec![spend(coin(7))]);
    let expected = of(&history, 2, Check::SealNotClosed).operation(history.id(2));
    refuse(&history.encode(), expected);
}

#[test]
fn a_secret_seal_over_a_spent_coin_is_handed_over_but_never_closed() {
    // Whoever gets it knows the seal, and that the coin is not his unspent one.
    let history = onto(AssignedSeal::Secret(on(coin(0)).conceal()));
    assert_eq!(accept(&history.encode()).terminals.len(), 1);
}

#[test]
fn a_leaf_of_the_genesis_whose_coin_another_transfer_spends_is_lost() {
    let mut history = History::fixed_among(&[400, 600]);
    let act = history.act("transfer", &[history.seed(0)], &amounts_at(&[400]));
    let mut draft = history.draft(vec![act]);
    draft.transaction.input.push(spend(coin(1)));
    history.push(draft);
    assert_eq!(accept(&history.encode()).operations, 1);
    let mut consignment = history.consignment(View::Everything);
    let lost = history.seed(1);
    consignment.hand_over([Terminal::Leaf(lost), Terminal::Leaf(history.leaf(0, 0))]);
    let expected = Fails::invalid((
        Check::Terminal,
        "expected a leaf whose output no witness of this consignment spends",
    ))
    .operation(history.contract());
    refuse(&consignment.encode(), expected);
    history.transfer(&[lost], &[600]);
    refuse(
        &history.encode(),
        of(&history, 1, Check::OutpointSpentTwice),
    );
}

#[test]
fn one_output_named_as_of_the_witness_and_by_its_txid_is_one_output() {
    // Leaf a: output 1 of witness 0 by number. Leaf b of a later witness: the same by its txid.
    let mut history = History::fixed_among(&[400, 600]);
    history.transfer(&[history.seed(0)], &[400]);
    let same = on(OutPoint {
        txid: history.txid(0),
        vout: 1,
    });
    let act = history.act(
        "transfer",
        &[history.seed(1)],
        &[(0, State::Amount(600), same)],
    );
    history.push(history.draft(vec![act]));
    let (a, b) = (history.leaf(0, 0), history.leaf(1, 0));
    let mut together = history.clone();
    let frame = together.transfer(&[a, b], &[1_000]);
    assert_eq!(together.drafts()[frame].transaction.input.len(), 1);
    assert_eq!(accept(&together.encode()).operations, 3);
    for (first, second, amounts) in [(a, b, [400, 600]), (b, a, [600, 400])] {
        let mut apart = history.clone();
        apart.transfer(&[first], &amounts[..1]);
        apart.transfer(&[second], &amounts[1..]);
        refuse(&apart.encode(), of(&apart, 3, Check::OutpointSpentTwice));
    }
}

#[test]
fn a_seal_of_the_other_form_or_blinding_is_another_seal() {
    let history = onto(at(1));
    let txid = history.txid(0);
    for seal in [
        Seal::outpoint(OutPoint { txid, vout: 1 }, blinding(1)),
        Seal::Witness {
            vout: 1,
            blinding: blinding(2),
        },
        Seal::Witness {
            vout: 0,
            blinding: blinding(1),
        },
    ] {
        let mut consignment = history.consignment(View::Everything);
        consignment.tamper(0, |frame| {
            let of = &mut frame.transitions[0].transition.outputs;
            *of = of.with_seals(|_, _, _| Some(seal));
        });
        refuse(&consignment.encode(), of(&history, 0, Check::Dbc));
    }
}

#[test]
fn d05_a_seal_over_an_output_that_nobody_can_spend_opens() {
    // Output 0 is the OP_RETURN of the commitment: whether to credit it is the wallet's question.
    let history = onto(at(0));
    assert_eq!(accept(&history.encode()).terminals.len(), 1);
}

#[test]
fn evidence_is_a_transition_that_is_shown() {
    let mut history = onto(at(1));
    let mut hidden = history.act("transfer", &[leaf(history.id(0), 7, 7)], &[]);
    hidden.shown = false;
    let own = history.act("transfer", &[history.leaf(0, 0)], &amounts_at(&[1_000]));
    history.push(history.draft(vec![own, hidden]));
    let ids = history.anchored(1).ids.clone();
    let with = |operation| {
        let mut consignment = history.consignment(View::Leaves);
        let open = Terminal::Leaf(leaf(ids[0], 0, 0));
        consignment.hand_over([open, Terminal::Evidence(operation)]);
        consignment.encode()
    };
    // Of what is consumed, and of what a leaf is handed over of as well.
    for shown in [history.id(0), ids[0]] {
        assert_eq!(accept(&with(shown)).terminals.len(), 2);
    }
    let genesis = history.contract().into();
    for other in [
        genesis,
        ids[1],
        bulla_core::OperationId::from_bytes([0; 32]),
    ] {
        refuse(
            &with(other),
            Fails::invalid((Check::Terminal, "expected evidence that is shown")).operation(other),
        );
    }
}

#[test]
fn a_terminal_of_another_contract_is_not_open() {
    let (history, mut other) = (onto(at(1)), History::fixed(2_000));
    other.transfer(&[other.seed(0)], &[2_000]);
    for foreign in [other.leaf(0, 0), other.seed(0)] {
        let mut consignment = history.consignment(View::Leaves);
        consignment.hand_over([Terminal::Leaf(history.leaf(0, 0)), Terminal::Leaf(foreign)]);
        let expected = Fails::invalid(Check::Terminal).operation(foreign.operation);
        refuse(&consignment.encode(), expected);
    }
}

#[test]
fn e23_a_witness_that_differs_in_anything_is_another_transaction() {
    // Its outputs are not those that the next witness spends.
    let mut history = onto(at(1));
    history.transfer(&[history.leaf(0, 0)], &[1_000]);
    let mut transaction = history.anchored(0).witness.transaction().clone();
    transaction.output[1].value += bitcoin::Amount::ONE_SAT;
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| {
        frame.witness = bulla_core::witness::Witness::new(&transaction);
    });
    let expected = of(&history, 1, Check::SealNotClosed).operation(history.id(1));
    refuse(&consignment.encode(), expected);
}

#[test]
fn e22_witness_data_changes_no_byte_of_a_consignment() {
    let history = onto(at(1));
    let mut consignment = history.consignment(View::Leaves);
    let clean = consignment.encode();
    consignment.tamper(0, |frame| {
        let mut signed = frame.witness.transaction().clone();
        signed.input[0].witness.push([1; 64]);
        frame.witness = bulla_core::witness::Witness::new(&signed);
    });
    assert_eq!(consignment.encode(), clean);
    accept(&clean);
}

#[test]
fn a_frame_that_is_repeated_is_a_second_one_of_its_witness() {
    let mut history = onto(at(1));
    history.transfer(&[history.leaf(0, 0)], &[1_000]);
    for (frame, at) in [(0, 1), (0, 2), (1, 2)] {
        let mut consignment = history.consignment(View::Leaves);
        let again = consignment.frames[frame].clone();
        consignment.frames.insert(at, again);
        refuse(
            &consignment.encode(),
            of(
                &history,
                frame,
                (
                    Check::Order,
                    "expected one frame per witness; found a second one",
                ),
            ),
        );
    }
}
