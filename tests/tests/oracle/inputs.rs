//! Input scripts, witnesses and signatures: what both relay, and why they refuse the rest.

use bitcoin::key::TapTweak;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::secp256k1::ecdsa::Signature;
use bitcoin::secp256k1::{Scalar, SecretKey};
use bitcoin::taproot::{LeafVersion, TapNodeHash};
use bitcoin::{Amount, Script, ScriptBuf, Witness};

use crate::coins::{Coin, FEE, Lock, SATS, SECP, anyone, internal_key, pass_on, script, spend};
use crate::pair::{Pair, Verdict};
use crate::state::assert_same;

#[test]
fn coins_of_each_kind_are_spent_at_the_same_size_and_fee() {
    let pair = Pair::start();
    let locks = [
        Lock::KeyPath,
        Lock::KeyHash,
        Lock::LegacyKeyHash,
        Lock::WitnessScript(anyone()),
        Lock::RedeemScript(anyone()),
    ];
    let coins = pair.coins(SATS, locks);
    for (coin, size) in coins.iter().zip([111, 122, 203, 96, 96]) {
        let tx = pass_on(coin, FEE);
        let verdict = pair.judge(&format!("{:?}", coin.lock), &tx);
        let Verdict::Enters { fee, vsize } = verdict else {
            panic!("{:?}: {verdict:?}", coin.lock)
        };
        assert_eq!(fee, Amount::from_sat(FEE));
        assert!(vsize.abs_diff(size) <= 2, "{:?} has {vsize} vB", coin.lock);
    }
    let all = spend(&coins, vec![Lock::KeyPath.output(SATS)]);
    pair.send(&all);
    pair.mine_mempool();
    assert_same(&pair);
}

#[test]
fn input_scripts_and_witnesses_beyond_policy_are_refused() {
    let pair = Pair::start();
    let drop = script(&[0x75, 0x51]);
    let locks = [
        Lock::KeyPath,
        Lock::WitnessScript(drop.clone()),
        Lock::LegacyKeyHash,
        Lock::Bare(script(&[0x51])),
        Lock::Bare(script(&[&[0x52, 0x20], &[1; 32][..]].concat())),
        Lock::Bare(script(&[0x51, 0x02, 0x4e, 0x73])),
        Lock::RedeemScript(anyone()),
    ];
    let [plain, witness_script, legacy, bare, unknown, anchor, hash] = pair.coins(SATS, locks);
    let with_witness = |coin: &Coin, items: &[Vec<u8>]| {
        let mut tx = pass_on(coin, FEE);
        tx.input[0].witness = Witness::from_slice(items);
        tx
    };

    let mut tx = pass_on(&legacy, FEE);
    tx.input[0].script_sig = script(&[0x51; 1_651]);
    pair.refuses("a long input script", &tx, "scriptsig-size");
    tx.input[0].script_sig = script(&[0x51, 0xac]);
    pair.refuses("an input script that checks", &tx, "scriptsig-not-pushonly");

    let nonstandard = "bad-txns-nonstandard-inputs";
    pair.refuses("a bare script", &pass_on(&bare, FEE), nonstandard);
    pair.refuses("witness version 2", &pass_on(&unknown, FEE), nonstandard);
    let mut no_script = pass_on(&hash, FEE);
    no_script.input[0].script_sig = ScriptBuf::new();
    pair.refuses("a script hash without a script", &no_script, nonstandard);
    pair.relays("an anchor", &pass_on(&anchor, FEE));

    let reason = "bad-witness-nonstandard";
    let tx = with_witness(&anchor, &[vec![1]]);
    pair.refuses("an anchor with a witness", &tx, reason);
    let tx = with_witness(&hash, &[vec![1]]);
    pair.refuses("a witness for a script hash", &tx, reason);
    let tx = with_witness(&legacy, &[vec![1]]);
    pair.refuses("a witness for a legacy coin", &tx, reason);
    let tx = with_witness(&witness_script, &[vec![1; 80], drop.to_bytes()]);
    pair.relays("80 bytes for a script", &tx);
    let tx = with_witness(&witness_script, &[vec![1; 81], drop.to_bytes()]);
    pair.refuses("81 bytes for a script", &tx, reason);
    let control = [[0xc0].as_slice(), &[3; 32]].concat();
    let tx = with_witness(&plain, &[vec![1; 81], vec![0x51], control]);
    pair.refuses("81 bytes for a leaf", &tx, reason);
    let mut tx = pass_on(&plain, FEE);
    tx.input[0].witness.push([0x50]);
    pair.refuses("an annex", &tx, reason);
}

