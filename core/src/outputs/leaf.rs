//! One leaf of an output tree.

use super::tree::Root;
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::hash::tags;
use crate::seal::AssignedSeal;
use crate::state::LeafState;

/// A state and the seal that holds it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Leaf<S> {
    /// The state.
    pub state: S,
    /// Its seal.
    pub seal: AssignedSeal,
}

/// The leaf's node: hash of kind, state and secret seal.
pub(super) fn node<S: LeafState>(leaf: &Leaf<S>) -> Root {
    let mut message = Vec::with_capacity(41);
    message.push(S::KIND.number());
    leaf.state.put(&mut message);
    leaf.seal.conceal().encode_to(&mut message);
    let hash = tags::OUTPUT_LEAF.hash(&message);
    Root {
        hash,
        aggregate: leaf.state.aggregate(),
        count: 1,
    }
}

impl<S: LeafState> Encode for Leaf<S> {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.state.put(out);
        self.seal.encode_to(out);
    }
}

impl<S: LeafState> Decode for Leaf<S> {
    const NAME: &'static str = "leaves of one owned type";
    const MIN_BYTES: usize = S::MIN_BYTES + <AssignedSeal as Decode>::MIN_BYTES;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            state: S::read(reader)?,
            seal: AssignedSeal::decode_from(reader)?,
        })
    }
}
