//! What a delta builds on: leaves that the receiver has proven before (PROTOCOL.md §8.4).

use amplify::confinement::Confined;
use bitcoin::Txid;
use bitcoin::hashes::Hash;

use crate::codec::{Decode, DecodeError, Encode, Reader, confine};
use crate::limits::BASE_ENTRIES;
use crate::operation::Input;

/// A leaf as the receiver proved it: of this operation in this witness.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BaseEntry {
    /// The leaf.
    pub leaf: Input,
    /// The witness of its operation; all zero for a genesis.
    pub witness: Txid,
}

/// The leaves that a delta builds on, strictly ascending, at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base(pub Confined<Vec<BaseEntry>, 1, BASE_ENTRIES>);

impl Base {
    /// Sorts entries.
    ///
    /// # Errors
    /// If there are none, or too many.
    pub fn new(entries: impl IntoIterator<Item = BaseEntry>) -> Result<Self, DecodeError> {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_unstable();
        entries.dedup();
        confine(BaseEntry::NAME, entries).map(Self)
    }
}

impl Encode for BaseEntry {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.leaf.encode_to(out);
        out.extend_from_slice(self.witness.as_byte_array());
    }
}

impl Decode for BaseEntry {
    const NAME: &'static str = "entries of a base frame";
    const MIN_BYTES: usize = 70;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let leaf = Input::decode_from(reader)?;
        Ok(Self {
            leaf,
            witness: Txid::from_byte_array(reader.array("witness of a base entry")?),
        })
    }
}

impl Encode for Base {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.0.encode_to(out);
    }
}

impl Decode for Base {
    const NAME: &'static str = "base frame";
    const MIN_BYTES: usize = 72;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let entries: Confined<Vec<BaseEntry>, 1, BASE_ENTRIES> = Confined::decode_from(reader)?;
        if entries
            .iter()
            .zip(entries.iter().skip(1))
            .any(|(a, b)| a >= b)
        {
            return Err(DecodeError::not_canonical(
                "entries of a base frame do not ascend",
            ));
        }
        Ok(Self(entries))
    }
}
