//! Deltas: what builds on leaves that the receiver has proven before.

use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, Txid};
use bulla_core::frame::{Base, BaseEntry, Frame, Terminal};
use bulla_core::operation::Input;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::validator::{Check, Consignment, Failure, Rules, validate};
use bulla_tests::kit::make::{at, coin, on, spend};
use bulla_tests::kit::{
    Consignment as Shown, Fails, History, Kind, Store, View, accept, amounts_at, leaf,
    refuse_under, rules,
};

fn knowing(store: &Store) -> Rules<'_> {
    Rules {
        known: store,
        ..rules()
    }
}

fn judge(shown: &Shown, store: &Store) -> Result<Consignment, Box<Failure>> {
    let judged = validate(&shown.encode(), &knowing(store)).map_err(Box::new)?;
    Ok(judged.get().clone())
}

fn txids(content: &Consignment) -> Vec<Txid> {
    content.witnesses.iter().map(|sought| sought.txid).collect()
}

/// A tree of transfers with a merge at the end.
fn history() -> History {
    let mut history = History::fixed_among(&[500, 500]);
    let a = history.transfer(&[history.seed(0)], &[200, 300]);
    let b = history.transfer(&[history.leaf(a, 0)], &[150, 50]);
    let c = history.transfer(&[history.seed(1)], &[500]);
    history.transfer(
        &[history.leaf(a, 1), history.leaf(b, 0), history.leaf(c, 0)],
        &[950],
    );
    history
}

#[test]
fn incremental_is_full() {
    let history = history();
    let whole = accept(&history.encode());
    for known in 1..4 {
        let content = judge(&history.delta(known), &Store::of(&history, known)).unwrap();
        assert!(
            content
                .terminals
                .iter()
                .all(|of| whole.terminals.contains(of))
        );
        let (mut all, mut found) = (txids(&whole), txids(&content));
        all.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, all);
    }
}

#[test]
fn a_base_that_is_not_known_names_every_missing_operation() {
    let history = history();
    let delta = history.delta(3);
    let store = Store::of(&history, 1);
    let failure = judge(&delta, &store).unwrap_err();
    let expected = Fails::new(Kind::Unresolved, Check::BaseMissing);
    assert_eq!(Fails::of(&failure), expected);
    let found = &failure.report().found;
    for frame in [1, 2] {
        assert!(found.contains(&history.id(frame).to_string()), "{found}");
    }
    assert!(!found.contains(&history.id(0).to_string()), "{found}");
}

#[test]
fn h09_h13_what_was_proven_of_one_witness_says_nothing_of_another() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let mut bumped = history.clone();
    bumped.edit(0, |draft| draft.entropy = 8);
    assert_eq!(history.id(0), bumped.id(0));
    assert_ne!(history.txid(0), bumped.txid(0));
    bumped.transfer(&[bumped.leaf(0, 0)], &[1_000]);
    let store = Store::of(&history, 1);
    let expected = Fails::new(Kind::Unresolved, Check::BaseMissing);
    refuse_under(&knowing(&store), &bumped.delta(1).encode(), expected);
    // Nor can the entry name the proven witness: its output is not the one that is spent.
    let mut lying = bumped.delta(1);
    lying.frames[0] = Frame::Base(Base::new(history_base(&history)).unwrap());
    let expected = Fails::invalid(Check::SealNotClosed)
        .operation(bumped.id(1))
        .witness(bumped.txid(1));
    refuse_under(&knowing(&store), &lying.encode(), expected);
}

fn history_base(history: &History) -> [BaseEntry; 1] {
    [BaseEntry {
        leaf: history.leaf(0, 0),
        witness: history.txid(0),
    }]
}

#[test]
fn an_input_in_neither_base_nor_frames_is_missing() {
    let history = history();
    let mut delta = history.delta(3);
    let base = history.base(3).into_iter().skip(1);
    delta.frames[0] = Frame::Base(Base::new(base).unwrap());
    let expected = Fails::invalid(Check::InputMissing)
        .operation(history.id(3))
        .witness(history.txid(3));
    refuse_under(&knowing(&Store::of(&history, 3)), &delta.encode(), expected);
}

