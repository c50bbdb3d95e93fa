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
pub trait Known {
    /// The leaf of this operation in this witness, if that very leaf was proven.
    fn leaf(&self, contract: ContractId, leaf: &Input, witness: Txid) -> Option<KnownLeaf>;

    /// What lies behind the entries of a base, all of which are known. Asked for once per consignment.
    fn behind(&self, contract: ContractId, base: &[BaseEntry]) -> Box<dyn Behind + '_>;
}

/// *Behind* the entries of a base lie the witnesses of their operations and of all operations that
/// these build on. A store answers by look-ups, and walks ancestry only where it has found something,
/// each place of it once: however often it is asked, it costs the look-ups and the history.
pub trait Behind {
    /// Whether this witness lies behind.
    fn has_witness(&self, witness: Txid) -> bool;

    /// The witness behind that spends this output.
    fn spender(&self, outpoint: OutPoint) -> Option<Txid>;

    /// Whether an operation behind consumes this leaf.
    fn consumes(&self, leaf: &Input) -> bool;

    /// An output that two witnesses behind spend.
    fn clash(&self) -> Option<OutPoint>;
}

/// A store that knows nothing.
#[derive(Copy, Clone, Debug, Default)]
pub struct NothingKnown;

impl Known for NothingKnown {
    fn leaf(&self, _: ContractId, _: &Input, _: Txid) -> Option<KnownLeaf> {
        None
    }

    fn behind(&self, _: ContractId, _: &[BaseEntry]) -> Box<dyn Behind + '_> {
        Box::new(Self)
    }
}

impl Behind for NothingKnown {
    fn has_witness(&self, _: Txid) -> bool {
        false
    }

    fn spender(&self, _: OutPoint) -> Option<Txid> {
        None
    }

    fn consumes(&self, _: &Input) -> bool {
        false
    }

    fn clash(&self) -> Option<OutPoint> {
        None
    }
}
