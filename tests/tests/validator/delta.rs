//! Deltas: what builds on leaves that the receiver has proven before.

use std::collections::BTreeSet;

use bitcoin::Txid;
use bulla_core::frame::{Base, BaseEntry, Frame, Terminal};
use bulla_core::operation::Input;
use bulla_core::outputs::Leaves;
use bulla_core::seal::Seal;
use bulla_core::state::State;
use bulla_core::validator::{
    Check, Consignment, Failure, Position, Settlement, Unresolved, Weakest, validate,
};
use bulla_tests::kit::make::{at, blinding, coin, on, spend};
use bulla_tests::kit::{
    Chain, Consignment as Shown, Fails, History, Kind, Store, View, accept, accept_knowing,
    amounts_at, knowing, leaf, refuse_knowing, refuse_under, rules, swap,
};
use proptest::prelude::*;

fn judge(shown: &Shown, store: &Store) -> Result<Consignment, Box<Failure>> {
    let judged = validate(&shown.encode(), &knowing(store)).map_err(Box::new)?;
    Ok(judged.get().clone())
}

/// The witnesses that must settle: those shown, and those behind the base.
fn txids(content: &Consignment, store: &Store) -> BTreeSet<Txid> {
    let behind = store.ancestors(&content.base).into_keys();
    let shown = content.witnesses.iter().map(|sought| sought.txid);
    shown.chain(behind.map(|(_, txid)| txid)).collect()
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

/// Cuts a history at every place: what is left says of its own terminals what the whole says.
fn assert_incremental_is_full(history: &History) {
    let whole = accept(&history.encode());
    let all: BTreeSet<_> = whole.witnesses.iter().map(|sought| sought.txid).collect();
    for known in 1..history.drafts().len() {
        if history.base(known).is_empty() {
            continue;
        }
        let store = Store::of(history, known);
        let content = judge(&history.delta(known), &store).unwrap();
        assert!(!content.terminals.is_empty());
        let mut terminals = content.terminals.iter();
        assert!(terminals.all(|of| whole.terminals.contains(of)));
        assert_eq!(content.witnesses, whole.witnesses[known..]);
        assert!(txids(&content, &store).is_subset(&all));
    }
}

#[test]
fn incremental_is_full() {
    let history = history();
    assert_incremental_is_full(&history);
    // Every witness of this history lies behind its last leaf.
    let store = Store::of(&history, 3);
    let content = accept_knowing(&store, &history.delta(3).encode());
    let all: BTreeSet<_> = (0..4).map(|frame| history.txid(frame)).collect();
    assert_eq!(txids(&content, &store), all);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn of_random_histories_every_delta_says_what_the_whole_says(
        moves in prop::collection::vec((1_usize..4, 1_u64..4), 2..8),
    ) {
        let mut history = History::fixed_among(&[1_000; 3]);
        let mut open: Vec<(Input, u64)> = (0..3).map(|n| (history.seed(n), 1_000)).collect();
        for (takes, gives) in moves {
            let taken: Vec<_> = open.drain(..takes.min(open.len())).collect();
            let inputs: Vec<_> = taken.iter().map(|(input, _)| *input).collect();
            let sum: u64 = taken.iter().map(|(_, amount)| amount).sum();
            let mut amounts = vec![sum / gives; usize::try_from(gives).unwrap()];
            amounts[0] += sum % gives;
            let frame = history.transfer(&inputs, &amounts);
            let leaves = (0..).map(|index| history.leaf(frame, index));
            open.extend(leaves.zip(amounts).filter(|(_, amount)| *amount > 0));
        }
        assert_incremental_is_full(&history);
    }
}

#[test]
fn a_base_that_is_not_known_names_every_missing_operation() {
    let history = history();
    let delta = history.delta(3);
    let store = Store::of(&history, 1);
    let failure = judge(&delta, &store).unwrap_err();
    let expected = Fails::new(Kind::Unresolved, Check::BaseMissing);
    expected.check(&failure);
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
    refuse_knowing(&store, &bumped.delta(1).encode(), expected);
    // Nor can the entry name the proven witness: its output is not the one that is spent.
    let mut lying = bumped.delta(1);
    let entry = history.entry(0, history.leaf(0, 0));
    lying.frames[0] = Frame::Base(Base::new([entry]).unwrap());
    let expected = Fails::invalid(Check::SealNotClosed)
        .operation(bumped.id(1))
        .witness(bumped.txid(1));
    refuse_knowing(&store, &lying.encode(), expected);
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
    refuse_knowing(&Store::of(&history, 3), &delta.encode(), expected);
}

#[test]
fn h12_a_known_operation_shows_another_leaf_with_a_false_path() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[100; 10]);
    history.transfer(&[history.leaf(0, 7)], &[100]);
    let mut store = Store::of(&history, 1);
    accept_knowing(&store, &history.delta(1).encode());
    let first = history.leaf(0, 0);
    store.leaves.retain(|(_, leaf, _), _| *leaf == first);
    let missing = Fails::new(Kind::Unresolved, Check::BaseMissing);
    refuse_knowing(&store, &history.delta(1).encode(), missing);
    // In full, its path is walked whatever was proven of the operation before.
    let mut whole = history.consignment(View::Everything);
    whole.hand_over([Terminal::Leaf(history.leaf(1, 0))]);
    whole.tamper(0, |frame| {
        let of = &mut frame.transitions[0].transition.outputs;
        *of = of.pruned(|_, index| index == 7);
    });
    accept_knowing(&store, &whole.encode());
    let Frame::Witness(frame) = &whole.frames[0] else {
        panic!("the first frame is a witness frame");
    };
    let Some(Leaves::Pruned(pruned)) = frame.transitions[0].transition.outputs.0.get(&0) else {
        panic!("a leaf of ten is shown");
    };
    for sibling in pruned.siblings() {
        let junk = whole.encode_with(0, |bytes| {
            let mut other = sibling.hash;
            other[0] ^= 1;
            swap(bytes, &sibling.hash, &other);
        });
        let expected = Fails::invalid(Check::Dbc).witness(history.txid(0));
        refuse_knowing(&store, &junk, expected);
    }
}

