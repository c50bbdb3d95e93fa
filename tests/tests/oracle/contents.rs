//! Blocks whose transactions break a rule: what both refuse, and why.

use bitcoin::absolute::LockTime;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, Witness};
use bulla_core::commit::tapret::leaf_hash;

use crate::coins::{
    Coin, FEE, Lock, MAX_MONEY, SATS, commitment, key_path, pass_on, signed, spend, unsigned,
};
use crate::draft::draft;
use crate::pair::{Pair, Verdict};
use crate::state::assert_same;

/// Blocks after which a coinbase can be spent.
const MATURITY: u32 = 100;

/// A spend of this coin with a signature for another fee.
fn badly_signed(coin: &Coin) -> Transaction {
    let mut tx = pass_on(coin, FEE);
    tx.output[0].value -= Amount::ONE_SAT;
    tx
}

#[test]
fn a_block_that_spends_what_it_must_not_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let [coin, other] = pair.coins(SATS, [Lock::KeyPath, Lock::KeyPath]);
    let parent = pair.tip();
    let check = |name: &str, transactions: &[Transaction], reason: &str| {
        pair.refuses_block(name, &draft(parent, transactions), reason);
    };
    let missing = "bad-txns-inputs-missingorspent";

    let [first, second] = [pass_on(&coin, FEE), pass_on(&coin, FEE + 1)];
    check("a coin spent twice", &[first.clone(), second], missing);
    check(
        "a child before its parent",
        &[child_of(&first), first.clone()],
        missing,
    );
    let mut nowhere = coin.clone();
    nowhere.outpoint = OutPoint::new(first.compute_txid(), 7);
    check("a coin that never was", &[pass_on(&nowhere, FEE)], missing);

    // Mature in the block after the next.
    let young = pair.coinbase_at(parent.height + 2 - MATURITY);
    let reason = "bad-txns-premature-spend-of-coinbase";
    check("a coinbase 99 deep", &[pass_on(&young, FEE)], reason);

    let more = spend(
        std::slice::from_ref(&coin),
        vec![Lock::KeyPath.output(SATS + 1)],
    );
    check("more out than in", &[more], "bad-txns-in-belowout");
    let twice = [coin.clone(), coin.clone()];
    let doubled = spend(&twice, vec![Lock::KeyPath.output(SATS)]);
    check("one input twice", &[doubled], "bad-txns-inputs-duplicate");
    let much = spend(
        std::slice::from_ref(&coin),
        vec![Lock::KeyPath.output(MAX_MONEY + 1)],
    );
    check("21 million and a sat", &[much], "bad-txns-vout-toolarge");
    let most = Lock::KeyPath.output(MAX_MONEY);
    let sum = spend(
        std::slice::from_ref(&coin),
        vec![most, Lock::KeyPath.output(1)],
    );
    check("together too much", &[sum], "bad-txns-txouttotal-toolarge");
    let negative = spend(
        std::slice::from_ref(&coin),
        vec![Lock::KeyPath.output(u64::MAX)],
    );
    check("a negative output", &[negative], "bad-txns-vout-negative");

    let block = draft(
        parent,
        &[first.clone(), child_of(&first), pass_on(&other, FEE)],
    );
    pair.takes_block("a parent, its child and another", &block);
    pair.takes_block(
        "a coinbase 100 deep",
        &draft(pair.tip(), &[pass_on(&young, FEE)]),
    );
    assert_same(&pair);
}

fn child_of(tx: &Transaction) -> Transaction {
    pass_on(&Coin::of(tx, 0, &Lock::KeyPath), FEE)
}

