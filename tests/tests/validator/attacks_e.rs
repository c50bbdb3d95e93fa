//! E: anchors and the outputs that carry commitments.

use bitcoin::key::XOnlyPublicKey;
use bitcoin::taproot::LeafVersion;
use bitcoin::{ScriptBuf, Transaction};
use bulla_core::commit::tapret::{Partner, TapretProof, leaf_hash, leaf_script};
use bulla_core::commit::{Commitment, DbcProof, opret};
use bulla_core::frame::WitnessFrame;
use bulla_core::validator::Check;
use bulla_core::witness::Witness;
use bulla_tests::kit::make::{bytes, key, p2tr, p2wpkh, pay};
use bulla_tests::kit::{Carry, Consignment, Fails, History, View, accept, refuse, swap};

fn one(carry: &Carry) -> History {
    let mut history = History::fixed(1_000);
    history.transfer_by(carry, &[history.seed(0)], &[1_000]);
    history
}

fn tapret() -> History {
    one(&Carry::Tapret(None))
}

fn commitment(history: &History) -> Commitment {
    let anchored = history.anchored(0);
    let bundle = anchored.bundle.id();
    anchored
        .anchor
        .commitment(history.contract(), bundle)
        .unwrap()
}

/// The frame with another transaction, and what a failure of a check must name.
fn with_outputs(
    history: &History,
    check: Check,
    change: impl FnOnce(&mut Transaction),
) -> (Vec<u8>, Fails) {
    let mut transaction = history.anchored(0).witness.transaction().clone();
    change(&mut transaction);
    let witness = Witness::new(&transaction);
    let expected = Fails::invalid(check).witness(witness.txid());
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| frame.witness = witness);
    (consignment.encode(), expected)
}

fn refuse_outputs(history: &History, check: Check, change: impl FnOnce(&mut Transaction)) {
    let (bytes, expected) = with_outputs(history, check, change);
    refuse(&bytes, expected);
}

/// The frame of a tapret history with another proof.
fn refuse_proof(history: &History, change: impl FnOnce(&mut TapretProof, &mut bool)) {
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| match &mut frame.anchor.dbc {
        DbcProof::Tapret { proof, odd } => change(proof, odd),
        DbcProof::Opret => panic!("the history has a tapret anchor"),
    });
    let expected = Fails::invalid(Check::Dbc).witness(history.txid(0));
    refuse(&consignment.encode(), expected);
}

fn op_return() -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x6a])
}

#[test]
fn e01_the_commitment_is_not_in_the_first_candidate() {
    for history in [one(&Carry::Opret), tapret()] {
        for front in [
            op_return(),
            p2tr(key(5)),
            opret::script(Commitment::from_byte_array([1; 32])),
        ] {
            refuse_outputs(&history, Check::Dbc, |transaction| {
                transaction.output.insert(0, pay(front));
            });
        }
    }
}

#[test]
fn e01_an_output_that_cannot_carry_may_come_first() {
    let history = one(&Carry::Opret);
    for front in [p2wpkh(), ScriptBuf::new()] {
        let (bytes, _) = with_outputs(&history, Check::Dbc, |transaction| {
            transaction.output.insert(0, pay(front));
        });
        assert_eq!(accept(&bytes).operations, 1);
    }
}

#[test]
fn e02_of_two_tapret_outputs_only_the_first_counts() {
    let history = tapret();
    let other = Commitment::from_byte_array([1; 32]);
    let (_, output, _) = TapretProof::build(key(0), None, other).unwrap();
    refuse_outputs(&history, Check::Dbc, |transaction| {
        transaction.output.insert(0, pay(p2tr(output)));
    });
}

#[test]
fn e03_e04_the_proof_is_of_the_other_method() {
    let history = tapret();
    refuse_outputs(&history, Check::Dbc, |transaction| {
        transaction.output.insert(0, pay(op_return()));
    });
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| frame.anchor.dbc = DbcProof::Opret);
    refuse(
        &consignment.encode(),
        Fails::invalid(Check::Dbc).witness(history.txid(0)),
    );
    let mut swapped = one(&Carry::Opret).consignment(View::Leaves);
    let Some(proof) = proof_of(&consignment_of(&history)) else {
        panic!("a tapret history has a tapret proof");
    };
    let opret = one(&Carry::Opret);
    swapped.tamper(0, |frame| frame.anchor.dbc = proof);
    refuse(
        &swapped.encode(),
        Fails::invalid(Check::Dbc).witness(opret.txid(0)),
    );
}

