//! The planner: which sealed coins a transaction spends, what moves where, and which outputs it
//! makes. Pure: the same facts give the same draft. Plain coins, the fee and plain change are chosen
//! afterwards by the coins layer.

mod act;
mod asks;
mod check;
mod choose;
mod draft;
mod error;
mod facts;
mod moves;
mod needs;
mod split;

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{OutPoint, ScriptBuf};
use bulla_core::operation::Input;
use bulla_core::seal::Blinding;
use bulla_core::state::State;
use bulla_core::{ContractId, NetworkId, SecretSeal};

pub use self::check::add;
pub use self::draft::draft;
pub use self::error::PlanError;
pub use self::facts::{ContractFacts, Move};
pub use self::needs::quantity;
use crate::api::Payment;
use crate::invoice::Invoice;

/// How a transaction commits to what it moves.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Method {
    /// In the sealed change; where nothing stays with us, in an `OP_RETURN` output.
    #[default]
    Auto,
    /// In an `OP_RETURN` output, which everybody sees.
    Opret,
}

/// An own unspent coin that holds allocations, or may hold some.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SealedCoin {
    /// The coin.
    pub outpoint: OutPoint,
    /// Its satoshis.
    pub sats: u64,
    /// Held for an invoice or another transfer: not to be spent.
    pub held: bool,
}

/// An allocation of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// The coin that holds it.
    pub outpoint: OutPoint,
    /// Its contract.
    pub contract: ContractId,
    /// The leaf.
    pub leaf: Input,
    /// What it is.
    pub state: State,
    /// Whether every witness of its history is deep enough.
    pub settled: bool,
}

/// What the planner knows; lists need no order.
#[derive(Copy, Clone, Debug)]
pub struct Facts<'a> {
    /// The chain.
    pub network: NetworkId,
    /// Unix seconds.
    pub now: u64,
    /// The best block's height: the locktime of what is planned.
    pub height: u32,
    /// Own unspent sealed coins.
    pub coins: &'a [SealedCoin],
    /// Own allocations.
    pub holdings: &'a [Holding],
    /// What the schemas of the known contracts allow.
    pub contracts: &'a BTreeMap<ContractId, ContractFacts>,
    /// Satoshis of an output that holds allocations, where nobody says otherwise.
    pub carrier: u64,
}

/// What is asked of the planner.
#[derive(Copy, Clone, Debug)]
pub struct Asked<'a> {
    /// The payments, at least one.
    pub payments: &'a [Payment],
    /// How to commit.
    pub method: Method,
    /// Contracts whose allocations may be lost.
    pub abandon: &'a BTreeSet<ContractId>,
}

/// The seal a planned leaf gets.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum PlannedSeal {
    /// The payee's secret one.
    Secret(SecretSeal),
    /// Over the payee's output of this transaction.
    Payee {
        /// The output.
        vout: u32,
        /// The payee's blinding.
        blinding: Blinding,
    },
    /// Over sealed change of ours in this transaction; the wallet blinds it.
    Change {
        /// The output.
        vout: u32,
    },
}

/// A leaf of a planned transition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedLeaf {
    /// Owned type.
    pub owned_type: u16,
    /// What it is.
    pub state: State,
    /// Its seal.
    pub seal: PlannedSeal,
    /// The number of the payment it makes; none: it stays ours.
    pub payment: Option<usize>,
}

/// A transition to be made; the order of leaves within a type is their numbering.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedTransition {
    /// The contract.
    pub contract: ContractId,
    /// Which transition of its schema.
    pub kind: u16,
    /// What it consumes: leaves of ours, and what each is.
    pub inputs: BTreeMap<Input, State>,
    /// What it makes.
    pub leaves: Vec<PlannedLeaf>,
    /// What it publishes.
    pub globals: Vec<(u16, Vec<u8>)>,
    /// What its rules read.
    pub metadata: Vec<(u16, Vec<u8>)>,
    /// How many keys of the contract must sign it.
    pub signatures: u64,
    /// The number of the payment that is this act; none: a plain move.
    pub act: Option<usize>,
}

/// What an output is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OutputRole {
    /// Sealed change with the commitment in its key.
    TapretHost,
    /// The commitment alone, in `OP_RETURN`; 0 satoshis.
    OpretHost,
    /// Sealed change without a commitment.
    SealedChange,
    /// A payee's output that holds his allocation.
    Payee {
        /// Number of the payment.
        payment: usize,
        /// Its script.
        script: ScriptBuf,
    },
    /// An own free sealed coin.
    Carrier,
    /// A plain bitcoin payment.
    Bitcoin {
        /// Its script.
        script: ScriptBuf,
    },
}

/// An output to be made; its place in the list is its number in the transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedOutput {
    /// What it is for.
    pub role: OutputRole,
    /// Satoshis.
    pub sats: u64,
}

/// What the planner decided. Plain inputs, the fee and plain change, which is the last output, are
/// still to come.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Draft {
    /// Sealed coins to spend, ascending.
    pub inputs: Vec<SealedCoin>,
    /// Outputs in their final order.
    pub outputs: Vec<PlannedOutput>,
    /// Transitions, ascending by contract; in it acts as they were asked for, then plain moves.
    pub transitions: Vec<PlannedTransition>,
    /// Allocations that are left behind and lost, because their contracts were named.
    pub abandoned: Vec<Holding>,
    /// Where all plain bitcoin goes, if all is sent.
    pub drain: Option<ScriptBuf>,
    /// The first expiry of the invoices (unix seconds).
    pub expiry: Option<u64>,
    /// What the payments come to, in their order; an act, then what it pays.
    pub paid: Vec<Paid>,
}

impl Draft {
    /// The number of the output with the commitment; nothing is committed to without transitions.
    pub fn host(&self) -> Option<usize> {
        let host = |output: &PlannedOutput| {
            matches!(output.role, OutputRole::TapretHost | OutputRole::OpretHost)
        };
        self.outputs.iter().position(host)
    }
}

/// What one payment comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Paid {
    /// An allocation.
    Asset {
        /// The invoice it pays.
        invoice: Box<Invoice>,
        /// Of this contract.
        contract: ContractId,
        /// Of this type.
        owned_type: u16,
        /// What it is.
        state: State,
    },
    /// A transition that is no plain move.
    Act {
        /// Of this contract.
        contract: ContractId,
        /// Which.
        kind: u16,
        /// Smallest units of the first Amount type that it takes.
        amount: u64,
    },
    /// Satoshis; none: all there are.
    Bitcoin(Option<u64>),
    /// So many free sealed coins.
    Carriers(u32),
    /// So many empty carriers become plain.
    Swept(u32),
}

#[cfg(test)]
mod tests;
