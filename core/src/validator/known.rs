//! What the own store has proven before.

use bitcoin::{OutPoint, Txid};

use crate::frame::BaseEntry;
use crate::operation::Input;
use crate::state::State;
use crate::{ContractId, SecretSeal};

/// A leaf that the own store has proven.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownLeaf {
    /// Its state.
    pub state: State,
    /// Its seal.
    pub seal: SecretSeal,
    /// Number of outputs of the witness of its operation.
    pub outputs: u32,
}

/// The own store. Nothing that a peer says can put an entry here.
///
/// *Behind* the entries of a base lie the witnesses of their operations and of all operations that
/// these build on. A store answers by look-ups, and walks ancestry only where it has found something.
pub trait Known {
    /// The leaf of this operation in this witness, if that very leaf was proven.
    fn leaf(&self, contract: ContractId, leaf: &Input, witness: Txid) -> Option<KnownLeaf>;

    /// Whether this witness lies behind these entries.
    fn witness_behind(&self, contract: ContractId, base: &[BaseEntry], witness: Txid) -> bool;

    /// The witness behind these entries that spends this output.
    fn spender_behind(
        &self,
        contract: ContractId,
        base: &[BaseEntry],
        outpoint: OutPoint,
    ) -> Option<Txid>;

    /// Whether an operation behind these entries consumes this leaf.
    fn consumed_behind(&self, contract: ContractId, base: &[BaseEntry], leaf: &Input) -> bool;

    /// An output that two witnesses behind these entries spend.
    fn clash(&self, contract: ContractId, base: &[BaseEntry]) -> Option<OutPoint>;
}

/// A store that knows nothing.
#[derive(Copy, Clone, Debug, Default)]
pub struct NothingKnown;

impl Known for NothingKnown {
    fn leaf(&self, _: ContractId, _: &Input, _: Txid) -> Option<KnownLeaf> {
        None
    }

    fn witness_behind(&self, _: ContractId, _: &[BaseEntry], _: Txid) -> bool {
        false
    }

    fn spender_behind(&self, _: ContractId, _: &[BaseEntry], _: OutPoint) -> Option<Txid> {
        None
    }

    fn consumed_behind(&self, _: ContractId, _: &[BaseEntry], _: &Input) -> bool {
        false
    }

    fn clash(&self, _: ContractId, _: &[BaseEntry]) -> Option<OutPoint> {
        None
    }
}
