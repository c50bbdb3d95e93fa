//! Verifier of multi-protocol commitments: LNPBP-4 as `commit_verify` and RGB run it, with
//! tighter limits (PROTOCOL.md §7.2).
//!
//! Why there is one message per protocol and transaction: a transaction carries one commitment,
//! which fixes depth and cofactor; they fix one slot per protocol; the tree fixes one leaf in it.

use bitcoin::hashes::HashEngine as _;
use thiserror::Error;

use super::Commitment;
use crate::codec::{Decode, DecodeError, Encode, Reader, objects};
use crate::hash::{finish, tags};
use crate::limits::{MPC_COFACTOR, MPC_DEPTH};

/// Depth of the smallest tree a builder makes, so that the depth does not tell how few contracts
/// there are.
pub const MIN_DEPTH: u8 = 3;

const LEAF_PREFIX: u8 = 0x10;
const DECOY_PREFIX: u8 = 0x11;
const BRANCH_PREFIX: u8 = 0x02;

const PATH: u8 = 0;
const ENTROPY: u8 = 1;

/// Why a proof gives no commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MpcError {
    /// The path is too long.
    #[error("mpc proof of depth {found}, expected at most {MPC_DEPTH}")]
    Depth {
        /// Length of the path.
        found: usize,
    },
    /// The cofactor is beyond [`MPC_COFACTOR`] or not below the width of the tree.
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
            .filter(|depth| *depth <= MPC_DEPTH)
            .map(|depth| Self { depth, cofactor })
            .ok_or(MpcError::Depth { found: depth })?;
        let below_width = u16::try_from(shape.width() - 1).unwrap_or(MPC_COFACTOR);
        let max = below_width.min(MPC_COFACTOR);
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
        let mut engine = tags::MPC_NODE.engine();
        engine.input(&[BRANCH_PREFIX, level]);
        engine.input(&self.width().to_le_bytes());
        engine.input(&[0; 28]);
        engine.input(left);
        engine.input(right);
        finish(engine)
    }

    /// The outer hash over depth, cofactor and root.
    pub(super) fn commitment(self, root: &[u8; 32]) -> Commitment {
        let mut engine = tags::MPC_COMMITMENT.engine();
        engine.input(&[self.depth]);
        engine.input(&self.cofactor.to_le_bytes());
        engine.input(root);
        Commitment::from_byte_array(finish(engine))
    }
}

/// Hash of a slot that holds a message.
pub(super) fn leaf(protocol: &[u8; 32], message: &[u8; 32]) -> [u8; 32] {
    let mut engine = tags::MPC_NODE.engine();
    engine.input(&[LEAF_PREFIX]);
    engine.input(protocol);
    engine.input(message);
    finish(engine)
}

/// Hash of a slot that holds none. Length and first byte keep it apart from [`leaf`].
pub(super) fn decoy(entropy: u64, slot: u32) -> [u8; 32] {
    let mut engine = tags::MPC_NODE.engine();
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
}

/// `le4(pos) || le2(cofactor) || len(1) || path`, the bytes of rgb-consensus. A proof beyond the
/// limits gives bytes that no decoder takes.
impl Encode for MpcProof {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend(self.pos.to_le_bytes());
        out.extend(self.cofactor.to_le_bytes());
        out.push(u8::try_from(self.path.len()).unwrap_or(u8::MAX));
        out.extend(self.path.as_flattened());
    }
}

/// Refuses a depth or cofactor beyond the limits before it reads the path.
impl Decode for MpcProof {
    const NAME: &'static str = "mpc proof";
    const MIN_BYTES: usize = 7;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let pos = reader.u32("mpc position")?;
        let cofactor = reader.u16("mpc cofactor")?;
        let depth = usize::from(reader.u8("mpc depth")?);
        Shape::new(depth, cofactor)?;
        let (path, _) = reader.take("mpc path", depth * 32)?.as_chunks::<32>();
        Ok(Self {
            pos,
            cofactor,
            path: path.to_vec(),
        })
    }
}

impl Encode for Proof {
    fn encode_to(&self, out: &mut Vec<u8>) {
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
}

impl Decode for Proof {
    const NAME: &'static str = "mpc proof of an anchor";
    const MIN_BYTES: usize = 8;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("form of an mpc proof")? {
            PATH => MpcProof::decode_from(reader).map(Self::Path),
            ENTROPY => reader.u64("mpc entropy").map(Self::Entropy),
            found => Err(DecodeError::value("form of an mpc proof", "0 or 1", found)),
        }
    }
}

impl From<MpcError> for DecodeError {
    fn from(error: MpcError) -> Self {
        match error {
            MpcError::Depth { found } => {
                Self::limit("mpc depth", 0, MPC_DEPTH.into(), found as u64)
            }
            MpcError::Cofactor { found, max } => {
                Self::limit("mpc cofactor", 0, max.into(), found.into())
            }
            MpcError::Position { .. } => Self::value("mpc proof", "one of this protocol", error),
        }
    }
}

objects!(MpcProof, Proof);
