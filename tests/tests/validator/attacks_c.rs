//! C: bundles.

use amplify::confinement::Confined;
use bulla_core::OperationId;
use bulla_core::bundle::{BundleProof, Step};
use bulla_core::frame::Frame;
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_tests::kit::make::at;
use bulla_tests::kit::{Consignment, Fails, History, View, accept, amounts_at, leaf, refuse, sign};

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

fn of(history: &History, check: Check) -> Fails {
    Fails::invalid(check).witness(history.txid(0))
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
    refuse(&bytes, Fails::invalid(Check::Limit));
}

#[test]
fn a_proof_with_too_few_or_too_many_steps() {
    let history = one_of_four();
    refuse(
        &with_steps(&history, |steps| {
            steps.pop();
        }),
        of(&history, Check::Bundle),
    );
    refuse(
        &with_steps(&history, |steps| steps.push(Step::Leaf)),
        of(&history, Check::Bundle),
    );
    refuse(
        &with_steps(&history, |steps| steps.push(Step::Hidden([1; 32]))),
        of(&history, Check::Bundle),
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
    refuse(&zero, of(&history, Check::NotCanonical));
}

#[test]
fn a_shown_leaf_beside_nothing_is_not_canonical() {
    let history = one_of_four();
    let deeper = with_steps(&history, |steps| {
        let leaf = steps.len() - 1;
        assert_eq!(steps[leaf], Step::Leaf);
        steps.insert(leaf, Step::Empty);
    });
    refuse(&deeper, of(&history, Check::NotCanonical));
}

#[test]
fn a_path_of_more_than_256_levels() {
    let history = one_of_four();
    let bytes = with_steps(&history, |steps| {
        let last = steps.pop().expect("a leaf step");
        steps.extend([Step::Hidden([1; 32]); 300]);
        steps.push(last);
    });
    refuse(&bytes, of(&history, Check::Bundle));
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
    let expected = of(&history, Check::Order).operation(second.unwrap());
    refuse(&consignment.encode(), expected);
}
