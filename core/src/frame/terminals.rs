//! What a consignment hands over (PROTOCOL.md §8.6).

use amplify::confinement::Confined;

use super::ascend;
use crate::OperationId;
use crate::codec::{Decode, DecodeError, Encode, Reader, confine};
use crate::limits;
use crate::operation::Input;
use crate::wire::varint;

/// One thing handed over.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Terminal {
    /// A leaf that is open after the last frame.
    Leaf(Input),
    /// An operation shown as evidence, such as a burn, which may have no leaf.
    Evidence(OperationId),
}

/// The terminals, strictly ascending; empty only in a contract file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Terminals(pub Confined<Vec<Terminal>, 0, { limits::TERMINALS }>);

impl Terminals {
    /// Sorts terminals.
    ///
    /// # Errors
    /// If there are too many.
    pub fn new(terminals: impl IntoIterator<Item = Terminal>) -> Result<Self, DecodeError> {
        let mut terminals: Vec<_> = terminals.into_iter().collect();
        terminals.sort_unstable();
        terminals.dedup();
        confine(Terminal::NAME, terminals).map(Self)
    }
}

impl Encode for Terminal {
    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Leaf(input) => {
                out.push(0);
                input.encode_to(out);
            }
            Self::Evidence(operation) => {
                out.push(1);
                operation.encode_to(out);
            }
        }
    }
}

impl Decode for Terminal {
    const NAME: &'static str = "terminals";
    const MIN_BYTES: usize = 33;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("tag of a terminal")? {
            0 => Input::decode_from(reader).map(Self::Leaf),
            1 => OperationId::decode_from(reader).map(Self::Evidence),
            tag => Err(DecodeError::value("tag of a terminal", "0 or 1", tag)),
        }
    }
}

impl Encode for Terminals {
    fn encode_to(&self, out: &mut Vec<u8>) {
        varint::put_count(out, self.0.len());
        for terminal in &self.0 {
            terminal.encode_to(out);
        }
    }
}

impl Decode for Terminals {
    const NAME: &'static str = "terminals frame";
    const MIN_BYTES: usize = 1;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (what, limits) = (Terminal::NAME, (0, limits::TERMINALS));
        let list = reader.items(what, limits, Terminal::MIN_BYTES, Terminal::decode_from)?;
        if !ascend(list.iter()) {
            return Err(DecodeError::not_canonical("terminals do not ascend"));
        }
        confine(what, list).map(Self)
    }
}
