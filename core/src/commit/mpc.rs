//! Verifier of multi-protocol commitments: LNPBP-4 as `commit_verify` and RGB run it, with
//! tighter limits (PROTOCOL.md, commitments).
//!
//! Why there is one message per protocol and transaction: a transaction carries one commitment,
//! which fixes depth and cofactor; they fix one slot per protocol; the tree fixes one leaf in it.

use bitcoin::hashes::sha256::{Hash, HashEngine, Midstate};
use bitcoin::hashes::{Hash as _, HashEngine as _};
use thiserror::Error;

use super::Commitment;
use super::wire::{WireError, take, take_byte, take_slice};

/// Deepest tree accepted: 2^16 slots.
pub const MAX_DEPTH: u8 = 16;

/// Largest cofactor accepted; it must also be smaller than the width of the tree.
pub const MAX_COFACTOR: u16 = 500;

/// Depth of the smallest tree a builder makes, so that the depth does not tell how few contracts
/// there are.
pub const MIN_DEPTH: u8 = 3;

const NODE_TAG: Midstate = Midstate::hash_tag(b"urn:ubideco:merkle:node#2024-01-31");
const COMMITMENT_TAG: Midstate = Midstate::hash_tag(b"urn:ubideco:mpc:commitment#2024-01-31");

const LEAF_PREFIX: u8 = 0x10;
const DECOY_PREFIX: u8 = 0x11;
const BRANCH_PREFIX: u8 = 0x02;

const PATH: u8 = 0;
const ENTROPY: u8 = 1;

/// Why a proof gives no commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MpcError {
    /// The path is too long.
    #[error("mpc proof of depth {found}, expected at most {MAX_DEPTH}")]
    Depth {
        /// Length of the path.
        found: usize,
    },
    /// The cofactor is beyond [`MAX_COFACTOR`] or not below the width of the tree.
    #[error("mpc cofactor {found}, expected at most {max} at this depth")]
    Cofactor {
        /// The cofactor of the proof.
        found: u16,
        /// The largest cofactor accepted at this depth.
        max: u16,
    },
    /// The proof is for another slot than the one the protocol has in this tree.
    #[error("mpc proof for slot {found}, expected slot {expected} for this protocol")]
    Position {
        /// The slot of the proof.
        found: u32,
        /// The slot of the protocol.
        expected: u32,
    },
}

/// Depth and cofactor of a tree, both within their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    depth: u8,
    cofactor: u16,
}

impl Shape {
    /// The tree that a single contract makes, and the only one the entropy form stands for.
    pub(super) const SINGLE: Self = Self {
        depth: MIN_DEPTH,
        cofactor: 0,
    };

    pub(super) fn new(depth: usize, cofactor: u16) -> Result<Self, MpcError> {
        let shape = u8::try_from(depth)
            .ok()
            .filter(|depth| *depth <= MAX_DEPTH)
            .map(|depth| Self { depth, cofactor })
            .ok_or(MpcError::Depth { found: depth })?;
        let below_width = u16::try_from(shape.width() - 1).unwrap_or(MAX_COFACTOR);
        let max = below_width.min(MAX_COFACTOR);
        if cofactor > max {
            return Err(MpcError::Cofactor {
                found: cofactor,
                max,
            });
        }
        Ok(shape)
    }

    pub(super) const fn depth(self) -> u8 {
        self.depth
    }

    pub(super) const fn cofactor(self) -> u16 {
        self.cofactor
    }

    /// Number of slots, used or not.
    pub(super) const fn width(self) -> u32 {
        1 << self.depth
    }

    /// The slot of a protocol: its id, as a little-endian number, modulo width less cofactor.
    pub(super) fn slot(self, protocol: &[u8; 32]) -> u32 {
        let modulus = self.width().saturating_sub(self.cofactor.into()).max(1);
        let (words, _) = protocol.as_chunks::<2>();
        words.iter().rev().fold(0, |remainder, word| {
            ((remainder << 16) | u32::from(u16::from_le_bytes(*word))) % modulus
        })
    }

    /// Hash of the node at `level`, counted from the root at 0.
    pub(super) fn node(self, level: u8, left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
        let mut engine = tagged(NODE_TAG);
        engine.input(&[BRANCH_PREFIX, level]);
        engine.input(&self.width().to_le_bytes());
        engine.input(&[0; 28]);
        engine.input(left);
        engine.input(right);
        finish(engine)
    }

    /// The outer hash over depth, cofactor and root.
    pub(super) fn commitment(self, root: &[u8; 32]) -> Commitment {
        let mut engine = tagged(COMMITMENT_TAG);
        engine.input(&[self.depth]);
        engine.input(&self.cofactor.to_le_bytes());
        engine.input(root);
        Commitment::from_byte_array(finish(engine))
    }
}

fn tagged(tag: Midstate) -> HashEngine {
    HashEngine::from_midstate(tag, 64)
}

fn finish(engine: HashEngine) -> [u8; 32] {
    Hash::from_engine(engine).to_byte_array()
}

/// Hash of a slot that holds a message.
pub(super) fn leaf(protocol: &[u8; 32], message: &[u8; 32]) -> [u8; 32] {
    let mut engine = tagged(NODE_TAG);
    engine.input(&[LEAF_PREFIX]);
    engine.input(protocol);
    engine.input(message);
    finish(engine)
}

/// Hash of a slot that holds none. Length and first byte keep it apart from [`leaf`].
pub(super) fn decoy(entropy: u64, slot: u32) -> [u8; 32] {
    let mut engine = tagged(NODE_TAG);
    engine.input(&[DECOY_PREFIX]);
    engine.input(&entropy.to_le_bytes());
    engine.input(&slot.to_le_bytes());
    finish(engine)
}

