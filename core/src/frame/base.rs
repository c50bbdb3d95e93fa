//! What a delta builds on: leaves that the receiver has proven before (PROTOCOL.md §8.5).

use amplify::confinement::Confined;
use bitcoin::Txid;
use bitcoin::hashes::Hash;

use super::ascend;
use crate::codec::{Decode, DecodeError, Encode, Reader, confine};
use crate::limits::BASE_ENTRIES;
use crate::operation::Input;
use crate::seal::Seal;
use crate::wire::{seal, varint};

/// A leaf as the receiver proved it: of this transition in this witness. Leaves of a genesis are
/// shown in the header.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BaseEntry {
    /// The leaf.
    pub leaf: Input,
    /// The witness of its operation.
    pub witness: Txid,
    /// Its seal; none if it is not revealed.
    pub seal: Option<Seal>,
}

/// The leaves that a delta builds on, strictly ascending, at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base(pub Confined<Vec<BaseEntry>, 1, BASE_ENTRIES>);

impl Base {
    /// Sorts entries; of several for one leaf the first of the lowest witness stays.
    ///
    /// # Errors
    /// If there are none, or too many.
    pub fn new(entries: impl IntoIterator<Item = BaseEntry>) -> Result<Self, DecodeError> {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_unstable();
        entries.dedup_by_key(|entry| entry.leaf);
        confine(BaseEntry::NAME, entries).map(Self)
    }
}

impl Encode for BaseEntry {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.leaf.encode_to(out);
        out.extend_from_slice(self.witness.as_byte_array());
        seal::put_option(out, self.seal.as_ref());
    }
}

impl Decode for BaseEntry {
    const NAME: &'static str = "entries of a base frame";
    const MIN_BYTES: usize = 71;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            leaf: Input::decode_from(reader)?,
            witness: Txid::from_byte_array(reader.array("witness of a base entry")?),
            seal: seal::read_option(reader)?,
        })
    }
}

impl Encode for Base {
    fn encode_to(&self, out: &mut Vec<u8>) {
        varint::put_count(out, self.0.len());
        for entry in &self.0 {
            entry.encode_to(out);
        }
    }
}

impl Decode for Base {
    const NAME: &'static str = "base frame";
    const MIN_BYTES: usize = 72;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (what, limits) = (BaseEntry::NAME, (1, BASE_ENTRIES));
        let entries = reader.items(what, limits, BaseEntry::MIN_BYTES, BaseEntry::decode_from)?;
        if !ascend(entries.iter().map(|entry| entry.leaf)) {
            let what = "leaves of a base frame do not ascend";
            return Err(DecodeError::not_canonical(what));
        }
        confine(what, entries).map(Self)
    }
}
