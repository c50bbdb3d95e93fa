//! Group E of the attacks: which output carries the commitment, and how.

use bitcoin::ScriptBuf;
use bitcoin::hashes::Hash;
use bitcoin::key::{Parity, XOnlyPublicKey};
use bitcoin::taproot::{LeafVersion, TapNodeHash};
use bulla_core::DecodeError;
use bulla_core::commit::host::host_of_outputs;
use bulla_core::commit::mpc::MpcProof;
use bulla_core::commit::opret::{self, OpretError};
use bulla_core::commit::tapret::{Side, TapretError, TapretProof, leaf_hash, leaf_script};
use bulla_core::commit::{Commitment, DbcError, DbcProof, Method, Partner, host_output};
use bulla_core::limits::PARTNER_SCRIPT;

use crate::maker::{
    RESERVED, bytes, commitment, generator, hex, hex32, key, key_only, leaf, output, p2tr, p2wpkh,
    transaction, wrong,
};

const PREFIX: [u8; 31] = {
    let mut prefix = [0x61; 31];
    prefix[29] = 0x6a;
    prefix[30] = 0x21;
    prefix
};

fn key_of(script: &ScriptBuf) -> [u8; 32] {
    script.as_bytes()[2..].try_into().unwrap()
}

/// What a proof says of an output that was made for something else.
fn wrong_key(proof: &DbcProof, commitment: Commitment, script: &ScriptBuf) -> DbcError {
    let DbcProof::Tapret { proof, .. } = proof else {
        panic!("not a tapret proof")
    };
    let (expected, _) = proof.output_key(commitment).unwrap();
    DbcError::Tapret(TapretError::OutputKey {
        expected,
        found: key_of(script),
    })
}

/// A proof with this partner for [`generator`].
fn with_partner(partner: Partner, nonce: u8) -> TapretProof {
    TapretProof {
        partner: Some(partner),
        nonce,
        internal_key: generator().serialize(),
    }
}

/// The output key of [`generator`] over a script tree with this root.
fn tweaked(root: TapNodeHash) -> (ScriptBuf, bool) {
    let secp = bitcoin::key::Secp256k1::verification_only();
    let tweak = bitcoin::TapTweakHash::from_key_and_tweak(generator(), Some(root)).to_scalar();
    let (key, parity) = generator().add_tweak(&secp, &tweak).unwrap();
    (p2tr(key), parity == Parity::Odd)
}

#[test]
fn e01_a_commitment_behind_another_p2tr_output_is_refused() {
    let (proof, host) = key_only(commitment(1));
    let plain = p2tr(generator());
    let tx = transaction(vec![p2wpkh(), host.clone(), plain.clone()]);
    assert_eq!(proof.verify(commitment(1), &tx), Ok(()));
    let tx = transaction(vec![p2wpkh(), plain.clone(), host]);
    let refused = proof.verify(commitment(1), &tx);
    assert_eq!(refused, Err(wrong_key(&proof, commitment(1), &plain)));
}

#[test]
fn e02_of_two_tapret_outputs_the_second_is_refused() {
    let (first, first_host) = key_only(commitment(1));
    let (second, second_host) = key_only(commitment(2));
    let tx = transaction(vec![first_host.clone(), second_host]);
    assert_eq!(first.verify(commitment(1), &tx), Ok(()));
    let refused = second.verify(commitment(2), &tx);
    assert_eq!(refused, Err(wrong_key(&second, commitment(2), &first_host)));
}

#[test]
fn e03_an_op_return_before_the_tapret_output_takes_its_place() {
    let (proof, host) = key_only(commitment(1));
    let refused = DbcError::MethodMismatch {
        expected: Method::Opret,
        found: Method::Tapret,
        vout: 0,
    };
    for first in [
        opret::script(commitment(1)),
        ScriptBuf::from_bytes(vec![0x6a]),
    ] {
        let tx = transaction(vec![first, host.clone()]);
        assert_eq!(proof.verify(commitment(1), &tx), Err(refused.clone()));
    }
}

#[test]
fn e04_an_opret_proof_for_a_p2tr_output_is_refused() {
    let (_, host) = key_only(commitment(1));
    let tx = transaction(vec![p2wpkh(), host, opret::script(commitment(1))]);
    let refused = DbcProof::Opret.verify(commitment(1), &tx);
    let (expected, found) = (Method::Tapret, Method::Opret);
    assert_eq!(
        refused,
        Err(DbcError::MethodMismatch {
            expected,
            found,
            vout: 1
        })
    );
}

