//! The pruned form: some leaves of an Amount type, the rest as subtrees with their sums.

use amplify::confinement::Confined;

use super::tree::{Root, join, left_count};
use super::whole::overflow;
use super::{Leaf, Shown};
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::limits::AMOUNT_LEAVES;
use crate::seal::AssignedSeal;
use crate::state::State;

/// A subtree that is not shown; its count follows from its place.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sibling {
    /// Hash of the subtree's node.
    pub hash: [u8; 32],
    /// Sum of its amounts in smallest units.
    pub amount: u64,
}

type ShownLeaves = Confined<Vec<(u32, Leaf<u64>)>, 0, AMOUNT_LEAVES>;
type Siblings = Confined<Vec<Sibling>, 1, AMOUNT_LEAVES>;

/// Some leaves of a tree, and the largest subtrees without a shown leaf, from left to right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pruned {
    count: u32,
    shown: ShownLeaves,
    siblings: Siblings,
    sum: u64,
}

/// Why parts are not a pruned tree.
#[derive(Copy, Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PrunedError {
    /// The tree is empty or too large.
    #[error("a pruned tree of {found} leaves; expected 1 to {AMOUNT_LEAVES}")]
    Count {
        /// Leaves claimed.
        found: u32,
    },
    /// Numbers of shown leaves do not ascend, or are beyond the tree.
    #[error("numbers of shown leaves do not ascend below {count}")]
    Order {
        /// Leaves of the tree.
        count: u32,
    },
    /// Everything is shown: that is the whole form.
    #[error("all {count} leaves are shown in pruned form; expected the whole form")]
    Whole {
        /// Leaves of the tree.
        count: u32,
    },
    /// The number of siblings does not fit the shape.
    #[error("{found} siblings; the shape of the tree needs {expected}")]
    Siblings {
        /// Siblings given.
        found: usize,
        /// Siblings that the shape needs.
        expected: usize,
    },
    /// The sum exceeds 64 bits.
    #[error("the sum of the amounts of one owned type exceeds 2^64 - 1")]
    Overflow,
}

impl Pruned {
    /// A pruned tree of `count` leaves.
    ///
    /// # Errors
    /// If the parts do not fit each other, or the sum exceeds 64 bits.
    pub fn new(count: u32, shown: ShownLeaves, siblings: Siblings) -> Result<Self, PrunedError> {
        if count == 0 || count as usize > AMOUNT_LEAVES {
            return Err(PrunedError::Count { found: count });
        }
        let ascend = shown
            .iter()
            .zip(shown.iter().skip(1))
            .all(|((a, _), (b, _))| a < b);
        if !ascend || shown.last().is_some_and(|(index, _)| *index >= count) {
            return Err(PrunedError::Order { count });
        }
        if shown.len() == count as usize {
            return Err(PrunedError::Whole { count });
        }
        let expected = siblings_needed(0, count, &shown);
        if siblings.len() != expected {
            return Err(PrunedError::Siblings {
                found: siblings.len(),
                expected,
            });
        }
        let amounts = shown.iter().map(|(_, leaf)| leaf.state);
        let sum = amounts
            .chain(siblings.iter().map(|sibling| sibling.amount))
            .try_fold(0_u64, u64::checked_add)
            .ok_or(PrunedError::Overflow)?;
        Ok(Self {
            count,
            shown,
            siblings,
            sum,
        })
    }

    /// The number of leaves, shown or not.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The sum of all amounts in smallest units.
    pub const fn sum(&self) -> u64 {
        self.sum
    }

    /// The shown leaves with their numbers.
    pub fn leaves(&self) -> &[(u32, Leaf<u64>)] {
        &self.shown
    }

    /// The subtrees that are not shown, from left to right.
    pub fn siblings(&self) -> &[Sibling] {
        &self.siblings
    }

    pub(super) fn shown(&self) -> Box<dyn Iterator<Item = Shown> + '_> {
        Box::new(self.shown.iter().map(|(index, leaf)| Shown {
            index: *index,
            state: State::Amount(leaf.state),
            seal: leaf.seal,
        }))
    }

    /// Changes how seals are shown; the leaves stay the same.
    pub(super) fn map_seals(&mut self, seal: &impl Fn(u32, &AssignedSeal) -> AssignedSeal) {
        for (index, leaf) in &mut self.shown {
            leaf.seal = seal(*index, &leaf.seal);
        }
    }

    pub(super) fn root(&self) -> Root {
        self.fold(
            &mut super::leaf::node,
            &mut |hidden| hidden,
            &mut |left, right| join(&left, &right),
        )
    }

    /// Walks the tree from its leaves and hidden subtrees up.
    pub(super) fn fold<T>(
        &self,
        leaf: &mut impl FnMut(&Leaf<u64>) -> T,
        hidden: &mut impl FnMut(Root) -> T,
        inner: &mut impl FnMut(T, T) -> T,
    ) -> T {
        let mut siblings = self.siblings.iter();
        let mut walk = Walk {
            siblings: &mut siblings,
            leaf,
            hidden,
            inner,
        };
        walk.subtree(0, self.count, &self.shown)
    }
}

