//! Builds consignments out of what the wallet knows: for each receiver the history of his leaves,
//! with no leaf of a long list and no seal shown that he does not need. What the consignments of a
//! batch share is built once.

mod error;
mod records;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use amplify::confinement::Confined;
use bitcoin::Txid;
use bulla_core::bundle::BundleView;
use bulla_core::consignment::Writer;
use bulla_core::frame::{Base, BlockProof, Frame, Signed, Terminal, Terminals, WitnessFrame};
use bulla_core::header::Header;
use bulla_core::operation::{Input, Transition};
use bulla_core::outputs::{AmountTree, Leaves, Outputs};
use bulla_core::seal::AssignedSeal;
use bulla_core::{DecodeError, OperationId};

pub use self::error::ConsignError;
pub use self::records::{AnchorRecord, OperationRecord, Records, TakenBack};
use super::history::{Placed, ancestors, frames};

/// What to hand over.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HandOver {
    /// The receiver's leaves.
    pub leaves: BTreeSet<Input>,
    /// Of these, the ones whose seal is shown: over outputs of the witness. A blinded one is not.
    pub shown: BTreeSet<Input>,
    /// Others that are shown with their seals secret, so that later consignments can build on them.
    pub kept: BTreeSet<Input>,
    /// Operations to prove, such as burns: no leaf of them is left out.
    pub evidence: BTreeSet<OperationId>,
}

/// The bytes of a consignment.
///
/// # Errors
/// If something of the history is missing, or too large.
pub fn consign(records: &Records, hand_over: &HandOver) -> Result<Vec<u8>, ConsignError> {
    Shared::new(records, &hand_over.operations())?.consign(records, hand_over)
}

/// Writes the consignments of one contract one by one; each costs no more than what it alone shows.
#[derive(Clone, Debug)]
pub struct Consigner {
    records: Records,
    /// By the operations that are handed over.
    shared: BTreeMap<BTreeSet<OperationId>, Shared>,
}

impl Consigner {
    /// For what is known of a contract.
    pub const fn new(records: Records) -> Self {
        let shared = BTreeMap::new();
        Self { records, shared }
    }

    /// What is known of the contract.
    pub const fn records(&self) -> &Records {
        &self.records
    }

    /// The bytes of a consignment.
    ///
    /// # Errors
    /// If something of the history is missing, or too large.
    pub fn consign(&mut self, hand_over: &HandOver) -> Result<Vec<u8>, ConsignError> {
        let shared = match self.shared.entry(hand_over.operations()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => {
                let shared = Shared::new(&self.records, vacant.key())?;
                vacant.insert(shared)
            }
        };
        shared.consign(&self.records, hand_over)
    }
}

impl HandOver {
    fn operations(&self) -> BTreeSet<OperationId> {
        let leaves = self.leaves.iter().map(|leaf| leaf.operation);
        leaves.chain(self.evidence.iter().copied()).collect()
    }
}

/// What all consignments that hand over the same operations have in common.
#[derive(Clone, Debug)]
struct Shared {
    /// Header and frames before the first operation that is handed over; none if that is the genesis.
    begun: Option<Writer>,
    /// The leaves that the shown transitions consume: their seals must be shown.
    consumed: BTreeSet<Input>,
    /// The frames that show something else to each receiver.
    rest: Vec<Blank>,
    /// The lists of amounts of the operations that are handed over.
    trees: BTreeMap<(OperationId, u16), AmountTree>,
}

/// A frame whose transitions are still without outputs.
#[derive(Clone, Debug)]
struct Blank {
    frame: WitnessFrame,
    operations: Vec<OperationId>,
    proof: Option<BlockProof>,
}

impl Shared {
    fn new(records: &Records, operations: &BTreeSet<OperationId>) -> Result<Self, ConsignError> {
        let genesis = records.header.genesis.contract_id().into();
        let history = history(records, genesis, operations)?;
        let consumed = history.values();
        let consumed = consumed.flat_map(|record| record.transition.inputs.iter().copied());
        let mut shared = Self {
            begun: None,
            consumed: consumed.collect(),
            rest: blanks(records, &history)?,
            trees: trees(&history, operations),
        };
        if !operations.contains(&genesis) {
            shared.begin(records, operations)?;
        }
        Ok(shared)
    }

    /// Writes what every receiver sees alike.
    fn begin(
        &mut self,
        records: &Records,
        operations: &BTreeSet<OperationId>,
    ) -> Result<(), ConsignError> {
        let nothing = HandOver::default();
        let mut writer = self.open(records, &nothing)?;
        let alike = |blank: &Blank| blank.operations.iter().all(|id| !operations.contains(id));
        let rest = self.rest.iter().take_while(|blank| alike(blank)).count();
        let rest = self.rest.split_off(rest);
        for blank in std::mem::replace(&mut self.rest, rest) {
            self.write(records, &nothing, &blank, &mut writer)?;
        }
        self.begun = Some(writer);
        Ok(())
    }

