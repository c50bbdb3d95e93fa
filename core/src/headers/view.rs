//! Where witnesses stand, by a header chain and block proofs alone.

use std::collections::BTreeMap;

use bitcoin::Txid;

use super::{HeaderChain, ProofError};
use crate::frame::BlockProof;
use crate::settle::{ChainView, Position, Positions, Sought};

/// A header chain, and the block proofs that a sender put beside his witnesses. What is not proven is
/// absent: headers show neither what waits nor a conflict.
#[derive(Copy, Clone, Debug)]
pub struct Proven<'a> {
    chain: &'a HeaderChain,
    proofs: &'a BTreeMap<Txid, BlockProof>,
}

/// Why a witness is not settled by its block proof. A note for people, never a verdict.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unproven {
    /// There is none.
    #[error("no block proof came with it")]
    Missing,
    /// It shows nothing in this chain.
    #[error("its block proof was ignored: {0}")]
    Ignored(ProofError),
}

impl<'a> Proven<'a> {
    /// By this chain and these proofs.
    pub const fn new(chain: &'a HeaderChain, proofs: &'a BTreeMap<Txid, BlockProof>) -> Self {
        Self { chain, proofs }
    }

    /// Where a witness stands.
    ///
    /// # Errors
    /// With what to tell people, if it is not proven.
    pub fn position(&self, txid: Txid) -> Result<Position, Unproven> {
        let proof = self.proofs.get(&txid).ok_or(Unproven::Missing)?;
        self.chain.position(txid, proof).map_err(Unproven::Ignored)
    }
}

impl ChainView for Proven<'_> {
    type Error = ProofError;

    fn positions(&self, sought: &[Sought]) -> Result<Positions, ProofError> {
        self.chain.reaches_checkpoint()?;
        let position = |one: &Sought| self.position(one.txid).unwrap_or(Position::Absent);
        Ok(Positions {
            tip: self.chain.height(),
            list: sought.iter().map(position).collect(),
        })
    }
}