#[test]
fn a_witness_behind_the_base_stands_in_no_frame() {
    // The receiver knows one transition of a bundle; the other, in the same witness, comes late.
    let mut history = History::fixed_among(&[500, 500]);
    let acts = [0, 1].map(|n| {
        let assignments = [(0, State::Amount(500), at(n + 1))];
        history.act("transfer", &[history.seed(n)], &assignments)
    });
    history.push(history.draft(acts.into()));
    let ids = history.anchored(0).ids.clone();
    history.transfer(&[leaf(ids[0], 0, 0), leaf(ids[1], 0, 0)], &[1_000]);
    accept(&history.encode());
    let store = Store::of(&history, 1);
    let mut part = history.clone();
    part.edit(0, |draft| draft.acts[0].shown = false);
    let mut delta = part.consignment(View::Leaves);
    let base = Base::new([history.entry(0, leaf(ids[0], 0, 0))]).unwrap();
    delta.frames.insert(0, Frame::Base(base));
    let expected = Fails::invalid((
        Check::Order,
        "expected witnesses that do not lie behind the base",
    ))
    .witness(history.txid(0));
    refuse_knowing(&store, &delta.encode(), expected);
}

#[test]
fn a_circle_through_a_witness_behind_the_base_is_none() {
    // One witness makes the leaf of the base, and consumes in another act, which the receiver does
    // not know, what a later witness makes of that leaf.
    let mut history = History::fixed(500);
    let amount = |seal| [(0, State::Amount(500), seal)];
    let first = history.act("transfer", &[history.seed(0)], &amount(at(1)));
    let known = leaf(first.transition.id(), 0, 0);
    let later = history.act("transfer", &[known], &amount(on(coin(1))));
    let middle = leaf(later.transition.id(), 0, 0);
    let second = history.act("transfer", &[middle], &amount(at(2)));
    let last = leaf(second.transition.id(), 0, 0);
    let mut draft = history.draft(vec![first, second]);
    draft.transaction.input.push(spend(coin(1)));
    history.push(draft);
    history.push(history.draft(vec![later]));
    let missing = Fails::invalid(Check::InputMissing)
        .witness(history.txid(0))
        .operation(history.anchored(0).ids[1]);
    refuse_under(&rules(), &history.encode(), missing);
    let store = Store::of(&history, 1);
    let mut part = history.clone();
    part.edit(0, |draft| draft.acts[0].shown = false);
    let mut delta = part.consignment(View::Leaves);
    delta.frames.swap(0, 1);
    let base = Base::new([history.entry(0, known)]).unwrap();
    delta.frames.insert(0, Frame::Base(base));
    delta.hand_over([Terminal::Leaf(last)]);
    let expected = Fails::invalid((
        Check::Order,
        "expected witnesses that do not lie behind the base",
    ))
    .witness(history.txid(0));
    refuse_knowing(&store, &delta.encode(), expected);
}