fn consignment_of(history: &History) -> Consignment {
    history.consignment(View::Leaves)
}

fn frame_of(consignment: &Consignment) -> &WitnessFrame {
    match &consignment.frames[0] {
        bulla_core::frame::Frame::Witness(frame) => frame,
        other => panic!("no witness frame: {other:?}"),
    }
}

fn proof_of(consignment: &Consignment) -> Option<DbcProof> {
    match &frame_of(consignment).anchor.dbc {
        DbcProof::Opret => None,
        proof @ DbcProof::Tapret { .. } => Some(proof.clone()),
    }
}

#[test]
fn e05_no_output_can_carry_a_commitment() {
    for history in [one(&Carry::Opret), tapret()] {
        refuse_outputs(&history, Check::NoCommitment, |transaction| {
            transaction.output[0].script_pubkey = p2wpkh();
        });
        refuse_outputs(&history, Check::NoCommitment, |transaction| {
            transaction.output.clear();
        });
    }
}

#[test]
fn e06_an_opret_output_of_another_form() {
    let history = one(&Carry::Opret);
    let hash = *commitment(&history).as_byte_array();
    let forms: [Vec<u8>; 7] = [
        [&[0x6a, 0x4c, 0x20], hash.as_slice()].concat(),
        [&[0x6a, 0x20], hash.as_slice(), &[0x51]].concat(),
        [&[0x6a, 0x21], hash.as_slice(), &[0x00]].concat(),
        [&[0x6a, 0x1f], &hash[..31]].concat(),
        [&[0x6a, 0x10], &hash[..16], &[0x10], &hash[16..]].concat(),
        [&[0x6a, 0x51, 0x20], hash.as_slice()].concat(),
        vec![0x6a],
    ];
    for form in forms {
        refuse_outputs(&history, Check::Dbc, |transaction| {
            transaction.output[0].script_pubkey = ScriptBuf::from_bytes(form);
        });
    }
}

#[test]
fn e07_e08_the_partner_is_itself_a_commitment() {
    let history = tapret();
    for version in [0xc0, 0xfa] {
        let version = LeafVersion::from_consensus(version).unwrap();
        let script = leaf_script(Commitment::from_byte_array([1; 32]), 0).into_bytes();
        refuse_proof(&history, |proof, _| {
            proof.partner = Some(Partner::RightLeaf { version, script });
        });
    }
}

#[test]
fn e09_the_partner_is_on_the_other_side() {
    let history = tapret();
    let leaf = leaf_hash(commitment(&history), 0);
    assert_ne!(leaf.as_ref() as &[u8], [0xff; 32]);
    refuse_proof(&history, |proof, _| {
        proof.partner = Some(Partner::LeftNode([0xff; 32]));
    });
    let small = (0..=u16::MAX)
        .map(|n| Partner::RightLeaf {
            version: LeafVersion::TapScript,
            script: n.to_le_bytes().to_vec(),
        })
        .find(|partner| partner.hash() < leaf);
    refuse_proof(&history, |proof, _| proof.partner = small);
}

#[test]
fn e11_the_hashes_of_a_partner_branch_are_swapped() {
    let (a, b) = ([1; 32], [2; 32]);
    let history = one(&Carry::Tapret(Some(Partner::RightBranch { a, b })));
    let mut consignment = history.consignment(View::Leaves);
    let expected = Fails::invalid(Check::NotCanonical);
    consignment.tamper(0, |frame| match &mut frame.anchor.dbc {
        DbcProof::Tapret { proof, .. } => {
            proof.partner = Some(Partner::RightBranch { a: b, b: a });
        }
        DbcProof::Opret => panic!("the history has a tapret anchor"),
    });
    refuse(&consignment.encode(), expected);
}

