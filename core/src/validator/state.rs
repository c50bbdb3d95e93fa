//! The state of a contract between two frames.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::OutPoint;

use crate::OperationId;
use crate::frame::WitnessFrame;
use crate::operation::Input;
use crate::state::State;
use crate::wire::open::{OpenLeaf, OpenLeaves};

/// A leaf that is open, with its state.
pub(super) type Open = OpenLeaf<State>;

/// Everything that later frames can consume, and what they must not spend again.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenState {
    pub(super) leaves: OpenLeaves<State>,
    spent: BTreeSet<OutPoint>,
    /// Operations shown, with whether a later frame consumed one of their leaves.
    operations: BTreeMap<OperationId, bool>,
}

impl OpenState {
    /// Marks an output as spent; false if a witness of this consignment spent it before.
    pub(super) fn spend(&mut self, outpoint: OutPoint) -> bool {
        self.spent.insert(outpoint)
    }

    /// Whether a witness of this consignment spends this output.
    pub(super) fn is_spent(&self, outpoint: &OutPoint) -> bool {
        self.spent.contains(outpoint)
    }

    /// Notes that a leaf was consumed.
    pub(super) fn consumed(&mut self, input: &Input) {
        if let Some(used) = self.operations.get_mut(&input.operation) {
            *used = true;
        }
    }

    pub(super) fn shown(&self, operation: &OperationId) -> bool {
        self.operations.contains_key(operation)
    }

    /// Operations no leaf of which was consumed.
    pub(super) fn unused(&self) -> impl Iterator<Item = &OperationId> {
        self.operations
            .iter()
            .filter(|(_, used)| !**used)
            .map(|(operation, _)| operation)
    }

    /// Opens what the transitions of a frame show.
    pub(super) fn open_frame(&mut self, frame: &WitnessFrame, ids: &[OperationId]) {
        self.operations.extend(ids.iter().map(|id| (*id, false)));
        self.leaves.open_frame(frame, ids, |state| state);
    }
}
