//! Transactions that meet others in the mempool: known ones, replacements, limits.

use bitcoin::{Amount, Transaction, Witness};

use crate::coins::{Coin, Lock, SATS, data, pass_on, spend, unsigned};
use crate::pair::{Pair, Verdict};
use crate::state::{assert_same, mempool};

/// Virtual bytes of a transaction with one key path input and one P2TR output.
const VSIZE: u64 = 111;
/// The least that a replacement of that size pays more: 0.1 sat/vB, rounded up.
const INCREMENT: u64 = 12;

fn child(tx: &Transaction, fee: u64) -> Transaction {
    pass_on(&Coin::of(tx, 0, &Lock::KeyPath), fee)
}

#[test]
fn a_transaction_that_waits_or_is_mined_is_known() {
    let pair = Pair::start();
    let [coin, other] = pair.coins(SATS, [Lock::KeyPath, Lock::WitnessScript(two_ways())]);
    let tx = pass_on(&coin, 1_000);
    pair.send(&tx);
    pair.refuses("it waits", &tx, "txn-already-in-mempool");

    let mut one_way = unsigned(&[other], vec![Lock::KeyPath.output(SATS - 1_000)]);
    let mut other_way = one_way.clone();
    let script = two_ways().into_bytes();
    one_way.input[0].witness = Witness::from_slice(&[vec![1], script.clone()]);
    other_way.input[0].witness = Witness::from_slice(&[vec![1, 1], script]);
    pair.send(&one_way);
    let reason = "txn-same-nonwitness-data-in-mempool";
    pair.refuses("it waits with another witness", &other_way, reason);

    pair.mine_mempool();
    pair.refuses("it is mined", &tx, "txn-already-known");
    let next = child(&tx, 1_000);
    pair.send(&next);
    pair.refuses(
        "it is mined and spent by one that waits",
        &tx,
        "txn-already-known",
    );
    pair.mine_mempool();
    let reason = "bad-txns-inputs-missingorspent";
    pair.refuses("it is mined and spent", &tx, reason);
    assert_same(&pair);
}

/// A script that two witnesses open: it drops what it is given.
fn two_ways() -> bitcoin::ScriptBuf {
    bitcoin::ScriptBuf::from_bytes(vec![0x75, 0x51])
}

#[test]
fn a_replacement_pays_for_what_it_replaces_and_for_its_own_relay() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let first = pass_on(&coin, 1_000);
    pair.send(&first);
    for (name, fee) in [
        ("a lower fee", 999),
        ("the same fee", 1_000),
        ("one sat more", 1_001),
        ("one sat short", 1_000 + INCREMENT - 1),
    ] {
        let mut tx = pass_on(&coin, fee);
        if fee == 1_000 {
            let output = Lock::KeyHash.output(SATS - fee);
            tx = spend(std::slice::from_ref(&coin), vec![output]);
        }
        pair.refuses(name, &tx, "insufficient fee");
    }
    let enough = pass_on(&coin, 1_000 + INCREMENT);
    let fee = Amount::from_sat(1_000 + INCREMENT);
    let verdict = pair.judge("just enough", &enough);
    assert_eq!(verdict, Verdict::Enters { fee, vsize: VSIZE });
    pair.send(&enough);
    assert_eq!(mempool(&pair), [enough.compute_txid()].into());
    pair.mine_mempool();
    pair.refuses(
        "replaced for good",
        &first,
        "bad-txns-inputs-missingorspent",
    );
    assert_same(&pair);
}

#[test]
fn a_replacement_pays_for_all_that_depend_on_what_it_replaces() {
    let pair = Pair::start();
    let [coin, apart] = pair.coins(SATS, [Lock::KeyPath, Lock::KeyPath]);
    let parent = pass_on(&coin, 1_000);
    let next = child(&parent, 5_000);
    pair.send(&parent);
    pair.send(&next);
    pair.send(&pass_on(&apart, 500));
    let cheap = pass_on(&coin, 5_000);
    pair.refuses("less than parent and child", &cheap, "insufficient fee");
    pair.send(&pass_on(&coin, 6_000 + INCREMENT));
    assert_eq!(mempool(&pair).len(), 2);
    pair.mine_mempool();
    assert_same(&pair);
}

#[test]
fn a_replacement_is_not_cheaper_by_size_and_not_built_on_what_it_replaces() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let first = pass_on(&coin, 2_000);
    pair.send(&first);

    let output = vec![
        Lock::KeyPath.output(SATS - 4_000),
        Lock::Bare(data(vec![0; 2_000])).output(0),
    ];
    let large = spend(std::slice::from_ref(&coin), output);
    pair.refuses("a higher fee at a lower rate", &large, "replacement-failed");

    let both = [coin.clone(), Coin::of(&first, 0, &Lock::KeyPath)];
    let output = vec![Lock::KeyPath.output(SATS - 10_000)];
    let reason = "bad-txns-spends-conflicting-tx";
    pair.refuses("it spends what it replaces", &spend(&both, output), reason);
    assert_eq!(mempool(&pair), [first.compute_txid()].into());
}

#[test]
fn sixty_four_connected_transactions_wait_and_no_more() {
    let pair = Pair::start();
    let [coin, other] = pair.coins(SATS, [Lock::KeyPath, Lock::KeyPath]);
    let mut last = pass_on(&coin, 1_000);
    pair.send(&last);
    for _ in 1..63 {
        last = child(&last, 1_000);
        pair.send(&last);
    }
    let before_last = last.clone();
    last = child(&last, 1_000);
    pair.send(&last);
    let one_more = child(&last, 1_000);
    pair.refuses("the 65th", &one_more, "too-large-cluster");
    pair.send(&pass_on(&other, 1_000));
    pair.send(&child(&before_last, 2_000));
    assert_eq!(mempool(&pair).len(), 65);
    pair.mine_mempool();
    assert_same(&pair);
}

#[test]
fn connected_transactions_wait_up_to_101_000_virtual_bytes() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let large = |coin: &Coin, bytes: usize| {
        let output = vec![
            Lock::KeyPath.output(coin.sats - 20_000),
            Lock::Bare(data(vec![0; bytes])).output(0),
        ];
        spend(std::slice::from_ref(coin), output)
    };
    let first = large(&coin, 60_000);
    pair.send(&first);
    let rest = Coin::of(&first, 0, &Lock::KeyPath);
    let reason = "too-large-cluster";
    pair.refuses("too much together", &large(&rest, 41_000), reason);
    pair.send(&large(&rest, 40_000));
    pair.mine_mempool();
    assert_same(&pair);
}

#[test]
fn one_transaction_replaces_those_of_a_hundred_clusters_and_no_more() {
    let pair = Pair::start();
    let coins = pair.many_coins(20_000, &vec![Lock::KeyPath; 101]);
    for coin in &coins {
        pair.send(&pass_on(coin, 100));
    }
    let all = |coins: &[Coin]| spend(coins, vec![Lock::KeyPath.output(20_000)]);
    let reason = "too many potential replacements";
    pair.refuses("101 at once", &all(&coins), reason);
    pair.send(&all(&coins[..100]));
    assert_eq!(mempool(&pair).len(), 2);
    pair.mine_mempool();
    assert_same(&pair);
}
