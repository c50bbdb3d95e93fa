//! Puts verified history into the store: everything known before and everything new, merged.

use std::collections::BTreeMap;

use bdk_wallet::rusqlite::Transaction as SqlTransaction;
use bitcoin::BlockHash;
use bitcoin::Txid;
use bulla_core::anchor::Anchor;
use bulla_core::bundle::BundleView;
use bulla_core::frame::WitnessFrame;
use bulla_core::header::Header;
use bulla_core::operation::{Input, Transition};
use bulla_core::outputs::Outputs;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::{ContractId, OperationId};

use super::rows::{self, damaged, decode};
use crate::chain::Position;
use crate::store::StoreError;
use crate::store::contracts::{self, ContractRow};
use crate::store::operations::{self, OperationRow};
use crate::store::witnesses::{self, AnchorRow, AnchoredRow, WitnessRow};

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
    /// Whether this wallet made the transaction.
    pub own: bool,
    pub position: Position,
    /// The best block at that time.
    pub checked: Option<BlockHash>,
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
    for row in rows::leaf_rows(genesis, &header.genesis.outputs) {
        operations::put_leaf(db, &row)?;
    }
    let (header, issued) = (header.encode(), contract.issued);
    contracts::put(
        db,
        &ContractRow {
            id,
            header,
            issued,
            added: contract.now,
        },
    )
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
        checked: learned.checked,
    };
    witnesses::put(db, &row)?;
    for signed in &frame.transitions {
        operation(db, contract, &signed.transition, reveals)?;
    }
    anchor(db, contract, frame)
}

fn operation(
    db: &SqlTransaction<'_>,
    contract: ContractId,
    transition: &Transition,
    reveals: &Reveals,
) -> Result<(), StoreError> {
    let operation = transition.id();
    let id = operation;
    let mut outputs = reveal(operation, &transition.outputs, reveals);
    let seq = match operations::get(db, &id)? {
        None => operations::next_seq(db)?,
        Some(known) => {
            let before = rows::transition(&known.transition)?.outputs;
            outputs = before.merge(&outputs).map_err(damaged)?;
            known.seq
        }
    };
    let leaves = rows::leaf_rows(operation, &outputs);
    let transition = Transition {
        outputs,
        ..transition.clone()
    };
    let encoded = transition.encode();
    operations::put(
        db,
        &OperationRow {
            id,
            contract,
            seq,
            transition: encoded,
        },
    )?;
    operations::put_inputs(db, &id, &rows::input_rows(&transition))?;
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
) -> Result<(), StoreError> {
    let (id, witness) = (contract, frame.witness.txid());
    let mut view = view(frame)?;
    let mut seq = None;
    let mut anchor = frame.anchor.encode();
    if let Some(known) = witnesses::anchor(db, &id, witness)? {
        let before = known_view(db, contract, witness, &known)?;
        view = view
            .merge(before)
            .ok_or_else(|| damaged("two bundles in one witness"))?;
        (seq, anchor) = (Some(known.seq), known.anchor);
    }
    let seq = seq.map_or_else(|| operations::next_seq(db), Ok)?;
    let bundle = view.prove(|_| true).map_err(damaged)?.encode();
    witnesses::put_anchor(
        db,
        &AnchorRow {
            contract: id,
            witness,
            seq,
            anchor,
            bundle,
        },
    )?;
    for signed in &frame.transitions {
        let row = AnchoredRow {
            contract: id,
            witness,
            operation: signed.transition.id(),
            signatures: rows::signature_bytes(&signed.signatures),
        };
        witnesses::put_anchored(db, &row)?;
    }
    Ok(())
}

fn view(frame: &WitnessFrame) -> Result<BundleView, StoreError> {
    let entries = frame.transitions.iter().flat_map(|signed| {
        let operation = signed.transition.id();
        signed
            .transition
            .inputs
            .iter()
            .map(move |input| (*input, operation))
    });
    BundleView::new(&frame.bundle, entries).map_err(damaged)
}

fn known_view(
    db: &SqlTransaction<'_>,
    contract: ContractId,
    witness: Txid,
    row: &AnchorRow,
) -> Result<BundleView, StoreError> {
    let mut entries = Vec::new();
    for row in witnesses::anchored_in(db, &contract, witness)? {
        let operation = row.operation;
        for input in operations::inputs(db, &row.operation)? {
            let parent = input.parent;
            let leaf = Input {
                operation: parent,
                owned_type: input.ty,
                index: input.index,
            };
            entries.push((leaf, operation));
        }
    }
    BundleView::new(&rows::bundle(&row.bundle)?, entries).map_err(damaged)
}

/// An anchor as it is stored.
pub(crate) fn read_anchor(row: &AnchorRow) -> Result<Anchor, StoreError> {
    decode("an anchor", Anchor::decode(&row.anchor))
}
