//! Scripts, signatures and witnesses.

use bitcoin::opcodes::all::OP_PUSHNUM_1;
use bitcoin::script::Builder;
use bitcoin::{ScriptBuf, Witness};

use super::pair::{COIN, Coin, Pair, output};

#[test]
fn scripts_are_judged_alike() {
    let p = Pair::new();
    let mut future = vec![0x52, 0x20];
    future.extend([7; 32]);
    let anchor = ScriptBuf::from_bytes(vec![0x51, 0x02, 0x4e, 0x73]);
    let true_script = Builder::new().push_opcode(OP_PUSHNUM_1).into_script();
    let wsh = ScriptBuf::new_p2wsh(&true_script.wscript_hash());
    let sh = ScriptBuf::new_p2sh(&true_script.script_hash());
    let outputs = [
        ScriptBuf::from_bytes(future),
        anchor,
        true_script.clone(),
        wsh,
        sh,
    ];
    let outputs = outputs.map(|script| output(COIN, script)).to_vec();
    let coins = p.mined_outputs(outputs);
    let ask =
        |name: &str, coin: &Coin, expected: &str, witness: &[&[u8]], script_sig: ScriptBuf| {
            let mut tx = p.spend(coin, |tx| tx.input[0].script_sig = script_sig.clone());
            tx.input[0].witness = Witness::from_slice(witness);
            assert_eq!(p.ask(name, &tx), expected, "{name}");
        };
    let none = ScriptBuf::new();
    let program = true_script.as_bytes();
    ask(
        "future program",
        &coins[0],
        "bad-txns-nonstandard-inputs",
        &[&[1]],
        none.clone(),
    );
    ask("anchor", &coins[1], "", &[], none.clone());
    ask(
        "anchor with a witness",
        &coins[1],
        "bad-witness-nonstandard",
        &[&[1]],
        none.clone(),
    );
    ask(
        "bare script",
        &coins[2],
        "bad-txns-nonstandard-inputs",
        &[],
        none.clone(),
    );
    ask("witness script", &coins[3], "", &[program], none.clone());
    ask(
        "long witness item",
        &coins[3],
        "bad-witness-nonstandard",
        &[&[1; 81], program],
        none.clone(),
    );
    ask(
        "unclean stack",
        &coins[3],
        "mempool-script-verify-flag-failed",
        &[&[1], program],
        none.clone(),
    );
    ask(
        "other script",
        &coins[3],
        "mempool-script-verify-flag-failed",
        &[&[0x52]],
        none.clone(),
    );
    let push = Builder::new()
        .push_slice([OP_PUSHNUM_1.to_u8()])
        .into_script();
    ask("script hash", &coins[4], "", &[], push.clone());
    ask(
        "script hash with a witness",
        &coins[4],
        "bad-witness-nonstandard",
        &[&[1]],
        push,
    );
    ask(
        "script hash without a script",
        &coins[4],
        "bad-txns-nonstandard-inputs",
        &[],
        none,
    );
}

#[test]
fn taproot_witnesses_are_judged_alike() {
    let p = Pair::new();
    let coin = p.coins(1).remove(0);
    let good = p.spend(&coin, |_| {});
    let signature = good.input[0].witness.to_vec().remove(0);
    let with = |witness: &[&[u8]]| {
        let mut tx = good.clone();
        tx.input[0].witness = Witness::from_slice(witness);
        tx
    };
    let failed = "mempool-script-verify-flag-failed";
    assert_eq!(p.ask("signature", &good), "");
    assert_eq!(p.ask("no witness", &with(&[])), failed);
    let mut wrong = signature.clone();
    wrong[40] ^= 1;
    assert_eq!(p.ask("wrong signature", &with(&[&wrong])), failed);
    assert_eq!(
        p.ask("annex", &with(&[&signature, &[0x50, 1]])),
        "bad-witness-nonstandard"
    );
    let control = [[0xc0].as_slice(), &[3; 32]].concat();
    assert_eq!(
        p.ask("wrong control block", &with(&[&[0x51], &control])),
        failed
    );
    let items = with(&[&[1; 81], &[0x51], &control]);
    assert_eq!(
        p.ask("long tapscript item", &items),
        "bad-witness-nonstandard"
    );
}
