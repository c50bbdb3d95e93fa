//! Settlement without a network: headers and block proofs, true, stale and forged (rows K of the
//! attack catalogue; forged headers and branches themselves are in core's tests). A proof is a hint:
//! none of these ever makes a consignment invalid.

use amplify::confinement::Confined;
use bitcoin::block::Header;
use bitcoin::consensus::{deserialize, serialize};
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::{Amount, CompactTarget, Network, Txid};
use bulla_core::frame::BlockProof;
use bulla_core::headers::{
    ChainParams, Change, FileError, HeaderChain, ProofError, Proven, Unproven,
};
use bulla_core::validator::{ChainView, Consignment, Position, Settlement, Unresolved};
use bulla_tests::kit::record::{Headers, Whose};
use bulla_tests::kit::{Blocks, History, View, accept, judge, record};

/// Three transfers, mined in the blocks 1, 3 and 4 of 6.
fn mined() -> (History, Blocks) {
    let mut history = History::fixed(1_000);
    let mut at = history.seed(0);
    for _ in 0..3 {
        let frame = history.transfer(&[at], &[1_000]);
        at = history.leaf(frame, 0);
    }
    let mut blocks = Blocks::default();
    blocks.mine(&[history.txid(0)]);
    blocks.grow(1);
    blocks.mine(&[history.txid(1)]);
    blocks.mine(&[history.txid(2)]);
    blocks.grow(2);
    (history, blocks)
}

fn shown(history: &History, blocks: &Blocks) -> Vec<u8> {
    let mut consignment = history.consignment(View::Leaves);
    consignment.prove(&blocks.proofs);
    consignment.encode()
}

fn settle(bytes: &[u8], chain: &HeaderChain, depth: u32) -> Settlement {
    let consistent = judge(bytes).expect("block proofs are no reason to refuse");
    let content = consistent.get().clone();
    let settlement = consistent.settle(&Proven::new(chain, &content.proofs), depth);
    let found = record::Judged::of(&settlement);
    let file = chain.encode();
    record::proven(&content, bytes, &Headers::regtest(&file, depth), found);
    settlement.expect("a chain that reaches its checkpoint")
}

/// What is unproven, with the witness's place in the history.
fn unproven(
    history: &History,
    content: &Consignment,
    chain: &HeaderChain,
) -> Vec<(usize, Unproven)> {
    let proven = Proven::new(chain, &content.proofs);
    (0..3)
        .filter_map(|frame| Some((frame, proven.position(history.txid(frame)).err()?)))
        .collect()
}

#[track_caller]
fn assert_pending(settlement: Settlement, history: &History, frame: usize) {
    let Settlement::Pending {
        depth,
        weakest,
        position,
        ..
    } = settlement
    else {
        panic!("{settlement:?}");
    };
    assert_eq!(
        (depth, weakest, position),
        (0, history.txid(frame), Position::Absent)
    );
}

#[test]
fn headers_and_block_proofs_settle_without_a_network() {
    let (history, blocks) = mined();
    let bytes = shown(&history, &blocks);
    let Settlement::Settled(settled) = settle(&bytes, &blocks.chain, 3) else {
        panic!("the weakest witness is in block 4 of 6");
    };
    assert_eq!(settled.depth(), Some(3));
    assert_eq!(settled.get().proofs, blocks.proofs);
    let Settlement::Pending { depth, weakest, .. } = settle(&bytes, &blocks.chain, 4) else {
        panic!("three deep is not four deep");
    };
    assert_eq!((depth, weakest), (3, history.txid(2)));
}

#[test]
fn without_a_proof_a_witness_is_absent_and_nothing_else_changes() {
    let (history, mut blocks) = mined();
    blocks.proofs.remove(&history.txid(1));
    let bytes = shown(&history, &blocks);
    assert_pending(settle(&bytes, &blocks.chain, 1), &history, 1);
    let content = accept(&bytes);
    assert_eq!(
        unproven(&history, &content, &blocks.chain),
        [(1, Unproven::Missing)]
    );
    let bare = accept(&history.encode());
    assert_eq!(
        Consignment {
            proofs: bare.proofs.clone(),
            ..content
        },
        bare
    );
}

