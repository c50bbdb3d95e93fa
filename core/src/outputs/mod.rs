//! The outputs of an operation: a Merkle aggregate tree per owned type (PROTOCOL.md §4.3).

mod leaf;
mod nodes;
mod pruned;
mod pruned_tree;
mod tree;
mod views;
mod whole;

use std::collections::BTreeMap;

use amplify::confinement::Confined;

pub use self::leaf::Leaf;
pub use self::nodes::AmountTree;
pub(crate) use self::pruned::refused;
pub use self::pruned::{Pruned, PrunedError, Sibling};
pub use self::tree::Root;
pub use self::views::NotOneOperation;
pub(crate) use self::whole::overflow;
pub use self::whole::{AmountOverflow, Amounts, DataLeaves, RightLeaves, TokenLeaves};
use crate::codec::{Decode, DecodeError, Encode, Reader, put_length};
use crate::limits::OWNED_TYPES;
use crate::seal::AssignedSeal;
use crate::state::{State, StateKind};

/// Marks the pruned form in the kind byte.
pub(crate) const PRUNED: u8 = 0x80;

/// The leaves of one owned type: one list of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Leaves {
    /// Amounts, all shown.
    Amount(Amounts),
    /// Amounts, some shown, the rest as hashes with their sums.
    Pruned(Pruned),
    /// Tokens.
    Token(TokenLeaves),
    /// Rights.
    Right(RightLeaves),
    /// Data.
    Data(DataLeaves),
}

/// One shown leaf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Its number in the list.
    pub index: u32,
    /// Its state.
    pub state: State,
    /// Its seal.
    pub seal: AssignedSeal,
}

impl Leaves {
    /// Reads the first byte of a list: its kind, and whether it is pruned, which only amounts can be.
    pub(crate) fn read_kind(reader: &mut Reader<'_>) -> Result<(StateKind, bool), DecodeError> {
        let (what, tag) = (
            "kind of an output list",
            reader.u8("kind of an output list")?,
        );
        let Some(kind) = StateKind::from_number(tag & !PRUNED) else {
            return Err(DecodeError::value(what, "0 to 3, or 128", tag));
        };
        let pruned = tag & PRUNED != 0;
        if pruned && kind != StateKind::Amount {
            let expected = "a whole list: only amounts can be pruned";
            let what = "pruned output list";
            return Err(DecodeError::value(what, expected, kind.name()));
        }
        Ok((kind, pruned))
    }

    /// The kind of every leaf.
    pub const fn kind(&self) -> StateKind {
        match self {
            Self::Amount(_) | Self::Pruned(_) => StateKind::Amount,
            Self::Token(_) => StateKind::Token,
            Self::Right(_) => StateKind::Right,
            Self::Data(_) => StateKind::Data,
        }
    }

    /// The number of leaves, shown or not.
    pub fn count(&self) -> u32 {
        match self {
            Self::Amount(amounts) => tree::count(amounts.leaves()),
            Self::Pruned(pruned) => pruned.count(),
            Self::Token(leaves) => tree::count(leaves),
            Self::Right(leaves) => tree::count(leaves),
            Self::Data(leaves) => tree::count(leaves),
        }
    }

    /// The sum of the amounts, shown or not, in smallest units; 0 for other kinds.
    pub const fn aggregate(&self) -> u64 {
        match self {
            Self::Amount(amounts) => amounts.sum(),
            Self::Pruned(pruned) => pruned.sum(),
            _ => 0,
        }
    }

    /// The root of the tree, with aggregate and count.
    pub fn root(&self) -> Root {
        match self {
            Self::Amount(amounts) => tree::whole_root(amounts.leaves()),
            Self::Pruned(pruned) => pruned.root(),
            Self::Token(leaves) => tree::whole_root(leaves),
            Self::Right(leaves) => tree::whole_root(leaves),
            Self::Data(leaves) => tree::whole_root(leaves),
        }
    }

