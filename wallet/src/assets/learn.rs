//! Puts verified history into the store: everything known before and everything new, merged.

use std::collections::BTreeMap;

use bdk_wallet::rusqlite::{Connection, Transaction as SqlTransaction};
use bulla_core::anchor::Anchor;
use bulla_core::bundle::BundleView;
use bulla_core::consignment::Parents;
use bulla_core::frame::WitnessFrame;
use bulla_core::header::Header;
use bulla_core::operation::{Input, Transition};
use bulla_core::outputs::Outputs;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::{ContractId, OperationId};

use super::ledger::Ledger;
use super::rows::{self, damaged, decode};
use crate::chain::Position;
use crate::store::contracts::{self, ContractRow};
use crate::store::operations::{self, OperationRow};
use crate::store::witnesses::{self, AnchorRow, AnchoredRow, WitnessRow};
use crate::store::{StoreError, parents};

/// Seals of ours that a consignment keeps secret.
pub(crate) type Reveals = BTreeMap<Input, Seal>;

/// A contract to be stored.
pub(crate) struct Contract<'a> {
    pub id: ContractId,
    pub header: &'a Header,
    pub issued: bool,
    pub now: u64,
}

/// A frame that core found consistent, or that was just made here.
pub(crate) struct Learned<'a> {
    pub frame: &'a WitnessFrame,
    /// The ids of its transitions, in their order.
    pub ids: &'a [OperationId],
    /// What they build on.
    pub parents: &'a [Parents],
    /// Whether this wallet made the transaction.
    pub own: bool,
    pub position: Position,
    /// The height of the best block at that time; 0 if nobody was asked.
    pub tip: u32,
}

/// Stores a contract, with what is shown of its genesis.
pub(crate) fn contract(
    db: &SqlTransaction<'_>,
    contract: &Contract<'_>,
    reveals: &Reveals,
) -> Result<(), StoreError> {
    let id = contract.id;
    let mut header = contract.header.clone();
    let genesis = OperationId::from(contract.id);
    let mut outputs = reveal(genesis, &header.genesis.outputs, reveals);
    if let Some(known) = contracts::get(db, &id)? {
        let known = decode("a contract", Header::decode(&known.header))?;
        outputs = known.genesis.outputs.merge(&outputs).map_err(damaged)?;
    }
    header.genesis.outputs = outputs;
    let row = ContractRow {
        id,
        header: header.encode(),
        issued: contract.issued,
        added: contract.now,
    };
    contracts::put(db, &row)?;
    let leaves = rows::leaf_rows(genesis, &header.genesis.outputs);
    leaves
        .iter()
        .try_for_each(|row| operations::put_leaf(db, row))
}

/// Stores what a contract does in one witness; frames come in the order of a consignment.
pub(crate) fn frame(
    db: &SqlTransaction<'_>,
    contract: ContractId,
    learned: &Learned<'_>,
    reveals: &Reveals,
) -> Result<(), StoreError> {
    let frame = learned.frame;
    let row = WitnessRow {
        tx: frame.witness.transaction().clone(),
        own: learned.own,
        position: learned.position,
        since: learned.tip,
    };
    witnesses::put(db, &row)?;
    for (signed, id) in frame.transitions.iter().zip(learned.ids) {
        operation(db, contract, *id, &signed.transition, reveals)?;
    }
    anchor(db, contract, frame, learned.ids)?;
    let witness = frame.witness.txid();
    let mut built = learned.ids.iter().zip(learned.parents);
    built.try_for_each(|(id, on)| parents::put(db, id, witness, on))
}

/// What a transition of our own builds on: its parents in the witnesses that count.
pub(crate) fn own_parents(
    ledger: &Ledger<'_>,
    transition: &Transition,
) -> Result<Parents, StoreError> {
    let mut parents = Parents::new();
    for input in &transition.inputs {
        let standing = ledger.standing(input.operation)?;
        let witness = standing.and_then(|standing| standing.witness);
        parents.extend(witness.map(|witness| (input.operation, witness)));
    }
    Ok(parents)
}