#[test]
fn k08_a_proof_for_another_height_is_ignored() {
    let (history, mut blocks) = mined();
    let tip = blocks.chain.height();
    let proof = blocks.proofs.get_mut(&history.txid(1)).unwrap();
    proof.height = tip + 1;
    let bytes = shown(&history, &blocks);
    assert_pending(settle(&bytes, &blocks.chain, 1), &history, 1);
    let ignored = Unproven::Ignored(ProofError::Height {
        height: 7,
        base: 0,
        tip: 6,
    });
    let content = accept(&bytes);
    assert_eq!(unproven(&history, &content, &blocks.chain), [(1, ignored)]);
}

#[test]
fn k10_the_proof_of_another_transaction_is_ignored() {
    let (history, mut blocks) = mined();
    let other = blocks.proofs[&history.txid(2)].clone();
    blocks.proofs.insert(history.txid(1), other);
    let bytes = shown(&history, &blocks);
    assert_pending(settle(&bytes, &blocks.chain, 1), &history, 1);
    let notes = unproven(&history, &accept(&bytes), &blocks.chain);
    assert!(
        matches!(
            notes.as_slice(),
            [(1, Unproven::Ignored(ProofError::Root { .. }))]
        ),
        "{notes:?}"
    );
}

#[test]
fn k09_the_longest_proof_is_ignored_not_refused() {
    let (history, mut blocks) = mined();
    let longest = BlockProof {
        height: 3,
        position: (1 << 25) - 1,
        branch: Confined::try_from(vec![[7; 32]; 25]).unwrap(),
    };
    blocks.proofs.insert(history.txid(1), longest);
    assert_pending(
        settle(&shown(&history, &blocks), &blocks.chain, 1),
        &history,
        1,
    );
}

#[test]
fn k14_a_reorganisation_makes_proofs_stale_until_they_are_renewed() {
    let (history, mut blocks) = mined();
    let old = shown(&history, &blocks);
    let again = [vec![], vec![history.txid(1)], vec![history.txid(2)]];
    let longer = [again.to_vec(), vec![vec![]; 2]].concat();
    let change = blocks.branch(2, &longer, 1);
    assert_eq!(
        change,
        Change::Reorganised {
            fork: 2,
            removed: 4,
            added: 5
        }
    );
    assert_pending(settle(&old, &blocks.chain, 1), &history, 1);
    let notes = unproven(&history, &accept(&old), &blocks.chain);
    assert!(
        matches!(
            notes.as_slice(),
            [
                (1, Unproven::Ignored(ProofError::Root { .. })),
                (2, Unproven::Ignored(ProofError::Root { .. }))
            ]
        ),
        "{notes:?}"
    );
    let Settlement::Settled(settled) = settle(&shown(&history, &blocks), &blocks.chain, 1) else {
        panic!("renewed proofs hold");
    };
    assert_eq!(settled.depth(), Some(3));
}

/// Two blocks at one height hold the witness, or another one: whoever has the headers of the stale one is told that
/// it is mined, and of the best chain that it is not.
#[test]
fn k05_a_proof_for_a_block_beside_the_best_chain_shows_nothing_in_it() {
    let (history, blocks) = mined();
    let bytes = shown(&history, &blocks);
    assert!(matches!(
        settle(&bytes, &blocks.chain, 1),
        Settlement::Settled(_)
    ));
    let mut best = blocks.clone();
    // Blocks 4 to 7, the first without the last transfer.
    best.branch(3, &vec![vec![]; 4], 1);
    assert_eq!((blocks.chain.height(), best.chain.height()), (6, 7));
    assert_pending(settle(&bytes, &best.chain, 1), &history, 2);
    let notes = unproven(&history, &accept(&bytes), &best.chain);
    let stale = blocks.chain.header(4).unwrap().merkle_root;
    let ignored = Unproven::Ignored(ProofError::Root {
        expected: best.chain.header(4).unwrap().merkle_root,
        found: stale,
    });
    assert_eq!(notes, [(2, ignored)]);
}

