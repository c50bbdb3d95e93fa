//! A counting allocator: no length prefix makes a decoder reserve more than a small multiple of
//! the bytes it was given.

#[path = "common/mod.rs"]
mod common;

use allocation_counter::measure;
use amplify::confinement::Confined;
use bitcoin::hashes::Hash;
use bitcoin::{TxMerkleNode, Txid};
use bulla_core::OperationId;
use bulla_core::bundle::BundleProof;
use bulla_core::frame::BlockProof;
use bulla_core::headers::{ProofError, check_proof};
use bulla_core::operation::Input;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::common::codecs::{CODECS, Codec};

/// What short lists and the nodes of small maps may take in any case, in bytes.
const SMALL: usize = 16_384;

/// Every byte that this thread asks the allocator for, also what it gives back in between; a list
/// that grows counts anew each time. What the harness's own thread prints meanwhile does not count.
fn reserved(work: impl FnOnce()) -> u64 {
    measure(work).bytes_total
}

fn assert_bounded(codec: &Codec, bytes: &[u8], times: usize) {
    let found = reserved(|| {
        let _ = (codec.decode)(bytes);
    });
    let most = (times * bytes.len() + SMALL) as u64;
    let (name, len) = (codec.name, bytes.len());
    assert!(
        found <= most,
        "{name}: {found} bytes for {len} given, expected at most {most}"
    );
}

/// The same samples in every run.
fn samples(codec: &Codec, count: usize) -> Vec<Vec<u8>> {
    let mut runner = TestRunner::deterministic();
    let encodings = (codec.encodings)();
    let sample = |_| encodings.new_tree(&mut runner).unwrap().current();
    let samples: Vec<_> = (0..count).map(sample).collect();
    for sample in &samples {
        assert_eq!((codec.reencode)(sample).as_ref(), Ok(sample));
    }
    samples
}

#[test]
fn a_hostile_length_at_any_offset_reserves_little() {
    for codec in CODECS {
        for sample in samples(codec, 12) {
            for at in 0..sample.len() {
                for hostile in [[0xff; 4], [0xff, 0xff, 0x0f, 0], [0, 0, 0x10, 0]] {
                    for width in 1..=4 {
                        let mut bytes = sample.clone();
                        let end = (at + width).min(bytes.len());
                        bytes[at..end].copy_from_slice(&hostile[..end - at]);
                        assert_bounded(codec, &bytes, 1);
                    }
                }
            }
        }
    }
}

#[test]
fn a_hostile_length_before_many_bytes_reserves_a_small_multiple_of_them() {
    for codec in CODECS {
        for sample in samples(codec, 2) {
            for fill in [0, 1, 0xff] {
                for at in (0..sample.len()).step_by(3) {
                    let mut bytes = sample[..at].to_vec();
                    bytes.extend([0xff, 0xff, 0x0f, 0]);
                    bytes.resize(bytes.len() + 60_000, fill);
                    assert_bounded(codec, &bytes, 8);
                }
            }
        }
    }
}

#[test]
fn what_really_stands_there_takes_a_small_multiple_of_its_bytes() {
    let of = |name| CODECS.iter().find(|codec| codec.name == name).unwrap();
    let mut frame = vec![2, 0xff, 0xff, 3];
    frame.extend([[0; 70].as_slice(), &[0xff]].concat().repeat(65_535));
    assert_bounded(of("Frame"), &frame, 4);
    // One transition that claims as many references as it may have, and has the bytes for them.
    let mut references = vec![0, 1, 0, 0xff, 0xff, 3];
    references.resize(references.len() + 65_535, 1);
    assert_bounded(of("Frame"), &references, 9);
    let mut rights = vec![0; 74];
    rights[0] = 1;
    rights.extend([1, 0, 0, 2, 0, 0x10]);
    rights.resize(rights.len() + 4_096 * 21, 0);
    assert_bounded(of("Genesis"), &rights, 8);
    // A step of one byte takes 33 in memory, and no more than 2^20 of them are read.
    let mut steps = vec![0, 0, 0x10];
    steps.resize(3 + (1 << 20), 0);
    assert_bounded(of("BundleProof"), &steps, 33);
}

#[test]
fn a_bundle_proof_is_checked_without_a_tree_in_memory() {
    // One shown entry, 254 levels below the root beside a hidden one: a byte for each level.
    let mut bytes = vec![0, 1, 0];
    bytes.extend([1; 254]);
    bytes.push(2);
    bytes.extend([7; 32]);
    bytes.push(0);
    let proof = BundleProof::decode(&bytes).unwrap();
    let input = Input {
        operation: OperationId::from_bytes([1; 32]),
        owned_type: 0,
        index: 0,
    };
    let shown = [(input, OperationId::from_bytes([2; 32]))];
    let found = reserved(|| {
        proof.bundle_id(shown).unwrap();
    });
    assert!(found <= 4 * bytes.len() as u64, "{found} bytes");
}

/// Found by fuzzing.
#[test]
fn a_node_that_begins_like_a_transaction_of_many_inputs_reserves_nothing() {
    let mut leaf = [9; 32];
    leaf[4..9].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff, 0]);
    let proof = BlockProof {
        height: 1,
        position: 0,
        branch: Confined::try_from(vec![[7; 32]]).unwrap(),
    };
    let txid = Txid::from_byte_array(leaf);
    let root = TxMerkleNode::from_byte_array([0; 32]);
    let mut checked = Ok(());
    let found = reserved(|| checked = check_proof(txid, &proof, root));
    assert!(
        matches!(checked, Err(ProofError::Root { .. })),
        "{checked:?}"
    );
    assert_eq!(found, 0);
}
