//! Vectors of anchors: for a contract and a bundle, what the witness has to carry.

use std::collections::BTreeMap;

use bitcoin::ScriptBuf;
use bitcoin::key::{Parity, XOnlyPublicKey};
use bitcoin::taproot::LeafVersion;
use bulla_core::anchor::Anchor;
use bulla_core::commit::mpc::Proof;
use bulla_core::commit::{Commitment, DbcProof, Partner, TapretProof, mpc_builder, opret};
use bulla_core::{BundleId, ContractId};
use serde_json::{Value, json};

use crate::hex::{read, show};

const CONTRACT: [u8; 32] = [0xc1; 32];
const BUNDLE: [u8; 32] = [0xb1; 32];
const ENTROPY: u64 = 0x0123_4567_89ab_cdef;

/// A tree of this many contracts: c1…, c2…, and so on.
fn tree(contracts: u8) -> mpc_builder::MpcTree {
    let messages: BTreeMap<_, _> = (1..=contracts)
        .map(|n| ([0xc0 + n; 32], [0xb0 + n; 32]))
        .collect();
    mpc_builder::build(&messages, ENTROPY).unwrap()
}

fn internal_key() -> XOnlyPublicKey {
    let generator = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    XOnlyPublicKey::from_slice(&read(generator)).unwrap()
}

/// The proof in exactly this form, with the first nonce that fits.
fn tapret(partner: Option<Partner>, commitment: Commitment) -> (DbcProof, ScriptBuf) {
    let with = |nonce| TapretProof {
        partner: partner.clone(),
        nonce,
        internal_key: internal_key().serialize(),
    };
    let fits = |nonce: &u8| with(*nonce).output_key(commitment).is_ok();
    let proof = with((0..=u8::MAX).find(fits).unwrap());
    let (key, parity) = proof.output_key(commitment).unwrap();
    let script = [&[0x51, 0x20], key.serialize().as_slice()].concat();
    let odd = parity == Parity::Odd;
    (
        DbcProof::Tapret { proof, odd },
        ScriptBuf::from_bytes(script),
    )
}

fn case(name: &str, mpc: Proof, dbc: &dyn Fn(Commitment) -> (DbcProof, ScriptBuf)) -> Value {
    let commitment = mpc.root(CONTRACT, BUNDLE).unwrap();
    let (dbc, script) = dbc(commitment);
    let anchor = Anchor { mpc, dbc };
    let witness = crate::parts::witness(vec![script.clone()]);
    anchor.verify(commitment, witness.transaction()).unwrap();
    let (contract, bundle) = (
        ContractId::from_bytes(CONTRACT),
        BundleId::from_bytes(BUNDLE),
    );
    assert_eq!(anchor.commitment(contract, bundle), Ok(commitment));
    json!({
        "name": name,
        "contract_id": show(CONTRACT),
        "bundle_id": show(BUNDLE),
        "bytes": show(anchor.encode()),
        "commitment": show(commitment.to_byte_array()),
        "script_pubkey": show(script.as_bytes()),
    })
}

pub fn anchors() -> Value {
    let entropy = || tree(1).proof(CONTRACT).unwrap();
    let path = |contracts| Proof::Path(tree(contracts).path(CONTRACT).unwrap());
    let in_opret = |commitment| (DbcProof::Opret, opret::script(commitment));
    let with = |partner: Option<Partner>| move |commitment| tapret(partner.clone(), commitment);
    let leaf = Partner::RightLeaf {
        version: LeafVersion::TapScript,
        script: vec![0x51],
    };
    let branch = Partner::RightBranch {
        a: [0x11; 32],
        b: [0x22; 32],
    };
    json!({ "cases": [
        case("opret, entropy form", entropy(), &in_opret),
        case("opret, the same tree as a path", path(1), &in_opret),
        case("opret, five contracts", path(5), &in_opret),
        case("tapret without partner", entropy(), &with(None)),
        case("tapret, left node", entropy(), &with(Some(Partner::LeftNode([0x11; 32])))),
        case("tapret, right leaf", entropy(), &with(Some(leaf))),
        case("tapret, right branch", entropy(), &with(Some(branch))),
    ]})
}
