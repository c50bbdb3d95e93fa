//! What an allocation holds (PROTOCOL.md §4.2).

use amplify::confinement::Confined;

use crate::codec::{Decode, DecodeError, Encode, Reader, put_blob};
use crate::limits::DATA_BYTES;

/// The kinds of state; the leaves of one owned type are all of one kind.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum StateKind {
    /// A number of smallest units.
    Amount = 0,
    /// A fraction of a numbered token.
    Token = 1,
    /// A right without a value.
    Right = 2,
    /// Bytes.
    Data = 3,
}

impl StateKind {
    /// The kind with this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Amount),
            1 => Some(Self::Token),
            2 => Some(Self::Right),
            3 => Some(Self::Data),
            _ => None,
        }
    }

    /// Its number on the wire.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Its name in schema files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Token => "token",
            Self::Right => "right",
            Self::Data => "data",
        }
    }
}

/// A fraction of a numbered token.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token {
    /// The number of the token.
    pub id: u32,
    /// The fraction; a leaf of fraction 0 makes its operation invalid.
    pub fraction: u64,
}

/// Bytes of a Data state.
pub type DataBytes = Confined<Vec<u8>, 0, DATA_BYTES>;

/// The state of one allocation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// A number of smallest units of the asset.
    Amount(u64),
    /// A fraction of a token.
    Token(Token),
    /// A right.
    Right,
    /// Bytes.
    Data(DataBytes),
}

impl State {
    /// Its kind.
    pub const fn kind(&self) -> StateKind {
        match self {
            Self::Amount(_) => StateKind::Amount,
            Self::Token(_) => StateKind::Token,
            Self::Right => StateKind::Right,
            Self::Data(_) => StateKind::Data,
        }
    }

    /// The amount in smallest units, 0 for other kinds.
    pub const fn amount(&self) -> u64 {
        match self {
            Self::Amount(amount) => *amount,
            _ => 0,
        }
    }
}

impl Encode for Token {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&self.fraction.to_le_bytes());
    }
}

impl Decode for Token {
    const NAME: &'static str = "token";
    const MIN_BYTES: usize = 12;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: reader.u32("token id")?,
            fraction: reader.u64("token fraction")?,
        })
    }
}

/// The state of a leaf, without its kind: the kind stands once for a list.
pub(crate) trait LeafState: Sized {
    /// The kind of the list.
    const KIND: StateKind;
    /// The least number of bytes one takes.
    const MIN_BYTES: usize;

    fn put(&self, out: &mut Vec<u8>);
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
    fn state(&self) -> State;
    /// What the leaf adds to the aggregate of its list.
    fn aggregate(&self) -> u64 {
        0
    }
}

impl LeafState for u64 {
    const KIND: StateKind = StateKind::Amount;
    const MIN_BYTES: usize = 8;

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u64("amount")
    }

    fn state(&self) -> State {
        State::Amount(*self)
    }

    fn aggregate(&self) -> u64 {
        *self
    }
}

impl LeafState for Token {
    const KIND: StateKind = StateKind::Token;
    const MIN_BYTES: usize = <Self as Decode>::MIN_BYTES;

    fn put(&self, out: &mut Vec<u8>) {
        self.encode_to(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::decode_from(reader)
    }

    fn state(&self) -> State {
        State::Token(*self)
    }
}

impl LeafState for () {
    const KIND: StateKind = StateKind::Right;
    const MIN_BYTES: usize = 0;

    fn put(&self, _: &mut Vec<u8>) {}

    fn read(_: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(())
    }

    fn state(&self) -> State {
        State::Right
    }
}

impl LeafState for DataBytes {
    const KIND: StateKind = StateKind::Data;
    const MIN_BYTES: usize = 2;

    fn put(&self, out: &mut Vec<u8>) {
        put_blob(out, self, DATA_BYTES);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.blob("data state", 0, DATA_BYTES)?;
        crate::codec::confine("data state", bytes.to_vec())
    }

    fn state(&self) -> State {
        State::Data(self.clone())
    }
}
