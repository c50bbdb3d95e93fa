//! Transactions alone: what both relay, and why they refuse the rest.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::key::TapTweak;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::secp256k1::ecdsa::Signature;
use bitcoin::secp256k1::{Scalar, SecretKey};
use bitcoin::taproot::{LeafVersion, TapNodeHash};
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, Script, ScriptBuf, Sequence, Transaction, TxOut, Txid, Witness};

use crate::coins::{
    Coin, Lock, SECP, data, internal_key, pass_on, public_key, signed, spend, unsigned,
};
use crate::pair::{FEE, Pair, Verdict};
use crate::state::assert_same;

const SATS: u64 = 1_000_000;

fn refused(pair: &Pair, name: &str, tx: &Transaction, reason: &str) {
    let verdict = pair.judge(name, tx);
    assert_eq!(verdict, Verdict::refused(reason), "{name}");
}

fn relayed(pair: &Pair, name: &str, tx: &Transaction) {
    let verdict = pair.judge(name, tx);
    assert!(
        matches!(verdict, Verdict::Enters { .. }),
        "{name}: {verdict:?}"
    );
}

/// A spend with these outputs; what is left goes to one more.
fn paying(coin: &Coin, mut output: Vec<TxOut>) -> Transaction {
    let paid: u64 = output.iter().map(|output| output.value.to_sat()).sum();
    output.push(Lock::KeyPath.output(coin.sats - paid - 20_000));
    spend(std::slice::from_ref(coin), output)
}

/// A signed spend with this change before the signature.
fn altered(coin: &Coin, change: impl FnOnce(&mut Transaction)) -> Transaction {
    let output = vec![Lock::KeyPath.output(coin.sats - FEE)];
    let mut tx = unsigned(std::slice::from_ref(coin), output);
    change(&mut tx);
    signed(tx, std::slice::from_ref(coin))
}

fn script(bytes: &[u8]) -> ScriptBuf {
    ScriptBuf::from_bytes(bytes.to_vec())
}

/// `OP_TRUE`
fn anyone() -> ScriptBuf {
    script(&[0x51])
}

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
        let fee = Amount::from_sat(FEE);
        let verdict = pair.judge(&format!("{:?}", coin.lock), &tx);
        let Verdict::Enters { fee: paid, vsize } = verdict else {
            panic!("{:?}: {verdict:?}", coin.lock)
        };
        assert_eq!(paid, fee);
        assert!(vsize.abs_diff(size) <= 2, "{:?} has {vsize} vB", coin.lock);
    }
    let all = spend(&coins, vec![Lock::KeyPath.output(SATS)]);
    pair.send(&all);
    pair.mine_mempool();
    assert_same(&pair);
}

#[test]
fn outputs_of_each_form_are_relayed_or_refused_alike() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let check = |name: &str, output: Vec<TxOut>, reason: Option<&str>| {
        let tx = paying(&coin, output);
        match reason {
            None => relayed(&pair, name, &tx),
            Some(reason) => refused(&pair, name, &tx, reason),
        }
    };
    let bare = |bytes: &[u8], sats: u64| Lock::Bare(script(bytes)).output(sats);
    let note = |bytes: usize| Lock::Bare(data(vec![7; bytes])).output(0);
    let key = public_key().to_bytes();

    check("no data", vec![bare(&[0x6a], 0)], None);
    check("80 bytes of data", vec![note(80)], None);
    check("two outputs with data", vec![note(32), note(32)], None);
    check("90,000 bytes of data", vec![note(90_000)], None);
    check(
        "more data than a transaction holds",
        vec![note(100_001)],
        Some("tx-size"),
    );
    check(
        "data that is no push",
        vec![bare(&[0x6a, 0xac], 0)],
        Some("scriptpubkey"),
    );
    check(
        "data with sats",
        vec![Lock::Bare(data(vec![7; 32])).output(1_000)],
        None,
    );
    check(
        "a bare script",
        vec![bare(&[0x51], 1_000)],
        Some("scriptpubkey"),
    );
    check(
        "an empty script",
        vec![bare(&[], 1_000)],
        Some("scriptpubkey"),
    );
    check(
        "pay to anchor",
        vec![bare(&[0x51, 0x02, 0x4e, 0x73], 1_000)],
        None,
    );
    check(
        "witness version 2",
        vec![bare(&[&[0x52, 0x20], &[1; 32][..]].concat(), 1_000)],
        None,
    );
    let odd_length = bare(&[&[0x00, 0x10], &[1; 16][..]].concat(), 1_000);
    check(
        "witness version 0 of 16 bytes",
        vec![odd_length],
        Some("scriptpubkey"),
    );
    check(
        "an odd taproot length",
        vec![bare(&[&[0x51, 0x10], &[1; 16][..]].concat(), 1_000)],
        None,
    );
    check(
        "a key",
        vec![bare(&[&[0x21], &key[..], &[0xac]].concat(), 1_000)],
        None,
    );
    for (m, n, reason) in [
        (1, 1, None),
        (2, 3, None),
        (3, 3, None),
        (1, 4, Some("scriptpubkey")),
        (3, 2, Some("scriptpubkey")),
    ] {
        let output = Lock::Bare(multisig(m, n)).output(1_000);
        check(&format!("{m} of {n} keys"), vec![output], reason);
    }
}

