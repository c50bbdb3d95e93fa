//! Where a witness was mined, as a Merkle branch: a hint beside the history (PROTOCOL.md §8.3).

use amplify::confinement::Confined;

use crate::codec::{Decode, DecodeError, Encode, Reader, put_length};
use crate::limits::BRANCH;

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
        out.extend_from_slice(&self.height.to_le_bytes());
        out.extend_from_slice(&self.position.to_le_bytes());
        put_length(out, self.branch.len(), BRANCH);
        for hash in &self.branch {
            out.extend_from_slice(hash);
        }
    }
}

impl Decode for BlockProof {
    const NAME: &'static str = "block proof";
    const MIN_BYTES: usize = 9;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let height = reader.u32("height of a block proof")?;
        let position = reader.u32("position of a block proof")?;
        let length = reader.length("branch of a block proof", 0, BRANCH)?;
        let mut branch = Confined::<Vec<[u8; 32]>, 0, BRANCH>::default();
        for _ in 0..length {
            let hash = reader.array("branch of a block proof")?;
            // `length` is within the bound.
            let _ = branch.push(hash);
        }
        Ok(Self {
            height,
            position,
            branch,
        })
    }
}
