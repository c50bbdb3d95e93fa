//! Lists of leaves that are shown whole.

use amplify::confinement::Confined;

use super::{Leaf, Shown};
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::limits::{AMOUNT_LEAVES, OTHER_LEAVES};
use crate::seal::AssignedSeal;
use crate::state::{DataBytes, LeafState, Token};

/// Leaves of a Token type.
pub type TokenLeaves = Confined<Vec<Leaf<Token>>, 1, OTHER_LEAVES>;
/// Leaves of a Right type.
pub type RightLeaves = Confined<Vec<Leaf<()>>, 1, OTHER_LEAVES>;
/// Leaves of a Data type.
pub type DataLeaves = Confined<Vec<Leaf<DataBytes>>, 1, OTHER_LEAVES>;

type AmountList = Confined<Vec<Leaf<u64>>, 1, AMOUNT_LEAVES>;

/// A list of amounts whose sum exceeds 64 bits: it has no encoding.
#[derive(Copy, Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the sum of the amounts of one owned type exceeds 2^64 - 1")]
pub struct AmountOverflow;

/// Leaves of an Amount type; their sum fits 64 bits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Amounts {
    leaves: AmountList,
    sum: u64,
}

impl Amounts {
    /// A list of amounts.
    ///
    /// # Errors
    /// If the sum exceeds 64 bits.
    pub fn new(leaves: AmountList) -> Result<Self, AmountOverflow> {
        let sum = leaves
            .iter()
            .try_fold(0_u64, |sum, leaf| sum.checked_add(leaf.state))
            .ok_or(AmountOverflow)?;
        Ok(Self { leaves, sum })
    }

    /// The leaves.
    pub fn leaves(&self) -> &AmountList {
        &self.leaves
    }

    /// Changes how seals are shown; the leaves stay the same.
    pub(super) fn map_seals(&mut self, seal: &impl Fn(u32, &AssignedSeal) -> AssignedSeal) {
        super::views::map_list(&mut self.leaves, seal);
    }

    /// Their sum in smallest units.
    pub const fn sum(&self) -> u64 {
        self.sum
    }
}

impl Decode for Amounts {
    const NAME: &'static str = "amounts";
    const MIN_BYTES: usize = 3;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::new(Confined::decode_from(reader)?).map_err(|_| overflow())
    }
}

pub(crate) fn overflow() -> DecodeError {
    DecodeError::value(
        "sum of the amounts of one owned type",
        "at most 2^64 - 1",
        "more",
    )
}

impl Encode for Amounts {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.leaves.encode_to(out);
    }
}

pub(super) fn shown<S: LeafState>(leaves: &[Leaf<S>]) -> Box<dyn Iterator<Item = Shown> + '_> {
    Box::new((0..).zip(leaves).map(|(index, leaf)| Shown {
        index,
        state: leaf.state.state(),
        seal: leaf.seal,
    }))
}