#[test]
fn e05_without_a_possible_output_both_proofs_are_refused() {
    let (tapret, _) = key_only(commitment(1));
    for scripts in [vec![], vec![p2wpkh(), ScriptBuf::new()]] {
        let tx = transaction(scripts);
        for proof in [&DbcProof::Opret, &tapret] {
            let refused = proof.verify(commitment(1), &tx);
            assert_eq!(refused, Err(DbcError::NoCommitmentOutput));
        }
    }
}

#[test]
fn e06_malformed_opret_scripts_are_refused() {
    let carried = commitment(1).to_byte_array();
    let forms: [Vec<u8>; 6] = [
        [&[0x6a, 0x4c, 0x20], carried.as_slice()].concat(),
        [&[0x6a, 0x10], &carried[..16], &[0x10], &carried[16..]].concat(),
        [&[0x6a, 0x20], carried.as_slice(), &[0x51]].concat(),
        [&[0x6a, 0x21], carried.as_slice(), &[0]].concat(),
        [&[0x6a, 0x1f], &carried[1..]].concat(),
        vec![0x6a],
    ];
    for form in forms {
        let len = form.len();
        let tx = transaction(vec![
            ScriptBuf::from_bytes(form),
            opret::script(commitment(1)),
        ]);
        let refused = DbcProof::Opret.verify(commitment(1), &tx);
        assert_eq!(refused, Err(DbcError::Opret(OpretError::Malformed { len })));
    }
}

#[test]
fn e07_e08_a_partner_leaf_that_is_a_commitment_is_refused_under_any_leaf_version() {
    for version in (0..=u8::MAX).filter_map(|byte| LeafVersion::from_consensus(byte).ok()) {
        for tail in [33, 34, 1_000] {
            let script = [PREFIX.as_slice(), &vec![7; tail]].concat();
            let partner = Partner::RightLeaf { version, script };
            let refused = with_partner(partner, 0).tweak(commitment(1));
            assert_eq!(refused, Err(TapretError::LeafIsCommitment { version }));
        }
    }
}

#[test]
fn e09_a_partner_on_the_wrong_side_is_refused() {
    let lower = |mut hash: [u8; 32]| {
        hash[0] = 0;
        Partner::LeftNode(hash)
    };
    let leaf = leaf_hash(commitment(1), 0);
    let scripts = (0..=u8::MAX).map(|byte| vec![byte; 3]);
    let leaves = scripts.map(|script| Partner::RightLeaf {
        version: LeafVersion::TapScript,
        script,
    });
    let branches = (1..=u8::MAX).map(|byte| Partner::RightBranch {
        a: [0; 32],
        b: [byte; 32],
    });
    let nodes = [Partner::LeftNode([0xff; 32]), lower(bytes("node"))];
    let (mut refused, mut accepted) = ([0, 0], [0, 0]);
    for partner in leaves.chain(branches).chain(nodes) {
        let (side, hash) = (partner.side(), partner.hash());
        let fits = match side {
            Side::Left => hash.to_byte_array() <= leaf.to_byte_array(),
            Side::Right => leaf.to_byte_array() <= hash.to_byte_array(),
        };
        let result = with_partner(partner, 0).merkle_root(commitment(1));
        let index = usize::from(side == Side::Right);
        if fits {
            assert_eq!(result, Ok(TapNodeHash::from_node_hashes(leaf, hash)));
            accepted[index] += 1;
        } else {
            assert_eq!(
                result,
                Err(TapretError::PartnerOrder {
                    side,
                    leaf,
                    partner: hash
                })
            );
            refused[index] += 1;
        }
    }
    assert!(refused.iter().chain(&accepted).all(|count| *count > 0));
}

#[test]
fn e10_a_leaf_cannot_be_shown_as_a_branch() {
    let hidden = leaf_script(Commitment::from_byte_array([0xff; 32]), 0);
    let (a, b) = hidden.as_bytes().split_at(32);
    let partner = Partner::RightBranch {
        a: a.try_into().unwrap(),
        b: b.try_into().unwrap(),
    };
    let refused = with_partner(partner, 0).tweak(commitment(1));
    assert_eq!(refused, Err(TapretError::BranchIsCommitment));

    let script = [[7; 32], [9; 32]].concat();
    let version = LeafVersion::TapScript;
    let leaf = Partner::RightLeaf { version, script }.hash();
    let branch = Partner::RightBranch {
        a: [7; 32],
        b: [9; 32],
    };
    assert_ne!(branch.hash(), leaf);
}

