//! F: the tree of many contracts in one transaction.

use std::collections::BTreeMap;

use bulla_core::commit::mpc::{MpcProof, Proof};
use bulla_core::frame::Frame;
use bulla_core::validator::Check;
use bulla_tests::kit::make::bytes;
use bulla_tests::kit::{Fails, History, Reason, View, accept, refuse, swap};

use crate::slots::slot;

/// A history whose tree holds three more contracts.
fn history() -> History {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let others: BTreeMap<_, _> = (0..3)
        .map(|n| {
            (
                bytes(&format!("contract {n}")),
                bytes(&format!("bundle {n}")),
            )
        })
        .collect();
    history.edit(0, |draft| draft.others = others);
    history
}

fn with(history: &History, change: impl FnOnce(&mut MpcProof)) -> Vec<u8> {
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| match &mut frame.anchor.mpc {
        Proof::Path(proof) => change(proof),
        Proof::Entropy(_) => panic!("a tree of four contracts has paths"),
    });
    consignment.encode()
}

fn of(history: &History, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason).witness(history.txid(0))
}

#[test]
fn f01_f02_another_slot() {
    let history = history();
    assert_eq!(accept(&history.encode()).operations, 1);
    for beyond in 1..40 {
        let bytes = with(&history, |proof| proof.pos += beyond);
        refuse(&bytes, of(&history, Check::Mpc));
    }
    let bytes = with(&history, |proof| proof.pos |= 1 << 31);
    refuse(&bytes, of(&history, Check::Mpc));
}

/// Depth and cofactor of the tree.
fn shape(history: &History) -> (usize, u16) {
    match &history.anchored(0).anchor.mpc {
        Proof::Path(proof) => (proof.path.len(), proof.cofactor),
        Proof::Entropy(_) => panic!("a tree of four contracts has paths"),
    }
}

/// Requires that a proof of this shape is refused: for its slot, or, in the slot of the contract, for the
/// commitment that it gives.
fn refuse_tree(history: &History, cofactor: u16, pos: u32, path: Vec<[u8; 32]>) {
    let own = slot(history.contract(), 1 << path.len(), cofactor);
    let check = if pos == u32::try_from(own).unwrap() {
        Check::Dbc
    } else {
        Check::Mpc
    };
    let bytes = with(history, |proof| {
        *proof = MpcProof {
            pos,
            cofactor,
            path,
        };
    });
    refuse(&bytes, of(history, check));
}

fn path(history: &History) -> Vec<[u8; 32]> {
    match &history.anchored(0).anchor.mpc {
        Proof::Path(proof) => proof.path.clone(),
        Proof::Entropy(_) => panic!("a tree of four contracts has paths"),
    }
}

#[test]
fn f03_f12_another_cofactor_gives_another_slot_or_another_commitment() {
    let history = history();
    let (depth, own) = shape(&history);
    for cofactor in (0..1 << depth).filter(|cofactor| *cofactor != own) {
        for pos in 0..1 << depth {
            refuse_tree(&history, cofactor, pos, path(&history));
        }
    }
}

#[test]
fn f04_a_cofactor_of_the_width_or_more_has_no_encoding() {
    let history = history();
    let width = 1 << shape(&history).0;
    for cofactor in [width, width + 1, 500, 501, u16::MAX] {
        let bytes = with(&history, |proof| proof.cofactor = cofactor);
        refuse(
            &bytes,
            Fails::invalid((Check::Limit, "the limit is 0 to 7")),
        );
    }
}

#[test]
fn f06_f07_a_tree_deeper_than_16_has_no_encoding() {
    let history = history();
    for depth in [17, 31, 32, 255] {
        let bytes = with(&history, |proof| proof.path = vec![[1; 32]; depth]);
        refuse(
            &bytes,
            Fails::invalid((Check::Limit, "the limit is 0 to 16")),
        );
    }
    let deepest = u32::try_from(slot(history.contract(), 1 << 16, 0)).unwrap();
    for pos in [deepest, deepest ^ 1] {
        refuse_tree(&history, 0, pos, vec![[1; 32]; 16]);
    }
}

#[test]
fn f12_a_shallower_tree_gives_another_commitment() {
    let history = history();
    for depth in 0..shape(&history).0 {
        for pos in 0..1 << depth {
            refuse_tree(&history, 0, pos, path(&history)[..depth].to_vec());
        }
    }
}

#[test]
fn f14_f15_an_unknown_form_or_a_byte_more_has_no_encoding() {
    let history = history();
    let consignment = history.consignment(View::Leaves);
    let clean = consignment.parts()[1].clone();
    // The last bytes: the anchor, its MPC proof first, and the empty bundle proof.
    let Frame::Witness(frame) = &consignment.frames[0] else {
        panic!("the first frame is a witness frame");
    };
    let tag = clean.len() - 1 - frame.anchor.encode().len();
    assert_eq!(clean[tag], 0);
    for unknown in [2, 255] {
        let bytes = consignment.encode_with(0, |bytes| bytes[tag] = unknown);
        refuse(
            &bytes,
            Fails::invalid((Check::Decode, "form of an mpc proof is")),
        );
    }
    let bytes = consignment.encode_with(0, |bytes| bytes.push(0));
    refuse(
        &bytes,
        Fails::invalid((
            Check::Decode,
            "1 bytes follow the end of frame; expected none",
        )),
    );
}

