//! The builder against the verifier, and both against `commit_verify`.

use std::collections::BTreeMap;

use amplify::confinement::Confined;
use amplify::num::u5;
use amplify::{ByteArray, Wrapper};
use bitcoin::hashes::Hash;
use bitcoin::key::Parity;
use bitcoin::taproot::LeafVersion;
use bulla_core::commit::mpc::{MpcError, MpcProof, Proof, entropy_root};
use bulla_core::commit::mpc_builder::{BuildError, MAX_MESSAGES, MpcTree, build};
use bulla_core::commit::tapret::{TapretError, TapretProof, leaf_hash};
use bulla_core::commit::{Commitment, Partner};
use commit_verify::mpc::{MerkleTree, Message, Method, MultiSource, ProtocolId};
use commit_verify::{CommitId, TryCommitVerify};
use proptest::prelude::*;

use crate::maker::{bytes, generator, p2tr};

type Messages = BTreeMap<[u8; 32], [u8; 32]>;

fn messages(count: usize) -> Messages {
    (0..count)
        .map(|i| {
            (
                bytes(&format!("contract {i}")),
                bytes(&format!("bundle {i}")),
            )
        })
        .collect()
}

/// The id that is this number.
fn id(number: u64) -> [u8; 32] {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_le_bytes());
    id
}

fn assert_all_proven(tree: &MpcTree, messages: &Messages) {
    for (protocol, message) in messages {
        let path = tree.path(*protocol).unwrap();
        assert_eq!(path.root(*protocol, *message), Ok(tree.commitment()));
        let proof = tree.proof(*protocol).unwrap();
        assert_eq!(proof.root(*protocol, *message), Ok(tree.commitment()));
    }
}

