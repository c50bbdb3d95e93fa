//! Outputs, dust and fees: what both relay, and why they refuse the rest.

use bitcoin::script::Builder;
use bitcoin::{ScriptBuf, TxOut};

use crate::coins::{Lock, SATS, anyone, data, pass_on, paying, public_key, script, spend};
use crate::pair::Pair;

#[test]
fn outputs_of_each_form_are_relayed_or_refused_alike() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let check = |name: &str, output: Vec<TxOut>, reason: Option<&str>| {
        let tx = paying(&coin, output);
        match reason {
            None => pair.relays(name, &tx),
            Some(reason) => pair.refuses(name, &tx, reason),
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

#[test]
fn outputs_with_too_many_signature_checks_are_refused() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let checks = |count: usize| vec![Lock::Bare(multisig(1, 3)).output(800); count];
    pair.relays("200 outputs of 80", &paying(&coin, checks(200)));
    let reason = "bad-txns-too-many-sigops";
    pair.refuses("201 outputs of 80", &paying(&coin, checks(201)), reason);
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
        pair.relays(name, &paying(&coin, vec![lock.output(least)]));
        pair.refuses(name, &paying(&coin, vec![lock.output(least - 1)]), "dust");
    }
    let two = vec![Lock::KeyPath.output(329), Lock::KeyPath.output(0)];
    pair.refuses("two of them", &paying(&coin, two), "dust");
    let dust = Lock::KeyPath.output(100);
    let free = vec![dust.clone(), dust, Lock::KeyPath.output(SATS - 200)];
    let free = spend(std::slice::from_ref(&coin), free);
    pair.refuses("two of them without a fee", &free, "dust");
    let free = vec![Lock::KeyPath.output(0), Lock::KeyPath.output(SATS)];
    let free = spend(std::slice::from_ref(&coin), free);
    pair.refuses("without a fee", &free, "min relay fee not met");
}

#[test]
fn the_relay_minimum_is_a_tenth_of_a_sat_per_virtual_byte() {
    let pair = Pair::start();
    let [coin, key_hash] = pair.coins(SATS, [Lock::KeyPath, Lock::KeyHash]);
    pair.relays("111 vB for 12 sat", &pass_on(&coin, 12));
    pair.refuses(
        "111 vB for 11 sat",
        &pass_on(&coin, 11),
        "min relay fee not met",
    );
    pair.refuses("for nothing", &pass_on(&coin, 0), "min relay fee not met");
    // 122 vB, or one less with a short signature.
    pair.relays("P2WPKH for 13 sat", &pass_on(&key_hash, 13));
    pair.refuses(
        "P2WPKH for 12 sat",
        &pass_on(&key_hash, 12),
        "min relay fee not met",
    );
    let more = spend(
        std::slice::from_ref(&coin),
        vec![Lock::KeyPath.output(SATS + 1)],
    );
    pair.refuses("for less than nothing", &more, "bad-txns-in-belowout");
}
