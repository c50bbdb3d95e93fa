//! Questions about scripts that are used again, and about transactions that left the mempool.

use bitcoin::Transaction;
use bulla_wallet::chain::{Position, Sought, SourceError};

use super::person::person;
use super::questions::Scenario;
use super::view::{View, set};
use super::world::{COIN, FEE, World};

fn a_script_used_again_gives_all_its_transactions(w: &World) {
    let alice = person(100);
    let coin = w.coin(&alice);
    let to_herself = alice.spend(&coin, &alice.script(), FEE);
    w.broadcast(&to_herself);
    let mined = w.pay(&alice.script(), COIN);
    w.mine(1);
    let waiting = w.pay(&alice.script(), COIN);
    let mut view = View::new(w, &alice);
    view.scan(w);
    let settled = set([coin.0.txid, to_herself.compute_txid(), mined]);
    assert_eq!(view.settled(), settled);
    assert_eq!(view.waiting(), set([waiting]));
    w.reorg(1, &[]);
    view.scan(w);
    assert_eq!(view.settled(), set([coin.0.txid]));
    let waiting = set([to_herself.compute_txid(), mined, waiting]);
    assert_eq!(view.waiting(), waiting);
}

/// What is said of a transaction that is nowhere, and never that it is somewhere.
fn assert_gone(w: &World, gone: &Transaction) {
    let txid = gone.compute_txid();
    match w.source.transaction(txid) {
        Ok(found) => assert_eq!(found, None),
        Err(SourceError::NoIndex { txid: found, .. }) if !w.finds_by_id => assert_eq!(found, txid),
        Err(error) => panic!("{error}"),
    }
}

fn a_replaced_transaction_is_absent_until_its_rival_is_mined(w: &World) {
    let (alice, bob) = (person(101), person(102));
    let coin = w.coin(&alice);
    let first = alice.spend(&coin, &bob.script(), FEE);
    let rival = alice.spend(&coin, &bob.script(), FEE * 2);
    let sought = [Sought::of(&first), Sought::of(&rival)];
    w.broadcast(&first);
    let found = w.source.transaction(first.compute_txid()).expect("answers");
    assert_eq!(found.as_ref(), Some(&first));
    assert_eq!(w.positions(&sought), [Position::Mempool, Position::Absent]);

    w.broadcast(&rival);
    assert_gone(w, &first);
    assert_eq!(w.positions(&sought), [Position::Absent, Position::Mempool]);
    let error = w.source.broadcast(&first).expect_err("it pays too little");
    let SourceError::Refused { reason, .. } = error else {
        panic!("{error}")
    };
    assert!(reason.contains("insufficient fee"), "{reason}");

    w.mine(1);
    assert_gone(w, &first);
    let by = w.names_rivals.then(|| rival.compute_txid());
    let height = w.height();
    let expected = [Position::Conflicted { by }, Position::Mined { height }];
    assert_eq!(w.positions(&sought), expected);
}

fn a_reorg_takes_a_conflict_back(w: &World) {
    let (alice, bob) = (person(103), person(104));
    let coin = w.coin(&alice);
    let first = alice.spend(&coin, &bob.script(), FEE);
    let rival = alice.spend(&coin, &bob.script(), FEE * 2);
    w.broadcast(&rival);
    w.mine(1);
    let error = w.source.broadcast(&first).expect_err("its coin is spent");
    assert!(matches!(error, SourceError::Refused { .. }), "{error}");
    w.reorg(1, std::slice::from_ref(&first));
    let height = w.height() - 1;
    let by = w.names_rivals.then(|| first.compute_txid());
    let expected = [Position::Mined { height }, Position::Conflicted { by }];
    let sought = [Sought::of(&first), Sought::of(&rival)];
    assert_eq!(w.positions(&sought), expected);
    assert_gone(w, &rival);
}

/// All of these.
pub const SCENARIOS: [Scenario; 3] = [
    (
        "a_script_used_again_gives_all_its_transactions",
        a_script_used_again_gives_all_its_transactions,
    ),
    (
        "a_replaced_transaction_is_absent_until_its_rival_is_mined",
        a_replaced_transaction_is_absent_until_its_rival_is_mined,
    ),
    (
        "a_reorg_takes_a_conflict_back",
        a_reorg_takes_a_conflict_back,
    ),
];
