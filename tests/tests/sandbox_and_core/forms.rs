//! What a transaction is made of.

use bitcoin::hashes::Hash;
use bitcoin::opcodes::all::{OP_CHECKMULTISIG, OP_NOP, OP_PUSHNUM_1, OP_PUSHNUM_4};
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::transaction::Version;
use bitcoin::{Amount, ScriptBuf, Transaction, TxIn, Txid};

use super::pair::{COIN, Coin, Pair, data, one_of_three, output};

struct Questions {
    pair: Pair,
    coin: Coin,
}

impl Questions {
    fn new() -> Questions {
        let pair = Pair::new();
        let coin = pair.mined_outputs(vec![pair.output(COIN * 10)]).remove(0);
        Questions { pair, coin }
    }

    /// Changes a spend before it is signed, and asks both.
    fn ask(&self, name: &str, expected: &str, change: impl FnOnce(&mut Transaction)) {
        let tx = self.pair.spend(&self.coin, change);
        assert_eq!(self.pair.ask(name, &tx), expected, "{name}");
    }
}

#[test]
fn what_breaks_consensus_is_judged_alike() {
    let q = Questions::new();
    q.ask("plain", "", |_| {});
    q.ask("version 0", "version", |tx| {
        tx.version = Version::non_standard(0);
    });
    q.ask("version 1", "", |tx| tx.version = Version::ONE);
    q.ask("version 3", "", |tx| tx.version = Version::non_standard(3));
    q.ask("version 4", "version", |tx| {
        tx.version = Version::non_standard(4);
    });
    q.ask("no outputs", "bad-txns-vout-empty", |tx| tx.output.clear());
    q.ask("negative", "bad-txns-vout-negative", |tx| {
        tx.output[0].value = Amount::MAX;
    });
    q.ask("too large", "bad-txns-vout-toolarge", |tx| {
        tx.output[0].value = Amount::MAX_MONEY + Amount::from_sat(1);
    });
    q.ask("together too large", "bad-txns-txouttotal-toolarge", |tx| {
        tx.output[0].value = Amount::MAX_MONEY;
        tx.output.push(output(1, ScriptBuf::new()));
    });
    q.ask("in below out", "bad-txns-in-belowout", |tx| {
        tx.output[0].value = q.coin.1.value + Amount::from_sat(1);
    });
    q.ask("twice the same input", "bad-txns-inputs-duplicate", |tx| {
        tx.input.push(tx.input[0].clone());
    });
    q.ask("null input", "bad-txns-prevout-null", |tx| {
        tx.input.push(TxIn::default());
    });
    q.ask("unknown input", "bad-txns-inputs-missingorspent", |tx| {
        tx.input[0].previous_output.txid = Txid::from_byte_array([5; 32]);
    });
}

#[test]
fn what_breaks_policy_is_judged_alike() {
    let q = Questions::new();
    q.ask("small", "tx-size-small", |tx| {
        tx.output[0] = output(0, ScriptBuf::from_bytes(vec![0x6a]));
    });
    q.ask("input script", "scriptsig-not-pushonly", |tx| {
        tx.input[0].script_sig = Builder::new().push_opcode(OP_NOP).into_script();
    });
    q.ask("long input script", "scriptsig-size", |tx| {
        tx.input[0].script_sig = ScriptBuf::from_bytes(vec![0; 1651]);
    });
    q.ask("odd output script", "scriptpubkey", |tx| {
        tx.output[0].script_pubkey = Builder::new().push_opcode(OP_NOP).into_script();
    });
    q.ask("future witness program", "", |tx| {
        let mut script = vec![0x52, 0x20];
        script.extend([7; 32]);
        tx.output[0].script_pubkey = ScriptBuf::from_bytes(script);
    });
    q.ask("four keys", "scriptpubkey", |tx| {
        let key = [[2].as_slice(), &[9; 32]].concat();
        let mut script = Builder::new().push_opcode(OP_PUSHNUM_1);
        for _ in 0..4 {
            script = script.push_slice(PushBytesBuf::try_from(key.clone()).expect("short"));
        }
        let script = script
            .push_opcode(OP_PUSHNUM_4)
            .push_opcode(OP_CHECKMULTISIG);
        tx.output[0].script_pubkey = script.into_script();
    });
    q.ask("data twice", "", |tx| {
        tx.output.extend([data(80), data(300)]);
    });
    q.ask("much data", "", |tx| {
        tx.output[0].value -= Amount::from_sat(20_000);
        tx.output.extend([data(99_000), data(10)]);
    });
    q.ask("data with an opcode", "scriptpubkey", |tx| {
        tx.output
            .push(output(0, ScriptBuf::from_bytes(vec![0x6a, 0x61])));
    });
    q.ask(
        "many signature operations",
        "bad-txns-too-many-sigops",
        |tx| {
            tx.output[0].value -= Amount::from_sat(900_000);
            tx.output.extend(vec![output(800, one_of_three()); 201]);
        },
    );
    q.ask("heavy", "tx-size", |tx| {
        tx.output.extend((0..4).map(|_| data(99_000)));
    });
}