/// A transfer, who has proven it, and an entry over what it made.
fn one() -> (History, Store, BaseEntry) {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let (store, entry) = (Store::of(&history, 1), history.entry(0, history.leaf(0, 0)));
    (history, store, entry)
}

#[test]
fn a_seal_in_the_base_is_the_one_that_was_proven() {
    let (history, store, entry) = one();
    let delta = |seal| only_base(&history, &[BaseEntry { seal, ..entry }], &[entry.leaf]);
    for seal in [None, entry.seal] {
        accept_knowing(&store, &delta(seal).encode());
    }
    let other = Seal::Witness {
        vout: 1,
        blinding: blinding(7),
    };
    let expected = Fails::invalid((Check::Decode, "expected the seal that was proven before"))
        .operation(history.id(0))
        .witness(history.txid(0));
    refuse_knowing(&store, &delta(Some(other)).encode(), expected);
}

#[test]
fn a_leaf_of_the_genesis_is_no_entry_of_a_base() {
    let (history, store, entry) = one();
    let leaf = history.seed(0);
    let delta = only_base(&history, &[BaseEntry { leaf, ..entry }], &[leaf]);
    let expected = Fails::invalid((Check::NotCanonical, "found a leaf of the genesis"))
        .operation(history.contract());
    refuse_knowing(&store, &delta.encode(), expected);
}

#[test]
fn a_leaf_stands_in_a_base_once() {
    let (history, store, entry) = one();
    let bytes = only_base(&history, &[entry], &[entry.leaf]).encode_with(0, |bytes| {
        let one = bytes.split_off(2);
        bytes[1] = 2;
        bytes.extend([one.as_slice(), &one].concat());
    });
    let expected = Fails::invalid((Check::NotCanonical, "leaves of a base frame do not ascend"));
    refuse_knowing(&store, &bytes, expected);
}

#[test]
fn a_delta_settles_with_what_lies_behind_it() {
    let history = history();
    let store = Store::of(&history, 3);
    let delta = history.delta(3).encode();
    let rules = knowing(&store);
    let consistent = || validate(&delta, &rules).unwrap();
    let behind = |height| Weakest {
        witness: history.txid(1),
        position: Position::Mined { height },
    };
    let mut chain = Chain::mined(30, [(history.txid(3), 20)]);
    let unanswered = consistent().settle(&chain, 1).unwrap_err();
    assert!(matches!(
        unanswered,
        Unresolved::Answers {
            expected: 4,
            found: 1
        }
    ));
    chain.behind = vec![behind(10), behind(25), behind(10)];
    let settle = |chain: &Chain, depth| consistent().settle(chain, depth).unwrap();
    let Settlement::Pending { depth, weakest, .. } = settle(&chain, 7) else {
        panic!("the store says that a witness is 6 deep");
    };
    assert_eq!((depth, weakest), (6, history.txid(1)));
    let Settlement::Settled(settled) = settle(&chain, 6) else {
        panic!("everything is 6 deep");
    };
    assert_eq!(settled.depth(), Some(6));
    chain.behind[2].position = Position::Conflicted;
    let Settlement::Conflicted { witness, .. } = settle(&chain, 1) else {
        panic!("a witness behind the base cannot be mined any more");
    };
    assert_eq!(witness, history.txid(1));
}

#[test]
fn a_leaf_of_the_genesis_that_was_consumed_behind_the_base_is_not_handed_over() {
    // Its seal is secret, so no output tells it.
    let (history, store, entry) = one();
    let mut delta = only_base(&history, &[entry], &[entry.leaf, history.seed(0)]);
    let of = &mut delta.header.genesis.outputs;
    *of = of.with_seals(|_, _, _| None);
    let expected = Fails::invalid((
        Check::Terminal,
        "expected a leaf that no operation behind the base consumes",
    ))
    .operation(history.contract());
    refuse_knowing(&store, &delta.encode(), expected);
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
    let expected = Fails::invalid((
        Check::Terminal,
        "expected a leaf whose output no witness of this consignment spends",
    ))
    .operation(seed.operation);
    let mut delta = only_base(&history, &[history.entry(0, child)], &[seed, child]);
    delta.header.genesis = history.genesis().clone();
    refuse_knowing(&store, &delta.encode(), expected);
}

