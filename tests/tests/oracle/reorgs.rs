//! Reorgs: after the same blocks both have the same best chain, mempool and unspent outputs.

use bitcoin::{Block, Sequence, Transaction};

use crate::coins::{Coin, FEE, Lock, SATS, commitment, pass_on, signed, unsigned};
use crate::draft::{Parent, draft, draft_with};
use crate::pair::{Pair, Verdict};
use crate::state::{assert_same, mempool};

/// Gives both a block on this parent; returns it as the parent of the next.
fn give(pair: &Pair, parent: Parent, transactions: &[Transaction], expected: Verdict) -> Parent {
    let block = draft(parent, transactions);
    give_block(pair, &block, expected)
}

fn give_block(pair: &Pair, block: &Block, expected: Verdict) -> Parent {
    assert_eq!(pair.judge_block("a block of a branch", block), expected);
    assert_same(pair);
    pair.parent(block.block_hash())
}

fn child(tx: &Transaction, lock: &Lock) -> Transaction {
    pass_on(&Coin::of(tx, 0, lock), FEE)
}

#[test]
fn what_a_replaced_branch_held_waits_again() {
    let pair = Pair::start();
    let coins = pair.coins(
        SATS,
        [Lock::KeyPath, Lock::Tapret(commitment(1)), Lock::KeyHash],
    );
    let fork = pair.tip();
    let [first, second, third] = coins.map(|coin| pass_on(&coin, FEE));
    let next = child(&first, &Lock::KeyPath);
    let one = give(&pair, fork, std::slice::from_ref(&first), Verdict::Best);
    give(&pair, one, &[next.clone(), second.clone()], Verdict::Best);
    pair.send(&third);
    pair.send(&child(&second, &Lock::KeyPath));

    let mut parent = fork;
    for _ in 0..2 {
        parent = give(&pair, parent, &[], Verdict::Stored);
    }
    give(&pair, parent, &[], Verdict::Best);
    assert_eq!(mempool(&pair).len(), 5);
    pair.mine_mempool();
    assert_eq!(mempool(&pair).len(), 0);
    assert_same(&pair);
}

#[test]
fn what_conflicts_with_the_new_branch_leaves_with_all_that_depend_on_it() {
    let pair = Pair::start();
    let [coin, other] = pair.coins(SATS, [Lock::KeyPath, Lock::KeyPath]);
    let fork = pair.tip();
    let first = pass_on(&coin, FEE);
    let rival = pass_on(&coin, FEE + 1);
    let unrelated = pass_on(&other, FEE);
    give(
        &pair,
        fork,
        &[first.clone(), unrelated.clone()],
        Verdict::Best,
    );
    let next = child(&first, &Lock::KeyPath);
    pair.send(&next);
    pair.send(&child(&next, &Lock::KeyPath));

    let parent = give(&pair, fork, &[rival], Verdict::Stored);
    give(&pair, parent, &[], Verdict::Best);
    assert_eq!(mempool(&pair), [unrelated.compute_txid()].into());
}

#[test]
fn what_the_new_branch_holds_too_is_mined_and_does_not_wait() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let fork = pair.tip();
    let tx = pass_on(&coin, FEE);
    give(&pair, fork, std::slice::from_ref(&tx), Verdict::Best);
    let next = child(&tx, &Lock::KeyPath);
    pair.send(&next);
    let parent = give(&pair, fork, &[], Verdict::Stored);
    give(&pair, parent, &[tx], Verdict::Best);
    assert_eq!(mempool(&pair), [next.compute_txid()].into());
}

