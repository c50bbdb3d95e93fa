//! Who may replace whom in the mempool.

use bitcoin::{Amount, OutPoint, Transaction};

use super::pair::{COIN, FEE, Pair, data, draft};

#[test]
fn replacements_are_judged_alike() {
    let p = Pair::new();
    let coins = p.coins(3);
    let first = p.spend(&coins[0], |_| {});
    p.submit(&first);
    assert_eq!(p.ask("again", &first), "txn-already-in-mempool");
    let mut annexed = first.clone();
    annexed.input[0].witness.push([1; 64]);
    assert_eq!(
        p.ask("other witness", &annexed),
        "txn-same-nonwitness-data-in-mempool"
    );
    let vsize = first.vsize() as u64;
    for (fee, expected) in [
        (FEE - 1, "insufficient fee"),
        (FEE, "txn-already-in-mempool"),
        (FEE + vsize.div_ceil(10) - 1, "insufficient fee"),
        (FEE + vsize.div_ceil(10), ""),
    ] {
        let tx = p.spend(&coins[0], |tx| {
            tx.output[0].value = Amount::from_sat(COIN - fee);
        });
        assert_eq!(p.ask("replacement", &tx), expected, "fee {fee}");
    }
    let diluted = p.spend(&coins[0], |tx| {
        tx.output[0].value -= Amount::from_sat(200);
        tx.output.push(data(500));
    });
    assert_eq!(p.ask("lower fee rate", &diluted), "replacement-failed");
    let child_of = |parent: &Transaction| {
        let outpoint = OutPoint::new(parent.compute_txid(), 0);
        (outpoint, parent.output[0].clone())
    };
    let child = p.spend(&child_of(&first), |_| {});
    p.submit(&child);
    for (fee, expected) in [(FEE + 500, "insufficient fee"), (FEE * 2 + 500, "")] {
        let tx = p.spend(&coins[0], |tx| {
            tx.output[0].value = Amount::from_sat(COIN - fee);
        });
        assert_eq!(p.ask("replacement of two", &tx), expected, "fee {fee}");
    }
    let mixed = [coins[0].clone(), child_of(&first)];
    let draft = draft(&mixed, vec![p.output(COIN)]);
    let eats_parent = p.sign(&mixed, draft);
    assert_eq!(
        p.ask("spends what it replaces", &eats_parent),
        "bad-txns-spends-conflicting-tx"
    );
    let mut last = p.spend(&coins[1], |_| {});
    p.submit(&last);
    for _ in 0..63 {
        last = p.spend(&child_of(&last), |_| {});
        p.submit(&last);
    }
    let longer = p.spend(&child_of(&last), |_| {});
    assert_eq!(p.ask("a chain of 65", &longer), "too-large-cluster");
    p.mine(1);
    assert_eq!(p.ask("mined", &first), "bad-txns-inputs-missingorspent");
    assert_eq!(p.ask("mined and unspent", &last), "txn-already-known");
}

#[test]
fn replacements_of_many_are_judged_alike() {
    let p = Pair::new();
    let coins = p.coins(101);
    for coin in &coins {
        p.submit(&p.spend(coin, |_| {}));
    }
    for (count, expected) in [(100, ""), (101, "too many potential replacements")] {
        let coins = &coins[..count];
        let sats = COIN * u64::try_from(count).expect("small");
        let tx = p.sign(coins, draft(coins, vec![p.output(sats / 2)]));
        assert_eq!(p.ask("replaces many", &tx), expected, "{count}");
    }
}
