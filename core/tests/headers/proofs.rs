//! Branches from a transaction to the root of its block.

use bitcoin::absolute::LockTime;
use bitcoin::consensus::{deserialize, serialize};
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Txid, Witness,
    merkle_tree,
};
use bulla_core::DecodeError;
use bulla_core::headers::{ProofError, check_proof, prove};
use bulla_core::wire::Frame;
use proptest::prelude::*;

use crate::kit::proof;

type Node = [u8; 32];

fn leaves(count: u8) -> Vec<Node> {
    (0..count).map(|n| [n + 1; 32]).collect()
}

fn root(leaves: &[Node]) -> TxMerkleNode {
    let hashes = leaves
        .iter()
        .map(|leaf| TxMerkleNode::from_byte_array(*leaf));
    merkle_tree::calculate_root(hashes).expect("at least one leaf")
}

fn join(left: Node, right: Node) -> Node {
    sha256d::Hash::hash([left, right].as_flattened()).to_byte_array()
}

/// The branch of a position, as a node makes it: the last of an odd row is its own sibling.
fn branch(leaves: &[Node], mut position: usize) -> Vec<Node> {
    let mut row = leaves.to_vec();
    let mut branch = Vec::new();
    while row.len() > 1 {
        if row.len() % 2 == 1 {
            row.push(row[row.len() - 1]);
        }
        branch.push(row[position ^ 1]);
        row = row.chunks(2).map(|pair| join(pair[0], pair[1])).collect();
        position /= 2;
    }
    branch
}

fn check(leaf: Node, position: u32, branch: &[Node], root: TxMerkleNode) -> Result<(), ProofError> {
    check_proof(
        Txid::from_byte_array(leaf),
        &proof(9, position, branch),
        root,
    )
}

#[test]
fn every_transaction_of_a_block_is_proven() {
    for count in 1..=17 {
        let leaves = leaves(count);
        let root = root(&leaves);
        for (at, position) in (0..leaves.len()).zip(0..) {
            let branch = branch(&leaves, at);
            let result = check(leaves[at], position, &branch, root);
            assert_eq!(result, Ok(()), "{position} of {count}");
            let txids: Vec<Txid> = leaves
                .iter()
                .map(|leaf| Txid::from_byte_array(*leaf))
                .collect();
            let made = prove(9, &txids, txids[at]);
            assert_eq!(made, Some(proof(9, position, &branch)));
            assert_eq!(prove(9, &txids, Txid::from_byte_array([99; 32])), None);
        }
    }
}

#[test]
fn k10_a_transaction_that_is_not_in_the_block_is_refused() {
    let leaves = leaves(4);
    let found = join(join([9; 32], leaves[1]), join(leaves[2], leaves[3]));
    assert_eq!(
        check([9; 32], 0, &branch(&leaves, 0), root(&leaves)),
        Err(ProofError::Root {
            expected: root(&leaves),
            found: TxMerkleNode::from_byte_array(found),
        })
    );
}

#[test]
fn k04_the_same_path_with_other_sides_is_refused() {
    let leaves = leaves(8);
    let (path, expected) = (branch(&leaves, 5), root(&leaves));
    for position in (0..8).filter(|position| *position != 5) {
        let side = |level: u32, hash, sibling| match position >> level & 1 {
            0 => join(hash, sibling),
            _ => join(sibling, hash),
        };
        let levels = path.iter().zip(0..);
        let found = levels.fold(leaves[5], |hash, (sibling, level)| {
            side(level, hash, *sibling)
        });
        let found = TxMerkleNode::from_byte_array(found);
        assert_eq!(
            check(leaves[5], position, &path, expected),
            Err(ProofError::Root { expected, found })
        );
    }
}

#[test]
fn k04_a_position_outside_the_tree_is_refused() {
    let leaves = leaves(8);
    let path = branch(&leaves, 5);
    for beyond in [8, 16, 1 << 24, 1 << 31] {
        let (position, depth) = (beyond + 5, 3);
        assert_eq!(
            check(leaves[5], position, &path, root(&leaves)),
            Err(ProofError::Position { position, depth })
        );
    }
}