#[test]
fn e12_e15_another_internal_key_nonce_or_parity() {
    let history = tapret();
    refuse_proof(&history, |proof, _| proof.internal_key = key(1).serialize());
    refuse_proof(&history, |proof, _| proof.nonce ^= 1);
    refuse_proof(&history, |_, odd| *odd = !*odd);
}

#[test]
fn e13_e14_an_internal_key_that_is_no_point_or_a_leaf_version_that_is_none() {
    let history = tapret();
    let inner = key(0).serialize();
    let no_point = (0_u8..=255)
        .map(|byte| [byte; 32])
        .find(|x| XOnlyPublicKey::from_slice(x).is_err())
        .expect("half of all numbers are no x coordinates");
    for forged in [no_point, [0; 32], [0xff; 32]] {
        refuse_proof(&history, |proof, _| proof.internal_key = forged);
    }
    let partner = [&[1, 1, 0xc0, 1, 0, 0, 0, 0x51, 0], inner.as_slice()].concat();
    for version in [0xc1, 0x50] {
        let mut odd = partner.clone();
        odd[2] = version;
        let bytes = history.consignment(View::Leaves).encode_with(0, |bytes| {
            swap(bytes, &[&[0, 0], inner.as_slice()].concat(), &odd);
        });
        refuse(&bytes, Fails::invalid(Check::Decode));
    }
}

#[test]
fn e16_two_commitments_in_one_tree_prove_only_one() {
    let history = tapret();
    let own = commitment(&history);
    let other = Commitment::from_byte_array(bytes("another commitment"));
    let partner = Partner::RightLeaf {
        version: LeafVersion::TapScript,
        script: leaf_script(other, 0).into_bytes(),
    };
    // The tree of both leaves; whoever made it shows either as it may.
    let own_leaf = leaf_hash(own, 0);
    let other_leaf = leaf_hash(other, 0);
    let root = bitcoin::taproot::TapNodeHash::from_node_hashes(own_leaf, other_leaf);
    let tweak = bitcoin::taproot::TapTweakHash::from_key_and_tweak(key(0), Some(root));
    let (output, parity) = key(0)
        .add_tweak(&bulla_tests::kit::make::SECP, &tweak.to_scalar())
        .unwrap();
    let odd = parity == bitcoin::key::Parity::Odd;
    let accepted = |forms: &[Partner]| {
        let shows = |partner: &Partner| {
            let proof = TapretProof {
                partner: Some(partner.clone()),
                nonce: 0,
                internal_key: key(0).serialize(),
            };
            let mut consignment = history.consignment(View::Leaves);
            let mut transaction = history.anchored(0).witness.transaction().clone();
            transaction.output[0].script_pubkey = p2tr(output);
            consignment.tamper(0, |frame| {
                frame.witness = Witness::new(&transaction);
                frame.anchor.dbc = DbcProof::Tapret { proof, odd };
            });
            bulla_tests::kit::judge(&consignment.encode()).is_ok()
        };
        forms.iter().filter(|partner| shows(partner)).count()
    };
    let left = Partner::LeftNode(*AsRef::<[u8; 32]>::as_ref(&other_leaf));
    let expected = usize::from(other_leaf < own_leaf);
    assert_eq!(accepted(&[left, partner]), expected);
}

#[test]
fn e19_a_later_witness_version_is_no_candidate() {
    let history = one(&Carry::Opret);
    let (bytes, _) = with_outputs(&history, Check::Dbc, |transaction| {
        let lookalike = [&[0x52, 0x20], key(1).serialize().as_slice()].concat();
        transaction
            .output
            .insert(0, pay(ScriptBuf::from_bytes(lookalike)));
    });
    assert_eq!(accept(&bytes).operations, 1);
}

#[test]
fn e25_the_anchor_of_another_bundle() {
    let history = one(&Carry::Opret);
    let mut other = History::fixed(1_000);
    other.transfer(&[other.seed(0)], &[999, 1]);
    let foreign = frame_of(&consignment_of(&other)).clone();
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| {
        frame.witness = foreign.witness;
        frame.anchor = foreign.anchor;
    });
    let expected = Fails::invalid(Check::Dbc).witness(other.txid(0));
    refuse(&consignment.encode(), expected);
}