#[test]
fn k06_on_bitcoin_headers_that_end_below_the_checkpoint_settle_nothing() {
    let (history, blocks) = mined();
    let chain = HeaderChain::of_network(Network::Bitcoin);
    let bytes = shown(&history, &blocks);
    let consistent = judge(&bytes).unwrap();
    let content = consistent.get().clone();
    let proven = Proven::new(&chain, &content.proofs);
    let error = ProofError::Short {
        tip: 0,
        checkpoint: 886_157,
    };
    assert_eq!(proven.positions(&[]), Err(error.clone()));
    let result = consistent.settle(&proven, 1);
    let found = record::Judged::of(&result);
    let file = chain.encode();
    let headers = Headers {
        whose: Whose::Network(Network::Bitcoin),
        ..Headers::regtest(&file, 1)
    };
    record::proven(&content, &bytes, &headers, found);
    assert!(
        matches!(&result, Err(Unresolved::View(found)) if *found == error),
        "{result:?}"
    );
    let start = ChainParams::of_network(Network::Bitcoin).start();
    assert_eq!(
        start, 709_632,
        "a chain can begin at the first block under Taproot"
    );
}

#[test]
fn k11_k12_headers_show_neither_a_conflict_nor_what_was_spent_since() {
    // Another transaction that is mined spends the leaf that is handed over: the proofs still hold.
    let (history, mut blocks) = mined();
    let bytes = shown(&history, &blocks);
    let mut since = history.clone();
    let last = since.transfer(&[since.leaf(2, 0)], &[1_000]);
    blocks.mine(&[since.txid(last)]);
    let Settlement::Settled(settled) = settle(&bytes, &blocks.chain, 1) else {
        panic!("every witness is proven");
    };
    assert_eq!(settled.depth(), Some(4));
    // A rival of a mined witness is absent, not conflicted: nothing in headers says so.
    let mut rival = history.clone();
    rival.edit(2, |draft| draft.entropy += 1);
    let bytes = shown(&rival, &blocks);
    assert_pending(settle(&bytes, &blocks.chain, 1), &rival, 2);
}

/// The last header of a file, changed and mined anew.
fn forged(blocks: &Blocks, change: impl FnOnce(&mut Header), mined: bool) -> Vec<u8> {
    let mut file = blocks.chain.encode();
    let at = file.len() - 80;
    let mut header: Header = deserialize(&file[at..]).unwrap();
    change(&mut header);
    while header.target().is_met_by(header.block_hash()) != mined {
        header.nonce += 1;
    }
    file.splice(at.., serialize(&header));
    file
}

#[test]
fn k06_k07_k16_a_file_of_headers_that_break_a_rule_proves_nothing() {
    let (history, blocks) = mined();
    let bytes = shown(&history, &blocks);
    let content = accept(&bytes);
    let no_work = forged(&blocks, |_| {}, false);
    let median = forged(&blocks, |header| header.time = 0, true);
    let target = forged(
        &blocks,
        |header| header.bits = CompactTarget::from_consensus(0x207f_fffe),
        true,
    );
    let mut cut = blocks.chain.encode();
    cut.pop();
    for (file, says) in [
        (no_work, "work"),
        (median, "median"),
        (target, "target"),
        (cut, "byte"),
    ] {
        let headers = Headers::regtest(&file, 1);
        let refused = headers.read().unwrap_err();
        let text = match &refused {
            FileError::Header(error) => error.to_string(),
            FileError::Decode(error) => error.to_string(),
        };
        assert!(text.contains(says), "{says}: {text}");
        record::proven(
            &content,
            &bytes,
            &headers,
            record::Judged::refused(&refused),
        );
    }
}

/// A history of one transfer whose txid can begin a transaction of 64 bytes: byte 4 says one input.
fn begins_as_a_transaction() -> History {
    (0..10_000_u64)
        .map(|entropy| {
            let mut history = History::fixed(1_000);
            history.transfer(&[history.seed(0)], &[1_000]);
            history.edit(0, |draft| draft.entropy = entropy);
            history
        })
        .find(|history| history.txid(0).to_byte_array()[4] == 1)
        .expect("one in 256")
}

/// The right half of a transaction of 64 bytes: the end of its input, an output of this value, its locktime.
fn right_half(value: Amount) -> [u8; 32] {
    let mut half = [0; 32];
    half[9] = 0; // script of the input
    half[14] = 1; // outputs
    half[15..23].copy_from_slice(&value.to_sat().to_le_bytes());
    half[23] = 4; // script of the output
    half
}

