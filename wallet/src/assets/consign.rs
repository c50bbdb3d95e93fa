//! Builds consignments out of what the wallet knows: for each receiver the history of his leaves,
//! with no seal shown that he does not need.

use std::collections::{BTreeMap, BTreeSet};

use amplify::confinement::Confined;
use bitcoin::Txid;
use bulla_core::anchor::Anchor;
use bulla_core::bundle::{BundleError, BundleProof, BundleView};
use bulla_core::consignment::{TooLarge, Writer};
use bulla_core::frame::{BlockProof, Frame, Signatures, Signed, Terminal, Terminals, WitnessFrame};
use bulla_core::header::Header;
use bulla_core::operation::{Input, Transition};
use bulla_core::outputs::Outputs;
use bulla_core::seal::AssignedSeal;
use bulla_core::witness::Witness;
use bulla_core::{ContractId, DecodeError, OperationId};

use super::history::{Placed, ancestors, frames};

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
}

/// What to hand over.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HandOver {
    /// The receiver's leaves.
    pub leaves: BTreeSet<Input>,
    /// Of these, the ones whose seal is shown: over outputs of the witness. A blinded one is not.
    pub shown: BTreeSet<Input>,
    /// Operations to prove, such as burns.
    pub evidence: BTreeSet<OperationId>,
}

/// Why there is no consignment. The first three mean that the own store is damaged.
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

/// The bytes of a consignment.
///
/// # Errors
/// If something of the history is missing, or too large.
pub fn consign(records: &Records, hand_over: &HandOver) -> Result<Vec<u8>, ConsignError> {
    let contract = records.header.genesis.contract_id();
    let history = history(records, contract, hand_over)?;
    let consumed = consumed(&history);
    let revealed: BTreeSet<Input> = consumed.union(&hand_over.shown).copied().collect();
    let view = |operation, outputs: &Outputs| {
        check(operation, outputs, &revealed, &hand_over.leaves)?;
        Ok(view(operation, outputs, &revealed))
    };
    let mut header = records.header.clone();
    header.genesis.outputs = view(contract.into(), &header.genesis.outputs)?;
    let mut writer = Writer::new(&header)?;
    for witness in order(&history)? {
        let frame = frame(records, &history, witness, &view)?;
        writer.frame(&Frame::Witness(Box::new(frame)))?;
        if let Some(proof) = records.proofs.get(&witness) {
            writer.frame(&Frame::BlockProof(proof.clone()))?;
        }
    }
    let leaves = hand_over.leaves.iter().map(|leaf| Terminal::Leaf(*leaf));
    let evidence = hand_over
        .evidence
        .iter()
        .map(|operation| Terminal::Evidence(*operation));
    Ok(writer.finish(Terminals::new(leaves.chain(evidence))?)?)
}

/// The bytes of a contract file: schema and genesis alone, no seal shown.
///
/// # Errors
/// If the genesis is too large.
pub fn contract_file(header: &Header) -> Result<Vec<u8>, ConsignError> {
    let mut header = header.clone();
    header.genesis.outputs = header.genesis.outputs.with_seals(|_, _, _| None);
    Ok(Writer::new(&header)?.finish(Terminals::default())?)
}

/// The transitions that the receiver needs.
fn history<'a>(
    records: &'a Records,
    contract: ContractId,
    hand_over: &HandOver,
) -> Result<BTreeMap<OperationId, &'a OperationRecord>, ConsignError> {
    let genesis = OperationId::from(contract);
    let record = |operation: OperationId| {
        records
            .operations
            .get(&operation)
            .ok_or(ConsignError::MissingOperation { operation })
    };
    let leaves = hand_over.leaves.iter().map(|leaf| leaf.operation);
    let evidence = hand_over.evidence.iter().copied();
    let needed = ancestors(leaves.chain(evidence), |operation| {
        if operation == genesis {
            Ok(Vec::new())
        } else {
            record(operation).map(|record| parents(&record.transition))
        }
    })?;
    let transitions = needed.into_iter().filter(|operation| *operation != genesis);
    transitions
        .map(|operation| Ok((operation, record(operation)?)))
        .collect()
}

fn parents(transition: &Transition) -> Vec<OperationId> {
    transition
        .inputs
        .iter()
        .map(|input| input.operation)
        .collect()
}