/// The commitment of a tree of depth 3 and cofactor 0 with this one message, its seven other
/// slots filled from `entropy`.
pub fn entropy_root(entropy: u64, protocol: [u8; 32], message: [u8; 32]) -> Commitment {
    let shape = Shape::SINGLE;
    let own = shape.slot(&protocol);
    let at = |slot| {
        if slot == own {
            leaf(&protocol, &message)
        } else {
            decoy(entropy, slot)
        }
    };
    let [a, b, c, d] = [0, 2, 4, 6].map(|slot| shape.node(2, &at(slot), &at(slot + 1)));
    let (left, right) = (shape.node(1, &a, &b), shape.node(1, &c, &d));
    shape.commitment(&shape.node(0, &left, &right))
}

/// Merkle path from the slot of a protocol to the root.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MpcProof {
    /// The slot.
    pub pos: u32,
    /// The cofactor of the tree.
    pub cofactor: u16,
    /// Siblings, the one right under the root first. Their number is the depth of the tree.
    pub path: Vec<[u8; 32]>,
}

impl MpcProof {
    /// The commitment under which `message` stands for `protocol`.
    ///
    /// # Errors
    /// [`MpcError`] if the proof is beyond the limits or not for the slot of `protocol`.
    pub fn root(&self, protocol: [u8; 32], message: [u8; 32]) -> Result<Commitment, MpcError> {
        let shape = Shape::new(self.path.len(), self.cofactor)?;
        let expected = shape.slot(&protocol);
        if self.pos != expected {
            return Err(MpcError::Position {
                found: self.pos,
                expected,
            });
        }
        let mut pos = expected;
        let mut hash = leaf(&protocol, &message);
        for (level, sibling) in (0..shape.depth).zip(&self.path).rev() {
            hash = match pos & 1 {
                0 => shape.node(level, &hash, sibling),
                _ => shape.node(level, sibling, &hash),
            };
            pos >>= 1;
        }
        Ok(shape.commitment(&hash))
    }

    /// Appends `le4(pos) || le2(cofactor) || len(1) || path`, the bytes of rgb-consensus.
    ///
    /// A proof beyond the limits gives bytes that no decoder takes.
    pub fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend(self.pos.to_le_bytes());
        out.extend(self.cofactor.to_le_bytes());
        out.push(u8::try_from(self.path.len()).unwrap_or(u8::MAX));
        out.extend(self.path.as_flattened());
    }

    /// Takes a proof off the cursor.
    ///
    /// # Errors
    /// [`WireError::Limit`] for a depth or cofactor beyond the limits, [`WireError::Short`].
    pub fn decode_from(cursor: &mut &[u8]) -> Result<Self, WireError> {
        let pos = u32::from_le_bytes(take(cursor, "mpc position")?);
        let cofactor = u16::from_le_bytes(take(cursor, "mpc cofactor")?);
        let depth = usize::from(take_byte(cursor, "mpc depth")?);
        Shape::new(depth, cofactor)?;
        let (path, _) = take_slice(cursor, depth * 32, "mpc path")?.as_chunks::<32>();
        Ok(Self {
            pos,
            cofactor,
            path: path.to_vec(),
        })
    }
}

/// The proof in an anchor. For a single contract the entropy says all, in 8 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Proof {
    /// Any tree.
    Path(MpcProof),
    /// The tree of [`entropy_root`].
    Entropy(u64),
}

impl Proof {
    /// The commitment under which `message` stands for `protocol`.
    ///
    /// # Errors
    /// As [`MpcProof::root`]; the entropy form has none.
    pub fn root(&self, protocol: [u8; 32], message: [u8; 32]) -> Result<Commitment, MpcError> {
        match self {
            Self::Path(proof) => proof.root(protocol, message),
            Self::Entropy(entropy) => Ok(entropy_root(*entropy, protocol, message)),
        }
    }

    /// Appends tag 0 and the path form, or tag 1 and `le8(entropy)`.
    pub fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Path(proof) => {
                out.push(PATH);
                proof.encode_to(out);
            }
            Self::Entropy(entropy) => {
                out.push(ENTROPY);
                out.extend(entropy.to_le_bytes());
            }
        }
    }

    /// Takes a proof off the cursor.
    ///
    /// # Errors
    /// [`WireError::UnknownTag`], and as [`MpcProof::decode_from`].
    pub fn decode_from(cursor: &mut &[u8]) -> Result<Self, WireError> {
        match take_byte(cursor, "mpc proof")? {
            PATH => MpcProof::decode_from(cursor).map(Self::Path),
            ENTROPY => Ok(Self::Entropy(u64::from_le_bytes(take(
                cursor,
                "mpc entropy",
            )?))),
            found => Err(WireError::UnknownTag {
                what: "mpc proof",
                found,
            }),
        }
    }
}

impl From<MpcError> for WireError {
    fn from(error: MpcError) -> Self {
        match error {
            MpcError::Depth { found } => Self::Limit {
                what: "mpc depth",
                max: MAX_DEPTH.into(),
                found: u64::try_from(found).unwrap_or(u64::MAX),
            },
            MpcError::Cofactor { found, max } => Self::Limit {
                what: "mpc cofactor",
                max: max.into(),
                found: found.into(),
            },
            MpcError::Position { .. } => Self::Invalid {
                what: "an mpc proof of this protocol",
            },
        }
    }
}