#[test]
fn a_block_with_a_wrong_signature_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let locks = [
        Lock::KeyPath,
        Lock::Tapret(commitment(1)),
        Lock::KeyHash,
        Lock::LegacyKeyHash,
    ];
    let coins = pair.coins(SATS, locks);
    let parent = pair.tip();
    let reason = "block-script-verify-flag-failed";
    for coin in &coins {
        let name = format!("{:?}", coin.lock);
        pair.refuses_block(&name, &draft(parent, &[badly_signed(coin)]), reason);
        let mut bare = pass_on(coin, FEE);
        bare.input[0].witness = Witness::new();
        bare.input[0].script_sig = ScriptBuf::new();
        pair.refuses_block(&name, &draft(parent, &[bare]), reason);
    }
    let [plain, tapret, ..] = &coins;
    for (coin, wrong) in [
        (tapret, Lock::Tapret(commitment(2))),
        (tapret, Lock::KeyPath),
        (plain, Lock::Tapret(commitment(1))),
    ] {
        let signed_as = Coin {
            lock: wrong,
            ..coin.clone()
        };
        let tx = with_witness_of(coin, &signed_as);
        pair.refuses_block("another tweak", &draft(parent, &[tx]), reason);
    }
    let good: Vec<_> = coins.iter().map(|coin| pass_on(coin, FEE)).collect();
    pair.takes_block("all of them well signed", &draft(parent, &good));
    assert_same(&pair);
}

/// A spend of this coin signed by the tweak of another lock, over the right message.
fn with_witness_of(coin: &Coin, signer: &Coin) -> Transaction {
    let tx = unsigned(
        std::slice::from_ref(coin),
        vec![Lock::KeyPath.output(SATS - FEE)],
    );
    let root = match signer.lock {
        Lock::Tapret(commitment) => Some(leaf_hash(commitment, 0)),
        _ => None,
    };
    let spent = [coin.lock.output(coin.sats)];
    let witness = key_path(&tx, 0, &spent, root);
    let mut tx = tx;
    tx.input[0].witness = witness;
    tx
}

#[test]
fn a_block_with_a_transaction_before_its_time_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let mined = pair.tip().height;
    for _ in 0..3 {
        pair.mine(&[]);
    }
    let parent = pair.tip();
    let height = parent.height + 1;
    let age = height - mined;
    let reason = "bad-txns-nonfinal";
    let locked = |lock: LockTime, sequence: Sequence| {
        let mut tx = unsigned(
            std::slice::from_ref(&coin),
            vec![Lock::KeyPath.output(SATS - FEE)],
        );
        tx.lock_time = lock;
        tx.input[0].sequence = sequence;
        signed(tx, std::slice::from_ref(&coin))
    };
    let until = |height: u32| LockTime::from_height(height).expect("a height");
    let at = |time: u32| LockTime::from_time(time).expect("a time");
    let rbf = Sequence::ENABLE_RBF_NO_LOCKTIME;
    let age = u16::try_from(age).expect("a few blocks");
    for (name, lock, sequence) in [
        ("until this height", until(height), rbf),
        ("until this time", at(parent.median_time), rbf),
        (
            "one block too young",
            LockTime::ZERO,
            Sequence::from_height(age + 1),
        ),
        (
            "512 seconds too young",
            LockTime::ZERO,
            Sequence::from_512_second_intervals(1),
        ),
    ] {
        let block = draft(parent, &[locked(lock, sequence)]);
        pair.refuses_block(name, &block, reason);
    }
    // Each of these is valid here; the last one is mined.
    for (name, lock, sequence) in [
        ("until the height before", until(height - 1), rbf),
        ("until the time before", at(parent.median_time - 1), rbf),
        (
            "until later without effect",
            until(height + 9),
            Sequence::MAX,
        ),
        (
            "just old enough",
            LockTime::ZERO,
            Sequence::from_height(age),
        ),
        (
            "old enough in time",
            LockTime::ZERO,
            Sequence::from_512_second_intervals(0),
        ),
    ] {
        let verdict = pair.judge(name, &locked(lock, sequence));
        assert!(
            matches!(verdict, Verdict::Enters { .. }),
            "{name}: {verdict:?}"
        );
    }
    let old = locked(until(height - 1), Sequence::from_height(age));
    pair.takes_block("both locks have just passed", &draft(parent, &[old]));
    assert_same(&pair);
}