#[test]
fn e11_a_branch_with_swapped_hashes_is_not_canonical() {
    let ordered = Partner::RightBranch {
        a: [7; 32],
        b: [9; 32],
    };
    let swapped = Partner::RightBranch {
        a: [9; 32],
        b: [7; 32],
    };
    assert_eq!(ordered.hash(), swapped.hash());
    let bytes = with_partner(swapped.clone(), 0).encode();
    let what = "the hashes of a tapret partner branch do not ascend";
    assert_eq!(
        TapretProof::decode(&bytes),
        Err(DecodeError::NotCanonical { what })
    );
    let refused = with_partner(swapped, 0).tweak(commitment(1));
    assert_eq!(refused, Err(TapretError::BranchOrder));
}

#[test]
fn e12_another_internal_key_is_refused() {
    let (proof, host) = key_only(commitment(1));
    let DbcProof::Tapret { proof, odd } = proof else {
        panic!("not a tapret proof")
    };
    let internal_key = hex32("50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0");
    let forged = DbcProof::Tapret {
        proof: TapretProof {
            internal_key,
            ..proof
        },
        odd,
    };
    let refused = forged.verify(commitment(1), &transaction(vec![host.clone()]));
    assert_eq!(refused, Err(wrong_key(&forged, commitment(1), &host)));
}

#[test]
fn e13_an_internal_key_that_is_no_point_is_refused() {
    let field = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
    let (_, host) = key_only(commitment(1));
    for found in [[0; 32], hex32(field), [0xff; 32], off_curve()] {
        let bytes = [&[0, 0], found.as_slice()].concat();
        let proof = TapretProof::decode(&bytes).unwrap();
        let refused = proof.verify(commitment(1), false, &host);
        assert_eq!(refused, Err(TapretError::InternalKey { found }));
    }
}

/// An x coordinate without a point.
fn off_curve() -> [u8; 32] {
    (0..100_000_u32)
        .map(|i| bytes(&i.to_string()))
        .find(|x| XOnlyPublicKey::from_slice(x).is_err())
        .unwrap()
}

#[test]
fn e14_odd_leaf_versions_and_the_annex_byte_are_refused() {
    for version in 0..=u8::MAX {
        let mut bytes = vec![1, 1, version, 0, 0, 0, 0, 0];
        bytes.extend(generator().serialize());
        if version % 2 == 1 || version == 0x50 {
            let what = "leaf version of a tapret partner";
            let invalid = wrong(what, "an even number that is not 80", version);
            assert_eq!(TapretProof::decode(&bytes), Err(invalid));
        } else {
            TapretProof::decode(&bytes).unwrap();
        }
    }
}

#[test]
fn e15_another_nonce_is_refused() {
    let (proof, host) = key_only(commitment(1));
    let DbcProof::Tapret { proof, odd } = proof else {
        panic!("not a tapret proof")
    };
    for nonce in 1..=u8::MAX {
        let proof = TapretProof {
            nonce,
            ..proof.clone()
        };
        let forged = DbcProof::Tapret { proof, odd };
        let refused = forged.verify(commitment(1), &transaction(vec![host.clone()]));
        assert_eq!(refused, Err(wrong_key(&forged, commitment(1), &host)));
    }
}

#[test]
fn e16_of_two_commitments_in_one_tree_exactly_the_larger_leaf_is_proven() {
    let leaf = |number| leaf_hash(commitment(number), 0).to_byte_array();
    let root =
        TapNodeHash::from_node_hashes(leaf_hash(commitment(1), 0), leaf_hash(commitment(2), 0));
    let (host, odd) = tweaked(root);
    let version = LeafVersion::TapScript;
    for (own, other) in [(1, 2), (2, 1)] {
        let hidden = with_partner(Partner::LeftNode(leaf(other)), 0);
        let script = leaf_script(commitment(other), 0).into_bytes();
        let shown = with_partner(Partner::RightLeaf { version, script }, 0);
        let (leaf, partner) = (
            leaf_hash(commitment(own), 0),
            leaf_hash(commitment(other), 0),
        );
        let expected = if leaf.to_byte_array() > partner.to_byte_array() {
            Ok(())
        } else {
            Err(TapretError::PartnerOrder {
                side: Side::Left,
                leaf,
                partner,
            })
        };
        assert_eq!(hidden.verify(commitment(own), odd, &host), expected);
        let refused = shown.verify(commitment(own), odd, &host);
        assert_eq!(refused, Err(TapretError::LeafIsCommitment { version }));
    }
}