    fn consign(&self, records: &Records, hand_over: &HandOver) -> Result<Vec<u8>, ConsignError> {
        let mut writer = match &self.begun {
            Some(begun) => begun.fork(),
            None => self.open(records, hand_over)?,
        };
        for blank in &self.rest {
            self.write(records, hand_over, blank, &mut writer)?;
        }
        let leaves = hand_over.leaves.iter().map(|leaf| Terminal::Leaf(*leaf));
        let evidence = hand_over.evidence.iter();
        let evidence = evidence.map(|operation| Terminal::Evidence(*operation));
        let end = writer.finish(Terminals::new(leaves.chain(evidence))?)?;
        let begun = self.begun.as_ref().map_or(&[][..], Writer::bytes);
        Ok([begun, &end].concat())
    }

    /// Writes the header, and the base of a delta.
    fn open(&self, records: &Records, hand_over: &HandOver) -> Result<Writer, ConsignError> {
        let mut writer = Writer::new(&self.header(records, hand_over)?)?;
        if !records.base.is_empty() {
            let base = Base::new(records.base.iter().copied())?;
            writer.frame(&Frame::Base(base))?;
        }
        Ok(writer)
    }

    fn header(&self, records: &Records, hand_over: &HandOver) -> Result<Header, ConsignError> {
        let mut header = records.header.clone();
        let genesis = header.genesis.contract_id().into();
        header.genesis.outputs = self.view(genesis, &header.genesis.outputs, hand_over)?;
        Ok(header)
    }

    fn write(
        &self,
        records: &Records,
        hand_over: &HandOver,
        blank: &Blank,
        writer: &mut Writer,
    ) -> Result<(), ConsignError> {
        let mut frame = blank.frame.clone();
        for (signed, operation) in frame.transitions.iter_mut().zip(&blank.operations) {
            let outputs = &record(records, *operation)?.transition.outputs;
            signed.transition.outputs = self.view(*operation, outputs, hand_over)?;
        }
        writer.frame(&Frame::Witness(Box::new(frame)))?;
        if let Some(proof) = &blank.proof {
            writer.frame(&Frame::BlockProof(proof.clone()))?;
        }
        Ok(())
    }

    /// The outputs as the receiver sees them: what is consumed or handed over, with only those seals
    /// that must be shown.
    fn view(
        &self,
        operation: OperationId,
        outputs: &Outputs,
        hand_over: &HandOver,
    ) -> Result<Outputs, ConsignError> {
        let revealed: BTreeSet<Input> = [&self.consumed, &hand_over.shown]
            .into_iter()
            .flat_map(|leaves| of(leaves, operation).copied())
            .collect();
        let needed = revealed.iter().chain(of(&hand_over.leaves, operation));
        let needed: BTreeSet<Input> = needed.copied().collect();
        let wanted: BTreeSet<(u16, u32)> = needed
            .iter()
            .chain(of(&hand_over.kept, operation))
            .map(|leaf| (leaf.owned_type, leaf.index))
            .collect();
        let whole = hand_over.evidence.contains(&operation);
        let outputs = outputs.map(|owned_type, leaves| {
            if whole {
                return leaves.clone();
            }
            let tree = self.trees.get(&(operation, owned_type));
            let wanted = wanted.range((owned_type, 0)..=(owned_type, u32::MAX));
            narrow(leaves, tree, &wanted.map(|(_, index)| *index).collect())
        });
        check(operation, &outputs, &needed, &revealed)?;
        Ok(
            outputs.with_seals(|owned_type, index, assigned| match assigned {
                AssignedSeal::Revealed(seal) => revealed
                    .contains(&Input {
                        operation,
                        owned_type,
                        index,
                    })
                    .then_some(*seal),
                AssignedSeal::Secret(_) => None,
            }),
        )
    }
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
    genesis: OperationId,
    operations: &BTreeSet<OperationId>,
) -> Result<BTreeMap<OperationId, &'a OperationRecord>, ConsignError> {
    let needed = ancestors(operations.iter().copied(), |operation| {
        if operation == genesis {
            Ok(Vec::new())
        } else {
            let parents = record(records, operation).map(|record| parents(&record.transition));
            parents.map(|parents| records.shown(parents))
        }
    })?;
    let transitions = needed.into_iter().filter(|operation| *operation != genesis);
    transitions
        .map(|operation| Ok((operation, record(records, operation)?)))
        .collect()
}

fn record(records: &Records, operation: OperationId) -> Result<&OperationRecord, ConsignError> {
    let record = records.operations.get(&operation);
    record.ok_or(match records.taken_back {
        Some(TakenBack { operation, witness }) => ConsignError::TakenBack { operation, witness },
        None => ConsignError::MissingOperation { operation },
    })
}

fn parents(transition: &Transition) -> Vec<OperationId> {
    transition
        .inputs
        .iter()
        .map(|input| input.operation)
        .collect()
}

