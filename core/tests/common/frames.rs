//! Strategies for frames.

use bulla_core::frame::{
    Base, BaseEntry, BlockProof, Frame, KeySignature, Signed, Terminal, Terminals, WitnessFrame,
};
use bulla_core::{OperationId, wire};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

use super::arbitrary::{anchor, bundle_proof, confine, input, seal, transition, txid, witness};

fn signed() -> impl Strategy<Value = Signed> {
    let signature = any::<([u8; 32], [u8; 32])>().prop_map(|(r, s)| {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature[32..].copy_from_slice(&s);
        signature
    });
    let signatures = btree_map(any::<u8>(), signature, 0..3);
    (transition(), signatures).prop_map(|(transition, signatures)| {
        let signatures = signatures.into_iter();
        Signed {
            transition,
            signatures: confine(
                signatures
                    .map(|(key, signature)| KeySignature { key, signature })
                    .collect::<Vec<_>>(),
            ),
        }
    })
}

fn witness_frame() -> impl Strategy<Value = Frame> {
    (witness(), anchor(), bundle_proof(), vec(signed(), 1..3)).prop_map(
        |(witness, anchor, bundle, transitions)| {
            Frame::Witness(Box::new(WitnessFrame {
                witness,
                anchor,
                bundle,
                transitions: confine(transitions),
            }))
        },
    )
}

fn frame() -> impl Strategy<Value = Frame> {
    let proof = (any::<(u32, u32)>(), vec(any::<[u8; 32]>(), 0..26));
    let entry = (input(), txid(), prop::option::of(seal()));
    let entry = entry.prop_map(|(leaf, witness, seal)| BaseEntry {
        leaf,
        witness,
        seal,
    });
    let terminal = prop_oneof![
        input().prop_map(Terminal::Leaf),
        any::<[u8; 32]>().prop_map(|id| Terminal::Evidence(OperationId::from_bytes(id))),
    ];
    prop_oneof![
        3 => witness_frame(),
        1 => proof.prop_map(|((height, position), branch)| Frame::BlockProof(BlockProof {
            height,
            position,
            branch: confine(branch),
        })),
        1 => vec(entry, 1..5).prop_map(|entries| Frame::Base(Base::new(entries).unwrap())),
        1 => vec(terminal, 0..5).prop_map(|list| Frame::Terminals(Terminals::new(list).unwrap())),
    ]
}

/// Frames as they travel, with references to anything.
pub fn wire_frame() -> impl Strategy<Value = wire::Frame> {
    let numbers = btree_set(any::<u64>().prop_map(|number| number / 2), 0..4);
    (frame(), numbers, vec(any::<u32>(), 0..4)).prop_map(|(frame, numbers, spent)| {
        let mut wire = wire::Frame::explicit(&frame);
        if let wire::Frame::Witness(frame) = &mut wire {
            frame.transitions[0].inputs.numbers = numbers.into_iter().collect();
            for (input, number) in frame.transaction.inputs.iter_mut().zip(spent) {
                input.txid = wire::SpentTxid::Input(number.into());
            }
        }
        wire
    })
}
