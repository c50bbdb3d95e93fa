//! What is known of a contract, to be handed over.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::Txid;
use bulla_core::OperationId;
use bulla_core::anchor::Anchor;
use bulla_core::bundle::BundleProof;
use bulla_core::frame::{BaseEntry, BlockProof, Signatures};
use bulla_core::header::Header;
use bulla_core::operation::{Input, Transition};
use bulla_core::witness::Witness;

/// A transition as it is known best, and where it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperationRecord {
    /// The transition: every leaf and seal that is known is shown.
    pub transition: Transition,
    /// The order in which the wallet learned of it.
    pub seq: u64,
    /// The witness to show it in: the one that counts, or the one being prepared.
    pub witness: Txid,
    /// Signatures beside it in that witness.
    pub signatures: Signatures,
}

/// What one contract does in one witness, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnchorRecord {
    /// The transaction.
    pub witness: Witness,
    /// From the bundle to the transaction.
    pub anchor: Anchor,
    /// The bundle, over the inputs of `operations`.
    pub bundle: BundleProof,
    /// Every known operation of the bundle with its inputs.
    pub operations: BTreeMap<OperationId, Vec<Input>>,
}

/// What is known of one contract: at least the history of what is handed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Records {
    /// Schema and genesis; every leaf and seal of it that is known is shown.
    pub header: Header,
    /// Transitions.
    pub operations: BTreeMap<OperationId, OperationRecord>,
    /// Witnesses.
    pub anchors: BTreeMap<Txid, AnchorRecord>,
    /// Where witnesses were mined, by our own headers.
    pub proofs: BTreeMap<Txid, BlockProof>,
    /// What a delta builds on; empty: the history is whole.
    pub base: BTreeSet<BaseEntry>,
    /// An operation of the history whose transaction is nowhere now, so that it is not in `operations`, nor is
    /// what builds on it.
    pub taken_back: Option<TakenBack>,
}

/// An operation whose transaction the chain took back, and the mempool does not hold.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct TakenBack {
    /// The operation.
    pub operation: OperationId,
    /// The transaction.
    pub witness: Txid,
}

impl Records {
    /// Of these operations, those that do not lie behind the base.
    pub(in crate::assets) fn shown(&self, mut operations: Vec<OperationId>) -> Vec<OperationId> {
        let proven = |operation| {
            self.base
                .iter()
                .any(|entry| entry.leaf.operation == operation)
        };
        operations.retain(|operation| !proven(*operation));
        operations
    }
}
