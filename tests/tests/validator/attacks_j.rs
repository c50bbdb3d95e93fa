//! J: what the chain does to witnesses. Content stays consistent; the settlement follows the chain.

use bitcoin::Txid;
use bulla_core::validator::{Check, Position, Settlement};
use bulla_tests::kit::{Chain, Draft, Fails, History, accept, judge, record, refuse};

/// What a settlement says, without its content.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Says {
    Settled(u32),
    Pending(u32, Txid),
    Conflicted(Txid),
}

fn says(history: &History, chain: &Chain, min_depth: u32) -> Says {
    let bytes = history.encode();
    let consistent = judge(&bytes).expect("content does not depend on the chain");
    let content = consistent.get().clone();
    let settlement = consistent.settle(chain, min_depth);
    let found = record::Judged::of(&settlement);
    record::judged(&content, &bytes, (chain, min_depth), found);
    match settlement.expect("the chain answers") {
        Settlement::Settled(settled) => Says::Settled(settled.depth().expect("a witness")),
        Settlement::Pending { depth, weakest, .. } => Says::Pending(depth, weakest),
        Settlement::Conflicted { witness, .. } => Says::Conflicted(witness),
    }
}

fn linear(length: usize) -> History {
    let mut history = History::fixed(1_000);
    let mut at = history.seed(0);
    for _ in 0..length {
        let frame = history.transfer(&[at], &[1_000]);
        at = history.leaf(frame, 0);
    }
    history
}

/// Every witness mined, one block after the other from height 10.
fn mined(history: &History, tip: u32) -> Chain {
    let frames = 0..history.drafts().len();
    Chain::mined(tip, frames.map(|i| history.txid(i)).zip(10..))
}

#[test]
fn j01_j12_j13_what_is_not_mined_is_never_settled_and_never_invalid() {
    let history = linear(2);
    let mut chain = mined(&history, 30);
    let last = history.txid(1);
    for position in [Position::Mempool, Position::Absent] {
        chain.positions.insert(last, position);
        assert_eq!(says(&history, &chain, 0), Says::Pending(0, last));
    }
    chain.positions.insert(last, Position::Conflicted);
    assert_eq!(says(&history, &chain, 0), Says::Conflicted(last));
}

#[test]
fn j02_a13_f17_of_a_witness_and_its_replacement_the_mined_one_settles() {
    let first = linear(1);
    let mut bumped = first.clone();
    bumped.edit(0, |draft| {
        draft.transaction.output[1].value -= bitcoin::Amount::ONE_SAT;
    });
    assert_eq!(first.id(0), bumped.id(0));
    assert_ne!(first.txid(0), bumped.txid(0));
    let chain = |winner: &History, loser: &History| {
        let mut chain = mined(winner, 30);
        chain.positions.insert(loser.txid(0), Position::Conflicted);
        chain
    };
    for (winner, loser) in [(&first, &bumped), (&bumped, &first)] {
        let chain = chain(winner, loser);
        assert_eq!(says(winner, &chain, 1), Says::Settled(21));
        assert_eq!(says(loser, &chain, 1), Says::Conflicted(loser.txid(0)));
    }
    // A replacement that commits to something else is another history.
    let mut other = first.clone();
    other.edit(0, |draft| draft.entropy += 1);
    let mut consignment = first.consignment(bulla_tests::kit::View::Leaves);
    let witness = other.anchored(0).witness.clone();
    consignment.tamper(0, |frame| frame.witness = witness);
    let expected = Fails::invalid(Check::Dbc).witness(other.txid(0));
    refuse(&consignment.encode(), expected);
}

#[test]
fn j03_j04_j05_a_reorganisation_takes_any_ancestor_back_to_pending() {
    let history = linear(5);
    let whole = mined(&history, 30);
    assert_eq!(says(&history, &whole, 6), Says::Settled(17));
    for frame in 0..5 {
        let mut chain = whole.clone();
        chain
            .positions
            .insert(history.txid(frame), Position::Absent);
        assert_eq!(
            says(&history, &chain, 6),
            Says::Pending(0, history.txid(frame))
        );
    }
    // Several at once, and some of them mined again later: the weakest decides.
    let mut chain = whole;
    for (frame, height) in [(1, 28), (3, 30), (4, 29)] {
        let position = Position::Mined { height };
        chain.positions.insert(history.txid(frame), position);
    }
    assert_eq!(says(&history, &chain, 2), Says::Pending(1, history.txid(3)));
    assert_eq!(says(&history, &chain, 1), Says::Settled(1));
}