fn multisig(m: i64, n: i64) -> ScriptBuf {
    let key = bitcoin::PublicKey::from(public_key());
    let keys = (0..n).fold(Builder::new().push_int(m), |script, _| {
        script.push_key(&key)
    });
    let end = bitcoin::opcodes::all::OP_CHECKMULTISIG;
    keys.push_int(n).push_opcode(end).into_script()
}

#[test]
fn an_output_below_the_dust_limit_of_its_form_is_refused() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    for (name, lock, least) in [
        ("P2TR", Lock::KeyPath, 330),
        ("P2WSH", Lock::WitnessScript(anyone()), 330),
        ("P2WPKH", Lock::KeyHash, 294),
        ("P2PKH", Lock::LegacyKeyHash, 546),
        ("P2SH", Lock::RedeemScript(anyone()), 540),
        ("anchor", Lock::Bare(script(&[0x51, 0x02, 0x4e, 0x73])), 240),
    ] {
        relayed(&pair, name, &paying(&coin, vec![lock.output(least)]));
        refused(
            &pair,
            name,
            &paying(&coin, vec![lock.output(least - 1)]),
            "dust",
        );
    }
    let two = vec![Lock::KeyPath.output(329), Lock::KeyPath.output(0)];
    refused(&pair, "two of them", &paying(&coin, two), "dust");
    let free = vec![Lock::KeyPath.output(0), Lock::KeyPath.output(SATS)];
    let free = spend(std::slice::from_ref(&coin), free);
    refused(&pair, "without a fee", &free, "min relay fee not met");
}

#[test]
fn the_relay_minimum_is_a_tenth_of_a_sat_per_virtual_byte() {
    let pair = Pair::start();
    let [coin, key_hash] = pair.coins(SATS, [Lock::KeyPath, Lock::KeyHash]);
    relayed(&pair, "111 vB for 12 sat", &pass_on(&coin, 12));
    refused(
        &pair,
        "111 vB for 11 sat",
        &pass_on(&coin, 11),
        "min relay fee not met",
    );
    refused(
        &pair,
        "for nothing",
        &pass_on(&coin, 0),
        "min relay fee not met",
    );
    // 122 vB, or one less with a short signature.
    relayed(&pair, "P2WPKH for 13 sat", &pass_on(&key_hash, 13));
    refused(
        &pair,
        "P2WPKH for 12 sat",
        &pass_on(&key_hash, 12),
        "min relay fee not met",
    );
    let more = spend(
        std::slice::from_ref(&coin),
        vec![Lock::KeyPath.output(SATS + 1)],
    );
    refused(
        &pair,
        "for less than nothing",
        &more,
        "bad-txns-in-belowout",
    );
}

