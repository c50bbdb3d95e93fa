//! E: anchors and the outputs that carry commitments.

use bitcoin::key::{Parity, XOnlyPublicKey};
use bitcoin::taproot::{LeafVersion, TapNodeHash, TapTweakHash};
use bitcoin::{ScriptBuf, Transaction, Txid};
use bulla_core::commit::tapret::{Partner, Side, TapretProof, leaf_hash, leaf_script};
use bulla_core::commit::{Commitment, DbcProof, opret};
use bulla_core::frame::WitnessFrame;
use bulla_core::validator::Check;
use bulla_core::witness::Witness;
use bulla_tests::kit::make::{SECP, bytes, key, p2tr, p2wpkh, pay};
use bulla_tests::kit::{Carry, Consignment, Fails, History, Reason, View, accept, refuse, swap};

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
    reason: impl Into<Reason>,
    change: impl FnOnce(&mut Transaction),
) -> (Vec<u8>, Fails) {
    let mut transaction = history.anchored(0).witness.transaction().clone();
    change(&mut transaction);
    let witness = Witness::new(&transaction);
    let expected = Fails::invalid(reason).witness(witness.txid());
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| frame.witness = witness);
    (consignment.encode(), expected)
}

#[track_caller]
fn refuse_outputs(
    history: &History,
    reason: impl Into<Reason>,
    change: impl FnOnce(&mut Transaction),
) {
    let (bytes, expected) = with_outputs(history, reason, change);
    refuse(&bytes, expected);
}

/// The frame of a tapret history with another proof.
#[track_caller]
fn refuse_proof(
    history: &History,
    says: &'static str,
    change: impl FnOnce(&mut TapretProof, &mut bool),
) {
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| match &mut frame.anchor.dbc {
        DbcProof::Tapret { proof, odd } => change(proof, odd),
        DbcProof::Opret => panic!("the history has a tapret anchor"),
    });
    let expected = Fails::invalid((Check::Dbc, says)).witness(history.txid(0));
    refuse(&consignment.encode(), expected);
}

/// The frame of a tapret history, and its witness, anchored anew: the output holds the tree of the
/// commitment leaf with this nonce and of the partner as it is said to be, whatever the rules say of it.
fn beside(history: &History, partner: Partner, nonce: u8) -> (Vec<u8>, Txid) {
    let leaf = leaf_hash(commitment(history), nonce);
    let root = TapNodeHash::from_node_hashes(leaf, partner.hash());
    let tweak = TapTweakHash::from_key_and_tweak(key(0), Some(root)).to_scalar();
    let (output, parity) = key(0).add_tweak(&SECP, &tweak).unwrap();
    let mut transaction = history.anchored(0).witness.transaction().clone();
    transaction.output[0].script_pubkey = p2tr(output);
    let witness = Witness::new(&transaction);
    let txid = witness.txid();
    let proof = TapretProof {
        partner: Some(partner),
        nonce,
        internal_key: key(0).serialize(),
    };
    let odd = parity == Parity::Odd;
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| {
        frame.witness = witness;
        frame.anchor.dbc = DbcProof::Tapret { proof, odd };
    });
    (consignment.encode(), txid)
}

#[track_caller]
fn refuse_beside(history: &History, says: &'static str, partner: Partner, nonce: u8) {
    let (bytes, txid) = beside(history, partner, nonce);
    refuse(&bytes, Fails::invalid((Check::Dbc, says)).witness(txid));
}

/// A nonce that puts the commitment leaf on this side of a partner.
fn nonce(history: &History, partner: &Partner, side: Side) -> u8 {
    let own = commitment(history);
    let left = |nonce: &u8| leaf_hash(own, *nonce) < partner.hash();
    let mut nonces = 0..=u8::MAX;
    let found = nonces.find(|nonce| left(nonce) == (side == Side::Right));
    found.expect("a nonce for either side")
}

const NOT_OPRET: &str = "the proof is opret, but output 0 is the first possible and fixes tapret";
const NOT_TAPRET: &str = "the proof is tapret, but output 0 is the first possible and fixes opret";

fn op_return() -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x6a])
}

