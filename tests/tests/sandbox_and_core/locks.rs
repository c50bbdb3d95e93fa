//! Locks and maturity.

use bitcoin::absolute::LockTime;
use bitcoin::transaction::Version;
use bitcoin::{OutPoint, Sequence};

use super::pair::Pair;

#[test]
fn locks_and_maturity_are_judged_alike() {
    let p = Pair::new();
    let coin = p.coins(1).remove(0);
    let height = p.sandbox.status().expect("readable").tip.height;
    for (lock, expected) in [
        (0, ""),
        (height - 1, ""),
        (height, ""),
        (height + 1, "non-final"),
    ] {
        let tx = p.spend(&coin, |tx| tx.lock_time = LockTime::from_consensus(lock));
        assert_eq!(p.ask("lock", &tx), expected, "lock {lock} at {height}");
    }
    let info = p.node.rpc("getblockchaininfo", &[]);
    let median = u32::try_from(info["mediantime"].as_u64().expect("a time")).expect("before 2106");
    for (lock, expected) in [
        (median - 1, ""),
        (median, "non-final"),
        (median + 1, "non-final"),
    ] {
        let tx = p.spend(&coin, |tx| tx.lock_time = LockTime::from_consensus(lock));
        assert_eq!(p.ask("time lock", &tx), expected, "lock {lock} at {median}");
    }
    let disabled = p.spend(&coin, |tx| {
        tx.lock_time = LockTime::from_consensus(height + 9);
        tx.input[0].sequence = Sequence::MAX;
    });
    assert_eq!(p.ask("lock without effect", &disabled), "");
    for blocks in 0..4 {
        let expected = if blocks > 1 { "non-BIP68-final" } else { "" };
        let tx = p.spend(&coin, |tx| {
            tx.input[0].sequence = Sequence::from_height(blocks);
        });
        assert_eq!(p.ask("relative lock", &tx), expected, "{blocks} blocks");
        let tx = p.spend(&coin, |tx| {
            tx.version = Version::ONE;
            tx.input[0].sequence = Sequence::from_height(blocks);
        });
        assert_eq!(p.ask("relative lock of version 1", &tx), "");
    }
    for intervals in [0, 1, 100] {
        let expected = if intervals > 0 { "non-BIP68-final" } else { "" };
        let sequence = Sequence::from_512_second_intervals(intervals);
        let tx = p.spend(&coin, |tx| tx.input[0].sequence = sequence);
        assert_eq!(
            p.ask("relative time lock", &tx),
            expected,
            "{intervals} intervals"
        );
    }
    let tip = p.mine(1).remove(0);
    let young = (
        OutPoint::new(tip.txdata[0].compute_txid(), 0),
        tip.txdata[0].output[0].clone(),
    );
    let tx = p.spend(&young, |_| {});
    p.mine(98);
    assert_eq!(
        p.ask("young coinbase", &tx),
        "bad-txns-premature-spend-of-coinbase"
    );
    p.mine(1);
    assert_eq!(p.ask("coinbase of 100 blocks", &tx), "");
    assert_eq!(p.ask("loose coinbase", &tip.txdata[0]), "coinbase");
}
