//! C: bundles.

use amplify::confinement::Confined;
use bulla_core::OperationId;
use bulla_core::bundle::{BundleProof, BundleView, Step};
use bulla_core::frame::{Frame, Terminal};
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_tests::kit::make::{at, outputs};
use bulla_tests::kit::{
    Consignment, Fails, History, Reason, View, accept, amounts_at, leaf, refuse, sign,
};

/// Four coins of the contract, moved by four transitions of one bundle, of which one is shown.
fn one_of_four() -> History {
    let mut history = History::fixed_among(&[10, 20, 30, 40]);
    let acts: Vec<_> = (0..4_u32)
        .map(|i| {
            let assignments = [(0, State::Amount(u64::from(i + 1) * 10), at(i + 1))];
            let mut act = history.act("transfer", &[history.seed(i)], &assignments);
            act.shown = i == 2;
            act
        })
        .collect();
    history.push(history.draft(acts));
    history
}

fn of(history: &History, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason).witness(history.txid(0))
}

fn steps(consignment: &Consignment) -> Vec<Step> {
    match &consignment.frames[0] {
        Frame::Witness(frame) => frame.bundle.0.to_vec(),
        other => panic!("no witness frame: {other:?}"),
    }
}

fn with_steps(history: &History, change: impl FnOnce(&mut Vec<Step>)) -> Vec<u8> {
    let mut consignment = history.consignment(View::Leaves);
    let mut steps = steps(&consignment);
    change(&mut steps);
    let proof = BundleProof(Confined::try_from(steps).unwrap());
    consignment.tamper(0, |frame| frame.bundle = proof);
    consignment.encode()
}

#[test]
fn c01_a_transition_that_the_bundle_does_not_name() {
    let mut history = History::fixed_among(&[10, 20]);
    history.transfer(&[history.seed(0)], &[10]);
    let extra = history.act("transfer", &[history.seed(1)], &amounts_at(&[20]));
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| {
        let mut all = frame.transitions.to_vec();
        let signatures = sign(&[], history.id(0), history.txid(0));
        all.push(bulla_core::frame::Signed {
            transition: extra.transition,
            signatures,
        });
        all.sort_by_key(|signed| signed.transition.id());
        frame.transitions = Confined::try_from(all).unwrap();
    });
    refuse(&consignment.encode(), of(&history, Check::Dbc));
}

#[test]
fn c02_c07_a_transition_with_an_input_that_the_bundle_gives_to_nobody() {
    for lost in 0..2 {
        let mut history = History::fixed_among(&[10, 20]);
        history.transfer(&[history.seed(0), history.seed(1)], &[30]);
        let input = history.seed(lost);
        history.edit(0, |draft| {
            draft.omitted.insert(input);
        });
        refuse(&history.encode(), of(&history, Check::Dbc));
    }
}

#[test]
fn c03_the_bundle_names_another_operation() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let (seed, other) = (history.seed(0), OperationId::from_bytes([5; 32]));
    history.edit(0, |draft| {
        draft.entries.insert(seed, other);
    });
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| frame.bundle = BundleProof::default());
    refuse(&consignment.encode(), of(&history, Check::Dbc));
}

#[test]
fn c05_the_ancestor_is_hidden() {
    let mut history = History::fixed_among(&[10, 20]);
    let mut hidden = history.act("transfer", &[history.seed(0)], &amounts_at(&[10]));
    hidden.shown = false;
    let assignments = [(0, State::Amount(20), at(2))];
    let shown = history.act("transfer", &[history.seed(1)], &assignments);
    history.push(history.draft(vec![hidden, shown]));
    let child = leaf(history.anchored(0).ids[0], 0, 0);
    let frame = history.transfer(&[child], &[10]);
    let expected = Fails::invalid(Check::InputMissing)
        .operation(history.id(frame))
        .witness(history.txid(frame));
    refuse(&history.encode(), expected);
}

#[test]
fn c06_a_foreign_transition_is_hidden() {
    assert_eq!(accept(&one_of_four().encode()).operations, 1);
}

