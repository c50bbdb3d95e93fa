//! What a source says is mined, against our own headers.

use bdk_wallet::chain::BlockId;
use bdk_wallet::rusqlite::{Connection, Transaction};
use bitcoin::Txid;
use bulla_core::frame::BlockProof;
use bulla_core::headers::{ProofError, check_proof};

use super::holds;
use crate::Error;
use crate::chain::{ChainSource, Positions, Sought, SourceError};
use crate::store::{StoreError, headers};

/// Asks where transactions are, and looks for the blocks that the answer rests on.
///
/// # Errors
/// [`SourceError::NotInChain`], and what else the source may answer.
pub(crate) fn positions(
    db: &Connection,
    source: &dyn ChainSource,
    sought: &[Sought],
) -> Result<Positions, Error> {
    let positions = source.positions(sought)?;
    require(db, source, positions.blocks.iter().copied())?;
    Ok(positions)
}

/// That our chain holds these blocks.
///
/// # Errors
/// [`SourceError::NotInChain`].
pub(crate) fn require(
    db: &Connection,
    source: &dyn ChainSource,
    blocks: impl IntoIterator<Item = BlockId>,
) -> Result<(), Error> {
    for block in blocks {
        if !holds(db, block)? {
            let BlockId { height, hash } = block;
            let (name, found) = (source.name(), hash);
            return Err(SourceError::NotInChain {
                name,
                height,
                found,
            }
            .into());
        }
    }
    Ok(())
}

/// Stores what a sender says of where a witness was mined, if our chain shows it.
pub(crate) fn take_hint(
    db: &Transaction<'_>,
    witness: Txid,
    hint: &BlockProof,
) -> Result<(), StoreError> {
    let header = headers::get(db, hint.height)?;
    if header.is_some_and(|header| check_proof(witness, hint, header.merkle_root).is_ok()) {
        headers::put_proof(db, witness, hint)?;
    }
    Ok(())
}

/// Has a checked block proof of each of these witnesses stored, which a source says are mined at these
/// heights: the one that is stored, or what the source answers. A node that has pruned the block gives none.
///
/// # Errors
/// [`SourceError::Unproven`] for a proof that shows nothing in our chain.
pub(crate) fn prove(
    db: &Transaction<'_>,
    source: &dyn ChainSource,
    mined: &[(Txid, u32)],
) -> Result<(), Error> {
    let mut asked = Vec::new();
    for (txid, height) in mined.iter().copied() {
        let block = Block::at(db, source, txid, height)?;
        let known = headers::proof(db, txid)?;
        if known.is_some_and(|proof| block.check(txid, &proof).is_ok()) {
            continue;
        }
        asked.push((txid, block));
    }
    if asked.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = asked
        .iter()
        .map(|(txid, block)| (*txid, block.id))
        .collect();
    let found = source.block_proofs(&ids)?;
    for ((txid, block), proof) in asked.into_iter().zip(found) {
        let Some(proof) = proof else { continue };
        block
            .check(txid, &proof)
            .map_err(|cause| unproven(source, txid, block.id.height, cause))?;
        headers::put_proof(db, txid, &proof)?;
    }
    Ok(())
}

/// A block of our chain.
struct Block {
    id: BlockId,
    root: bitcoin::TxMerkleNode,
}

impl Block {
    /// The block in which a transaction is said to be.
    fn at(
        db: &Connection,
        source: &dyn ChainSource,
        txid: Txid,
        height: u32,
    ) -> Result<Self, Error> {
        if let Some(header) = headers::get(db, height)? {
            let hash = header.block_hash();
            return Ok(Self {
                id: BlockId { height, hash },
                root: header.merkle_root,
            });
        }
        let end = |end: Option<(u32, _)>| end.map_or(0, |(height, _)| height);
        let (base, tip) = (end(headers::base(db)?), end(headers::tip(db)?));
        let cause = ProofError::Height { height, base, tip };
        Err(unproven(source, txid, height, cause))
    }

    fn check(&self, txid: Txid, proof: &BlockProof) -> Result<(), ProofError> {
        if proof.height != self.id.height {
            return Err(ProofError::OtherHeight {
                expected: self.id.height,
                found: proof.height,
            });
        }
        check_proof(txid, proof, self.root)
    }
}

fn unproven(source: &dyn ChainSource, txid: Txid, height: u32, cause: ProofError) -> Error {
    SourceError::Unproven {
        name: source.name(),
        txid,
        height,
        cause: Box::new(cause),
    }
    .into()
}
