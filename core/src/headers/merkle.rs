//! From a transaction up to the Merkle root of its block.

use amplify::confinement::Confined;
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::{Amount, TxMerkleNode, Txid};

use super::ProofError;
use crate::frame::BlockProof;

/// Bytes of two hashes, side by side.
const NODE: usize = 64;
/// Bytes of both scripts in a transaction of that size with one input and one output.
const SCRIPTS: usize = 4;

/// Checks that a transaction is at the proof's position below a Merkle root. The proof's height is
/// for [`HeaderChain::position`](super::HeaderChain::position), which finds the root.
///
/// # Errors
/// If the position is outside the tree, a node of the branch can be forged, or the branch does not
/// lead to the root. A branch longer than 25 hashes has no value of the type.
pub fn check_proof(txid: Txid, proof: &BlockProof, root: TxMerkleNode) -> Result<(), ProofError> {
    let depth = proof.branch.iter().fold(0, |depth, _| depth + 1);
    let position = proof.position;
    if position
        .checked_shr(depth)
        .is_some_and(|beyond| beyond != 0)
    {
        return Err(ProofError::Position { position, depth });
    }
    let mut hash = txid.to_byte_array();
    for (sibling, level) in proof.branch.iter().zip(0..) {
        let node = if position & (1 << level) == 0 {
            [hash, *sibling]
        } else if *sibling == hash {
            return Err(ProofError::LeftCopy { level });
        } else {
            [*sibling, hash]
        };
        let node = node.as_flattened();
        if is_transaction(node) {
            return Err(ProofError::Transaction { level });
        }
        hash = sha256d::Hash::hash(node).to_byte_array();
    }
    let found = TxMerkleNode::from_byte_array(hash);
    if found == root {
        Ok(())
    } else {
        let expected = root;
        Err(ProofError::Root { expected, found })
    }
}

/// The proof of a transaction in a block, from the ids of all its transactions in order; none if it
/// is not there, or there are more than a proof can reach.
pub fn prove(height: u32, txids: &[Txid], txid: Txid) -> Option<BlockProof> {
    let mut at = txids.iter().position(|other| *other == txid)?;
    let position = u32::try_from(at).ok()?;
    let mut row: Vec<[u8; 32]> = txids.iter().map(|txid| txid.to_byte_array()).collect();
    let mut branch = Vec::new();
    while row.len() > 1 {
        // An odd row ends with a copy of its last node.
        let sibling = row.get(at ^ 1).or(row.last())?;
        branch.push(*sibling);
        row = row.chunks(2).map(parent).collect();
        at /= 2;
    }
    Some(BlockProof {
        height,
        position,
        branch: Confined::try_from(branch).ok()?,
    })
}

fn parent(pair: &[[u8; 32]]) -> [u8; 32] {
    let node = match pair {
        [last] => [*last, *last].concat(),
        both => both.concat(),
    };
    sha256d::Hash::hash(&node).to_byte_array()
}

/// Whether a node could be a transaction in a block: its serialization without witness data, with
/// an output whose value can exist. In 64 bytes there is place for one input, one output, and 4 bytes of scripts in
/// both. Read by hand: a decoder makes place for as many inputs or outputs as the sender says.
fn is_transaction(node: &[u8]) -> bool {
    let byte = |at: usize| node.get(at).copied();
    let script = byte(41).map_or(usize::MAX, usize::from);
    if node.len() != NODE || byte(4) != Some(1) || script > SCRIPTS {
        return false;
    }
    let (count, length) = (byte(46 + script), byte(55 + script));
    let rest = length.map(usize::from);
    let value = node.get(47 + script..55 + script);
    let value = value.and_then(|value| value.try_into().ok());
    let possible =
        value.is_some_and(|value| u64::from_le_bytes(value) <= Amount::MAX_MONEY.to_sat());
    count == Some(1) && rest == Some(SCRIPTS - script) && possible
}