/// A block of three has the third twice in its tree; at position 3 there is no transaction.
#[test]
fn a_copy_to_the_right_is_padding_and_to_the_left_is_refused() {
    let leaves = leaves(3);
    let path = branch(&leaves, 2);
    assert_eq!(path[0], leaves[2]);
    assert_eq!(check(leaves[2], 2, &path, root(&leaves)), Ok(()));
    assert_eq!(
        check(leaves[2], 3, &path, root(&leaves)),
        Err(ProofError::LeftCopy { level: 0 })
    );
}

#[test]
fn a_copied_pair_is_refused_at_its_level() {
    let leaves = leaves(6);
    let path = branch(&leaves, 5);
    assert_eq!(check(leaves[5], 5, &path, root(&leaves)), Ok(()));
    assert_eq!(
        check(leaves[5], 7, &path, root(&leaves)),
        Err(ProofError::LeftCopy { level: 1 })
    );
}

#[test]
fn k09_a_branch_of_26_hashes_has_no_encoding() {
    let deepest = Frame::BlockProof(proof(9, (1 << 25) - 1, &[[7; 32]; 25]));
    let mut bytes = deepest.encode();
    assert_eq!(Frame::decode(&bytes), Ok(deepest));
    assert_eq!(bytes[6], 25);
    bytes[6] = 26;
    bytes.extend([7; 32]);
    assert_eq!(
        Frame::decode(&bytes),
        Err(DecodeError::Limit {
            what: "branch of a block proof",
            min: 0,
            max: 25,
            found: 26,
        })
    );
}

#[test]
fn k09_the_deepest_branch_is_checked() {
    let siblings: Vec<Node> = (1..=25).map(|n| [n; 32]).collect();
    let root = siblings
        .iter()
        .fold([0; 32], |hash, sibling| join(*sibling, hash));
    let root = TxMerkleNode::from_byte_array(root);
    assert_eq!(check([0; 32], (1 << 25) - 1, &siblings, root), Ok(()));
}

/// A transaction of 64 bytes: one input, one output, four bytes of script in all.
fn short_transaction(value: Amount, in_script: usize) -> Transaction {
    let script = |length| ScriptBuf::from_bytes(vec![0x51; length]);
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::new(Txid::from_byte_array([3; 32]), 1),
            script_sig: script(in_script),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        }],
        output: vec![TxOut {
            value,
            script_pubkey: script(4 - in_script),
        }],
    }
}

fn halves(transaction: &Transaction) -> [Node; 2] {
    let bytes = serialize(transaction);
    let (halves, rest) = bytes.as_chunks::<32>();
    assert_eq!((halves.len(), rest.len()), (2, 0));
    [halves[0], halves[1]]
}

/// The attacker mines a transaction of 64 bytes whose last 32 are the id of one that never was.
fn forged(value: Amount, in_script: usize) -> Result<(), ProofError> {
    let inner = short_transaction(value, in_script);
    let [left, fake] = halves(&inner);
    let block = [[8; 32], inner.compute_txid().to_byte_array()];
    check(fake, 3, &[left, block[0]], root(&block))
}

#[test]
fn k01_a_transaction_below_one_of_64_bytes_is_refused() {
    for in_script in 0..=4 {
        for value in [Amount::ZERO, Amount::MAX_MONEY] {
            let refused = Err(ProofError::Transaction { level: 0 });
            assert_eq!(forged(value, in_script), refused);
        }
    }
}

#[test]
fn k01_a_transaction_that_is_the_left_half_of_one_is_refused() {
    let inner = short_transaction(Amount::from_sat(5), 2);
    let [fake, right] = halves(&inner);
    let root = TxMerkleNode::from_byte_array(inner.compute_txid().to_byte_array());
    let refused = Err(ProofError::Transaction { level: 0 });
    assert_eq!(check(fake, 0, &[right], root), refused);
}

