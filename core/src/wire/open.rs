//! Leaves that are open, and their running numbers (PROTOCOL.md §8.3): one structure for who writes a
//! consignment and who reads it.

use std::collections::BTreeMap;

use bitcoin::{OutPoint, Txid};

use crate::OperationId;
use crate::frame::{BaseEntry, WitnessFrame};
use crate::operation::{Genesis, Input};
use crate::outputs::Outputs;
use crate::seal::{AssignedSeal, Seal};
use crate::state::State;

/// A leaf that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OpenLeaf<T> {
    /// Which one.
    pub(crate) input: Input,
    /// Its seal.
    pub(crate) seal: AssignedSeal,
    /// The witness of its operation, none for a genesis.
    pub(crate) witness: Option<Txid>,
    /// What it holds, as far as whoever keeps it needs that.
    pub(crate) state: T,
}

impl<T> OpenLeaf<T> {
    /// The output that must be spent, if the seal is revealed.
    pub(crate) fn outpoint(&self) -> Option<OutPoint> {
        match self.seal {
            AssignedSeal::Secret(_) => None,
            AssignedSeal::Revealed(seal) => seal.resolve(self.witness),
        }
    }
}

/// The open leaves. Every leaf that is shown gets the next number, whether it opens or not; no
/// number is used twice.
#[derive(Clone, Debug)]
pub(crate) struct OpenLeaves<T> {
    leaves: BTreeMap<u64, OpenLeaf<T>>,
    numbers: BTreeMap<Input, u64>,
    next: u64,
}

impl<T> Default for OpenLeaves<T> {
    fn default() -> Self {
        Self {
            leaves: BTreeMap::new(),
            numbers: BTreeMap::new(),
            next: 0,
        }
    }
}

impl<T> OpenLeaves<T> {
    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.leaves.len()
    }

    /// The number of a leaf, if it is open.
    pub(crate) fn number(&self, input: &Input) -> Option<u64> {
        self.numbers.get(input).copied()
    }

    /// A leaf, if it is open.
    pub(crate) fn get(&self, input: &Input) -> Option<&OpenLeaf<T>> {
        self.leaves.get(self.numbers.get(input)?)
    }

    /// The leaf with this number, if it is open.
    pub(crate) fn at(&self, number: u64) -> Option<&OpenLeaf<T>> {
        self.leaves.get(&number)
    }

    /// Takes a leaf out by its number.
    pub(crate) fn take(&mut self, number: u64) -> Option<OpenLeaf<T>> {
        let leaf = self.leaves.remove(&number)?;
        self.numbers.remove(&leaf.input);
        Some(leaf)
    }

    /// Opens a leaf of the base.
    pub(crate) fn open_base(&mut self, entry: &BaseEntry, seal: AssignedSeal, state: T) {
        self.open(OpenLeaf {
            input: entry.leaf,
            seal,
            witness: Some(entry.witness),
            state,
        });
    }

    /// Opens the shown leaves of a genesis; a witness seal among them never opens.
    pub(crate) fn open_genesis(&mut self, genesis: &Genesis, state: impl Fn(State) -> T) {
        let operation = genesis.contract_id().into();
        self.open_outputs(operation, &genesis.outputs, None, state);
    }

    /// Opens the shown leaves of the transitions of a frame, whose ids are given.
    pub(crate) fn open_frame(
        &mut self,
        frame: &WitnessFrame,
        ids: &[OperationId],
        state: impl Fn(State) -> T,
    ) {
        let vouts = frame.witness.transaction().output.len();
        let witness = Some((frame.witness.txid(), vouts));
        for (signed, id) in frame.transitions.iter().zip(ids) {
            self.open_outputs(*id, &signed.transition.outputs, witness, &state);
        }
    }

    fn open_outputs(
        &mut self,
        operation: OperationId,
        outputs: &Outputs,
        witness: Option<(Txid, usize)>,
        state: impl Fn(State) -> T,
    ) {
        let vouts = witness.map_or(0, |(_, vouts)| vouts);
        for (owned_type, shown) in outputs.shown() {
            if opens(&shown.state, &shown.seal, vouts) {
                self.open(OpenLeaf {
                    input: Input {
                        operation,
                        owned_type,
                        index: shown.index,
                    },
                    seal: shown.seal,
                    witness: witness.map(|(txid, _)| txid),
                    state: state(shown.state),
                });
            } else {
                self.next = self.next.saturating_add(1);
            }
        }
    }

    /// Opens a leaf under the next number. One that is open already gets the new number: no
    /// consignment that is consistent shows a leaf twice.
    fn open(&mut self, leaf: OpenLeaf<T>) {
        if let Some(before) = self.numbers.insert(leaf.input, self.next) {
            self.leaves.remove(&before);
        }
        self.leaves.insert(self.next, leaf);
        self.next = self.next.saturating_add(1);
    }
}

/// An amount of zero never opens, nor does a seal over an output that does not exist or is null.
/// `vouts` is the number of outputs of the operation's witness, 0 for a genesis.
pub(crate) fn opens(state: &State, seal: &AssignedSeal, vouts: usize) -> bool {
    if *state == State::Amount(0) {
        return false;
    }
    match seal {
        AssignedSeal::Revealed(Seal::Witness { vout, .. }) => (*vout as usize) < vouts,
        AssignedSeal::Revealed(seal @ Seal::Outpoint { .. }) => seal.resolve(None).is_some(),
        AssignedSeal::Secret(_) => true,
    }
}