/// A walk over a pruned tree; depth is at most 20.
struct Walk<'w, 'p, L, H, I> {
    siblings: &'w mut std::slice::Iter<'p, Sibling>,
    leaf: &'w mut L,
    hidden: &'w mut H,
    inner: &'w mut I,
}

impl<L, H, I> Walk<'_, '_, L, H, I> {
    fn subtree<T>(&mut self, start: u32, count: u32, shown: &[(u32, Leaf<u64>)]) -> T
    where
        L: FnMut(&Leaf<u64>) -> T,
        H: FnMut(Root) -> T,
        I: FnMut(T, T) -> T,
    {
        match (shown, count) {
            ([], _) => {
                // `new` counted the siblings, so one is there.
                let none = Sibling {
                    hash: [0; 32],
                    amount: 0,
                };
                let Sibling { hash, amount } = self.siblings.next().copied().unwrap_or(none);
                (self.hidden)(Root {
                    hash,
                    aggregate: amount,
                    count,
                })
            }
            ([(_, leaf), ..], 1) => (self.leaf)(leaf),
            _ => {
                let (middle, at) = split(start, count, shown);
                let (left, right) = shown.split_at(at);
                let left = self.subtree(start, middle, left);
                let right = self.subtree(start + middle, count - middle, right);
                (self.inner)(left, right)
            }
        }
    }
}

/// Splits the leaves of a subtree that begins at `start` at the start of its right half.
fn split(start: u32, count: u32, shown: &[(u32, Leaf<u64>)]) -> (u32, usize) {
    let middle = left_count(count);
    (
        middle,
        shown.partition_point(|(index, _)| *index < start.saturating_add(middle)),
    )
}

fn siblings_needed(start: u32, count: u32, shown: &[(u32, Leaf<u64>)]) -> usize {
    match (shown, count) {
        ([], _) => 1,
        (_, 1) => 0,
        _ => {
            let (middle, at) = split(start, count, shown);
            let (left, right) = shown.split_at(at);
            siblings_needed(start, middle, left)
                + siblings_needed(start + middle, count - middle, right)
        }
    }
}

impl Encode for Sibling {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hash);
        out.extend_from_slice(&self.amount.to_le_bytes());
    }
}

impl Decode for Sibling {
    const NAME: &'static str = "siblings of a pruned tree";
    const MIN_BYTES: usize = 40;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            hash: reader.array("hash of a sibling")?,
            amount: reader.u64("sum of a sibling")?,
        })
    }
}

impl Encode for (u32, Leaf<u64>) {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_le_bytes());
        self.1.encode_to(out);
    }
}

impl Decode for (u32, Leaf<u64>) {
    const NAME: &'static str = "shown leaves of a pruned tree";
    const MIN_BYTES: usize = 4 + <Leaf<u64> as Decode>::MIN_BYTES;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((reader.u32("number of a leaf")?, Leaf::decode_from(reader)?))
    }
}

impl Encode for Pruned {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.count.to_le_bytes());
        self.shown.encode_to(out);
        self.siblings.encode_to(out);
    }
}

impl Decode for Pruned {
    const NAME: &'static str = "pruned tree";
    const MIN_BYTES: usize = 10;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.u32("leaves of a pruned tree")?;
        if count == 0 || count as usize > AMOUNT_LEAVES {
            let max = AMOUNT_LEAVES as u64;
            let what = "leaves of a pruned tree";
            return Err(DecodeError::Limit {
                what,
                min: 1,
                max,
                found: count.into(),
            });
        }
        let shown: ShownLeaves = Confined::decode_from(reader)?;
        let siblings: Siblings = Confined::decode_from(reader)?;
        Self::new(count, shown, siblings).map_err(refused)
    }
}

/// What parts that do not fit each other are to a decoder.
pub(crate) fn refused(error: PrunedError) -> DecodeError {
    match error {
        PrunedError::Overflow => overflow(),
        PrunedError::Whole { .. } => {
            DecodeError::not_canonical("every leaf is shown in pruned form")
        }
        PrunedError::Order { .. } => {
            DecodeError::not_canonical("numbers of shown leaves do not ascend below the count")
        }
        other => DecodeError::value("pruned tree", "siblings that fit its shape", other),
    }
}