    /// The leaves that are shown, in order.
    pub fn shown(&self) -> Box<dyn Iterator<Item = Shown> + '_> {
        match self {
            Self::Amount(amounts) => whole::shown(amounts.leaves()),
            Self::Pruned(pruned) => pruned.shown(),
            Self::Token(leaves) => whole::shown(leaves),
            Self::Right(leaves) => whole::shown(leaves),
            Self::Data(leaves) => whole::shown(leaves),
        }
    }
}

/// The outputs by owned type; a type without outputs is absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outputs(pub Confined<BTreeMap<u16, Leaves>, 0, OWNED_TYPES>);

impl Outputs {
    /// The shown leaves of all types with their type, in order.
    pub fn shown(&self) -> impl Iterator<Item = (u16, Shown)> + '_ {
        self.0
            .iter()
            .flat_map(|(ty, leaves)| leaves.shown().map(|shown| (*ty, shown)))
    }

    /// What the operation id commits to: (type, kind, root, aggregate, count), ascending by type.
    pub(crate) fn commit_to(&self, out: &mut Vec<u8>) {
        put_length(out, self.0.len(), OWNED_TYPES);
        for (ty, leaves) in &self.0 {
            let root = leaves.root();
            out.extend_from_slice(&ty.to_le_bytes());
            out.push(leaves.kind().number());
            out.extend_from_slice(&root.hash);
            out.extend_from_slice(&root.aggregate.to_le_bytes());
            out.extend_from_slice(&root.count.to_le_bytes());
        }
    }
}

impl Encode for Leaves {
    fn encode_to(&self, out: &mut Vec<u8>) {
        let kind = self.kind().number();
        match self {
            Self::Amount(amounts) => {
                out.push(kind);
                amounts.leaves().encode_to(out);
            }
            Self::Pruned(pruned) => {
                out.push(kind | PRUNED);
                pruned.encode_to(out);
            }
            Self::Token(leaves) => {
                out.push(kind);
                leaves.encode_to(out);
            }
            Self::Right(leaves) => {
                out.push(kind);
                leaves.encode_to(out);
            }
            Self::Data(leaves) => {
                out.push(kind);
                leaves.encode_to(out);
            }
        }
    }
}

impl Decode for Leaves {
    const NAME: &'static str = "outputs of one type";
    const MIN_BYTES: usize = 4;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match Self::read_kind(reader)? {
            (StateKind::Amount, true) => Pruned::decode_from(reader).map(Self::Pruned),
            (StateKind::Amount, false) => Amounts::decode_from(reader).map(Self::Amount),
            (StateKind::Token, _) => TokenLeaves::decode_from(reader).map(Self::Token),
            (StateKind::Right, _) => RightLeaves::decode_from(reader).map(Self::Right),
            (StateKind::Data, _) => DataLeaves::decode_from(reader).map(Self::Data),
        }
    }
}

impl Encode for Outputs {
    fn encode_to(&self, out: &mut Vec<u8>) {
        put_length(out, self.0.len(), OWNED_TYPES);
        for (ty, leaves) in &self.0 {
            out.extend_from_slice(&ty.to_le_bytes());
            leaves.encode_to(out);
        }
    }
}

impl Decode for Outputs {
    const NAME: &'static str = "outputs";
    const MIN_BYTES: usize = 1;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length("owned types with outputs", 0, OWNED_TYPES)?;
        let mut types = BTreeMap::new();
        for _ in 0..length {
            let ty = reader.u16("owned type")?;
            if types.last_key_value().is_some_and(|(last, _)| *last >= ty) {
                return Err(DecodeError::not_canonical(
                    "owned types of outputs do not ascend",
                ));
            }
            types.insert(ty, Leaves::decode_from(reader)?);
        }
        let found = types.len() as u64;
        let types = Confined::try_from(types).map_err(|_| DecodeError::Limit {
            what: "owned types with outputs",
            min: 0,
            max: OWNED_TYPES as u64,
            found,
        })?;
        Ok(Self(types))
    }
}
