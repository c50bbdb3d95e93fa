//! Where a witness was mined, as a Merkle branch: a hint beside the history (PROTOCOL.md §8.4).

use amplify::confinement::Confined;

use crate::codec::{Decode, DecodeError, Encode, Reader, confine};
use crate::limits::BRANCH;
use crate::wire::varint;

/// The place of the witness of the frame before in a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockProof {
    /// Height of the block.
    pub height: u32,
    /// Number of the transaction in the block.
    pub position: u32,
    /// Siblings from the transaction up to the root.
    pub branch: Confined<Vec<[u8; 32]>, 0, BRANCH>,
}

impl Encode for BlockProof {
    fn encode_to(&self, out: &mut Vec<u8>) {
        varint::put(out, self.height);
        varint::put(out, self.position);
        varint::put_count(out, self.branch.len());
        for hash in &self.branch {
            out.extend_from_slice(hash);
        }
    }
}

impl Decode for BlockProof {
    const NAME: &'static str = "block proof";
    const MIN_BYTES: usize = 3;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let height = reader.number("height of a block proof")?;
        let position = reader.number("position of a block proof")?;
        let what = "branch of a block proof";
        let branch = reader.items(what, (0, BRANCH), 32, |reader| reader.array(what))?;
        Ok(Self {
            height,
            position,
            branch: confine(what, branch)?,
        })
    }
}
