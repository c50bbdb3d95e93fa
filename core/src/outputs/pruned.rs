//! The pruned form: some leaves of an Amount type, the rest as subtrees with their sums.

use amplify::confinement::Confined;

use super::tree::{Root, join, left_count};
use super::whole::overflow;
use super::{Amounts, Leaf, Shown};
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::limits::AMOUNT_LEAVES;
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

    /// Prunes a whole list down to the leaves with these numbers; none if all would be shown.
    pub fn of(amounts: &Amounts, keep: impl Fn(u32) -> bool) -> Option<Self> {
        let leaves = amounts.leaves();
        let shown: Vec<_> = (0..)
            .zip(leaves.iter())
            .filter(|(i, _)| keep(*i))
            .map(|(i, leaf)| (i, *leaf))
            .collect();
        let mut siblings = Vec::new();
        collect_siblings(0, leaves, &shown, &mut siblings);
        let shown = Confined::try_from(shown).ok()?;
        let siblings = Confined::try_from(siblings).ok()?;
        Self::new(super::tree::count(leaves), shown, siblings).ok()
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

    pub(super) fn root(&self) -> Root {
        let mut siblings = self.siblings.iter();
        walk(0, self.count, &self.shown, &mut siblings)
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

fn walk(
    start: u32,
    count: u32,
    shown: &[(u32, Leaf<u64>)],
    siblings: &mut std::slice::Iter<'_, Sibling>,
) -> Root {
    match (shown, count) {
        ([], _) => {
            // `new` counted the siblings, so one is there.
            let sibling = siblings.next().copied().unwrap_or(Sibling {
                hash: [0; 32],
                amount: 0,
            });
            Root {
                hash: sibling.hash,
                aggregate: sibling.amount,
                count,
            }
        }
        ([(_, leaf), ..], 1) => leaf.node(),
        _ => {
            let (middle, at) = split(start, count, shown);
            let (left, right) = shown.split_at(at);
            let left = walk(start, middle, left, siblings);
            join(
                &left,
                &walk(start + middle, count - middle, right, siblings),
            )
        }
    }
}

fn collect_siblings(
    start: u32,
    leaves: &[Leaf<u64>],
    shown: &[(u32, Leaf<u64>)],
    siblings: &mut Vec<Sibling>,
) {
    match (shown, leaves) {
        ([], _) => {
            let root = super::tree::whole_root(leaves);
            siblings.push(Sibling {
                hash: root.hash,
                amount: root.aggregate,
            });
        }
        (_, [_] | []) => {}
        _ => {
            let (middle, at) = split(start, super::tree::count(leaves), shown);
            let (left, right) = leaves.split_at((middle as usize).min(leaves.len()));
            let (shown_left, shown_right) = shown.split_at(at);
            collect_siblings(start, left, shown_left, siblings);
            collect_siblings(start + middle, right, shown_right, siblings);
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
        Self::new(count, shown, siblings).map_err(|error| match error {
            PrunedError::Overflow => overflow(),
            PrunedError::Whole { .. } => {
                DecodeError::not_canonical("every leaf is shown in pruned form")
            }
            PrunedError::Order { .. } => {
                DecodeError::not_canonical("numbers of shown leaves do not ascend below the count")
            }
            other => DecodeError::value("pruned tree", "siblings that fit its shape", other),
        })
    }
}