/// The leaves that the shown transitions consume: their seals must be shown.
fn consumed(history: &BTreeMap<OperationId, &OperationRecord>) -> BTreeSet<Input> {
    history
        .values()
        .flat_map(|record| record.transition.inputs.iter().copied())
        .collect()
}

/// The witnesses in the order of their frames.
fn order(history: &BTreeMap<OperationId, &OperationRecord>) -> Result<Vec<Txid>, ConsignError> {
    let placed = history.iter().map(|(operation, record)| {
        let parents = parents(&record.transition);
        (
            *operation,
            Placed {
                witness: record.witness,
                parents,
                seq: record.seq,
            },
        )
    });
    frames(&placed.collect()).ok_or(ConsignError::Circle)
}

type View<'a> = &'a dyn Fn(OperationId, &Outputs) -> Result<Outputs, ConsignError>;

fn frame(
    records: &Records,
    history: &BTreeMap<OperationId, &OperationRecord>,
    witness: Txid,
    view: View<'_>,
) -> Result<WitnessFrame, ConsignError> {
    let missing = ConsignError::MissingAnchor { witness };
    let anchor = records.anchors.get(&witness).ok_or(missing)?;
    let entries = anchor
        .operations
        .iter()
        .flat_map(|(operation, inputs)| inputs.iter().map(|input| (*input, *operation)));
    let bundle = BundleView::new(&anchor.bundle, entries)
        .map_err(|cause| ConsignError::Bundle { witness, cause })?;
    let shown = history
        .iter()
        .filter(|(_, record)| record.witness == witness);
    let transitions: Vec<Signed> = shown
        .map(|(operation, record)| {
            let outputs = view(*operation, &record.transition.outputs)?;
            let transition = Transition {
                outputs,
                ..record.transition.clone()
            };
            Ok(Signed {
                transition,
                signatures: record.signatures.clone(),
            })
        })
        .collect::<Result<_, ConsignError>>()?;
    let is_shown = |operation: &OperationId| {
        history
            .get(operation)
            .is_some_and(|record| record.witness == witness)
    };
    Ok(WitnessFrame {
        witness: anchor.witness.clone(),
        anchor: anchor.anchor.clone(),
        bundle: bundle
            .prove(is_shown)
            .map_err(|cause| ConsignError::Bundle { witness, cause })?,
        transitions: Confined::try_from(transitions).map_err(|_| DecodeError::Limit {
            what: "transitions of a frame",
            min: 1,
            max: bulla_core::limits::TRANSITIONS as u64,
            found: history.len() as u64,
        })?,
    })
}

/// That every leaf which the receiver needs is shown, and its seal known where it has to be.
fn check(
    operation: OperationId,
    outputs: &Outputs,
    revealed: &BTreeSet<Input>,
    leaves: &BTreeSet<Input>,
) -> Result<(), ConsignError> {
    let shown: BTreeMap<Input, AssignedSeal> = outputs
        .shown()
        .map(|(owned_type, shown)| {
            let index = shown.index;
            (
                Input {
                    operation,
                    owned_type,
                    index,
                },
                shown.seal,
            )
        })
        .collect();
    let of = |leaf: &&Input| leaf.operation == operation;
    let unknown = revealed
        .iter()
        .filter(of)
        .find(|leaf| !matches!(shown.get(leaf), Some(AssignedSeal::Revealed(_))));
    let hidden = || {
        leaves
            .iter()
            .filter(of)
            .find(|leaf| !shown.contains_key(leaf))
    };
    match unknown.or_else(hidden) {
        Some(leaf) => Err(ConsignError::MissingSeal {
            operation,
            index: leaf.index,
        }),
        None => Ok(()),
    }
}

/// The outputs with exactly these seals shown.
fn view(operation: OperationId, outputs: &Outputs, revealed: &BTreeSet<Input>) -> Outputs {
    outputs.with_seals(|owned_type, index, assigned| match assigned {
        AssignedSeal::Revealed(seal) => revealed
            .contains(&Input {
                operation,
                owned_type,
                index,
            })
            .then_some(*seal),
        AssignedSeal::Secret(_) => None,
    })
}

#[cfg(test)]
mod tests;