#[test]
fn c09_operations_of_one_bundle_do_not_build_on_each_other() {
    let mut history = History::fixed(1_000);
    let parent = history.act("transfer", &[history.seed(0)], &amounts_at(&[1_000]));
    let inner = leaf(parent.transition.id(), 0, 0);
    for i in 0..4 {
        let assignments = [(0, State::Amount(1_000), at(i))];
        let child = history.act("transfer", &[inner], &assignments);
        let mut one = history.clone();
        one.push(one.draft(vec![parent.clone(), child]));
        let expected = of(&one, Check::InputMissing).operation(one.anchored(0).ids[1]);
        refuse(&one.encode(), expected);
    }
    history.push(history.draft(vec![parent]));
    history.transfer(&[inner], &[1_000]);
    assert_eq!(accept(&history.encode()).operations, 2);
}

#[test]
fn c10_a_frame_without_a_transition_has_no_encoding() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let bytes = history
        .consignment(View::Leaves)
        .encode_wire(0, |frame| frame.transitions.clear());
    refuse(
        &bytes,
        Fails::invalid((
            Check::Limit,
            "transitions of a frame: 0; the limit is 1 to 65535",
        )),
    );
}

#[test]
fn a_proof_with_too_few_or_too_many_steps() {
    let history = one_of_four();
    refuse(
        &with_steps(&history, |steps| {
            steps.pop();
        }),
        of(
            &history,
            (Check::Bundle, "the bundle proof ends before the tree does"),
        ),
    );
    refuse(
        &with_steps(&history, |steps| steps.push(Step::Leaf)),
        of(
            &history,
            (Check::Bundle, "1 steps of the bundle proof are left over"),
        ),
    );
    refuse(
        &with_steps(&history, |steps| steps.push(Step::Hidden([1; 32]))),
        of(
            &history,
            (Check::Bundle, "1 steps of the bundle proof are left over"),
        ),
    );
}

#[test]
fn a_hidden_subtree_of_another_hash_or_none_where_one_is() {
    let history = one_of_four();
    let hidden = |steps: &[Step]| {
        let at = steps
            .iter()
            .position(|step| matches!(step, Step::Hidden(_)));
        at.expect("three entries are hidden")
    };
    let forged = with_steps(&history, |steps| {
        let at = hidden(steps);
        steps[at] = Step::Hidden([1; 32]);
    });
    refuse(&forged, of(&history, Check::Dbc));
    let zero = with_steps(&history, |steps| {
        let at = hidden(steps);
        steps[at] = Step::Hidden([0; 32]);
    });
    refuse(
        &zero,
        of(
            &history,
            (
                Check::NotCanonical,
                "an empty subtree is said as a hidden one",
            ),
        ),
    );
}

#[test]
fn a_shown_leaf_beside_nothing_is_not_canonical() {
    let history = one_of_four();
    let deeper = with_steps(&history, |steps| {
        let leaf = steps.len() - 1;
        assert_eq!(steps[leaf], Step::Leaf);
        steps.insert(leaf, Step::Empty);
    });
    refuse(
        &deeper,
        of(
            &history,
            (Check::NotCanonical, "a shown leaf whose sibling is empty"),
        ),
    );
}

#[test]
fn a_path_of_more_than_256_levels() {
    let history = one_of_four();
    let bytes = with_steps(&history, |steps| {
        let last = steps.pop().expect("a leaf step");
        steps.extend([Step::Hidden([1; 32]); 300]);
        steps.push(last);
    });
    refuse(
        &bytes,
        of(
            &history,
            (
                Check::Bundle,
                "the bundle proof goes deeper than 256 levels",
            ),
        ),
    );
}

#[test]
fn transitions_of_a_frame_ascend_by_id() {
    let mut history = one_of_four();
    history.edit(0, |draft| {
        draft.acts.iter_mut().for_each(|act| act.shown = true);
    });
    let mut consignment = history.consignment(View::Leaves);
    let mut second = None;
    consignment.tamper(0, |frame| {
        let mut all = frame.transitions.to_vec();
        all.swap(1, 2);
        second = Some(all[2].transition.id());
        frame.transitions = Confined::try_from(all).unwrap();
    });
    let expected = of(
        &history,
        (Check::Order, "expected transitions that ascend after"),
    )
    .operation(second.unwrap());
    refuse(&consignment.encode(), expected);
}