/// A neighbour of a contract: the same slot in every tree whose width is a power of two, and in as many smaller
/// ones as `times` says, of 7 slots, then of 7 and 15.
fn neighbour(history: &History, times: u32) -> [u8; 32] {
    let mut id = history.contract().to_bytes();
    let (low, _) = id.split_at_mut(8);
    let number = u64::from_le_bytes(low.try_into().unwrap());
    let step = [1_u64, 7, 7 * 15][times as usize] << 16;
    // A carry out of the low eight bytes would be another number modulo 7.
    let beside = number.checked_add(step).unwrap_or_else(|| number - step);
    low.copy_from_slice(&beside.to_le_bytes());
    id
}

#[test]
fn f10_contracts_of_one_slot_take_another_tree_and_the_tree_they_clash_in_proves_nothing() {
    let alone = {
        let mut history = History::fixed(1_000);
        history.transfer(&[history.seed(0)], &[1_000]);
        history
    };
    for (times, tree) in [(0, (3, 1)), (1, (4, 1))] {
        let mut history = alone.clone();
        let beside = neighbour(&history, times);
        history.edit(0, |draft| draft.others = [(beside, bytes("bundle"))].into());
        assert_eq!(accept(&history.encode()).operations, 1);
        assert_eq!(shape(&history), tree);
        // The tree of depth 3 without a cofactor, in which both have this slot: its own sibling hashes are a
        // clash's, whatever they are.
        let own = u32::try_from(slot(history.contract(), 8, 0)).unwrap();
        for path in [path(&history)[..3].to_vec(), vec![[0; 32]; 3]] {
            refuse_tree(&history, 0, own, path);
        }
    }
}

/// There is a proof for one contract, in two forms. What other systems merge or share between contracts is
/// nothing here.
#[test]
fn f13_a_proof_of_several_contracts_has_no_encoding() {
    let history = history();
    let consignment = history.consignment(View::Leaves);
    let frame = &consignment.parts()[1];
    let one = history.anchored(0).anchor.mpc.encode();
    let other = *history.drafts()[0].others.keys().next().unwrap();
    let mut messages = history.drafts()[0].others.clone();
    messages.insert(
        history.contract().to_bytes(),
        history.anchored(0).bundle.id().to_bytes(),
    );
    let tree = bulla_core::commit::mpc_builder::build(&messages, 7).unwrap();
    let two = Proof::Path(tree.path(other).unwrap()).encode();
    assert!(frame.windows(one.len()).any(|part| part == one));
    // The second stands where the proof of the commitment begins: its first byte reads as
    // that of an opret, the rest as steps of a bundle and more than a frame.
    let both = consignment.encode_with(0, |bytes| swap(bytes, &one, &[&one[..], &two].concat()));
    let says = "99 bytes follow the end of frame; expected none";
    refuse(&both, Fails::invalid((Check::Decode, says)));
    for form in 2..=u8::MAX {
        let merged = consignment.encode_with(0, |bytes| {
            swap(bytes, &one, &[&[form], &one[1..]].concat());
        });
        let says = "form of an mpc proof is";
        refuse(&merged, Fails::invalid((Check::Decode, says)));
    }
}

/// The entropy hides what else is in a tree. It is told in the short form, where there is nothing else, and who
/// guesses it learns nothing that would be proven.
#[test]
fn f16_the_entropy_of_a_tree_decides_nothing_and_stands_in_no_path() {
    let entropy = 0x0123_4567_89ab_cdef_u64;
    let mut short = History::fixed(1_000);
    short.transfer(&[short.seed(0)], &[1_000]);
    short.edit(0, |draft| draft.entropy = entropy);
    let mut long = short.clone();
    long.edit(0, |draft| draft.path = true);
    let told = |bytes: &[u8]| bytes.windows(8).any(|part| part == entropy.to_le_bytes());
    let (short, path) = (short.encode(), long.encode());
    assert_eq!((told(&short), told(&path)), (true, false));
    assert_eq!(accept(&short), accept(&path));
    // In a tree of several the right entropy is as wrong as any other.
    let several = history();
    for guess in [several.drafts()[0].entropy, entropy] {
        let mut consignment = several.consignment(View::Leaves);
        consignment.tamper(0, |frame| frame.anchor.mpc = Proof::Entropy(guess));
        refuse(&consignment.encode(), of(&several, Check::Dbc));
    }
}

#[test]
fn the_entropy_form_stands_for_no_tree_of_several_contracts() {
    let history = history();
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(0, |frame| frame.anchor.mpc = Proof::Entropy(7));
    refuse(&consignment.encode(), of(&history, Check::Dbc));
}

#[test]
fn the_proof_of_another_contract_of_the_tree() {
    let history = history();
    let first = history.contract().to_bytes();
    let drafted = &history.drafts()[0];
    let mut messages = drafted.others.clone();
    messages.insert(first, history.anchored(0).bundle.id().to_bytes());
    let tree = bulla_core::commit::mpc_builder::build(&messages, drafted.entropy).unwrap();
    for other in drafted.others.keys() {
        let path = tree.path(*other).unwrap();
        refuse(
            &with(&history, |proof| *proof = path),
            of(&history, Check::Mpc),
        );
    }
}