#[test]
fn e17_a_commitment_below_the_first_level_cannot_be_written() {
    let leaf = leaf_hash(commitment(1), 0);
    let [sibling, uncle] = ["sibling", "uncle"]
        .map(bytes)
        .map(TapNodeHash::from_byte_array);
    let root = TapNodeHash::from_node_hashes(TapNodeHash::from_node_hashes(leaf, sibling), uncle);
    let (host, odd) = tweaked(root);
    let (a, b) = (sibling.to_byte_array(), uncle.to_byte_array());
    let shapes = [
        None,
        Some(Partner::LeftNode(a)),
        Some(Partner::LeftNode(b)),
        Some(Partner::RightBranch {
            a: a.min(b),
            b: a.max(b),
        }),
    ];
    for partner in shapes {
        let proof = TapretProof {
            partner,
            nonce: 0,
            internal_key: generator().serialize(),
        };
        match proof.verify(commitment(1), odd, &host) {
            Err(TapretError::OutputKey { found, .. }) => assert_eq!(found, key_of(&host)),
            Err(TapretError::PartnerOrder { leaf: found, .. }) => assert_eq!(found, leaf),
            unexpected => panic!("{unexpected:?}"),
        }
    }
    let unknown = wrong("kind of a tapret partner", "0, 1 or 2", 3);
    assert_eq!(TapretProof::decode(&[1, 3]), Err(unknown));
}

#[test]
fn e19_other_witness_versions_and_lengths_do_not_count() {
    let (proof, host) = key_only(commitment(1));
    let output_key = key_of(&host);
    let lookalikes: [Vec<u8>; 4] = [
        [&[0x52, 0x20], output_key.as_slice()].concat(),
        [&[0x00, 0x20], output_key.as_slice()].concat(),
        [&[0x51, 0x1f], &output_key[1..]].concat(),
        [host.as_bytes(), &[0x00]].concat(),
    ];
    for lookalike in lookalikes {
        let tx = transaction(vec![ScriptBuf::from_bytes(lookalike), host.clone()]);
        assert_eq!(host_output(&tx), Some((1, Method::Tapret)));
        assert_eq!(host_of_outputs(&tx.output).map(|(vout, ..)| vout), Some(1));
        assert_eq!(proof.verify(commitment(1), &tx), Ok(()));
        let DbcProof::Tapret { proof, odd } = &proof else {
            panic!("not a tapret proof")
        };
        let script = &tx.output[0].script_pubkey;
        let refused = proof.verify(commitment(1), *odd, script);
        assert_eq!(refused, Err(TapretError::NotP2tr { len: script.len() }));
    }
}

#[test]
fn e25_the_anchor_of_another_bundle_is_refused() {
    let proof = MpcProof {
        pos: 0,
        cofactor: 0,
        path: vec![],
    };
    let carried = proof.root(bytes("contract"), bytes("bundle")).unwrap();
    let tx = transaction(vec![opret::script(carried)]);
    assert_eq!(DbcProof::Opret.verify(carried, &tx), Ok(()));
    let forged = proof.root(bytes("contract"), bytes("forged")).unwrap();
    let mismatch = OpretError::Mismatch {
        expected: forged,
        found: carried,
    };
    assert_eq!(
        DbcProof::Opret.verify(forged, &tx),
        Err(DbcError::Opret(mismatch))
    );
}

#[test]
fn e26_an_unknown_method_byte_is_refused() {
    for found in 2..=u8::MAX {
        let unknown = wrong("method of a dbc proof", "0 or 1", found);
        assert_eq!(DbcProof::decode(&[found]), Err(unknown));
    }
}

#[test]
fn a_parity_bit_that_is_not_the_output_keys_is_refused() {
    let (proof, host) = key_only(commitment(1));
    let DbcProof::Tapret { proof, odd } = proof else {
        panic!("not a tapret proof")
    };
    let forged = DbcProof::Tapret { proof, odd: !odd };
    let refused = forged.verify(commitment(1), &transaction(vec![host]));
    let parity = TapretError::Parity {
        expected: odd,
        found: !odd,
    };
    assert_eq!(refused, Err(DbcError::Tapret(parity)));

    let mut bytes = forged.encode();
    *bytes.last_mut().unwrap() = 2;
    let unknown = wrong("parity bit", "0 or 1", 2);
    assert_eq!(DbcProof::decode(&bytes), Err(unknown));
}