#[test]
fn e01_the_commitment_is_not_in_the_first_candidate() {
    for history in [one(&Carry::Opret), tapret()] {
        let opret = matches!(history.drafts()[0].carry, Carry::Opret);
        let bare = "opret script of 1 bytes is not 6a20 and 32 bytes";
        for (front, on_opret, on_tapret) in [
            (op_return(), bare, NOT_TAPRET),
            (p2tr(key(5)), NOT_OPRET, "found output key"),
            (
                opret::script(Commitment::from_byte_array([1; 32])),
                "found opret output carries 0101",
                NOT_TAPRET,
            ),
        ] {
            let says = if opret { on_opret } else { on_tapret };
            refuse_outputs(&history, (Check::Dbc, says), |transaction| {
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
    refuse_outputs(&history, (Check::Dbc, "found output key"), |transaction| {
        transaction.output.insert(0, pay(p2tr(output)));
    });
}

#[test]
fn e03_e04_the_proof_is_of_the_other_method() {
    let history = tapret();
    refuse_outputs(&history, (Check::Dbc, NOT_TAPRET), |transaction| {
        transaction.output.insert(0, pay(op_return()));
    });
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| frame.anchor.dbc = DbcProof::Opret);
    refuse(
        &consignment.encode(),
        Fails::invalid((Check::Dbc, NOT_OPRET)).witness(history.txid(0)),
    );
    let mut swapped = one(&Carry::Opret).consignment(View::Leaves);
    let Some(proof) = proof_of(&consignment_of(&history)) else {
        panic!("a tapret history has a tapret proof");
    };
    let opret = one(&Carry::Opret);
    swapped.tamper(0, |frame| frame.anchor.dbc = proof);
    refuse(
        &swapped.encode(),
        Fails::invalid((Check::Dbc, NOT_TAPRET)).witness(opret.txid(0)),
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
    let long = "opret script of 35 bytes is not 6a20 and 32 bytes";
    let forms: [(Vec<u8>, &str); 7] = [
        ([&[0x6a, 0x4c, 0x20], hash.as_slice()].concat(), long),
        ([&[0x6a, 0x20], hash.as_slice(), &[0x51]].concat(), long),
        ([&[0x6a, 0x21], hash.as_slice(), &[0x00]].concat(), long),
        (
            [&[0x6a, 0x1f], &hash[..31]].concat(),
            "opret script of 33 bytes is not 6a20 and 32 bytes",
        ),
        (
            [&[0x6a, 0x10], &hash[..16], &[0x10], &hash[16..]].concat(),
            long,
        ),
        ([&[0x6a, 0x51, 0x20], hash.as_slice()].concat(), long),
        (
            vec![0x6a],
            "opret script of 1 bytes is not 6a20 and 32 bytes",
        ),
    ];
    for (form, says) in forms {
        refuse_outputs(&history, (Check::Dbc, says), |transaction| {
            transaction.output[0].script_pubkey = ScriptBuf::from_bytes(form);
        });
    }
}

#[test]
fn e07_e08_the_partner_is_itself_a_commitment() {
    let history = tapret();
    let harmless = [
        vec![0x51; 64],
        leaf_script(commitment(&history), 0).to_bytes()[..63].into(),
    ];
    for version in [0xc0, 0xfa] {
        let version = LeafVersion::from_consensus(version).unwrap();
        let leaf = |script: Vec<u8>| Partner::RightLeaf { version, script };
        let script = leaf_script(Commitment::from_byte_array([1; 32]), 0).into_bytes();
        for script in [script.clone(), [script, vec![0x51]].concat()] {
            let nonce = nonce(&history, &leaf(script.clone()), Side::Right);
            let says = "the partner leaf is a tapret commitment too";
            refuse_beside(&history, says, leaf(script), nonce);
        }
        // Only what it says refuses it: a leaf that is no commitment may stand there.
        for script in harmless.clone() {
            let nonce = nonce(&history, &leaf(script.clone()), Side::Right);
            let (bytes, _) = beside(&history, leaf(script), nonce);
            assert_eq!(accept(&bytes).operations, 1);
        }
    }
}

#[test]
fn e07_the_partner_branch_begins_as_a_commitment_does() {
    let history = tapret();
    let script = leaf_script(Commitment::from_byte_array([1; 32]), 0).into_bytes();
    let (a, b) = script.split_at(32);
    let (a, b) = (
        a.try_into().unwrap(),
        [0xff; 32].map(|byte: u8| byte.max(b[0])),
    );
    let branch = Partner::RightBranch { a, b };
    let nonce = nonce(&history, &branch, Side::Right);
    let says = "the partner branch begins with the prefix of a tapret commitment";
    refuse_beside(&history, says, branch, nonce);
}

#[test]
fn e09_the_partner_is_on_the_other_side() {
    let history = tapret();
    let right = [
        Partner::RightLeaf {
            version: LeafVersion::TapScript,
            script: vec![0x51],
        },
        Partner::RightBranch {
            a: [1; 32],
            b: [2; 32],
        },
    ];
    for partner in right {
        let hidden = Partner::LeftNode(*partner.hash().as_ref());
        let left = nonce(&history, &partner, Side::Left);
        let right = nonce(&history, &partner, Side::Right);
        let not_right = " is not Right of the commitment leaf ";
        refuse_beside(&history, not_right, partner.clone(), left);
        let not_left = " is not Left of the commitment leaf ";
        refuse_beside(&history, not_left, hidden.clone(), right);
        // The trees are real: each passes under the partner's own side.
        for (partner, nonce) in [(partner, right), (hidden, left)] {
            let (bytes, _) = beside(&history, partner, nonce);
            assert_eq!(accept(&bytes).operations, 1);
        }
    }
}

#[test]
fn e11_the_hashes_of_a_partner_branch_are_swapped() {
    let (a, b) = ([1; 32], [2; 32]);
    let history = one(&Carry::Tapret(Some(Partner::RightBranch { a, b })));
    let mut consignment = history.consignment(View::Leaves);
    let says = "the hashes of a tapret partner branch do not ascend";
    let expected = Fails::invalid((Check::NotCanonical, says));
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
    let key_differs = "found output key";
    refuse_proof(&history, key_differs, |proof, _| {
        proof.internal_key = key(1).serialize();
    });
    refuse_proof(&history, key_differs, |proof, _| proof.nonce ^= 1);
    refuse_proof(&history, "found parity bit odd=", |_, odd| *odd = !*odd);
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
        let says = "expected the x coordinate of a point";
        refuse_proof(&history, says, |proof, _| proof.internal_key = forged);
    }
    let partner = [&[1, 1, 0xc0, 1, 0, 0, 0, 0x51, 0], inner.as_slice()].concat();
    for version in [0xc1, 0x50] {
        let mut odd = partner.clone();
        odd[2] = version;
        let bytes = history.consignment(View::Leaves).encode_with(0, |bytes| {
            swap(bytes, &[&[0, 0], inner.as_slice()].concat(), &odd);
        });
        let says = "expected an even number that is not 80";
        refuse(&bytes, Fails::invalid((Check::Decode, says)));
    }
}

#[test]
fn e16_two_commitments_in_one_tree_prove_only_one() {
    let history = tapret();
    let other = Commitment::from_byte_array(bytes("another commitment"));
    let rival = Partner::RightLeaf {
        version: LeafVersion::TapScript,
        script: leaf_script(other, 0).into_bytes(),
    };
    let hidden = Partner::LeftNode(*rival.hash().as_ref());
    // One tree holds both leaves. The larger one passes with the smaller one hidden on its left.
    let left = nonce(&history, &rival, Side::Left);
    let (bytes, _) = beside(&history, hidden.clone(), left);
    assert_eq!(accept(&bytes).operations, 1);
    // The smaller one has to show what is on its right, and that is a commitment.
    let right = nonce(&history, &rival, Side::Right);
    let commitment = "the partner leaf is a tapret commitment too";
    refuse_beside(&history, commitment, rival.clone(), right);
    refuse_beside(&history, commitment, rival, left);
    let not_left = " is not Left of the commitment leaf ";
    refuse_beside(&history, not_left, hidden, right);
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

#[test]
fn e26_f14_an_unknown_method_has_no_encoding() {
    for history in [one(&Carry::Opret), tapret()] {
        let consignment = history.consignment(View::Leaves);
        let anchor = frame_of(&consignment).anchor.clone();
        // Behind the anchor stands the empty bundle proof alone, in one byte.
        let method = 1 + anchor.dbc.encode().len();
        for unknown in [2, 3, 0x61, 255] {
            let bytes = consignment.encode_with(0, |bytes| {
                let at = bytes.len() - method;
                assert!(bytes[at] < 2);
                bytes[at] = unknown;
            });
            let says = "method of a dbc proof is";
            refuse(&bytes, Fails::invalid((Check::Decode, says)));
        }
    }
}