#[test]
fn wrong_signatures_are_refused() {
    let pair = Pair::start();
    let locks = [
        Lock::KeyPath,
        Lock::KeyHash,
        Lock::LegacyKeyHash,
        Lock::WitnessScript(anyone()),
    ];
    let coins = pair.coins(SATS, locks);
    let [plain, .., witness_script] = &coins;
    let reason = "mempool-script-verify-flag-failed";
    for (name, coin, items) in [
        (
            "another leaf",
            plain,
            [vec![0x51], [[0xc0; 1].as_slice(), &[3; 32]].concat()],
        ),
        (
            "a stack that is not clean",
            witness_script,
            [vec![1], vec![0x51]],
        ),
        ("another script", witness_script, [vec![1], vec![0x52]]),
    ] {
        let mut tx = pass_on(coin, FEE);
        tx.input[0].witness = Witness::from_slice(&items);
        pair.refuses(name, &tx, reason);
    }
    for coin in &coins[..3] {
        let name = format!("{:?}", coin.lock);
        let mut tx = pass_on(coin, FEE);
        tx.output[0].value -= Amount::ONE_SAT;
        pair.refuses(&name, &tx, reason);
        let mut tx = pass_on(coin, FEE);
        tx.input[0].witness = Witness::new();
        tx.input[0].script_sig = ScriptBuf::new();
        pair.refuses(&name, &tx, reason);
    }
}

/// The same signature with the other of its two values of S, which verifies too (BIP 146).
fn with_high_s(signature: &[u8]) -> Vec<u8> {
    let (der, hash_type) = signature.split_at(signature.len() - 1);
    let low = Signature::from_der(der)
        .expect("a signature")
        .serialize_compact();
    let s = Scalar::from_be_bytes(low[32..].try_into().expect("32 bytes")).expect("in range");
    let high = SecretKey::from_slice(&s.to_be_bytes())
        .expect("not zero")
        .negate();
    let both = [&low[..32], &high.secret_bytes()].concat();
    let high = Signature::from_compact(&both)
        .expect("in range")
        .serialize_der();
    [&high[..], hash_type].concat()
}

#[test]
fn signatures_and_leaves_that_are_valid_but_not_relayed_a_block_may_hold() {
    let pair = Pair::start();
    let locks = [
        Lock::KeyHash,
        Lock::LegacyKeyHash,
        leaf_lock(&[0x51], 0xc0),
        leaf_lock(&[0x51], 0xc2),
        leaf_lock(&[0x51, 0x62], 0xc0),
        leaf_lock(&[0x51], 0xfe),
    ];
    let coins = pair.coins(SATS, locks);
    let [key_hash, legacy, plain, version, success, last] = &coins;
    let reason = "mempool-script-verify-flag-failed";

    let mut witnessed = pass_on(key_hash, FEE);
    let items: Vec<Vec<u8>> = witnessed.input[0].witness.to_vec();
    witnessed.input[0].witness = Witness::from_slice(&[with_high_s(&items[0]), items[1].clone()]);
    pair.refuses("P2WPKH with a high S", &witnessed, reason);

    let mut legacy = pass_on(legacy, FEE);
    let length = usize::from(legacy.input[0].script_sig.as_bytes()[0]);
    let (signature, rest) = legacy.input[0].script_sig.as_bytes()[1..].split_at(length);
    let high = PushBytesBuf::try_from(with_high_s(signature)).expect("a short push");
    let script_sig = [Builder::new().push_slice(high).as_bytes(), rest].concat();
    legacy.input[0].script_sig = ScriptBuf::from_bytes(script_sig);
    pair.refuses("P2PKH with a high S", &legacy, reason);

    let by_leaf = |coin: &Coin, leaf: &[u8], version: u8| {
        let mut tx = pass_on(coin, FEE);
        tx.input[0].witness = leaf_witness(leaf, version);
        tx
    };
    pair.relays("a leaf", &by_leaf(plain, &[0x51], 0xc0));
    let newer = by_leaf(version, &[0x51], 0xc2);
    pair.refuses("a leaf of a later version", &newer, reason);
    let newest = by_leaf(last, &[0x51], 0xfe);
    pair.refuses("a leaf of the last version", &newest, reason);
    let success = by_leaf(success, &[0x51, 0x62], 0xc0);
    pair.refuses("a leaf with OP_SUCCESS98", &success, reason);
    pair.mine(&[witnessed, legacy, newer, newest, success]);
    assert_same(&pair);
}

/// P2TR with one leaf, to be spent by it.
fn leaf_lock(leaf: &[u8], version: u8) -> Lock {
    let version = LeafVersion::from_consensus(version).expect("a leaf version");
    let root = TapNodeHash::from_script(Script::from_bytes(leaf), version);
    Lock::Bare(ScriptBuf::new_p2tr(&SECP, internal_key(), Some(root)))
}

fn leaf_witness(leaf: &[u8], version: u8) -> Witness {
    let leaf_version = LeafVersion::from_consensus(version).expect("a leaf version");
    let root = TapNodeHash::from_script(Script::from_bytes(leaf), leaf_version);
    let (_, parity) = internal_key().tap_tweak(&SECP, Some(root));
    let mut control = vec![version | parity.to_u8()];
    control.extend(internal_key().serialize());
    Witness::from_slice(&[leaf.to_vec(), control])
}