/// Whatever one byte of such a node is, it is refused where the decoder of transactions takes it.
#[test]
fn k01_a_node_is_refused_if_and_only_if_it_is_a_transaction() {
    let mut refused = 0;
    for in_script in 0..=4 {
        let good = halves(&short_transaction(Amount::from_sat(5), in_script));
        for (at, byte) in (0..64).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
            let mut node = good;
            node.as_flattened_mut()[at] = byte;
            let read = deserialize::<Transaction>(node.as_flattened());
            let possible = |out: &TxOut| out.value <= Amount::MAX_MONEY;
            let expected = read.is_ok_and(|read| read.output.iter().any(possible));
            let [leaf, sibling] = node;
            let root = TxMerkleNode::from_byte_array(join(leaf, sibling));
            let found = check(leaf, 0, &[sibling], root);
            assert_eq!(
                found.is_err(),
                expected,
                "{in_script} {at} {byte}: {found:?}"
            );
            refused += u32::from(expected);
        }
    }
    assert!(refused > 5 * 40 * 256, "{refused}");
}

/// Only one byte of the left half is fixed, the number of inputs: an attacker finds hashes that
/// have it, and proves leaves below a transaction.
#[test]
fn k01_a_transaction_is_refused_at_any_level() {
    let [_, right] = halves(&short_transaction(Amount::from_sat(5), 2));
    let fits = |leaf: &Node| join(*leaf, [4; 32])[4] == 1;
    let leaf = (0..=u8::MAX).flat_map(|a| (0..=u8::MAX).map(move |b| [[a; 16], [b; 16]]));
    let mut leaf = leaf.map(|halves| halves.as_flattened().try_into().expect("32 bytes"));
    let leaf = leaf.find(fits).expect("one in 256");
    let root = TxMerkleNode::from_byte_array(join(join(leaf, [4; 32]), right));
    let refused = Err(ProofError::Transaction { level: 1 });
    assert_eq!(check(leaf, 0, &[[4; 32], right], root), refused);
}

/// No block can hold such a transaction, so the node is one of hashes: refusing it would refuse a
/// true proof.
#[test]
fn k01_a_node_that_only_looks_like_a_transaction_is_not_refused() {
    let beyond = Amount::MAX_MONEY + Amount::from_sat(1);
    assert_eq!(forged(beyond, 2), Ok(()));
}

/// With witness data the 64 bytes are not what a txid is the hash of.
#[test]
fn k01_a_node_that_reads_as_a_transaction_with_witness_data_is_not_refused() {
    let mut bytes = vec![2, 0, 0, 0, 0, 1, 1];
    bytes.extend([3; 36]);
    bytes.extend([0, 0xff, 0xff, 0xff, 0xff, 1]);
    bytes.extend([5, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    bytes.extend([0; 4]);
    assert_eq!(bytes.len(), 64);
    let read: Transaction = bitcoin::consensus::deserialize(&bytes).expect("a transaction");
    assert_eq!(read.input[0].witness.len(), 1);
    let (halves, _) = bytes.as_chunks::<32>();
    let root = TxMerkleNode::from_byte_array(join(halves[0], halves[1]));
    assert_eq!(check(halves[1], 1, &[halves[0]], root), Ok(()));
}

proptest! {
    #[test]
    fn a_changed_proof_never_holds(
        count in 2_u8..40,
        at: prop::sample::Index,
        level: prop::sample::Index,
        bit in 0_usize..256,
    ) {
        let leaves = leaves(count);
        let at = at.index(leaves.len());
        let mut path = branch(&leaves, at);
        let level = level.index(path.len());
        path[level][bit / 8] ^= 1 << (bit % 8);
        let position = u32::try_from(at).expect("small");
        let result = check(leaves[at], position, &path, root(&leaves));
        prop_assert!(matches!(
            result,
            Err(ProofError::Root { .. } | ProofError::LeftCopy { .. })
        ), "{result:?}");
    }
}