#[test]
fn j11_of_two_payments_to_one_seal_around_a_reorganisation_each_counts_while_it_is_mined() {
    use bulla_core::seal::AssignedSeal;
    use bulla_core::state::State;
    use bulla_tests::kit::make::{coin, on};
    let to = AssignedSeal::Secret(on(coin(50)).conceal());
    let mut first = History::fixed_among(&[500, 500]);
    let mut second = first.clone();
    for (history, seed) in [(&mut first, 0), (&mut second, 1)] {
        let pays = [(0, State::Amount(500), to)];
        let act = history.act("transfer", &[history.seed(seed)], &pays);
        history.push(history.draft(vec![act]));
    }
    let mut chain = Chain::mined(30, [(first.txid(0), 10), (second.txid(0), 20)]);
    assert_eq!(says(&first, &chain, 6), Says::Settled(21));
    assert_eq!(says(&second, &chain, 6), Says::Settled(11));
    chain.positions.insert(first.txid(0), Position::Absent);
    assert_eq!(says(&first, &chain, 6), Says::Pending(0, first.txid(0)));
    assert_eq!(says(&second, &chain, 6), Says::Settled(11));
}

#[test]
fn j07_j10_a_settled_witness_falls_back_and_comes_back_with_the_chain() {
    let history = linear(1);
    let deep = mined(&history, 1_000);
    assert_eq!(says(&history, &deep, 100), Says::Settled(991));
    let gone = Chain {
        tip: 1_000,
        ..Chain::default()
    };
    assert_eq!(says(&history, &gone, 1), Says::Pending(0, history.txid(0)));
    let mut lost = gone.clone();
    lost.positions.insert(history.txid(0), Position::Conflicted);
    assert_eq!(says(&history, &lost, 1), Says::Conflicted(history.txid(0)));
    assert_eq!(says(&history, &deep, 100), Says::Settled(991));
}

#[test]
fn j08_every_ancestor_is_asked_for_each_time() {
    let history = linear(40);
    let content = accept(&history.encode());
    let asked: Vec<_> = content.witnesses.iter().map(|w| w.txid).collect();
    let all: Vec<_> = (0..40).map(|frame| history.txid(frame)).collect();
    assert_eq!(asked, all);
    for sought in &content.witnesses {
        assert_eq!(sought.inputs.len(), 1, "what it spends is asked for, too");
    }
}

#[test]
fn j09_heights_and_times_of_blocks_decide_no_order() {
    let mut history = linear(4);
    // Locktimes that run backwards, and a child mined above its parent in the same block or,
    // as a view may say in the middle of a reorganisation, below it.
    for frame in 0..4 {
        history.edit(frame, |draft| {
            let time = 1_700_000_000 - u32::try_from(frame).unwrap();
            draft.transaction.lock_time = bitcoin::absolute::LockTime::from_consensus(time);
        });
    }
    for heights in [[10, 10, 10, 10], [13, 12, 11, 10]] {
        let chain = Chain::mined(15, (0..4).map(|i| (history.txid(i), heights[i])));
        let weakest = 15 - heights[0] + 1;
        assert_eq!(says(&history, &chain, 1), Says::Settled(weakest));
    }
}

#[test]
fn j14_a_tip_below_the_heights_it_came_with_gives_no_depth() {
    let history = linear(2);
    for tip in [0, 9, 10] {
        let chain = mined(&history, tip);
        let first = usize::from(tip >= 10);
        assert_eq!(
            says(&history, &chain, 1),
            Says::Pending(0, history.txid(first))
        );
    }
    let chain = mined(&history, u32::MAX);
    assert_eq!(says(&history, &chain, 1), Says::Settled(u32::MAX - 10));
}

#[test]
fn a11_a_fork_behind_an_operation_that_was_accepted_is_conflicted() {
    let mut accepted = linear(1);
    let fork = accepted.clone();
    accepted.transfer(&[accepted.leaf(0, 0)], &[1_000]);
    let mut newcomer = fork;
    newcomer.edit(0, |draft| draft.entropy = 99);
    newcomer.transfer(&[newcomer.leaf(0, 0)], &[500, 500]);
    let mut chain = mined(&accepted, 30);
    chain
        .positions
        .insert(newcomer.txid(0), Position::Conflicted);
    assert_eq!(says(&accepted, &chain, 6), Says::Settled(20));
    assert_eq!(
        says(&newcomer, &chain, 6),
        Says::Conflicted(newcomer.txid(0))
    );
    // Both in one consignment are invalid, whatever the chain says.
    let mut both = newcomer.clone();
    both.push(Draft {
        entropy: 5,
        ..newcomer.drafts()[0].clone()
    });
    let expected = Fails::invalid(Check::OutpointSpentTwice).witness(both.txid(2));
    refuse(&both.encode(), expected);
}

#[test]
fn g05_a_view_of_another_chain_leaves_a_consignment_pending() {
    let history = linear(2);
    let other = Chain::mined(
        800_000,
        [(Txid::from_raw_hash(bitcoin::hashes::Hash::all_zeros()), 5)],
    );
    assert_eq!(says(&history, &other, 1), Says::Pending(0, history.txid(0)));
}
