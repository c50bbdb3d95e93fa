//! Vectors of the header and of each kind of frame. No whole consignment: the wire format is a
//! draft.

use bulla_core::anchor::Anchor;
use bulla_core::bundle::BundleProof;
use bulla_core::commit::{DbcProof, mpc, opret};
use bulla_core::frame::{
    Base, BaseEntry, BlockProof, Frame, KeySignature, Signed, Terminal, Terminals, WitnessFrame,
};
use bulla_core::header::Header;
use bulla_core::seal::{Blinding, Seal};
use bulla_core::wire;
use serde_json::{Value, json};

use crate::hex::show;
use crate::sample::{confine, fixed, genesis, input, operation, transfer, txid};

pub fn headers() -> Value {
    let header = Header::new(fixed(), genesis());
    json!({ "cases": [{
        "name": "the genesis of genesis.json under the fixed schema",
        "contract_id": header.genesis.contract_id().to_string(),
        "bytes": show(header.encode()),
    }]})
}

/// The transfer in an opret witness; with these key numbers, signatures that verify for nobody.
fn witness_frame(keys: &[u8]) -> Frame {
    let transition = transfer();
    let entries = transition
        .inputs
        .iter()
        .map(|input| (*input, transition.id()));
    let bundle = BundleProof::default();
    let mpc = mpc::Proof::Entropy(7);
    let id = bundle.bundle_id(entries).unwrap();
    let commitment = mpc.root(transition.contract.to_bytes(), id.to_bytes());
    let signature = |key: &u8| KeySignature {
        key: *key,
        signature: [*key; 64],
    };
    let signed = Signed {
        transition,
        signatures: confine(keys.iter().map(signature).collect::<Vec<_>>()),
    };
    Frame::Witness(Box::new(WitnessFrame {
        witness: crate::parts::witness(vec![opret::script(commitment.unwrap())]),
        anchor: Anchor {
            mpc,
            dbc: DbcProof::Opret,
        },
        bundle,
        transitions: confine(vec![signed]),
    }))
}

pub fn frames() -> Value {
    let case = |name: &str, frame: Frame| json!({ "name": name, "bytes": show(wire::Frame::explicit(&frame).encode()) });
    let entry = |index, seal| BaseEntry {
        leaf: input(operation(1), index),
        witness: txid(2),
        seal,
    };
    let seal = Seal::Witness {
        vout: 300,
        blinding: Blinding([3; 16]),
    };
    let base = [entry(256, Some(seal)), entry(1, None)];
    let terminals = [
        Terminal::Evidence(operation(0)),
        Terminal::Leaf(input(operation(1), 1)),
        Terminal::Leaf(input(operation(1), 256)),
    ];
    let branch = vec![[1; 32], [2; 32]];
    let block_proof = BlockProof {
        height: 800_000,
        position: 3,
        branch: confine(branch),
    };
    json!({ "cases": [
        case("the transfer of transition.json in an opret witness", witness_frame(&[])),
        case("the same with two signatures", witness_frame(&[0, 255])),
        case("block proof", Frame::BlockProof(block_proof)),
        case("base", Frame::Base(Base::new(base).unwrap())),
        case("terminals", Frame::Terminals(Terminals::new(terminals).unwrap())),
        case("terminals of a contract file", Frame::Terminals(Terminals::default())),
    ]})
}