/// Notes seals of an operation that is known.
pub(crate) fn known(
    db: &SqlTransaction<'_>,
    id: OperationId,
    reveals: &Reveals,
) -> Result<(), StoreError> {
    let known = operations::get(db, &id)?;
    let known = known.ok_or_else(|| damaged("a missing operation"))?;
    let transition = rows::transition(&known.transition)?;
    operation(db, known.contract, id, &transition, reveals)
}

fn operation(
    db: &SqlTransaction<'_>,
    contract: ContractId,
    id: OperationId,
    transition: &Transition,
    reveals: &Reveals,
) -> Result<(), StoreError> {
    let mut outputs = reveal(id, &transition.outputs, reveals);
    let known = operations::get(db, &id)?;
    let seq = match &known {
        None => operations::next_seq(db)?,
        Some(known) => {
            let before = rows::transition(&known.transition)?.outputs;
            outputs = before.merge(&outputs).map_err(damaged)?;
            known.seq
        }
    };
    let leaves = rows::leaf_rows(id, &outputs);
    let transition = Transition {
        outputs,
        ..transition.clone()
    };
    let row = OperationRow {
        id,
        contract,
        seq,
        transition: transition.encode(),
    };
    if known.as_ref() == Some(&row) {
        return Ok(());
    }
    operations::put(db, &row)?;
    operations::put_inputs(db, &id, &transition.inputs)?;
    leaves
        .iter()
        .try_for_each(|row| operations::put_leaf(db, row))
}

/// The outputs with our own seals revealed beside those that are shown.
fn reveal(operation: OperationId, outputs: &Outputs, reveals: &Reveals) -> Outputs {
    outputs.with_seals(|owned_type, index, assigned| match assigned {
        AssignedSeal::Revealed(seal) => Some(*seal),
        AssignedSeal::Secret(_) => reveals
            .get(&Input {
                operation,
                owned_type,
                index,
            })
            .copied(),
    })
}

/// Stores the anchor; the bundle of one that is known shows what either shows.
fn anchor(
    db: &SqlTransaction<'_>,
    contract: ContractId,
    frame: &WitnessFrame,
    ids: &[OperationId],
) -> Result<(), StoreError> {
    let witness = frame.witness.txid();
    let (anchor, bundle) = match witnesses::anchor(db, &contract, witness)? {
        None => (frame.anchor.encode(), frame.bundle.encode()),
        Some(known) => {
            let before = view(db, &known)?;
            let merged = shown_view(frame, ids)?.merge(before);
            let merged = merged.ok_or_else(|| damaged("two bundles in one witness"))?;
            (
                known.anchor,
                merged.prove(|_| true).map_err(damaged)?.encode(),
            )
        }
    };
    let row = AnchorRow {
        contract,
        witness,
        anchor,
        bundle,
    };
    witnesses::put_anchor(db, &row)?;
    for (signed, operation) in frame.transitions.iter().zip(ids) {
        let row = AnchoredRow {
            contract,
            witness,
            operation: *operation,
            signatures: rows::signature_bytes(&signed.signatures),
        };
        witnesses::put_anchored(db, &row)?;
    }
    Ok(())
}

fn shown_view(frame: &WitnessFrame, ids: &[OperationId]) -> Result<BundleView, StoreError> {
    let shown = frame.transitions.iter().zip(ids);
    let entries = shown.flat_map(|(signed, id)| {
        let inputs = signed.transition.inputs.iter();
        inputs.map(move |input| (*input, *id))
    });
    BundleView::new(&frame.bundle, entries).map_err(damaged)
}

/// What is known of the bundle of an anchor.
pub(crate) fn view(db: &Connection, row: &AnchorRow) -> Result<BundleView, StoreError> {
    let mut entries = Vec::new();
    for row in witnesses::anchored_in(db, &row.contract, row.witness)? {
        for input in operations::inputs(db, &row.operation)? {
            entries.push((input, row.operation));
        }
    }
    BundleView::new(&rows::bundle(&row.bundle)?, entries).map_err(damaged)
}

/// An anchor as it is stored.
pub(crate) fn read_anchor(row: &AnchorRow) -> Result<Anchor, StoreError> {
    decode("an anchor", Anchor::decode(&row.anchor))
}