#[test]
fn another_operation_of_a_witness_that_the_base_rests_on_may_be_shown() {
    // The receiver knows one transition of a bundle; a payment merges its leaf with one of the
    // other transition, in the same witness, which the receiver has never seen.
    let mut history = History::fixed_among(&[500, 500]);
    let acts = [0, 1].map(|n| {
        let assignments = [(0, State::Amount(500), at(n + 1))];
        history.act("transfer", &[history.seed(n)], &assignments)
    });
    let both = history.push(history.draft(acts.into()));
    let ids = history.anchored(both).ids.clone();
    history.transfer(&[leaf(ids[0], 0, 0), leaf(ids[1], 0, 0)], &[1_000]);
    let whole = accept(&history.encode());
    let store = Store::of(&history, 1);
    let mut part = history.clone();
    part.edit(0, |draft| draft.acts[0].shown = false);
    let mut delta = part.consignment(View::Leaves);
    let base = [
        BaseEntry {
            leaf: history.seed(1),
            witness: Txid::all_zeros(),
        },
        BaseEntry {
            leaf: leaf(ids[0], 0, 0),
            witness: history.txid(0),
        },
    ];
    delta
        .frames
        .insert(0, Frame::Base(Base::new(base).unwrap()));
    let content = judge(&delta, &store).unwrap();
    assert_eq!(content.terminals, whole.terminals);
    assert_eq!(txids(&content), txids(&whole));
}

#[test]
fn a_leaf_of_the_base_that_was_consumed_never_opens_again() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    history.transfer(&[history.leaf(0, 0)], &[1_000]);
    let store = Store::of(&history, 1);
    // First the child, on the base; then its parent once more, which hands its leaf over again.
    let mut delta = history.consignment(View::Leaves);
    delta.frames.swap(0, 1);
    let base = [
        BaseEntry {
            leaf: history.seed(0),
            witness: Txid::all_zeros(),
        },
        BaseEntry {
            leaf: history.leaf(0, 0),
            witness: history.txid(0),
        },
    ];
    delta
        .frames
        .insert(0, Frame::Base(Base::new(base).unwrap()));
    delta.tamper(2, |frame| {
        let of = &mut frame.transitions[0].transition.outputs;
        *of = of.with_seals(|_, _, _| None);
    });
    let [spent, last] = [history.leaf(0, 0), history.leaf(1, 0)].map(Terminal::Leaf);
    delta.hand_over([spent, last]);
    let expected = Fails::invalid(Check::Terminal).operation(history.id(0));
    refuse_under(&knowing(&store), &delta.encode(), expected);
}

fn entry(history: &History, frame: Option<usize>, leaf: Input) -> BaseEntry {
    let witness = frame.map_or(Txid::all_zeros(), |frame| history.txid(frame));
    BaseEntry { leaf, witness }
}

/// A consignment of a base and terminals alone.
fn only_base(history: &History, base: &[BaseEntry], terminals: &[Input]) -> Shown {
    let mut delta = history.consignment(View::Leaves);
    delta.frames.drain(..delta.frames.len() - 1);
    let base = Base::new(base.iter().copied()).unwrap();
    delta.frames.insert(0, Frame::Base(base));
    delta.hand_over(terminals.iter().copied().map(Terminal::Leaf));
    delta
}

#[test]
fn a_leaf_that_a_witness_behind_the_base_spent_is_not_handed_over() {
    // The whole history says `terminal`; a base that rests on it must not hand the leaf and what
    // became of it over, both at once.
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let (seed, child) = (history.seed(0), history.leaf(0, 0));
    let store = Store::of(&history, 1);
    let both = [entry(&history, None, seed), entry(&history, Some(0), child)];
    let expected = Fails::invalid(Check::Terminal).operation(seed.operation);
    for base in [&both[..], &both[1..]] {
        let delta = only_base(&history, base, &[seed, child]);
        refuse_under(&knowing(&store), &delta.encode(), expected);
    }
}

#[test]
fn an_output_that_a_witness_behind_the_base_spent_is_not_spent_again() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let mut other = History::fixed(1_000);
    other.transfer(&[other.seed(0)], &[400, 600]);
    let store = Store::of(&history, 1);
    let mut delta = other.consignment(View::Leaves);
    let base = Base::new([entry(&history, Some(0), history.leaf(0, 0))]).unwrap();
    delta.frames.insert(0, Frame::Base(base));
    let expected = Fails::invalid(Check::OutpointSpentTwice).witness(other.txid(0));
    refuse_under(&knowing(&store), &delta.encode(), expected);
}

#[test]
fn a_base_over_two_histories_that_exclude_each_other_is_refused() {
    let [history, other] = [[1_000, 0], [400, 600]].map(|amounts| {
        let mut history = History::fixed(1_000);
        history.transfer(&[history.seed(0)], &amounts);
        history
    });
    let mut store = Store::of(&history, 1);
    store.leaves.extend(Store::of(&other, 1).leaves);
    let leaves = [history.leaf(0, 0), other.leaf(0, 0)];
    let base = [
        entry(&history, Some(0), leaves[0]),
        entry(&other, Some(0), leaves[1]),
    ];
    let delta = only_base(&history, &base, &leaves);
    let expected = Fails::invalid(Check::OutpointSpentTwice);
    refuse_under(&knowing(&store), &delta.encode(), expected);
}