#[test]
fn c04_an_operation_under_a_claimed_id_is_not_there() {
    // Ids are sent in inputs and terminals only, where a lie names nothing that was shown.
    let history = one_of_four();
    let claimed = OperationId::from_bytes([7; 32]);
    let mut consignment = history.consignment(View::Leaves);
    consignment.hand_over([Terminal::Leaf(leaf(claimed, 0, 0))]);
    let expected = Fails::invalid(Check::Terminal).operation(claimed);
    refuse(&consignment.encode(), expected);
    let mut child = history.clone();
    child.transfer(&[leaf(claimed, 0, 0)], &[30]);
    let expected = Fails::invalid(Check::InputMissing)
        .operation(child.id(1))
        .witness(child.txid(1));
    refuse(&child.encode(), expected);
}

#[test]
fn c12_a_view_with_a_forged_part_merges_with_none() {
    let history = one_of_four();
    let Frame::Witness(frame) = &history.consignment(View::Leaves).frames[0] else {
        panic!("the first frame is a witness frame");
    };
    let signed = &frame.transitions[0].transition;
    let entries = |id| signed.inputs.iter().map(move |input| (*input, id));
    let whole = history.anchored(0).bundle.view();
    let shown = BundleView::new(&frame.bundle, entries(signed.id())).unwrap();
    assert_eq!(shown.clone().merge(whole.clone()), Some(whole.clone()));
    let forged = OperationId::from_bytes([7; 32]);
    let forged = BundleView::new(&frame.bundle, entries(forged)).unwrap();
    assert_eq!(forged.clone().merge(whole.clone()), None);
    assert_eq!(whole.merge(forged), None);
}

#[test]
fn a_hidden_part_that_repeats_what_is_shown_changes_nothing() {
    // The attacker puts the shown entry's own leaf where hidden ones lie: a second place, which is
    // not that of its key. One operation consumes the input, as shown.
    let mut history = one_of_four();
    let input = history.seed(2);
    let operation = history.anchored(0).ids[2];
    let alone = History::fixed(1);
    let mut single = alone.draft(vec![alone.act("transfer", &[input], &[])]);
    single.acts.clear();
    single.entries.insert(input, operation);
    let twin = single.bundle(&[]).id().to_bytes();
    let mut steps = steps(&history.consignment(View::Leaves));
    let hidden = steps
        .iter_mut()
        .find(|step| matches!(step, Step::Hidden(_)));
    *hidden.unwrap() = Step::Hidden(twin);
    let proof = BundleProof(Confined::try_from(steps).unwrap());
    let shown = [(input, operation)];
    let forged = proof.bundle_id(shown).unwrap();
    let anchored = history.anchored(0).anchor.clone();
    let commitment = anchored.commitment(history.contract(), forged).unwrap();
    let mut transaction = history.anchored(0).witness.transaction().clone();
    bulla_tests::kit::carry(
        &bulla_tests::kit::Carry::Opret,
        commitment,
        &mut transaction,
        0,
    );
    let witness = bulla_core::witness::Witness::new(&transaction);
    let (txid, mut consignment) = (witness.txid(), history.consignment(View::Leaves));
    consignment.tamper(0, |frame| {
        frame.bundle = proof;
        frame.witness = witness;
    });
    let content = accept(&consignment.encode());
    assert_eq!((content.operations, content.witnesses[0].txid), (1, txid));
    // The honest proof does not hold under that witness, nor another operation at the same place.
    history.edit(0, |draft| {
        draft.acts[2].transition.outputs = outputs(&amounts_at(&[30, 0]));
    });
    let other = history.drafts()[0].acts[2].transition.clone();
    consignment.tamper(0, |frame| frame.transitions[0].transition = other);
    consignment.hand_over([Terminal::Evidence(history.anchored(0).ids[2])]);
    refuse(
        &consignment.encode(),
        Fails::invalid(Check::Dbc).witness(txid),
    );
}

#[test]
fn a_proof_whose_steps_stand_in_another_order_proves_nothing() {
    // The way to the shown leaf follows its key: a leaf step that comes sooner ends it.
    let history = one_of_four();
    let count = steps(&history.consignment(View::Leaves)).len();
    let reversed = with_steps(&history, |steps| steps.reverse());
    let rotated = (1..count).map(|at| with_steps(&history, |steps| steps.rotate_left(at)));
    for bytes in std::iter::once(reversed).chain(rotated) {
        let reason = (Check::Bundle, " steps of the bundle proof are left over");
        refuse(&bytes, of(&history, reason));
    }
}
