//! Vectors of networks, seals, schemas, signature messages and witnesses.

use bitcoin::absolute::LockTime;
use bitcoin::blockdata::constants::genesis_block;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut};
use bulla_core::NetworkId;
use bulla_core::frame::signature_message;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::witness::Witness;
use serde_json::{Value, json};

use crate::hex::show;
use crate::sample::{fixed, operation, outpoint_seal, txid, witness_seal};

fn network(name: &str, genesis: Network, challenge: Option<&[u8]>) -> Value {
    let hash = genesis_block(genesis).block_hash();
    let id = match challenge {
        None => NetworkId::of_network(genesis),
        Some(challenge) => NetworkId::of(hash, Some(challenge)),
    };
    json!({
        "name": name,
        "genesis_block_hash_internal": show(hash.to_byte_array()),
        "signet_challenge": challenge.map(show),
        "id": show(id.to_bytes()),
        "text": id.to_string(),
    })
}

pub fn networks() -> Value {
    let default = "512103ad5e0edad18cb1f0fc0d28a3d4f1f3e445640337489abb10404f2d1e086be430\
        210359ef5021964fe22d6f8e05b2463c9540ce96883fe3b278760f048f5189f2e6c452ae";
    json!({ "cases": [
        network("bitcoin", Network::Bitcoin, None),
        network("testnet3", Network::Testnet, None),
        network("testnet4", Network::Testnet4, None),
        network("regtest", Network::Regtest, None),
        network("signet", Network::Signet, Some(&crate::hex::read(default))),
        network("custom signet with challenge OP_TRUE", Network::Signet, Some(&[0x51])),
    ]})
}

fn assigned(name: &str, seal: AssignedSeal) -> Value {
    let secret = seal.conceal();
    json!({
        "name": name,
        "bytes": show(seal.encode()),
        "secret_seal": show(secret.to_bytes()),
        "text": secret.to_string(),
    })
}

pub fn seals() -> Value {
    let case = |name: &str, seal: Seal| {
        let mut case = assigned(name, AssignedSeal::Revealed(seal));
        let (vout, blinding) = match seal {
            Seal::Witness { vout, blinding } => (vout, blinding),
            Seal::Outpoint {
                txid,
                vout,
                blinding,
            } => {
                case["txid_internal"] = show(txid.to_byte_array()).into();
                (vout, blinding)
            }
        };
        case["vout"] = vout.into();
        case["blinding"] = show(blinding.0).into();
        case
    };
    let secret = AssignedSeal::Secret(outpoint_seal(2, 1).conceal());
    json!({ "cases": [
        case("witness output 0", witness_seal(0)),
        case("witness output 3", witness_seal(3)),
        case("outpoint", outpoint_seal(2, 1)),
        case("outpoint with a large vout", outpoint_seal(3, u32::MAX)),
        assigned("the outpoint above, secret", secret),
    ]})
}

pub fn schemas() -> Value {
    let schema = fixed();
    let rules = |rules: &[bulla_core::schema::Rule]| {
        let texts = rules.iter().map(|rule| rule.text(&schema));
        texts.collect::<Vec<_>>()
    };
    let id = schema.id();
    json!({ "cases": [{
        "name": "schemas/fixed.toml",
        "genesis_rules": rules(&schema.genesis.rules),
        "transfer_rules": rules(&schema.transitions[&0].rules),
        "bytes": show(schema.encode()),
        "id": show(id.to_bytes()),
        "text": id.to_string(),
    }]})
}

pub fn signature_messages() -> Value {
    let case = |id, witness| {
        json!({
            "operation_id": show(operation(id).to_bytes()),
            "witness_txid_internal": show(txid(witness).to_byte_array()),
            "message": show(signature_message(operation(id), txid(witness))),
        })
    };
    json!({ "cases": [case(1, 2), case(2, 1)] })
}

/// A transaction with two inputs, one of them with a script, and these output scripts.
pub fn witness(scripts: Vec<ScriptBuf>) -> Witness {
    let spend = |byte, vout, script: &[u8]| TxIn {
        previous_output: OutPoint {
            txid: txid(byte),
            vout,
        },
        script_sig: ScriptBuf::from_bytes(script.to_vec()),
        sequence: Sequence(0xffff_fffd),
        ..TxIn::default()
    };
    let pay = |script_pubkey| TxOut {
        value: Amount::from_sat(1_000),
        script_pubkey,
    };
    Witness::new(&Transaction {
        version: Version::TWO,
        lock_time: LockTime::from_consensus(101),
        input: vec![spend(1, 1, &[]), spend(2, 2, &[0x51])],
        output: scripts.into_iter().map(pay).collect(),
    })
}

pub fn witnesses() -> Value {
    let case = |name: &str, scripts: Vec<ScriptBuf>| {
        let witness = witness(scripts);
        json!({
            "name": name,
            "bytes": show(witness.encode()),
            "txid": witness.txid().to_string(),
        })
    };
    let long = ScriptBuf::from_bytes(vec![0x51; 300]);
    json!({ "cases": [
        case("no output", vec![]),
        case("outputs of 0 and 300 bytes", vec![ScriptBuf::new(), long]),
    ]})
}