#[test]
fn what_is_too_young_again_after_a_reorg_leaves() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let fork = pair.tip();
    let first = give(&pair, fork, &[], Verdict::Best);
    let young = pair.coinbase_at(first.height + 1 - 100);
    pair.send(&pass_on(&young, FEE));

    let parent = pass_on(&coin, FEE);
    let second = give(&pair, first, std::slice::from_ref(&parent), Verdict::Best);
    let parent = Coin::of(&parent, 0, &Lock::KeyPath);
    let aged = |blocks: u16| {
        let output = vec![Lock::KeyPath.output(parent.sats - FEE)];
        let mut tx = unsigned(std::slice::from_ref(&parent), output);
        tx.input[0].sequence = Sequence::from_height(blocks);
        signed(tx, std::slice::from_ref(&parent))
    };
    pair.send(&aged(1));
    assert_eq!(mempool(&pair).len(), 2);

    // The branch lacks the parent, which waits again, too young for its child.
    let mut branch = fork;
    for _ in 0..2 {
        branch = give(&pair, branch, &[], Verdict::Stored);
    }
    give(&pair, branch, &[], Verdict::Best);
    assert_eq!(branch.height, second.height);
    let left = mempool(&pair);
    assert!(
        !left.contains(&aged(1).compute_txid()),
        "it needs a block on its parent"
    );
    assert_eq!(left.len(), 2, "the coinbase's spend, and the parent");
}

#[test]
fn a_longer_branch_with_an_invalid_block_changes_nothing() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let fork = pair.tip();
    let tx = pass_on(&coin, FEE);
    give(&pair, fork, std::slice::from_ref(&tx), Verdict::Best);
    let waiting = child(&tx, &Lock::KeyPath);
    pair.send(&waiting);

    let first = give(&pair, fork, &[], Verdict::Stored);
    let bad = draft_with(first, &[], |block| {
        block.txdata[0].output[0].value += bitcoin::Amount::ONE_SAT;
    });
    let verdict = pair.judge_block("one sat too much", &bad);
    assert_eq!(verdict, Verdict::refused("bad-cb-amount"));
    assert_same(&pair);
    assert_eq!(mempool(&pair), [waiting.compute_txid()].into());

    // The valid part of the branch can still become the best.
    let second = give(&pair, first, &[], Verdict::Best);
    give(&pair, second, &[tx], Verdict::Best);
    assert_eq!(mempool(&pair), [waiting.compute_txid()].into());
}

#[test]
fn branches_that_overtake_each_other_leave_both_alike() {
    let pair = Pair::start();
    let coins = pair.coins(SATS, [Lock::KeyPath, Lock::KeyPath, Lock::KeyPath]);
    let fork = pair.tip();
    let [first, second, third] = coins.map(|coin| pass_on(&coin, FEE));
    let a1 = give(&pair, fork, std::slice::from_ref(&first), Verdict::Best);
    let b1 = give(&pair, fork, std::slice::from_ref(&second), Verdict::Stored);
    let b2 = give(&pair, b1, &[third.clone(), first.clone()], Verdict::Best);
    pair.send(&child(&third, &Lock::KeyPath));
    let a2 = give(&pair, a1, std::slice::from_ref(&second), Verdict::Stored);
    let a3 = give(&pair, a2, &[], Verdict::Best);
    assert_eq!(mempool(&pair).len(), 2);
    let b3 = give(&pair, b2, &[], Verdict::Stored);
    give(&pair, b3, &[], Verdict::Best);
    assert_eq!(
        mempool(&pair),
        [child(&third, &Lock::KeyPath).compute_txid()].into()
    );
    give(&pair, a3, &[third], Verdict::Stored);
}

#[test]
fn a_deep_reorg_of_the_sandbox_is_followed_by_the_node() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let fork = pair.tip();
    let tx = pass_on(&coin, FEE);
    let mut best = give(&pair, fork, std::slice::from_ref(&tx), Verdict::Best);
    for _ in 0..11 {
        best = give(&pair, best, &[], Verdict::Best);
    }
    let mut branch = fork;
    for _ in 0..12 {
        branch = give(&pair, branch, &[], Verdict::Stored);
    }
    give(&pair, branch, &[], Verdict::Best);
    assert_same(&pair);
}