#[test]
fn an_output_that_a_witness_behind_the_base_spent_is_not_spent_again() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let mut other = History::fixed(1_000);
    other.transfer(&[other.seed(0)], &[400, 600]);
    let store = Store::of(&history, 1);
    let mut delta = other.consignment(View::Leaves);
    let base = Base::new([history.entry(0, history.leaf(0, 0))]).unwrap();
    delta.frames.insert(0, Frame::Base(base));
    let expected = Fails::invalid(Check::OutpointSpentTwice).witness(other.txid(0));
    refuse_knowing(&store, &delta.encode(), expected);
}

#[test]
fn a_base_over_two_histories_that_exclude_each_other_is_refused() {
    let [history, other] = [[1_000, 0], [400, 600]].map(|amounts| {
        let mut history = History::fixed(1_000);
        history.transfer(&[history.seed(0)], &amounts);
        history
    });
    let mut store = Store::of(&history, 1);
    let second = Store::of(&other, 1);
    store.leaves.extend(second.leaves);
    store.operations.extend(second.operations);
    let leaves = [history.leaf(0, 0), other.leaf(0, 0)];
    let base = [history.entry(0, leaves[0]), other.entry(0, leaves[1])];
    let delta = only_base(&history, &base, &leaves);
    let expected = Fails::invalid((
        Check::OutpointSpentTwice,
        "expected leaves whose histories do not spend one output twice",
    ));
    refuse_knowing(&store, &delta.encode(), expected);
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
    let base = Base::new([history.entry(0, middle)]).unwrap();
    delta.frames.insert(0, Frame::Base(base));
    delta.hand_over([Terminal::Leaf(leaf(id, 0, 0))]);
    let expected = Fails::invalid((
        Check::Order,
        "expected witnesses that do not lie behind the base",
    ))
    .witness(history.txid(0));
    refuse_knowing(&store, &delta.encode(), expected);
}

#[test]
fn a_leaf_that_never_opens_is_no_entry_of_a_base() {
    let mut history = History::fixed(1_000);
    let assignments = [
        (0, State::Amount(1_000), at(9)),
        (0, State::Amount(0), at(1)),
    ];
    let act = history.act("transfer", &[history.seed(0)], &assignments);
    history.push(history.draft(vec![act]));
    let store = Store::of(&history, 1);
    let missing = Fails::invalid((
        Check::InputMissing,
        "expected leaves that can be consumed; found an amount of 0, or a seal over no output",
    ))
    .operation(history.id(0))
    .witness(history.txid(0));
    // An output that the witness does not have, and an amount of zero, its seal secret.
    let nowhere = history.entry(0, history.leaf(0, 0));
    let zero = BaseEntry {
        seal: None,
        ..history.entry(0, history.leaf(0, 1))
    };
    for entry in [nowhere, zero] {
        let delta = only_base(&history, &[entry], &[entry.leaf]);
        refuse_knowing(&store, &delta.encode(), missing);
    }
    // While the seal is secret, nobody can tell.
    let secret = BaseEntry {
        seal: None,
        ..nowhere
    };
    let bytes = only_base(&history, &[secret], &[secret.leaf]).encode();
    accept_knowing(&store, &bytes);
}

#[test]
fn a_base_without_terminals_hands_nothing_over() {
    let (history, store, entry) = one();
    let mut delta = only_base(&history, &[entry], &[]);
    let expected = Fails::invalid((Check::Terminal, "expected at least one terminal"));
    refuse_knowing(&store, &delta.encode(), expected);
    delta.hand_over([Terminal::Leaf(entry.leaf)]);
    assert_eq!(accept_knowing(&store, &delta.encode()).terminals.len(), 1);
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
        let expected =
            Fails::invalid((Check::Order, "expected a base frame right after the header"));
        refuse_knowing(&store, &twice.encode(), expected);
    }
}
