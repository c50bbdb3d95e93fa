//! Where the bytes of a tapret transfer of the peer's shape went: each step of the compact form alone, down to the
//! frame as it is written.

use std::collections::BTreeMap;

use bulla_core::ContractId;
use bulla_core::anchor::Anchor;
use bulla_core::commit::mpc::Proof;
use bulla_core::commit::mpc_builder;
use bulla_core::consignment::{Explicit, parts};
use bulla_core::frame::{Frame, WitnessFrame};
use bulla_core::header::Header;

use crate::histories::{self, Method, Shape};

/// Bytes of an explicit input, and of one txid.
const INPUT: usize = 38;
const TXID: usize = 32;
/// The format and the contract's id, which each transition repeats in its canonical encoding.
const CONTRACT: usize = 1 + 32;

pub fn measure() {
    let bytes = histories::make(Shape::Line, Method::Tapret, 3);
    let mut parts = parts(&bytes).map(|part| part.expect("a part"));
    let header = Header::decode(parts.next().expect("a header")).expect("a header");
    let contract = header.genesis.contract_id();
    let mut explicit = Explicit::new(&header);
    let frames = parts.filter_map(|part| match explicit.frame(part).expect("a frame") {
        Frame::Witness(frame) => Some((part.len() + 3, *frame)),
        _ => None,
    });
    let (written, frame) = frames.last().expect("a frame");
    let whole = fixed_widths(&frame, contract);
    let entropy = whole - (path(&frame.anchor, &frame, contract) - frame.anchor.encode().len());
    let contract_once = entropy - CONTRACT;
    // A running number below 128 and a reference to the first input take one byte each.
    let inputs = contract_once - (INPUT - 1);
    let txids = inputs - (TXID - 1);
    println!("\na tapret transfer, step by step, bytes (its length of 3 within)\n");
    for (name, bytes) in [
        ("every object in strict encoding, a path of the tree", whole),
        ("the tree's entropy instead of the path", entropy),
        ("the contract once in the header", contract_once),
        ("an input by its running number", inputs),
        ("the spent txid by the input that tells it", txids),
        ("numbers of variable length: as it is written", written),
    ] {
        println!("{name:<58}  {bytes:>4}");
    }
}

/// The frame with every object in its strict encoding: kind, witness, anchor, bundle proof, transitions, signatures.
fn fixed_widths(frame: &WitnessFrame, contract: ContractId) -> usize {
    let transitions = frame.transitions.iter();
    let transitions: usize = transitions
        .map(|signed| signed.transition.encode().len() + 1)
        .sum();
    let (frame_prefix, kind, count) = (3, 1, 2);
    frame_prefix
        + kind
        + count
        + transitions
        + frame.witness.encode().len()
        + frame.bundle.encode().len()
        + path(&frame.anchor, frame, contract)
}

/// Bytes of the anchor with a path in place of the entropy.
fn path(anchor: &Anchor, frame: &WitnessFrame, contract: ContractId) -> usize {
    let Proof::Entropy(entropy) = anchor.mpc else {
        panic!("a lone contract's anchor has the entropy");
    };
    let shown = frame.transitions.iter().flat_map(|signed| {
        let id = signed.transition.id();
        signed
            .transition
            .inputs
            .iter()
            .map(move |input| (*input, id))
    });
    let bundle = frame.bundle.bundle_id(shown).expect("a bundle");
    let messages = BTreeMap::from([(contract.to_bytes(), bundle.to_bytes())]);
    let tree = mpc_builder::build(&messages, entropy).expect("one contract");
    let path = tree.path(contract.to_bytes()).expect("it is in the tree");
    let (mpc, dbc) = (Proof::Path(path), anchor.dbc.clone());
    Anchor { mpc, dbc }.encode().len()
}
