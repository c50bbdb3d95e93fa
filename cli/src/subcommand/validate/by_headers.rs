//! Where witnesses stand by a file of headers and the block proofs beside them, each of which is looked at
//! when it comes and not kept.

use std::collections::BTreeMap;

use bitcoin::Txid;
use bulla_core::frame::BlockProof;
use bulla_core::headers::{HeaderChain, ProofError, Unproven};
use bulla_core::validator::{Position, Positions, Sought};

/// Most witnesses without a proof that are named.
const MAX_NOTES: usize = 10;

/// A header chain, and what proofs have shown in it.
pub struct ByHeaders {
    /// The chain, which reaches the checkpoint of its network.
    pub chain: HeaderChain,
    found: BTreeMap<Txid, Result<Position, ProofError>>,
}

impl ByHeaders {
    /// By this chain, before any proof.
    pub const fn new(chain: HeaderChain) -> Self {
        Self {
            chain,
            found: BTreeMap::new(),
        }
    }

    /// Looks at a proof.
    pub fn take(&mut self, witness: Txid, proof: &BlockProof) {
        let position = self.chain.position(witness, proof);
        self.found.insert(witness, position);
    }

    /// Where these stand: what is not proven is absent.
    pub fn positions(&self, sought: &[Sought]) -> Positions {
        let position = |one: &Sought| match self.found.get(&one.txid) {
            Some(Ok(position)) => *position,
            Some(Err(_)) | None => Position::Absent,
        };
        Positions {
            tip: self.chain.height(),
            list: sought.iter().map(position).collect(),
        }
    }

    /// What people have to know of those that are not proven.
    pub fn notes(&self, sought: &[Sought]) -> Vec<String> {
        let unproven = sought.iter().filter_map(|one| {
            let reason = match self.found.get(&one.txid) {
                Some(Ok(_)) => return None,
                Some(Err(cause)) => Unproven::Ignored(cause.clone()),
                None => Unproven::Missing,
            };
            Some(format!("witness {}: {reason}", one.txid))
        });
        unproven.take(MAX_NOTES).collect()
    }
}
