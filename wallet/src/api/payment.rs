//! What a transaction is to do, and what it would come to.

use std::collections::BTreeSet;

use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, FeeRate, OutPoint};
use bulla_core::ContractId;
use bulla_core::state::{State, Token};

use crate::invoice::Invoice;
use crate::transfer::plan::{Draft, Method};

/// How much bitcoin a plain payment sends.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum BitcoinAmount {
    /// So many satoshis.
    Sats(u64),
    /// Every plain coin; the fee is taken off.
    All,
}

/// One thing that a transaction is to do; several go into one transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payment {
    /// Pays an invoice.
    Invoice {
        /// The invoice.
        invoice: Box<Invoice>,
        /// The contract, where the invoice leaves it open; else none, or the same.
        contract: Option<ContractId>,
        /// The amount in smallest units, where the invoice leaves it open; else none, or the same.
        amount: Option<u64>,
    },
    /// Uses a transition of a contract other than its plain moves: issues more, burns, engraves.
    Act(Act),
    /// Pays plain bitcoin.
    Bitcoin {
        /// To whom.
        address: Address<NetworkUnchecked>,
        /// How much.
        amount: BitcoinAmount,
    },
    /// Makes free sealed coins.
    Carriers {
        /// How many.
        count: u32,
        /// Satoshis of each; none: the default.
        sats: Option<u64>,
    },
    /// Brings empty carriers back to plain; those that hold contracts named in
    /// [`PlanOptions::abandon`] alone count as empty.
    Sweep,
}

/// One transition of a contract, with the names of its schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Act {
    /// The contract.
    pub contract: ContractId,
    /// The transition's name.
    pub transition: String,
    /// What it consumes. More than asked for may be consumed; the rest stays ours.
    pub takes: Vec<Take>,
    /// What it makes besides that rest.
    pub gives: Vec<Give>,
    /// Values that it publishes: name and bytes.
    pub globals: Vec<(String, Vec<u8>)>,
    /// Values that its rules read: name and bytes.
    pub metadata: Vec<(String, Vec<u8>)>,
}

/// What an act consumes of one owned type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Take {
    /// The owned type's name.
    pub owned: String,
    /// How much of it.
    pub quantity: Quantity,
    /// Whether it stays ours as well: a right that is shown, a token that is engraved.
    pub kept: bool,
}

/// How much of an owned type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// So many smallest units of an Amount type.
    Amount(u64),
    /// So much of one token of a Token type.
    Token(Token),
    /// So many leaves of a Right or Data type.
    Leaves(u32),
}

/// A leaf that an act makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Give {
    /// The owned type's name.
    pub owned: String,
    /// What it is.
    pub state: State,
    /// Whom it is for; none: it stays ours.
    pub to: Option<Box<Invoice>>,
}

/// How to plan.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlanOptions {
    /// Fee rate; none: what the last `sync` heard, on regtest at least the relay minimum.
    pub fee_rate: Option<FeeRate>,
    /// How the transaction commits.
    pub method: Method,
    /// Contracts whose allocations may be left behind on the coins that are spent, and so lost.
    pub abandon: BTreeSet<ContractId>,
    /// Most satoshis the fee may be; none: the default cap.
    pub max_fee: Option<u64>,
    /// Waits for acknowledgements also where the invoices do not ask for it.
    pub hold: bool,
}

/// What a transaction would do: nothing is reserved, stored or signed.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// What was asked for.
    pub payments: Vec<Payment>,
    /// How.
    pub options: PlanOptions,
    /// Sealed inputs, outputs in their order, moves, losses.
    pub draft: Draft,
    /// Plain coins that are spent, too.
    pub plain_inputs: Vec<OutPoint>,
    /// Fee in satoshis.
    pub fee_sats: u64,
    /// Virtual size of the signed transaction.
    pub vbytes: u64,
    /// Fee rate that was used.
    pub fee_rate: FeeRate,
    /// Satoshis of the plain change, the last output; none: there is no change.
    pub change_sats: Option<u64>,
    /// Whether the broadcast would wait for acknowledgements.
    pub hold: bool,
}