/// Mines a block with what lies above a witness, and leads the proof of it on through these siblings to the witness.
fn prolong(blocks: &mut Blocks, above: Txid, witness: Txid, siblings: &[[u8; 32]]) {
    blocks.mine(&[above]);
    let mut proof = blocks.proofs.remove(&above).unwrap();
    proof.branch = Confined::try_from([siblings, &proof.branch].concat()).unwrap();
    proof.position <<= siblings.len();
    blocks.proofs.insert(witness, proof);
}

/// Whether the proof of the witness shows nothing, for a transaction at this level, or shows it: no block holds a
/// transaction that cannot be, so it is a node over two.
fn assert_refused_if(is_transaction: bool, history: &History, blocks: &Blocks, level: u32) {
    let settlement = settle(&shown(history, blocks), &blocks.chain, 1);
    if is_transaction {
        assert_pending(settlement, history, 0);
        let proven = Proven::new(&blocks.chain, &blocks.proofs);
        let ignored = Unproven::Ignored(ProofError::Transaction { level });
        assert_eq!(proven.position(history.txid(0)), Err(ignored));
    } else {
        assert!(matches!(settlement, Settlement::Settled(_)));
    }
}

/// Nobody ever mined the witness: 32 bytes behind its txid make a transaction, or a node, of 64 bytes, and that is
/// what a block holds.
#[test]
fn k01_a_witness_that_is_half_of_a_transaction_in_a_block_is_not_proven() {
    let history = begins_as_a_transaction();
    let (txid, mut blocks) = (history.txid(0), Blocks::default());
    let coin = |half: [u8; 32]| {
        let node = [txid.to_byte_array(), half];
        Txid::from_raw_hash(sha256d::Hash::hash(node.as_flattened()))
    };
    let beyond = Amount::MAX_MONEY + Amount::from_sat(1);
    for (value, possible) in [
        (Amount::from_sat(5), true),
        (Amount::MAX_MONEY, true),
        (beyond, false),
    ] {
        let half = right_half(value);
        assert_eq!(
            possible,
            deserialize::<bitcoin::Transaction>(&[txid.to_byte_array(), half].concat())
                .is_ok_and(|read| read.output[0].value <= Amount::MAX_MONEY)
        );
        prolong(&mut blocks, coin(half), txid, &[half]);
        assert_refused_if(possible, &history, &blocks, 0);
    }
}

/// The same one level higher: the witness is really below the node, which reads as a transaction.
#[test]
fn k01_a_branch_through_a_transaction_is_refused_at_any_level() {
    let history = begins_as_a_transaction();
    let txid = history.txid(0);
    let over = |sibling: [u8; 32]| {
        let node = [txid.to_byte_array(), sibling];
        sha256d::Hash::hash(node.as_flattened()).to_byte_array()
    };
    for (fits, refused) in [(true, true), (false, false)] {
        let siblings = (0..=u8::MAX).flat_map(|a| (0..=u8::MAX).map(move |b| [[a; 16], [b; 16]]));
        let mut siblings = siblings.map(|both| both.as_flattened().try_into().unwrap());
        let sibling = siblings
            .find(|sibling| (over(*sibling)[4] == 1) == fits)
            .unwrap();
        let half = right_half(Amount::from_sat(5));
        let whole = [over(sibling), half];
        let whole = Txid::from_raw_hash(sha256d::Hash::hash(whole.as_flattened()));
        let mut blocks = Blocks::default();
        prolong(&mut blocks, whole, txid, &[sibling, half]);
        assert_refused_if(refused, &history, &blocks, 1);
    }
}

#[test]
fn k04_k15_a_proof_at_another_position_or_for_the_first_block_shows_nothing() {
    let (history, mut blocks) = mined();
    let own = blocks.proofs[&history.txid(1)].clone();
    for proof in [
        BlockProof {
            position: own.position ^ 1,
            ..own.clone()
        },
        BlockProof {
            position: own.position | 2,
            ..own.clone()
        },
        BlockProof {
            height: 0,
            ..own.clone()
        },
    ] {
        blocks.proofs.insert(history.txid(1), proof);
        assert_pending(
            settle(&shown(&history, &blocks), &blocks.chain, 1),
            &history,
            1,
        );
    }
}