#[test]
fn a_leaf_of_the_base_that_turns_out_never_to_open_is_closed() {
    // The store proved the leaf while its seal was secret: it is over an output that its witness
    // does not have.
    let mut history = History::fixed(1_000);
    let act = history.act(
        "transfer",
        &[history.seed(0)],
        &[(0, State::Amount(1_000), at(9))],
    );
    history.push(history.draft(vec![act]));
    let child = history.leaf(0, 0);
    let mut store = Store::of(&history, 1);
    for known in store.leaves.values_mut() {
        known.seal = AssignedSeal::Secret(known.seal.conceal());
    }
    let mut delta = history.consignment(View::Everything);
    delta.hand_over([Terminal::Leaf(child)]);
    let expected = Fails::invalid(Check::Terminal).operation(history.id(0));
    refuse_under(&rules(), &delta.encode(), expected);
    let base = [entry(&history, Some(0), child)];
    let base = Frame::Base(Base::new(base).unwrap());
    delta.frames.insert(0, base);
    refuse_under(&knowing(&store), &delta.encode(), expected);
}

#[test]
fn c09_a_base_does_not_open_a_leaf_to_the_bundle_that_it_rests_on() {
    // One witness hands a leaf over on a coin that it spends itself, to its own second transition.
    let mut history = History::fixed(500);
    let seal = on(coin(1));
    let parent = history.act(
        "transfer",
        &[history.seed(0)],
        &[(0, State::Amount(500), seal)],
    );
    let middle = leaf(parent.transition.id(), 0, 0);
    let child = history.act("transfer", &[middle], &amounts_at(&[500]));
    let id = child.transition.id();
    let mut draft = history.draft(vec![parent, child]);
    draft.transaction.input.push(spend(coin(1)));
    history.push(draft);
    let expected = Fails::invalid(Check::InputMissing)
        .operation(id)
        .witness(history.txid(0));
    refuse_under(&rules(), &history.encode(), expected);
    let store = Store::of(&history, 1);
    let mut part = history.clone();
    part.edit(0, |draft| draft.acts[0].shown = false);
    let mut delta = part.consignment(View::Leaves);
    let base = Base::new([entry(&history, Some(0), middle)]).unwrap();
    delta.frames.insert(0, Frame::Base(base));
    delta.hand_over([Terminal::Leaf(leaf(id, 0, 0))]);
    refuse_under(&knowing(&store), &delta.encode(), expected);
}

#[test]
fn a_base_without_terminals_hands_nothing_over() {
    let history = History::fixed(1_000);
    let store = Store::of(&history, 0);
    let mut delta = history.consignment(View::Leaves);
    let base = [BaseEntry {
        leaf: history.seed(0),
        witness: Txid::all_zeros(),
    }];
    delta
        .frames
        .insert(0, Frame::Base(Base::new(base).unwrap()));
    let expected = Fails::invalid(Check::Terminal);
    refuse_under(&knowing(&store), &delta.encode(), expected);
    delta.hand_over([Terminal::Leaf(history.seed(0))]);
    assert_eq!(judge(&delta, &store).unwrap().terminals.len(), 1);
}

#[test]
fn an_amount_of_zero_does_not_open_through_a_base_either() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000, 0]);
    let zero = history.leaf(0, 1);
    let act = history.act(
        "transfer",
        &[history.leaf(0, 0), zero],
        &amounts_at(&[1_000]),
    );
    let mut draft = history.draft(vec![act]);
    let txid = history.txid(0);
    draft.transaction.input[0].previous_output = OutPoint { txid, vout: 1 };
    let missing = Fails::invalid(Check::InputMissing);
    let frame = history.push(draft);
    let missing = missing
        .operation(history.id(frame))
        .witness(history.txid(frame));
    refuse_under(&rules(), &history.encode(), missing);
    let store = Store::of(&history, 1);
    refuse_under(&knowing(&store), &history.delta(1).encode(), missing);
}

#[test]
fn a_base_stands_first_or_nowhere_and_once() {
    let history = history();
    let store = Store::of(&history, 2);
    let delta = history.delta(2);
    let base = delta.frames[0].clone();
    for place in [1, 2] {
        let mut twice = delta.clone();
        twice.frames.insert(place, base.clone());
        let expected = Fails::invalid(Check::Order);
        refuse_under(&knowing(&store), &twice.encode(), expected);
    }
}
