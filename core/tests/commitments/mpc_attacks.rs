//! Group F of the attacks: multi-protocol commitments.

use std::collections::BTreeMap;

use bitcoin::hashes::{Hash, HashEngine, sha256};
use bulla_core::DecodeError;
use bulla_core::commit::Commitment;
use bulla_core::commit::mpc::{MpcError, MpcProof, Proof, entropy_root};
use bulla_core::commit::mpc_builder::{MpcTree, build};
use proptest::prelude::*;

use crate::maker::{Refusal, bytes, mpc_root, wrong};

const ENTROPY: u64 = 0x0123_4567_89ab_cdef;

fn contract() -> [u8; 32] {
    bytes("contract")
}

fn bundle() -> [u8; 32] {
    bytes("bundle")
}

fn tree() -> MpcTree {
    build(
        &BTreeMap::from([(contract(), bundle()), (bytes("other"), bytes("x"))]),
        ENTROPY,
    )
    .unwrap()
}

fn proof() -> MpcProof {
    tree().path(contract()).unwrap()
}

fn encoded(proof: MpcProof) -> Vec<u8> {
    Proof::Path(proof).encode()
}

/// The slot that the verifier wants, as it tells a proof for another one.
fn slot(protocol: [u8; 32], cofactor: u16, depth: usize) -> u32 {
    let path = vec![[0; 32]; depth];
    match (MpcProof {
        pos: u32::MAX,
        cofactor,
        path,
    })
    .root(protocol, [0; 32])
    {
        Err(MpcError::Position { expected, .. }) => expected,
        unexpected => panic!("{unexpected:?}"),
    }
}

#[test]
fn f01_a_proof_for_another_slot_is_refused() {
    let mut moved = proof();
    let expected = moved.pos;
    moved.pos ^= 1;
    let found = moved.pos;
    let refused = moved.root(contract(), bundle());
    assert_eq!(refused, Err(MpcError::Position { found, expected }));
}

#[test]
fn f02_a_slot_beyond_the_width_is_refused() {
    let mut moved = proof();
    let expected = moved.pos;
    moved.pos += 8;
    let found = moved.pos;
    let refused = moved.root(contract(), bundle());
    assert_eq!(refused, Err(MpcError::Position { found, expected }));
}

#[test]
fn f03_another_cofactor_gives_another_commitment() {
    for cofactor in 1..8 {
        let pos = slot(contract(), cofactor, 3);
        let forged = MpcProof {
            pos,
            cofactor,
            ..proof()
        };
        let other = forged.root(contract(), bundle()).unwrap();
        assert_ne!(other, tree().commitment());
    }
}

#[test]
fn f04_a_cofactor_of_the_width_or_more_is_refused_on_the_wire_and_in_memory() {
    for (depth, max) in [(0, 0), (3, 7), (8, 255), (9, 500), (16, 500)] {
        let with = |cofactor| MpcProof {
            pos: 0,
            cofactor,
            path: vec![[7; 32]; depth],
        };
        let allowed = MpcProof {
            pos: slot(contract(), max, depth),
            ..with(max)
        };
        allowed.root(contract(), bundle()).unwrap();
        Proof::decode(&encoded(allowed)).unwrap();
        for found in [max + 1, u16::MAX] {
            let refused = with(found).root(contract(), bundle());
            assert_eq!(refused, Err(MpcError::Cofactor { found, max }));
            let (max, found) = (max.into(), found.into());
            let limit = DecodeError::Limit {
                what: "mpc cofactor",
                min: 0,
                max,
                found,
            };
            assert_eq!(
                Proof::decode(&encoded(with(found.try_into().unwrap()))),
                Err(limit)
            );
        }
    }
}

#[test]
fn f06_f07_a_path_of_16_is_accepted_and_a_longer_one_refused_before_it_is_read() {
    let with = |len: usize| MpcProof {
        pos: 0,
        cofactor: 0,
        path: vec![[7; 32]; len],
    };
    let pos = slot(contract(), 0, 16);
    let deepest = MpcProof { pos, ..with(16) };
    mpc_root(&encoded(deepest), contract(), bundle()).unwrap();
    for found in [17, 31, 32, 33, 255, 256, 100_000] {
        let refused = with(found).root(contract(), bundle());
        assert_eq!(refused, Err(MpcError::Depth { found }));
        let written = u64::try_from(found.min(255)).unwrap();
        let limit = DecodeError::Limit {
            what: "mpc depth",
            min: 0,
            max: 16,
            found: written,
        };
        let header = &encoded(with(found))[..8];
        assert_eq!(Proof::decode(header), Err(limit));
    }
}

fn node_hash(parts: &[&[u8]]) -> [u8; 32] {
    let tag = sha256::Hash::hash(b"urn:ubideco:merkle:node#2024-01-31");
    let mut engine = sha256::Hash::engine();
    engine.input(tag.as_ref());
    engine.input(tag.as_ref());
    for part in parts {
        engine.input(part);
    }
    sha256::Hash::from_engine(engine).to_byte_array()
}