#[test]
fn coins_that_are_not_there_yet_or_no_more_are_refused() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let reason = "bad-txns-inputs-missingorspent";
    let mut missing = coin.clone();
    missing.outpoint.txid = Txid::from_byte_array([5; 32]);
    refused(
        &pair,
        "a coin that never was",
        &pass_on(&missing, FEE),
        reason,
    );
    let mut missing = coin.clone();
    missing.outpoint.vout = 7;
    refused(
        &pair,
        "an output that is not there",
        &pass_on(&missing, FEE),
        reason,
    );

    let tip = pair.tip().height;
    let young = pair.coinbase_at(tip + 2 - 100);
    let immature = "bad-txns-premature-spend-of-coinbase";
    refused(&pair, "a coinbase 99 deep", &pass_on(&young, FEE), immature);
    let old = pair.coinbase_at(tip + 1 - 100);
    relayed(&pair, "a coinbase 100 deep", &pass_on(&old, FEE));

    let spent = pass_on(&coin, FEE);
    pair.mine(std::slice::from_ref(&spent));
    refused(&pair, "a spent coin", &pass_on(&coin, FEE + 1), reason);
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
    refused(&pair, "an output with data", &tx, unspendable);
    pair.mine_mempool();
    refused(&pair, "a mined output with data", &tx, reason);
    assert_same(&pair);
}

#[test]
fn transactions_of_a_wrong_form_are_refused() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    for version in [1, 2, 3] {
        let tx = altered(&coin, |tx| tx.version = Version(version));
        relayed(&pair, "a usual version", &tx);
    }
    for version in [0, 4, -1] {
        let tx = altered(&coin, |tx| tx.version = Version(version));
        refused(&pair, "an unusual version", &tx, "version");
    }
    let no_output = altered(&coin, |tx| tx.output.clear());
    refused(&pair, "no output", &no_output, "bad-txns-vout-empty");
    let twice = [coin.clone(), coin.clone()];
    let twice = spend(&twice, vec![Lock::KeyPath.output(SATS)]);
    refused(
        &pair,
        "one input twice",
        &twice,
        "bad-txns-inputs-duplicate",
    );
    let mut null = pass_on(&coin, FEE);
    null.input.push(null.input[0].clone());
    null.input[1].previous_output = OutPoint::null();
    refused(&pair, "a null input", &null, "bad-txns-prevout-null");
    let mut coinbase = null.clone();
    coinbase.input.remove(0);
    coinbase.input[0].script_sig = script(&[1, 1]);
    refused(&pair, "a coinbase", &coinbase, "coinbase");
    coinbase.input[0].script_sig = ScriptBuf::new();
    refused(
        &pair,
        "a coinbase without a script",
        &coinbase,
        "bad-cb-length",
    );
    let much = altered(&coin, |tx| {
        tx.output[0].value = Amount::from_sat(21_000_000_0000_0001)
    });
    refused(
        &pair,
        "21 million and a sat",
        &much,
        "bad-txns-vout-toolarge",
    );
    let small = altered(&coin, |tx| {
        tx.output = vec![Lock::Bare(script(&[0x6a])).output(0)]
    });
    refused(&pair, "61 bytes", &small, "tx-size-small");
    let small = altered(&coin, |tx| {
        tx.output = vec![Lock::Bare(data(vec![1; 3])).output(0)]
    });
    relayed(&pair, "65 bytes", &small);
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
    ];
    let [plain, witness_script, legacy, bare, unknown, anchor] = pair.coins(SATS, locks);
    let with_witness = |coin: &Coin, items: &[Vec<u8>]| {
        let mut tx = pass_on(coin, FEE);
        tx.input[0].witness = Witness::from_slice(items);
        tx
    };

    let mut tx = pass_on(&legacy, FEE);
    tx.input[0].script_sig = script(&[0x51; 1_651]);
    refused(&pair, "a long input script", &tx, "scriptsig-size");
    tx.input[0].script_sig = script(&[0x51, 0xac]);
    refused(
        &pair,
        "an input script that checks",
        &tx,
        "scriptsig-not-pushonly",
    );

    let nonstandard = "bad-txns-nonstandard-inputs";
    refused(&pair, "a bare script", &pass_on(&bare, FEE), nonstandard);
    refused(
        &pair,
        "witness version 2",
        &pass_on(&unknown, FEE),
        nonstandard,
    );
    relayed(&pair, "an anchor", &pass_on(&anchor, FEE));

    let reason = "bad-witness-nonstandard";
    let tx = with_witness(&anchor, &[vec![1]]);
    refused(&pair, "an anchor with a witness", &tx, reason);
    let tx = with_witness(&legacy, &[vec![1]]);
    refused(&pair, "a witness for a legacy coin", &tx, reason);
    let tx = with_witness(&witness_script, &[vec![1; 80], drop.to_bytes()]);
    relayed(&pair, "80 bytes for a script", &tx);
    let tx = with_witness(&witness_script, &[vec![1; 81], drop.to_bytes()]);
    refused(&pair, "81 bytes for a script", &tx, reason);
    let mut tx = pass_on(&plain, FEE);
    tx.input[0].witness.push([0x50]);
    refused(&pair, "an annex", &tx, reason);
}

