//! Deltas of random histories with a bit of everything say what the whole history says.

use std::collections::BTreeSet;

use bulla_core::OperationId;
use bulla_core::frame::{Base, Frame, Terminal};
use bulla_core::validator::{Rules, validate};
use bulla_tests::kit::random::{self, Choices};
use bulla_tests::kit::{Consignment, History, Store, View, accept, rules};
use proptest::prelude::*;
use proptest::sample::Index;

/// The operations shown from a frame on.
fn shown_from(history: &History, known: usize) -> BTreeSet<OperationId> {
    let frames = known..history.drafts().len();
    let acts = frames.flat_map(|frame| {
        let ids = history.anchored(frame).ids.iter();
        history.drafts()[frame].acts.iter().zip(ids)
    });
    acts.filter(|(act, _)| act.shown)
        .map(|(_, id)| *id)
        .collect()
}

/// The frames from `known` on, over a base of what they consume; none if they build on the genesis alone.
fn delta(history: &History, known: usize, view: View) -> Option<Consignment> {
    let base = history.base(known);
    if base.is_empty() {
        return None;
    }
    let shown = shown_from(history, known);
    let mut consignment = history.consignment(view);
    consignment.frames.drain(..known);
    consignment.hand_over(
        history
            .fair_terminals()
            .into_iter()
            .filter(|terminal| match terminal {
                Terminal::Leaf(input) => shown.contains(&input.operation),
                Terminal::Evidence(id) => shown.contains(id),
            }),
    );
    let base = Base::new(base).expect("a delta builds on something");
    consignment.frames.insert(0, Frame::Base(base));
    Some(consignment)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Tokens, rights, data, hidden acts, several transitions in a bundle; lists whole and pruned.
    #[test]
    fn a_delta_says_of_its_terminals_what_the_whole_says(
        numbers in prop::collection::vec(any::<u32>(), 20..120), witnesses in 2_usize..8, cut: Index,
        view in prop::sample::select(vec![View::Leaves, View::Narrow, View::Everything]),
    ) {
        let history = random::history(&mut Choices::new(numbers), witnesses);
        prop_assume!(history.drafts().len() > 1);
        let known = 1 + cut.index(history.drafts().len() - 1);
        let Some(delta) = delta(&history, known, view) else {
            return Ok(());
        };
        let mut whole = history.consignment(view);
        whole.hand_over(history.fair_terminals());
        let whole = accept(&whole.encode());
        let store = Store::of(&history, known);
        let knowing = Rules { known: &store, ..rules() };
        let judged = validate(&delta.encode(), &knowing);
        let content = judged.map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        let content = content.get();
        prop_assert_eq!(content.contract, whole.contract);
        prop_assert_eq!(&content.witnesses[..], &whole.witnesses[known..]);
        for terminal in &content.terminals {
            prop_assert!(whole.terminals.contains(terminal), "{:?}", terminal);
        }
        let operations = shown_from(&history, known).len();
        prop_assert_eq!(content.operations, u64::try_from(operations).expect("few"));
    }
}