#[test]
fn a_partner_script_of_10_000_bytes_is_accepted_and_one_more_refused() {
    let partner = |len| Partner::RightLeaf {
        version: LeafVersion::TapScript,
        script: vec![0x51; len],
    };
    let nonce = (0..=u8::MAX)
        .find(|nonce| {
            with_partner(partner(PARTNER_SCRIPT), *nonce)
                .tweak(commitment(1))
                .is_ok()
        })
        .unwrap();
    let longest = with_partner(partner(PARTNER_SCRIPT), nonce);
    let bytes = longest.encode();
    assert_eq!(TapretProof::decode(&bytes), Ok(longest));

    let longer = with_partner(partner(PARTNER_SCRIPT + 1), nonce);
    let refused = longer.tweak(commitment(1));
    assert_eq!(
        refused,
        Err(TapretError::ScriptSize {
            found: PARTNER_SCRIPT + 1
        })
    );
    let limit = |found| DecodeError::Limit {
        what: "script of a tapret partner",
        min: 0,
        max: 10_000,
        found,
    };
    assert_eq!(
        TapretProof::decode(&hex("0101c011270000")),
        Err(limit(10_001))
    );
    assert_eq!(
        TapretProof::decode(&hex("0101c0ffffffff")),
        Err(limit(u32::MAX.into()))
    );
    let bytes = longer.encode();
    assert_eq!(TapretProof::decode(&bytes), Err(limit(10_001)));
}

/// `keyonly-nonce0`, commitment 1: with filler `OP_RESERVED`, and with `OP_NOP` as bp-dbc 0.12 has it.
const RESERVED_OUTPUT_KEY: &str =
    "d90318f8739d80a07f9a4fbd0f1ebca91d6c639bf7cf96a040b9a07b5f54e4a0";
const NOP_OUTPUT_KEY: &str = "7c1eab84127d3b8988ed4cb366a89080fdfca51f3562e3ba7652b2137318ef7d";

/// An output in which `OP_NOP` proves commitment 1 and `OP_RESERVED` commitment 2.
const DUAL_OUTPUT_KEY: &str = "d4cb9097dda421bb0a0a4078d3865a81c5d94d682a6fc2670ed8c4821da145ae";
const DUAL_INTERNAL_KEY: &str = "c5f93479093e2b8f724a79844cc10928dd44e9a390b539843fb83fbf842723f3";

#[test]
fn a16_the_key_of_the_nop_filler_is_accepted_and_that_of_the_reserved_one_refused() {
    let (proof, host) = key_only(commitment(1));
    assert_eq!(host, p2tr(key(NOP_OUTPUT_KEY)));
    let foreign = p2tr(key(RESERVED_OUTPUT_KEY));
    let refused = proof.verify(commitment(1), &transaction(vec![foreign.clone()]));
    assert_eq!(refused, Err(wrong_key(&proof, commitment(1), &foreign)));
}

#[test]
fn a16_of_a_dual_output_the_reserved_filler_proves_nothing() {
    let host = p2tr(key(DUAL_OUTPUT_KEY));
    let version = LeafVersion::TapScript;
    let internal_key = hex32(DUAL_INTERNAL_KEY);
    let theirs = Partner::RightLeaf {
        version,
        script: leaf(RESERVED, commitment(2), 0).into_bytes(),
    };
    let ours = Partner::RightLeaf {
        version,
        script: leaf_script(commitment(1), 0).into_bytes(),
    };
    let dual = TapretProof {
        partner: Some(Partner::LeftNode(ours.hash().to_byte_array())),
        nonce: 0,
        internal_key,
    };
    let (output_key, _) = output(RESERVED, &dual, commitment(2));
    assert_eq!(ScriptBuf::new_p2tr_tweaked(output_key), host);

    let left = |partner: &Partner| Some(Partner::LeftNode(partner.hash().to_byte_array()));
    for partner in [None, left(&ours), left(&theirs), Some(ours), Some(theirs)] {
        for nonce in 0..=u8::MAX {
            let proof = TapretProof {
                partner: partner.clone(),
                nonce,
                internal_key,
            };
            for odd in [false, true] {
                match proof.verify(commitment(2), odd, &host) {
                    Err(
                        TapretError::OutputKey { .. }
                        | TapretError::PartnerOrder { .. }
                        | TapretError::LeafIsCommitment { .. },
                    ) => {}
                    unexpected => panic!("{unexpected:?}"),
                }
            }
        }
    }
}