#[test]
fn f08_an_empty_slot_cannot_be_read_as_a_message() {
    let single = build(&BTreeMap::from([(contract(), bundle())]), ENTROPY).unwrap();
    let own = single.path(contract()).unwrap();
    let decoy_slot = own.pos ^ 1;
    let (entropy, slot) = (ENTROPY.to_le_bytes(), decoy_slot.to_le_bytes());
    let decoy = node_hash(&[&[0x11], &entropy, &slot]);
    assert_eq!(own.path[2], decoy, "the sibling is the decoy");

    let mut protocol = [0; 32];
    protocol[..8].copy_from_slice(&entropy);
    protocol[8..12].copy_from_slice(&slot);
    let mut forged = own.clone();
    forged.path[2] = node_hash(&[&[0x10], &contract(), &bundle()]);
    forged.pos = decoy_slot;
    for first in 0..=u8::MAX {
        protocol[0] = first;
        match forged.root(protocol, [0; 32]) {
            Ok(other) => assert_ne!(other, single.commitment()),
            Err(error) => {
                let expected = u32::from(first & 7);
                assert_eq!(
                    error,
                    MpcError::Position {
                        found: decoy_slot,
                        expected
                    }
                );
            }
        }
    }
}

#[test]
fn f09_an_inner_node_cannot_be_read_as_a_leaf() {
    let mut tried = 0;
    for entropy in 0..64_u64 {
        let message = bytes(&format!("bundle {entropy}"));
        let single = build(&BTreeMap::from([(contract(), message)]), entropy).unwrap();
        let own = single.path(contract()).unwrap();
        let leaf = node_hash(&[&[0x10], &contract(), &message]);
        let [left, right] = match own.pos & 1 {
            0 => [leaf, own.path[2]],
            _ => [own.path[2], leaf],
        };
        let path = own.path[..2].to_vec();
        let forged = MpcProof {
            pos: own.pos >> 1,
            cofactor: 0,
            path,
        };
        if let Ok(other) = forged.root(left, right) {
            assert_ne!(other, single.commitment());
            tried += 1;
        }
    }
    assert!(tried > 0, "the slot of the forged leaf never fitted");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn f12_one_commitment_and_protocol_have_one_message(
        others in prop::collection::btree_map(any::<[u8; 32]>(), any::<[u8; 32]>(), 0..12),
        forged: [u8; 32],
        entropy: u64,
        siblings: [[u8; 32]; 5],
    ) {
        let mut messages = others;
        messages.insert(contract(), bundle());
        prop_assume!(forged != bundle());
        let tree = build(&messages, entropy).unwrap();
        prop_assert_ne!(entropy_root(entropy, contract(), forged), tree.commitment());
        let own = tree.path(contract()).unwrap();
        let paths = messages.keys().filter_map(|id| tree.path(*id)).map(|proof| proof.path);
        let junk = (0..=siblings.len()).map(|len| siblings[..len].to_vec());
        for path in paths.chain(junk) {
            for candidate in proofs_over(&path, tree.cofactor()) {
                let Ok(root) = candidate.root(contract(), forged) else { continue };
                prop_assert_ne!(root, tree.commitment());
                let same = candidate.root(contract(), bundle()) == Ok(tree.commitment());
                prop_assert_eq!(same, candidate == own);
            }
        }
    }
}

/// Proofs with this path in every slot, under several cofactors.
fn proofs_over(path: &[[u8; 32]], cofactor: u16) -> Vec<MpcProof> {
    (0..1_u32 << path.len().min(6))
        .flat_map(|pos| {
            [0, 1, 2, 3, cofactor].map(|cofactor| MpcProof {
                pos,
                cofactor,
                path: path.to_vec(),
            })
        })
        .collect()
}

#[test]
fn f12_the_second_of_two_messages_needs_a_slot_that_is_not_its_own() {
    let tree = tree();
    let strange = tree.path(bytes("other")).unwrap();
    let (found, expected) = (strange.pos, proof().pos);
    assert_ne!(found, expected);
    let refused = strange.root(contract(), bytes("x"));
    assert_eq!(refused, Err(MpcError::Position { found, expected }));
}

#[test]
fn f14_a_foreign_method_byte_is_refused() {
    let mut bytes = encoded(proof());
    for found in 2..=u8::MAX {
        bytes[0] = found;
        let unknown = wrong("form of an mpc proof", "0 or 1", found);
        assert_eq!(Proof::decode(&bytes), Err(unknown));
    }
    bytes[0] = 1;
    let found = bytes.len() - 9;
    assert_eq!(
        Proof::decode(&bytes),
        Err(DecodeError::Trailing {
            what: "mpc proof of an anchor",
            found
        })
    );
}

#[test]
fn f15_trailing_bytes_are_refused_in_both_forms() {
    let entropy = Proof::Entropy(ENTROPY).encode();
    assert_eq!(entropy.len(), 9);
    for mut bytes in [encoded(proof()), entropy] {
        Proof::decode(&bytes).unwrap();
        bytes.push(0);
        assert_eq!(
            Proof::decode(&bytes),
            Err(DecodeError::Trailing {
                what: "mpc proof of an anchor",
                found: 1
            })
        );
    }
}

#[test]
fn another_message_or_protocol_gives_another_commitment_or_slot() {
    let commitment: Commitment = tree().commitment();
    assert_ne!(proof().root(contract(), bytes("forged")), Ok(commitment));
    let stranger = (0..100_000_u32)
        .map(|i| bytes(&format!("stranger {i}")))
        .find(|id| slot(*id, 0, 3) == proof().pos)
        .unwrap();
    assert_ne!(proof().root(stranger, bundle()).unwrap(), commitment);
    let mut cut = encoded(proof());
    cut.pop();
    let short = DecodeError::Short {
        what: "mpc path",
        at: 8,
        expected: 96,
        found: 95,
    };
    assert_eq!(
        mpc_root(&cut, contract(), bundle()),
        Err(Refusal::Wire(short))
    );
}