#[test]
fn wrong_signatures_are_refused() {
    let pair = Pair::start();
    let locks = [Lock::KeyPath, Lock::KeyHash, Lock::LegacyKeyHash];
    let coins = pair.coins(SATS, locks);
    let reason = "mempool-script-verify-flag-failed";
    for coin in &coins {
        let name = format!("{:?}", coin.lock);
        let mut tx = pass_on(coin, FEE);
        tx.output[0].value -= Amount::ONE_SAT;
        refused(&pair, &name, &tx, reason);
        let mut tx = pass_on(coin, FEE);
        tx.input[0].witness = Witness::new();
        tx.input[0].script_sig = ScriptBuf::new();
        refused(&pair, &name, &tx, reason);
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
    refused(&pair, "P2WPKH with a high S", &witnessed, reason);

    let mut legacy = pass_on(legacy, FEE);
    let length = usize::from(legacy.input[0].script_sig.as_bytes()[0]);
    let (signature, rest) = legacy.input[0].script_sig.as_bytes()[1..].split_at(length);
    let high = PushBytesBuf::try_from(with_high_s(signature)).expect("a short push");
    let script_sig = [Builder::new().push_slice(high).as_bytes(), rest].concat();
    legacy.input[0].script_sig = ScriptBuf::from_bytes(script_sig);
    refused(&pair, "P2PKH with a high S", &legacy, reason);

    let by_leaf = |coin: &Coin, leaf: &[u8], version: u8| {
        let mut tx = pass_on(coin, FEE);
        tx.input[0].witness = leaf_witness(leaf, version);
        tx
    };
    relayed(&pair, "a leaf", &by_leaf(plain, &[0x51], 0xc0));
    let newer = by_leaf(version, &[0x51], 0xc2);
    refused(&pair, "a leaf of a later version", &newer, reason);
    let newest = by_leaf(last, &[0x51], 0xfe);
    refused(&pair, "a leaf of the last version", &newest, reason);
    let success = by_leaf(success, &[0x51, 0x62], 0xc0);
    refused(&pair, "a leaf with OP_SUCCESS98", &success, reason);
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
    refused(
        &pair,
        "until the next height",
        &with(until(tip.height + 1), rbf),
        "non-final",
    );
    relayed(&pair, "until this height", &with(until(tip.height), rbf));
    refused(
        &pair,
        "until this time",
        &with(at(tip.median_time), rbf),
        "non-final",
    );
    relayed(
        &pair,
        "until the time before",
        &with(at(tip.median_time - 1), rbf),
    );
    let later = with(until(tip.height + 100), Sequence::MAX);
    relayed(&pair, "until later without effect", &later);

    let reason = "non-BIP68-final";
    let young = with(LockTime::ZERO, Sequence::from_height(2));
    refused(&pair, "two blocks old", &young, reason);
    let time = with(LockTime::ZERO, Sequence::from_512_second_intervals(1));
    refused(&pair, "512 seconds old", &time, reason);
    let one = with(LockTime::ZERO, Sequence::from_height(1));
    pair.send(&one);

    let parent = Coin::of(&one, 0, &Lock::KeyPath);
    let child = |sequence: Sequence| altered(&parent, |tx| tx.input[0].sequence = sequence);
    let waiting = child(Sequence::from_height(1));
    refused(
        &pair,
        "a child as old as a block of its parent",
        &waiting,
        reason,
    );
    pair.send(&child(Sequence::from_height(0)));
    pair.mine_mempool();
    let mut old = altered(&coin, |tx| tx.version = Version::ONE);
    old.input[0].sequence = Sequence::from_height(9);
    refused(
        &pair,
        "spent meanwhile",
        &old,
        "bad-txns-inputs-missingorspent",
    );
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
    refused(&pair, "two kinds of it", &dust, "scriptpubkey");
    let tx = pass_on(&bare, 0);
    refused(&pair, "a bare script", &tx, "bad-txns-nonstandard-inputs");
    pair.mine(&[dust, tx]);
    assert_same(&pair);
}
