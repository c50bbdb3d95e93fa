//! Why there is no consignment.

use bitcoin::Txid;
use bulla_core::bundle::BundleError;
use bulla_core::consignment::TooLarge;
use bulla_core::{DecodeError, OperationId};

/// Why there is no consignment. Those of what is missing mean that the own store is damaged.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConsignError {
    /// An operation of the history is not there.
    #[error(
        "operation {operation} of the history is missing in this wallet; restore a backup, or accept its consignment again"
    )]
    MissingOperation {
        /// The operation.
        operation: OperationId,
    },
    /// An operation of the history has no effect, for the time being.
    #[error(
        "transaction {witness} of the history is neither in the chain nor in the mempool, most likely since a reorganisation: nothing that builds on its operation {operation} can be handed over before it is there again"
    )]
    TakenBack {
        /// The operation.
        operation: OperationId,
        /// The transaction.
        witness: Txid,
    },
    /// A witness of the history is not there.
    #[error(
        "the anchor in transaction {witness} is missing in this wallet; restore a backup, or accept its consignment again"
    )]
    MissingAnchor {
        /// The witness.
        witness: Txid,
    },
    /// A consumed leaf whose seal is not known.
    #[error(
        "the seal of leaf {index} of operation {operation} is not known to this wallet; restore a backup, or accept its consignment again"
    )]
    MissingSeal {
        /// The operation.
        operation: OperationId,
        /// Number of the leaf.
        index: u32,
    },
    /// Witnesses that need each other.
    #[error(
        "the witnesses of the history depend on each other in a circle; this wallet's file is damaged"
    )]
    Circle,
    /// A stored bundle proof that does not fit.
    #[error(
        "the stored bundle in transaction {witness} does not fit its operations; this wallet's file is damaged"
    )]
    Bundle {
        /// The witness.
        witness: Txid,
        /// Why.
        #[source]
        cause: BundleError,
    },
    /// Larger than a frame.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// More than a frame can list.
    #[error("too much for one consignment")]
    Limit(#[from] DecodeError),
}
