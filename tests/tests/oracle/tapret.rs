//! Outputs with a commitment in their script tree are spent by the key path as any other.

use bitcoin::key::TapTweak;
use bitcoin::{Amount, ScriptBuf, Transaction, Witness};
use bulla_core::commit::tapret::{TapretProof, leaf_hash, leaf_script};

use crate::coins::{
    Coin, FEE, Lock, SATS, SECP, commitment, internal_key, key_path, pass_on, spend, unsigned,
};
use crate::draft::draft;
use crate::pair::{Pair, Verdict};
use crate::state::{assert_same, mempool};

/// The next of a chain: spends a commitment's output by its key, and commits to `byte`.
fn next(coin: &Coin, byte: u8) -> (Transaction, Coin) {
    let lock = Lock::Tapret(commitment(byte));
    let tx = spend(
        std::slice::from_ref(coin),
        vec![lock.output(coin.sats - FEE)],
    );
    let coin = Coin::of(&tx, 0, &lock);
    (tx, coin)
}

#[test]
fn ten_tapret_spends_one_after_the_other_are_relayed_and_mined() {
    let pair = Pair::start();
    let [mut coin] = pair.coins(SATS, [Lock::Tapret(commitment(0))]);
    for byte in 1..=10 {
        let (tx, spent) = next(&coin, byte);
        pair.send(&tx);
        pair.mine_mempool();
        coin = spent;
    }
    assert_eq!(coin.sats, SATS - 10 * FEE);
    assert_same(&pair);
}

#[test]
fn ten_tapret_spends_wait_together_and_one_block_takes_them() {
    let pair = Pair::start();
    let [mut coin] = pair.coins(SATS, [Lock::KeyPath]);
    for byte in 1..=10 {
        let (tx, spent) = next(&coin, byte);
        pair.send(&tx);
        coin = spent;
    }
    assert_eq!(mempool(&pair).len(), 10);
    pair.mine_mempool();
    assert_eq!(mempool(&pair).len(), 0);
    assert_same(&pair);
}

#[test]
fn a_tapret_output_is_spent_by_the_right_tweak_alone() {
    let pair = Pair::start();
    let lock = Lock::Tapret(commitment(1));
    let (proof, key, parity) = TapretProof::build(internal_key(), None, commitment(1)).unwrap();
    let odd = parity == bitcoin::key::Parity::Odd;
    proof.verify(commitment(1), odd, &lock.script()).unwrap();
    assert_eq!(lock.script().as_bytes()[2..], key.serialize());

    let [coin] = pair.coins(SATS, [lock.clone()]);
    let spent = [lock.output(SATS)];
    let plain = unsigned(
        std::slice::from_ref(&coin),
        vec![Lock::KeyPath.output(SATS - FEE)],
    );
    let with = |witness: Witness| {
        let mut tx = plain.clone();
        tx.input[0].witness = witness;
        tx
    };
    let refused = Verdict::refused("mempool-script-verify-flag-failed");
    for (name, root) in [
        ("no tweak by a tree", None),
        (
            "the tweak of another commitment",
            Some(leaf_hash(commitment(2), 0)),
        ),
        (
            "the tweak of another nonce",
            Some(leaf_hash(commitment(1), 1)),
        ),
    ] {
        let tx = with(key_path(&plain, 0, &spent, root));
        assert_eq!(pair.judge(name, &tx), refused, "{name}");
    }

    let tx = with(commitment_path(&proof, odd));
    assert_eq!(pair.judge("the commitment as a script", &tx), refused);

    let right = with(key_path(
        &plain,
        0,
        &spent,
        Some(leaf_hash(commitment(1), 0)),
    ));
    let verdict = pair.judge("the right tweak", &right);
    let fee = Amount::from_sat(FEE);
    assert_eq!(verdict, Verdict::Enters { fee, vsize: 111 });
    pair.send(&right);
    pair.mine_mempool();
    assert_same(&pair);
}

#[test]
fn a_tapret_output_is_not_spent_by_its_leaf_even_in_a_block() {
    let pair = Pair::start();
    let (proof, _, parity) = TapretProof::build(internal_key(), None, commitment(1)).unwrap();
    let [coin] = pair.coins(SATS, [Lock::Tapret(commitment(1))]);
    let mut theft = pass_on(&coin, FEE);
    theft.input[0].witness = commitment_path(&proof, parity == bitcoin::key::Parity::Odd);
    let block = draft(pair.tip(), &[theft]);
    let reason = "block-script-verify-flag-failed";
    pair.refuses_block("whoever knows the commitment", &block, reason);
}

/// The script path: the leaf and its control block, without a signature.
fn commitment_path(proof: &TapretProof, odd: bool) -> Witness {
    let script: ScriptBuf = leaf_script(commitment(1), proof.nonce);
    let mut control = vec![0xc0 | u8::from(odd)];
    control.extend(internal_key().serialize());
    Witness::from_slice(&[script.into_bytes(), control])
}

#[test]
fn a_tapret_output_with_a_partner_is_spent_by_its_key() {
    use bulla_core::commit::Partner;

    let pair = Pair::start();
    let partner = Partner::LeftNode([0x11; 32]);
    let (proof, key, _) = TapretProof::build(internal_key(), Some(partner), commitment(3)).unwrap();
    let script = ScriptBuf::new_p2tr_tweaked(key.dangerous_assume_tweaked());
    let root = proof.merkle_root(commitment(3)).unwrap();
    assert_eq!(
        script,
        ScriptBuf::new_p2tr(&SECP, internal_key(), Some(root))
    );

    let [coin] = pair.coins(SATS, [Lock::Bare(script)]);
    let mut tx = unsigned(
        std::slice::from_ref(&coin),
        vec![Lock::KeyPath.output(SATS - FEE)],
    );
    tx.input[0].witness = key_path(&tx, 0, &[coin.lock.output(SATS)], Some(root));
    pair.send(&tx);
    pair.mine_mempool();
    assert_same(&pair);
}