/// Commitment and proofs as `commit_verify` makes them.
fn oracle(messages: &Messages, entropy: u64) -> (Commitment, BTreeMap<[u8; 32], MpcProof>) {
    let pairs = messages
        .iter()
        .map(|(id, m)| (ProtocolId::from(*id), Message::from(*m)));
    let source = MultiSource {
        method: Method::Sha256t,
        min_depth: u5::with(3),
        messages: Confined::try_from_iter(pairs).unwrap(),
        static_entropy: Some(entropy),
    };
    let tree = MerkleTree::try_commit(&source).unwrap();
    let commitment = Commitment::from_byte_array(tree.commit_id().to_byte_array());
    let proofs = tree.into_proofs().map(|(id, proof)| {
        let path = proof
            .as_path()
            .iter()
            .map(ByteArray::to_byte_array)
            .collect();
        let proof = MpcProof {
            pos: proof.pos(),
            cofactor: proof.cofactor(),
            path,
        };
        (id.into_inner().to_byte_array(), proof)
    });
    (commitment, proofs.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn builder_and_commit_verify_give_the_same_tree_and_proofs(
        messages in prop::collection::btree_map(any::<[u8; 32]>(), any::<[u8; 32]>(), 1..24),
        entropy: u64,
    ) {
        let tree = build(&messages, entropy).unwrap();
        let (commitment, proofs) = oracle(&messages, entropy);
        prop_assert_eq!(tree.commitment(), commitment);
        for protocol in messages.keys() {
            prop_assert_eq!(tree.path(*protocol), proofs.get(protocol).cloned());
        }
        assert_all_proven(&tree, &messages);
    }

    #[test]
    fn the_entropy_form_is_the_tree_of_one_message(
        protocol: [u8; 32], message: [u8; 32], entropy: u64,
    ) {
        let tree = build(&BTreeMap::from([(protocol, message)]), entropy).unwrap();
        prop_assert_eq!(tree.proof(protocol), Some(Proof::Entropy(entropy)));
        prop_assert_eq!(entropy_root(entropy, protocol, message), tree.commitment());
        let path = tree.path(protocol).unwrap();
        prop_assert_eq!(path.root(protocol, message), Ok(tree.commitment()));
    }

    #[test]
    fn every_partner_finds_a_nonce_and_the_proof_verifies(
        partner in partners(), commitment: [u8; 32],
    ) {
        let commitment = Commitment::from_byte_array(commitment);
        match TapretProof::build(generator(), partner.clone(), commitment) {
            Ok((proof, key, parity)) => {
                let odd = parity == Parity::Odd;
                prop_assert_eq!(proof.verify(commitment, odd, &p2tr(key)), Ok(()));
                let given = partner.map(|partner| partner.hash());
                prop_assert_eq!(proof.partner.map(|partner| partner.hash()), given);
            }
            Err(error) => {
                let partner = partner.unwrap().hash();
                prop_assert_eq!(error, TapretError::NoNonce { partner });
                let largest = (0..=u8::MAX).map(|nonce| leaf_hash(commitment, nonce)).max();
                prop_assert!(Some(partner) > largest);
            }
        }
    }
}

fn partners() -> impl Strategy<Value = Option<Partner>> {
    let script = prop::collection::vec(any::<u8>(), 0..100);
    prop_oneof![
        Just(None),
        any::<[u8; 32]>().prop_map(|hash| Some(Partner::LeftNode(hash))),
        script.prop_map(|script| {
            Some(Partner::RightLeaf {
                version: LeafVersion::TapScript,
                script,
            })
        }),
        any::<[[u8; 32]; 2]>().prop_map(|[a, b]| {
            Some(Partner::RightBranch {
                a: a.min(b),
                b: a.max(b),
            })
        }),
    ]
}

#[test]
fn a_protocol_that_is_not_in_the_tree_has_no_proof() {
    for count in [1, 2] {
        let tree = build(&messages(count), 7).unwrap();
        assert_eq!(tree.proof(bytes("stranger")), None);
        assert_eq!(tree.path(bytes("stranger")), None);
    }
}

#[test]
fn two_contracts_in_a_tree_of_depth_3_are_proven_by_paths_that_hide_the_entropy() {
    let both = messages(2);
    let tree = build(&both, 7).unwrap();
    assert_eq!((tree.depth(), tree.cofactor()), (3, 0));
    for protocol in both.keys() {
        assert!(matches!(tree.proof(*protocol), Some(Proof::Path(_))));
    }
}

#[test]
fn the_largest_number_of_contracts_fits_and_one_more_is_refused() {
    let most = messages(MAX_MESSAGES);
    let tree = build(&most, 7).unwrap();
    assert_all_proven(&tree, &most);
    let found = MAX_MESSAGES + 1;
    assert_eq!(
        build(&messages(found), 7),
        Err(BuildError::TooMany { found })
    );
}

#[test]
fn f10_contracts_that_share_slots_get_another_cofactor_or_a_deeper_tree_and_none_is_dropped() {
    for ids in [[0, 8, 1], [0, 8, 56], [0, 56, 112]] {
        let messages: Messages = ids
            .iter()
            .map(|i| (id(*i), bytes(&format!("{i}"))))
            .collect();
        let tree = build(&messages, 7).unwrap();
        assert!(tree.depth() > 3 || tree.cofactor() > 0);
        assert_all_proven(&tree, &messages);
    }
}

/// Ids of which two differ by every modulus that is tried from depth 8 to `last`.
fn colliding(last: u32) -> Messages {
    let step = 100_u64;
    let low = 0..step;
    let high = (8..=last)
        .flat_map(|depth| (0..6).filter_map(move |j| (1_u64 << depth).checked_sub(step * j)));
    low.chain(high)
        .map(|number| (id(number), bytes(&number.to_string())))
        .collect()
}

#[test]
fn f10_contracts_that_share_slots_up_to_depth_16_are_refused() {
    let refused = build(&colliding(16), 7);
    assert_eq!(
        refused,
        Err(BuildError::Limit(MpcError::Depth { found: 17 }))
    );
}

#[test]
fn f10_contracts_that_share_slots_in_every_tree_are_refused() {
    let messages = colliding(31);
    let found = messages.len();
    assert_eq!(build(&messages, 7), Err(BuildError::NoSlots { found }));
}

#[test]
fn a_partner_is_shown_as_a_left_node_and_in_full_only_if_no_nonce_allows_that() {
    let commitment = Commitment::from_byte_array(bytes("commitment"));
    let script = vec![0x51];
    let leaf = Partner::RightLeaf {
        version: LeafVersion::TapScript,
        script,
    };
    let (proof, ..) = TapretProof::build(generator(), Some(leaf.clone()), commitment).unwrap();
    assert_eq!(
        proof.partner,
        Some(Partner::LeftNode(leaf.hash().to_byte_array()))
    );

    let high = (0..100_000_u32)
        .map(|i| Partner::RightLeaf {
            version: LeafVersion::TapScript,
            script: i.to_le_bytes().to_vec(),
        })
        .find(|leaf| leaf.hash().to_byte_array()[0] == 0xff && none_right_of(leaf, commitment));
    let (proof, ..) = TapretProof::build(generator(), high.clone(), commitment).unwrap();
    assert_eq!(proof.partner, high);

    let hash = high.unwrap().hash();
    let hidden = Partner::LeftNode(hash.to_byte_array());
    let refused = TapretProof::build(generator(), Some(hidden), commitment);
    assert_eq!(refused, Err(TapretError::NoNonce { partner: hash }));
}

fn none_right_of(partner: &Partner, commitment: Commitment) -> bool {
    (0..=u8::MAX).all(|nonce| leaf_hash(commitment, nonce) < partner.hash())
}
