//! Whatever tree an attacker commits to, and whatever proof he shows of it: of one output and one key at most one
//! commitment is proven, and of one bundle at most one operation for an input, each by one proof only.

use std::collections::BTreeMap;

use amplify::confinement::Confined;
use bitcoin::hashes::Hash;
use bitcoin::key::{Parity, TapTweak, XOnlyPublicKey};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::taproot::{LeafVersion, TapNodeHash};
use bulla_core::OperationId;
use bulla_core::bundle::{Bundle, BundleProof, Step};
use bulla_core::commit::tapret::{TapretProof, leaf_hash, leaf_script};
use bulla_core::commit::{Commitment, DbcProof, Partner};
use bulla_core::operation::Input;
use proptest::prelude::*;

use crate::maker::{generator, p2tr, transaction};

type Hash32 = [u8; 32];

/// What trees and proofs are made of.
struct Material {
    commitments: [Commitment; 2],
    nonces: [u8; 2],
    hash: Hash32,
    script: Vec<u8>,
}

impl Material {
    fn leaf(&self, which: usize) -> TapNodeHash {
        leaf_hash(self.commitments[which], self.nonces[which])
    }

    fn other_leaf(&self) -> TapNodeHash {
        let script = bitcoin::Script::from_bytes(&self.script);
        TapNodeHash::from_script(script, LeafVersion::TapScript)
    }

    /// The trees of up to three leaves that somebody may have committed to.
    fn trees(&self) -> Vec<TapNodeHash> {
        let node = TapNodeHash::from_node_hashes;
        let (first, second) = (self.leaf(0), self.leaf(1));
        let hash = TapNodeHash::from_byte_array(self.hash);
        vec![
            first,
            node(first, hash),
            node(first, second),
            node(first, self.other_leaf()),
            node(first, node(hash, self.other_leaf())),
            node(first, node(second, hash)),
        ]
    }

    /// Every partner that can be said of them.
    fn partners(&self) -> Vec<Option<Partner>> {
        let node = TapNodeHash::from_node_hashes;
        let hash = TapNodeHash::from_byte_array(self.hash);
        let leaves = [hash, self.leaf(0), self.leaf(1), self.other_leaf()];
        let mut nodes: Vec<_> = leaves.map(TapNodeHash::to_byte_array).to_vec();
        let mut partners = vec![None];
        for (at, a) in leaves.iter().enumerate() {
            for b in &leaves[at..] {
                nodes.push(node(*a, *b).to_byte_array());
                let (a, b) = (a.min(b).to_byte_array(), a.max(b).to_byte_array());
                partners.push(Some(Partner::RightBranch { a, b }));
            }
        }
        partners.extend(nodes.into_iter().map(|node| Some(Partner::LeftNode(node))));
        let scripts = [0, 1].map(|n| leaf_script(self.commitments[n], self.nonces[n]).into_bytes());
        for script in scripts.into_iter().chain([self.script.clone()]) {
            let version = LeafVersion::TapScript;
            partners.push(Some(Partner::RightLeaf { version, script }));
        }
        partners
    }
}

fn output(root: TapNodeHash) -> (XOnlyPublicKey, bool) {
    let secp = Secp256k1::verification_only();
    let (key, parity) = generator().tap_tweak(&secp, Some(root));
    (key.to_x_only_public_key(), parity == Parity::Odd)
}

fn input(n: u16) -> Input {
    Input {
        operation: OperationId::from_bytes([7; 32]),
        owned_type: 0,
        index: n.into(),
    }
}

fn steps(proof: &BundleProof) -> Vec<Step> {
    proof.0.iter().copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn one_output_proves_one_commitment_in_one_way(
        commitments: [Hash32; 2], nonces: [u8; 2], hash: Hash32,
        script in prop::collection::vec(any::<u8>(), 1..80),
    ) {
        prop_assume!(commitments[0] != commitments[1]);
        let commitments = commitments.map(Commitment::from_byte_array);
        let material = Material { commitments, nonces, hash, script };
        let partners = &material.partners();
        for (at, tree) in material.trees().into_iter().enumerate() {
            let (key, odd) = output(tree);
            let tx = transaction(vec![p2tr(key)]);
            let mut proven = Vec::new();
            for (commitment, nonce, partner) in commitments.iter().flat_map(|commitment| {
                let of = move |nonce| partners.iter().map(move |partner| (commitment, nonce, partner));
                nonces.into_iter().flat_map(of)
            }) {
                let internal_key = generator().serialize();
                let proof = TapretProof { partner: partner.clone(), nonce, internal_key };
                let proof = DbcProof::Tapret { proof, odd };
                if proof.verify(*commitment, &tx).is_ok() && !proven.contains(&(*commitment, proof.clone())) {
                    proven.push((*commitment, proof));
                }
            }
            prop_assert!(proven.len() <= 1, "tree {}: {:?}", at, proven);
            // Alone, or right of a node that says nothing of itself, it is proven.
            let left = at == 1 && TapNodeHash::from_byte_array(hash) < material.leaf(0);
            if at == 0 || left {
                prop_assert_eq!(proven.len(), 1, "tree {}", at);
                prop_assert_eq!(proven[0].0, commitments[0]);
            }
        }
    }

    #[test]
    fn one_bundle_maps_an_input_to_one_operation(
        operations in prop::collection::btree_map(0_u16..50, any::<[u8; 32]>(), 2..8),
        forged: Hash32, random: Hash32,
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
    ) {
        let map = operations.iter().map(|(n, id)| (input(*n), OperationId::from_bytes(*id)));
        let map: BTreeMap<_, _> = map.collect();
        let (target, own) = map.iter().next().map(|(i, id)| (*i, *id)).expect("an entry");
        let forged = OperationId::from_bytes(forged);
        prop_assume!(map.values().all(|id| *id != forged) && map.values().filter(|id| **id == own).count() == 1);
        let bundle = Bundle(Confined::try_from(map.clone()).expect("few"));
        let proofs: Vec<BundleProof> = map.values()
            .map(|id| bundle.view().prove(|shown| shown == id).expect("few steps"))
            .collect();
        let genuine = proofs[0].clone();
        prop_assert_eq!(genuine.bundle_id([(target, own)]), Ok(bundle.id()));
        // What is hidden in any proof, in any order, and the proofs themselves.
        let mut material = vec![Step::Leaf, Step::Empty, Step::Hidden(random)];
        material.extend(proofs.iter().flat_map(steps));
        let picked: Vec<Step> = picks.iter().map(|at| *at.get(&material)).collect();
        let mixed = BundleProof(Confined::try_from(picked).expect("few"));
        for proof in proofs.into_iter().chain([mixed, BundleProof::default()]) {
            prop_assert_ne!(proof.bundle_id([(target, forged)]), Ok(bundle.id()));
            let same = proof.bundle_id([(target, own)]) == Ok(bundle.id());
            prop_assert_eq!(same, proof == genuine);
        }
    }
}
