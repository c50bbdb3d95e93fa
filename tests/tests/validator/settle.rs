//! From consistent to settled: what a chain says of the witnesses.

use bitcoin::Txid;
use bulla_core::validator::{Consignment, Consistent, Position, Settlement, Unresolved};
use bulla_tests::kit::{Chain, Down, History, View, judge, record};

fn linear(length: usize) -> History {
    let mut history = History::fixed(1_000);
    let mut at = history.seed(0);
    for _ in 0..length {
        let frame = history.transfer(&[at], &[1_000]);
        at = history.leaf(frame, 0);
    }
    history
}

fn consistent(history: &History) -> Consistent<Consignment> {
    judge(&history.encode()).expect("a good history")
}

/// All witnesses of three transfers mined in the blocks 10, 20 and 30 of 30.
fn mined(history: &History) -> Chain {
    Chain::mined(
        30,
        (0..3)
            .zip([10, 20, 30])
            .map(|(i, height)| (history.txid(i), height)),
    )
}

/// Depth and witness of what must be pending.
fn pending(settlement: Settlement) -> (u32, Txid, Position) {
    match settlement {
        Settlement::Pending {
            depth,
            weakest,
            position,
            ..
        } => (depth, weakest, position),
        other => panic!("expected a pending consignment: {other:?}"),
    }
}

#[test]
fn the_weakest_witness_decides_how_deep_a_consignment_is_settled() {
    let history = linear(3);
    let settled = consistent(&history).settle(&mined(&history), 1).unwrap();
    let Settlement::Settled(settled) = settled else {
        panic!("expected a settled consignment: {settled:?}");
    };
    assert_eq!(settled.depth(), Some(1));
    assert_eq!(settled.get(), consistent(&history).get());
    let at = |min_depth| consistent(&history).settle(&mined(&history), min_depth);
    let last = Position::Mined { height: 30 };
    assert_eq!(pending(at(2).unwrap()), (1, history.txid(2), last));
}

#[test]
fn heights_come_in_any_order() {
    let history = linear(3);
    let heights = [30, 10, 20];
    let chain = Chain::mined(30, (0..3).map(|i| (history.txid(i), heights[i])));
    let settlement = consistent(&history).settle(&chain, 2).unwrap();
    let first = Position::Mined { height: 30 };
    assert_eq!(pending(settlement), (1, history.txid(0), first));
}

#[test]
fn a_witness_that_is_not_mined_is_pending_even_at_depth_0() {
    let history = linear(3);
    for position in [Position::Mempool, Position::Absent] {
        for min_depth in 0..2 {
            let mut chain = mined(&history);
            chain.positions.insert(history.txid(1), position);
            let settlement = consistent(&history).settle(&chain, min_depth).unwrap();
            assert_eq!(pending(settlement), (0, history.txid(1), position));
        }
    }
}

#[test]
fn a_height_above_the_tip_is_no_depth() {
    let history = linear(3);
    let chain = Chain {
        tip: 29,
        ..mined(&history)
    };
    let settlement = consistent(&history).settle(&chain, 1).unwrap();
    assert_eq!(pending(settlement).0, 0);
}

#[test]
fn a_conflict_outweighs_whatever_is_pending() {
    let history = linear(3);
    let mut chain = mined(&history);
    chain.positions.insert(history.txid(0), Position::Absent);
    chain
        .positions
        .insert(history.txid(2), Position::Conflicted);
    let settlement = consistent(&history).settle(&chain, 1).unwrap();
    let Settlement::Conflicted {
        consignment,
        witness,
    } = settlement
    else {
        panic!("expected a conflict: {settlement:?}");
    };
    assert_eq!(witness, history.txid(2));
    assert_eq!(consignment, consistent(&history));
}

#[test]
fn a06_of_two_conflicting_histories_the_mined_one_settles() {
    let history = linear(1);
    let (mut bob, mut carol) = (history.clone(), history);
    bob.transfer(&[bob.leaf(0, 0)], &[1_000]);
    carol.transfer(&[carol.leaf(0, 0)], &[999, 1]);
    let mut chain = Chain::mined(30, [(bob.txid(0), 10), (bob.txid(1), 20)]);
    chain.positions.insert(carol.txid(1), Position::Conflicted);
    for history in [&bob, &carol] {
        let content = consistent(history).get().clone();
        let found = consistent(history).settle(&chain, 6);
        let found = record::Judged::of(&found);
        record::judged(&content, &history.encode(), (&chain, 6), found);
    }
    let settled = consistent(&bob).settle(&chain, 6).unwrap();
    assert!(matches!(settled, Settlement::Settled(_)));
    let lost = consistent(&carol).settle(&chain, 6).unwrap();
    assert!(matches!(lost, Settlement::Conflicted { witness, .. } if witness == carol.txid(1)));
}

#[test]
fn k13_a_chain_that_does_not_answer_leaves_everything_open() {
    let history = linear(3);
    let down = Chain {
        down: true,
        ..mined(&history)
    };
    let unresolved = consistent(&history).settle(&down, 1).unwrap_err();
    assert!(matches!(unresolved, Unresolved::View(Down)));
    let short = Chain {
        short: 1,
        ..mined(&history)
    };
    let unresolved = consistent(&history).settle(&short, 1).unwrap_err();
    let Unresolved::Answers { expected, found } = unresolved else {
        panic!("expected too few answers: {unresolved:?}");
    };
    assert_eq!((expected, found), (3, 2));
}

#[test]
fn without_a_witness_a_contract_file_is_settled_at_once() {
    let history = linear(0);
    let file = judge(&history.consignment(View::Everything).encode()).unwrap();
    let settlement = file.settle(&Chain::default(), 6).unwrap();
    let Settlement::Settled(settled) = settlement else {
        panic!("expected a settled contract: {settlement:?}");
    };
    assert_eq!(settled.depth(), None);
}
