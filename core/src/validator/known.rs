//! What the own store has proven before.

use crate::ContractId;
use crate::frame::BaseEntry;
use crate::seal::AssignedSeal;
use crate::settle::Sought;
use crate::state::State;

/// A leaf that the own store has proven.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownLeaf {
    /// Its state.
    pub state: State,
    /// Its seal.
    pub seal: AssignedSeal,
    /// Every witness of its history, its own included; all of them must settle.
    pub history: Vec<Sought>,
}

/// The own store. Nothing that a peer says can put an entry here.
pub trait Known {
    /// The leaf of this operation in this witness, if that very leaf was proven.
    fn leaf(&self, contract: ContractId, entry: &BaseEntry) -> Option<KnownLeaf>;
}

/// A store that knows nothing.
#[derive(Copy, Clone, Debug, Default)]
pub struct NothingKnown;

impl Known for NothingKnown {
    fn leaf(&self, _: ContractId, _: &BaseEntry) -> Option<KnownLeaf> {
        None
    }
}
