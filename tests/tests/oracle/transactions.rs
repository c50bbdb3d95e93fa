//! Transactions alone: what both relay, and why they refuse the rest.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, Script, ScriptBuf, Sequence, Txid};

use crate::coins::{
    Coin, FEE, Lock, MAX_MONEY, SATS, altered, anyone, data, pass_on, paying, script, spend,
};
use crate::pair::Pair;
use crate::state::assert_same;

#[test]
fn coins_that_are_not_there_yet_or_no_more_are_refused() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let reason = "bad-txns-inputs-missingorspent";
    let mut missing = coin.clone();
    missing.outpoint.txid = Txid::from_byte_array([5; 32]);
    pair.refuses("a coin that never was", &pass_on(&missing, FEE), reason);
    let mut missing = coin.clone();
    missing.outpoint.vout = 7;
    pair.refuses(
        "an output that is not there",
        &pass_on(&missing, FEE),
        reason,
    );

    let tip = pair.tip().height;
    let young = pair.coinbase_at(tip + 2 - 100);
    let immature = "bad-txns-premature-spend-of-coinbase";
    pair.refuses("a coinbase 99 deep", &pass_on(&young, FEE), immature);
    let old = pair.coinbase_at(tip + 1 - 100);
    pair.relays("a coinbase 100 deep", &pass_on(&old, FEE));

    let spent = pass_on(&coin, FEE);
    pair.mine(std::slice::from_ref(&spent));
    pair.refuses("a spent coin", &pass_on(&coin, FEE + 1), reason);
    let data_only = spend(
        &[Coin::of(&spent, 0, &Lock::KeyPath)],
        vec![Lock::Bare(data(vec![1; 40])).output(0)],
    );
    pair.send(&data_only);
    let of_data = Coin {
        outpoint: OutPoint::new(data_only.compute_txid(), 0),
        sats: 0,
        lock: Lock::Bare(data(vec![1; 40])),
    };
    let [other] = pair.coins(SATS, [Lock::KeyPath]);
    let tx = spend(&[of_data, other], vec![Lock::KeyPath.output(SATS - FEE)]);
    let unspendable = "mempool-script-verify-flag-failed";
    pair.refuses("an output with data", &tx, unspendable);
    pair.mine_mempool();
    pair.refuses("a mined output with data", &tx, reason);
    assert_same(&pair);
}

#[test]
fn transactions_of_a_wrong_form_are_refused() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    for version in [1, 2, 3] {
        let tx = altered(&coin, |tx| tx.version = Version(version));
        pair.relays("a usual version", &tx);
    }
    for version in [0, 4, -1] {
        let tx = altered(&coin, |tx| tx.version = Version(version));
        pair.refuses("an unusual version", &tx, "version");
    }
    let no_output = altered(&coin, |tx| tx.output.clear());
    pair.refuses("no output", &no_output, "bad-txns-vout-empty");
    let twice = [coin.clone(), coin.clone()];
    let twice = spend(&twice, vec![Lock::KeyPath.output(SATS)]);
    pair.refuses("one input twice", &twice, "bad-txns-inputs-duplicate");
    let mut null = pass_on(&coin, FEE);
    null.input.push(null.input[0].clone());
    null.input[1].previous_output = OutPoint::null();
    pair.refuses("a null input", &null, "bad-txns-prevout-null");
    let mut coinbase = null.clone();
    coinbase.input.remove(0);
    coinbase.input[0].script_sig = script(&[1, 1]);
    pair.refuses("a coinbase", &coinbase, "coinbase");
    coinbase.input[0].script_sig = ScriptBuf::new();
    pair.refuses("a coinbase without a script", &coinbase, "bad-cb-length");
    let much = altered(&coin, |tx| {
        tx.output[0].value = Amount::from_sat(MAX_MONEY + 1);
    });
    pair.refuses("21 million and a sat", &much, "bad-txns-vout-toolarge");
    let small = altered(&coin, |tx| {
        tx.output = vec![Lock::Bare(script(&[0x6a])).output(0)];
    });
    pair.refuses("61 bytes", &small, "tx-size-small");
    let small = altered(&coin, |tx| {
        tx.output = vec![Lock::Bare(data(vec![1; 3])).output(0)];
    });
    pair.relays("65 bytes", &small);
}

#[test]
fn transactions_before_their_time_are_refused() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let tip = pair.tip();
    let with = |lock: LockTime, sequence: Sequence| {
        altered(&coin, |tx| {
            tx.lock_time = lock;
            tx.input[0].sequence = sequence;
        })
    };
    let until = |height: u32| LockTime::from_height(height).expect("a height");
    let at = |time: u32| LockTime::from_time(time).expect("a time");
    let rbf = Sequence::ENABLE_RBF_NO_LOCKTIME;
    pair.refuses(
        "until the next height",
        &with(until(tip.height + 1), rbf),
        "non-final",
    );
    pair.relays("until this height", &with(until(tip.height), rbf));
    pair.refuses(
        "until this time",
        &with(at(tip.median_time), rbf),
        "non-final",
    );
    pair.relays("until the time before", &with(at(tip.median_time - 1), rbf));
    let later = with(until(tip.height + 100), Sequence::MAX);
    pair.relays("until later without effect", &later);

    let reason = "non-BIP68-final";
    let young = with(LockTime::ZERO, Sequence::from_height(2));
    pair.refuses("two blocks old", &young, reason);
    let time = with(LockTime::ZERO, Sequence::from_512_second_intervals(1));
    pair.refuses("512 seconds old", &time, reason);
    let old_form = altered(&coin, |tx| {
        tx.version = Version::ONE;
        tx.input[0].sequence = Sequence::from_height(2);
    });
    pair.relays("two blocks old without effect", &old_form);
    let one = with(LockTime::ZERO, Sequence::from_height(1));
    pair.send(&one);

    let parent = Coin::of(&one, 0, &Lock::KeyPath);
    let child = |sequence: Sequence| altered(&parent, |tx| tx.input[0].sequence = sequence);
    let waiting = child(Sequence::from_height(1));
    pair.refuses("a child as old as a block of its parent", &waiting, reason);
    pair.send(&child(Sequence::from_height(0)));
    pair.mine_mempool();
    let mut old = altered(&coin, |tx| tx.version = Version::ONE);
    old.input[0].sequence = Sequence::from_height(9);
    pair.refuses("spent meanwhile", &old, "bad-txns-inputs-missingorspent");
    assert_same(&pair);
}

#[test]
fn what_policy_forbids_a_block_may_hold() {
    let pair = Pair::start();
    let locks = [Lock::KeyPath, Lock::Bare(anyone())];
    let [coin, bare] = pair.coins(SATS, locks);
    let dust = paying(
        &coin,
        vec![
            Lock::KeyPath.output(1),
            Lock::Bare(Script::new().to_owned()).output(5),
        ],
    );
    pair.refuses("two kinds of it", &dust, "scriptpubkey");
    let tx = pass_on(&bare, 0);
    pair.refuses("a bare script", &tx, "bad-txns-nonstandard-inputs");
    pair.mine(&[dust, tx]);
    assert_same(&pair);
}
