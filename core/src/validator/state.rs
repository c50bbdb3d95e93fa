//! The open state: leaves that no transition has consumed yet.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{OutPoint, Txid};

use super::known::KnownLeaf;
use crate::OperationId;
use crate::operation::Input;
use crate::outputs::Outputs;
use crate::seal::AssignedSeal;
use crate::state::State;

/// A leaf that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Open {
    pub(super) state: State,
    pub(super) seal: AssignedSeal,
    /// The witness of its operation, none for a genesis.
    pub(super) witness: Option<Txid>,
}

impl Open {
    /// The output that must be spent, if the seal is revealed.
    pub(super) fn outpoint(&self) -> Option<OutPoint> {
        match self.seal {
            AssignedSeal::Secret(_) => None,
            AssignedSeal::Revealed(seal) => seal.resolve(self.witness),
        }
    }
}

/// Everything that later frames can consume, and what they must not spend again.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenState {
    leaves: BTreeMap<Input, Open>,
    /// Leaves that the base opened, with whether they were consumed.
    base: BTreeMap<Input, bool>,
    spent: BTreeSet<OutPoint>,
    /// What the witnesses behind the base spent, with the witness.
    spent_behind: BTreeMap<OutPoint, Txid>,
    /// Operations shown, with whether a later frame consumed one of their leaves.
    operations: BTreeMap<OperationId, bool>,
}

impl OpenState {
    /// Marks an output as spent by the witness of a frame; false if one spent it before, or another
    /// one behind the base.
    pub(super) fn spend(&mut self, outpoint: OutPoint, witness: Txid) -> bool {
        let behind = self.spent_behind.get(&outpoint);
        behind.is_none_or(|spender| *spender == witness) && self.spent.insert(outpoint)
    }

    /// Marks an output as spent by a witness behind the base; false if another one spent it.
    pub(super) fn spend_behind(&mut self, outpoint: OutPoint, witness: Txid) -> bool {
        *self.spent_behind.entry(outpoint).or_insert(witness) == witness
    }

    /// Whether a witness spends this output.
    pub(super) fn is_spent(&self, outpoint: &OutPoint) -> bool {
        self.spent.contains(outpoint) || self.spent_behind.contains_key(outpoint)
    }

    /// Takes a leaf out: nothing is consumed twice.
    pub(super) fn take(&mut self, input: &Input) -> Option<Open> {
        let leaf = self.leaves.remove(input)?;
        if let Some(consumed) = self.base.get_mut(input) {
            *consumed = true;
        }
        if let Some(used) = self.operations.get_mut(&input.operation) {
            *used = true;
        }
        Some(leaf)
    }

    pub(super) fn open(&self, input: &Input) -> Option<&Open> {
        self.leaves.get(input)
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

    /// Opens the outputs of a genesis. A witness seal in it never opens: it has no witness.
    pub(super) fn open_genesis(&mut self, operation: OperationId, outputs: &Outputs) {
        self.open_outputs(operation, outputs, None, 0);
    }

    /// Opens the outputs of a transition, whose witness has this many outputs.
    pub(super) fn open_transition(
        &mut self,
        operation: OperationId,
        outputs: &Outputs,
        witness: Txid,
        vouts: usize,
    ) {
        self.operations.insert(operation, false);
        self.open_outputs(operation, outputs, Some(witness), vouts);
    }

    /// Whether there is a base.
    pub(super) fn has_base(&self) -> bool {
        !self.base.is_empty()
    }

    /// Whether the base opened this leaf.
    pub(super) fn in_base(&self, leaf: &Input) -> bool {
        self.base.contains_key(leaf)
    }

    /// Opens a leaf that the own store has proven.
    pub(super) fn open_known(&mut self, input: Input, leaf: KnownLeaf, witness: Option<Txid>) {
        let KnownLeaf { state, seal, .. } = leaf;
        self.base.insert(input, false);
        if state == State::Amount(0) {
            return;
        }
        self.leaves.insert(
            input,
            Open {
                state,
                seal,
                witness,
            },
        );
    }

    fn open_outputs(
        &mut self,
        operation: OperationId,
        outputs: &Outputs,
        witness: Option<Txid>,
        vouts: usize,
    ) {
        for (owned_type, shown) in outputs.shown() {
            let input = Input {
                operation,
                owned_type,
                index: shown.index,
            };
            // A frame may show an operation of the base once more, with other leaves or seals.
            if self.base.get(&input) == Some(&true) {
                continue;
            }
            if opens(&shown.state, &shown.seal, vouts) {
                let open = Open {
                    state: shown.state,
                    seal: shown.seal,
                    witness,
                };
                self.leaves.insert(input, open);
            } else {
                self.leaves.remove(&input);
            }
        }
    }
}

/// An amount of zero never opens, nor does a seal over an output that does not exist or is null.
fn opens(state: &State, seal: &AssignedSeal, vouts: usize) -> bool {
    use crate::seal::Seal;
    if *state == State::Amount(0) {
        return false;
    }
    match seal {
        AssignedSeal::Revealed(Seal::Witness { vout, .. }) => (*vout as usize) < vouts,
        AssignedSeal::Revealed(seal @ Seal::Outpoint { .. }) => seal.resolve(None).is_some(),
        AssignedSeal::Secret(_) => true,
    }
}