/// The frames in their order.
fn blanks(
    records: &Records,
    history: &BTreeMap<OperationId, &OperationRecord>,
) -> Result<Vec<Blank>, ConsignError> {
    let mut placed = BTreeMap::new();
    let mut shown: BTreeMap<Txid, Vec<OperationId>> = BTreeMap::new();
    for (operation, record) in history {
        let (witness, seq) = (record.witness, record.seq);
        let parents = parents(&record.transition);
        placed.insert(
            *operation,
            Placed {
                witness,
                parents,
                seq,
            },
        );
        shown.entry(witness).or_default().push(*operation);
    }
    let order = frames(&placed).ok_or(ConsignError::Circle)?;
    let blanks = order.into_iter().map(|witness| {
        let operations = shown.remove(&witness).unwrap_or_default();
        Ok(Blank {
            frame: frame(records, witness, &operations)?,
            operations,
            proof: records.proofs.get(&witness).cloned(),
        })
    });
    blanks.collect()
}

/// The frame of a witness, with these transitions but not their outputs.
fn frame(
    records: &Records,
    witness: Txid,
    shown: &[OperationId],
) -> Result<WitnessFrame, ConsignError> {
    let missing = ConsignError::MissingAnchor { witness };
    let anchor = records.anchors.get(&witness).ok_or(missing)?;
    let entries = anchor
        .operations
        .iter()
        .flat_map(|(operation, inputs)| inputs.iter().map(|input| (*input, *operation)));
    let damaged = |cause| ConsignError::Bundle { witness, cause };
    let bundle = BundleView::new(&anchor.bundle, entries).map_err(damaged)?;
    let bundle = bundle.prove(|operation| shown.binary_search(operation).is_ok());
    let blank = |operation: &OperationId| {
        let record = record(records, *operation)?;
        let whole = &record.transition;
        let transition = Transition {
            inputs: whole.inputs.clone(),
            globals: whole.globals.clone(),
            metadata: whole.metadata.clone(),
            outputs: Outputs::default(),
            ..*whole
        };
        let signatures = record.signatures.clone();
        Ok(Signed {
            transition,
            signatures,
        })
    };
    let transitions: Vec<Signed> = shown
        .iter()
        .map(blank)
        .collect::<Result<_, ConsignError>>()?;
    Ok(WitnessFrame {
        witness: anchor.witness.clone(),
        anchor: anchor.anchor.clone(),
        bundle: bundle.map_err(damaged)?,
        transitions: Confined::try_from(transitions).map_err(|_| DecodeError::Limit {
            what: "transitions of a frame",
            min: 1,
            max: bulla_core::limits::TRANSITIONS as u64,
            found: shown.len() as u64,
        })?,
    })
}

/// The lists of amounts of these operations, as far as they are known whole.
fn trees(
    history: &BTreeMap<OperationId, &OperationRecord>,
    operations: &BTreeSet<OperationId>,
) -> BTreeMap<(OperationId, u16), AmountTree> {
    let mut trees = BTreeMap::new();
    for operation in operations {
        let outputs = history.get(operation);
        let lists = outputs
            .into_iter()
            .flat_map(|record| &record.transition.outputs.0);
        for (owned_type, leaves) in lists {
            if let Leaves::Amount(amounts) = leaves {
                let tree = AmountTree::new(amounts.clone());
                trees.insert((*operation, *owned_type), tree);
            }
        }
    }
    trees
}

/// The list without what is not wanted, unless to show every hidden leaf is as short: a secret leaf
/// takes the room of a sibling.
fn narrow(leaves: &Leaves, tree: Option<&AmountTree>, wanted: &BTreeSet<u32>) -> Leaves {
    let view = match tree {
        Some(tree) => tree.view(wanted),
        None => leaves.pruned(|index| wanted.contains(&index)),
    };
    match &view {
        Leaves::Pruned(pruned)
            if pruned.leaves().len() + pruned.siblings().len() == pruned.count() as usize =>
        {
            leaves.clone()
        }
        _ => view,
    }
}

/// Those of one operation.
fn of(leaves: &BTreeSet<Input>, operation: OperationId) -> impl Iterator<Item = &Input> {
    let end = |owned_type, index| Input {
        operation,
        owned_type,
        index,
    };
    leaves.range(end(0, 0)..=end(u16::MAX, u32::MAX))
}

/// That every leaf which the receiver needs is shown, and its seal known where it has to be.
fn check(
    operation: OperationId,
    outputs: &Outputs,
    needed: &BTreeSet<Input>,
    revealed: &BTreeSet<Input>,
) -> Result<(), ConsignError> {
    let shown: BTreeMap<(u16, u32), AssignedSeal> = outputs
        .shown()
        .map(|(owned_type, shown)| ((owned_type, shown.index), shown.seal))
        .collect();
    let missing = needed
        .iter()
        .find(|leaf| match shown.get(&(leaf.owned_type, leaf.index)) {
            Some(AssignedSeal::Revealed(_)) => false,
            Some(AssignedSeal::Secret(_)) => revealed.contains(leaf),
            None => true,
        });
    missing.map_or(Ok(()), |leaf| {
        let index = leaf.index;
        Err(ConsignError::MissingSeal { operation, index })
    })
}

#[cfg(test)]
mod tests;
