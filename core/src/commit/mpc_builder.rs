//! Builder of multi-protocol commitments, on `commit_verify`: it chooses depth and cofactor.
//!
//! The paths are computed with the hashes of the verifier, and the two must agree, so that no
//! commitment is ever made that this crate could not verify.

use std::collections::BTreeMap;

use amplify::ByteArray;
use amplify::confinement::Confined;
use amplify::num::u5;
use commit_verify::mpc::{MerkleTree, Message, Method, MultiSource, ProtocolId};
use commit_verify::{CommitId, TryCommitVerify};
use thiserror::Error;

use super::Commitment;
use super::mpc::{self, MIN_DEPTH, MpcError, MpcProof, Proof, Shape};

/// Most contracts in one tree. So many random ids find their slots within the depth limit.
pub const MAX_MESSAGES: usize = 256;

/// Why no tree was built. Nothing is ever left out of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BuildError {
    /// Too many contracts for one transaction.
    #[error(
        "{found} contracts in one commitment, expected at most {MAX_MESSAGES}; split the transaction"
    )]
    TooMany {
        /// How many there are.
        found: usize,
    },
    /// The ids share slots in every tree that could be tried.
    #[error("the slots of {found} contracts collide in every tree; split the transaction")]
    NoSlots {
        /// How many contracts there are.
        found: usize,
    },
    /// The smallest tree without a collision is beyond what a verifier accepts.
    #[error("the contracts only fit a tree that no verifier accepts; split the transaction")]
    Limit(#[from] MpcError),
    /// `commit_verify` gives another commitment for this tree than the verifier.
    #[error("the tree commits to {found}, the verifier expects {expected}; do not sign")]
    Disagreement {
        /// The commitment of `commit_verify`.
        found: Commitment,
        /// The commitment of the verifier.
        expected: Commitment,
    },
}

/// A tree of messages, one for each protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MpcTree {
    shape: Shape,
    entropy: u64,
    messages: BTreeMap<[u8; 32], [u8; 32]>,
    commitment: Commitment,
    /// Hashes of each level, leaves first, without the root.
    levels: Vec<Vec<[u8; 32]>>,
}

/// Builds the tree of `messages` (contract id to bundle id). The empty slots are filled from
/// `entropy`, which must be secret, kept for the same seals and never shared by two others.
///
/// # Errors
/// [`BuildError`] if the messages do not fit.
pub fn build(messages: &BTreeMap<[u8; 32], [u8; 32]>, entropy: u64) -> Result<MpcTree, BuildError> {
    let found = messages.len();
    if found > MAX_MESSAGES {
        return Err(BuildError::TooMany { found });
    }
    let no_slots = BuildError::NoSlots { found };
    let pairs = messages
        .iter()
        .map(|(id, message)| (ProtocolId::from(*id), Message::from(*message)));
    let source = MultiSource {
        method: Method::Sha256t,
        min_depth: u5::with(MIN_DEPTH),
        messages: Confined::try_from_iter(pairs).map_err(|_| no_slots)?,
        static_entropy: Some(entropy),
    };
    let tree = MerkleTree::try_commit(&source).map_err(|_| no_slots)?;
    let shape = Shape::new(tree.depth().to_u8().into(), tree.cofactor())?;
    let (levels, root) = hash_levels(shape, messages, entropy);
    let commitment = root.map(|root| shape.commitment(&root)).ok_or(no_slots)?;
    let built = Commitment::from_byte_array(tree.commit_id().to_byte_array());
    if built != commitment {
        return Err(BuildError::Disagreement {
            found: built,
            expected: commitment,
        });
    }
    Ok(MpcTree {
        shape,
        entropy,
        messages: messages.clone(),
        commitment,
        levels,
    })
}

fn hash_levels(
    shape: Shape,
    messages: &BTreeMap<[u8; 32], [u8; 32]>,
    entropy: u64,
) -> (Vec<Vec<[u8; 32]>>, Option<[u8; 32]>) {
    let used: BTreeMap<u32, [u8; 32]> = messages
        .iter()
        .map(|(id, message)| (shape.slot(id), mpc::leaf(id, message)))
        .collect();
    let mut level: Vec<[u8; 32]> = (0..shape.width())
        .map(|slot| {
            used.get(&slot)
                .copied()
                .unwrap_or_else(|| mpc::decoy(entropy, slot))
        })
        .collect();
    let mut levels = Vec::with_capacity(shape.depth().into());
    for depth in (0..shape.depth()).rev() {
        let (pairs, _) = level.as_chunks::<2>();
        let above = pairs
            .iter()
            .map(|[left, right]| shape.node(depth, left, right))
            .collect();
        levels.push(std::mem::replace(&mut level, above));
    }
    (levels, level.pop())
}

impl MpcTree {
    /// What the transaction has to carry.
    pub const fn commitment(&self) -> Commitment {
        self.commitment
    }

    /// Depth of the tree; it has 2^depth slots.
    pub const fn depth(&self) -> u8 {
        self.shape.depth()
    }

    /// Cofactor of the tree.
    pub const fn cofactor(&self) -> u16 {
        self.shape.cofactor()
    }

    /// The shortest proof for a protocol of the tree: its entropy if there is no other message
    /// to hide, else [`MpcTree::path`].
    pub fn proof(&self, protocol: [u8; 32]) -> Option<Proof> {
        if self.messages.len() == 1 && self.shape == Shape::SINGLE {
            return self
                .messages
                .get(&protocol)
                .map(|_| Proof::Entropy(self.entropy));
        }
        self.path(protocol).map(Proof::Path)
    }

    /// The Merkle path for a protocol of the tree, which hides the entropy.
    pub fn path(&self, protocol: [u8; 32]) -> Option<MpcProof> {
        self.messages.get(&protocol)?;
        let pos = self.shape.slot(&protocol);
        let mut index = usize::try_from(pos).ok()?;
        let mut path = Vec::with_capacity(self.levels.len());
        for level in &self.levels {
            path.push(*level.get(index ^ 1)?);
            index >>= 1;
        }
        path.reverse();
        Some(MpcProof {
            pos,
            cofactor: self.shape.cofactor(),
            path,
        })
    }
}
