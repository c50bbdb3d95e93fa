//! Merkle branches: that a transaction is in the block of a header.

use bitcoin::consensus::encode::deserialize;
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::{Amount, Transaction, TxMerkleNode, Txid};

/// A block holds fewer than 2^17 transactions; a longer branch is none.
const MAX_DEPTH: usize = 25;

/// Why a branch proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BranchError {
    #[error("a merkle branch of {0} steps")]
    TooLong(usize),
    #[error("a merkle branch at position {0}, outside its tree")]
    Position(usize),
    #[error("a merkle branch with a node that is a transaction")]
    NodeIsTransaction,
    #[error("a merkle branch at the place of a repeated node")]
    Repeated,
    #[error("a merkle branch to another root")]
    Root,
}

/// Checks the branch from `txid` at `position` to `root`; `siblings` from the leaves up, in the
/// order in which they are hashed.
///
/// Refuses positions outside the tree, the ghost of a repeated last node (CVE-2012-2459), and inner
/// nodes that could be a transaction of 64 bytes (CVE-2017-12842).
pub(super) fn check(
    txid: Txid,
    position: usize,
    siblings: &[[u8; 32]],
    root: TxMerkleNode,
) -> Result<(), BranchError> {
    if siblings.len() > MAX_DEPTH {
        return Err(BranchError::TooLong(siblings.len()));
    }
    if position >> siblings.len() != 0 {
        return Err(BranchError::Position(position));
    }
    let mut node = txid.to_byte_array();
    let mut index = position;
    for sibling in siblings {
        let is_right = index % 2 == 1;
        if is_right && *sibling == node {
            return Err(BranchError::Repeated);
        }
        let pair = if is_right {
            [*sibling, node]
        } else {
            [node, *sibling]
        }
        .concat();
        if is_transaction(&pair) {
            return Err(BranchError::NodeIsTransaction);
        }
        node = sha256d::Hash::hash(&pair).to_byte_array();
        index /= 2;
    }
    if node == root.to_byte_array() {
        Ok(())
    } else {
        Err(BranchError::Root)
    }
}

fn is_transaction(bytes: &[u8]) -> bool {
    deserialize::<Transaction>(bytes).is_ok_and(|tx| {
        tx.output
            .iter()
            .all(|output| output.value <= Amount::MAX_MONEY)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(byte: u8) -> [u8; 32] {
        [byte; 32]
    }

    fn parent(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
        sha256d::Hash::hash(&[left, right].concat()).to_byte_array()
    }

    fn txid(bytes: [u8; 32]) -> Txid {
        Txid::from_byte_array(bytes)
    }

    fn root(bytes: [u8; 32]) -> TxMerkleNode {
        TxMerkleNode::from_byte_array(bytes)
    }

    /// The tree of three leaves, the last of which is repeated.
    fn three() -> ([u8; 32], [u8; 32], TxMerkleNode) {
        let (left, right) = (parent(leaf(1), leaf(2)), parent(leaf(3), leaf(3)));
        (left, right, root(parent(left, right)))
    }

    #[test]
    fn each_leaf_is_proven_at_its_position() {
        let (left, right, root) = three();
        assert_eq!(check(txid(leaf(1)), 0, &[leaf(2), right], root), Ok(()));
        assert_eq!(check(txid(leaf(2)), 1, &[leaf(1), right], root), Ok(()));
        assert_eq!(check(txid(leaf(3)), 2, &[leaf(3), left], root), Ok(()));
    }

    #[test]
    fn swapped_positions_lead_to_another_root() {
        let (_, right, root) = three();
        assert_eq!(
            check(txid(leaf(1)), 1, &[leaf(2), right], root),
            Err(BranchError::Root)
        );
    }

    #[test]
    fn the_ghost_of_a_repeated_leaf_is_refused() {
        let (left, _, root) = three();
        let found = check(txid(leaf(3)), 3, &[leaf(3), left], root);
        assert_eq!(found, Err(BranchError::Repeated));
    }

    #[test]
    fn a_position_outside_the_tree_is_refused() {
        let (_, right, root) = three();
        let found = check(txid(leaf(1)), 4, &[leaf(2), right], root);
        assert_eq!(found, Err(BranchError::Position(4)));
    }

    #[test]
    fn an_endless_branch_is_refused() {
        let found = check(txid(leaf(1)), 0, &[leaf(2); 26], root(leaf(0)));
        assert_eq!(found, Err(BranchError::TooLong(26)));
    }

    #[test]
    fn a_node_that_is_a_transaction_is_refused() {
        // Version, one input with an empty script, one output of 4 bytes of script, lock time.
        let mut bytes = vec![2, 0, 0, 0, 1];
        bytes.extend([7; 36]);
        bytes.extend([0, 255, 255, 255, 255, 1]);
        bytes.extend(1_000u64.to_le_bytes());
        bytes.extend([4, 0x51, 0x51, 0x51, 0x51]);
        bytes.extend([0; 4]);
        let halves: ([u8; 32], [u8; 32]) = (
            bytes[..32].try_into().expect("32 bytes"),
            bytes[32..].try_into().expect("32 bytes"),
        );
        let top = root(parent(halves.0, halves.1));
        let found = check(txid(halves.1), 1, &[halves.0], top);
        assert_eq!(found, Err(BranchError::NodeIsTransaction));
    }
}
