//! Why there is no plan.

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_core::state::StateKind;

use crate::invoice::InvoiceUnpayable;

/// Why there is no plan. Amounts are in smallest units.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// No payment at all.
    #[error("nothing to pay; name at least one invoice, address or coin")]
    Nothing,
    /// There is no empty carrier.
    #[error("no empty carrier to sweep")]
    NothingToSweep,
    /// For another chain, or too late.
    #[error(transparent)]
    Unpayable(#[from] InvoiceUnpayable),
    /// A contract that the wallet has never seen.
    #[error("contract {contract} is unknown; accept a consignment or contract file of it first")]
    UnknownContract {
        /// The contract.
        contract: ContractId,
    },
    /// The invoice leaves the contract open, and so does the payer.
    #[error("the invoice takes any contract; say which one to pay with")]
    NoContract,
    /// The invoice leaves the amount open, and so does the payer.
    #[error("the invoice takes any amount; say how much to pay")]
    NoAmount,
    /// The payer says another contract than the invoice.
    #[error("contract {found} was asked for, but the invoice wants {expected}")]
    OtherContract {
        /// The payer's.
        found: ContractId,
        /// The invoice's.
        expected: ContractId,
    },
    /// The payer says another amount than the invoice.
    #[error("amount {found} was asked for, but the invoice wants {expected}")]
    OtherAmount {
        /// The payer's.
        found: u64,
        /// The invoice's.
        expected: u64,
    },
    /// Nothing to move.
    #[error("an amount of 0; expected at least 1")]
    Zero,
    /// One payee twice.
    #[error(
        "the payee of payment {second} is that of payment {first}; each invoice is paid once, ask for another"
    )]
    SamePayee {
        /// Number of the first, from 1.
        first: usize,
        /// Number of the second, from 1.
        second: usize,
    },
    /// The consignment would have to go to a host inside this network.
    #[error(
        "the invoice asks to hand the consignment to `{host}`, which is inside this network; refused, because invoices come from strangers"
    )]
    InternalEndpoint {
        /// The host.
        host: String,
    },
    /// Not enough of the asset.
    #[error(
        "{missing} more `{what}` of contract {contract} are needed; {available} can be spent now, {held} are held for other transfers or invoices, or wait for a first confirmation (smallest units)"
    )]
    InsufficientAsset {
        /// The contract.
        contract: ContractId,
        /// The owned type, with the token if there is one.
        what: String,
        /// What is lacking.
        missing: u64,
        /// What can be spent now.
        available: u64,
        /// What is held for others, or unconfirmed and not our own change.
        held: u64,
    },
    /// More than 64 bits of one asset.
    #[error("the payments of contract {contract} exceed 2^64 - 1; pay in several transactions")]
    TooMuch {
        /// The contract.
        contract: ContractId,
    },
    /// A payment that does not say which of several types it is of.
    #[error("contract {contract} owns several types; the invoice must name one (`owned`)")]
    NoType {
        /// The contract.
        contract: ContractId,
    },
    /// A name that the schema does not declare.
    #[error("the schema of contract {contract} has no {what} `{found}`; it has {expected}")]
    UnknownName {
        /// The contract.
        contract: ContractId,
        /// Owned type, transition, global or metadata.
        what: &'static str,
        /// The name.
        found: String,
        /// What it declares.
        expected: String,
    },
    /// A quantity of another kind than the owned type's.
    #[error(
        "`{owned}` of contract {contract} is of kind {expected:?}, which is not how it was asked for"
    )]
    OtherKind {
        /// The contract.
        contract: ContractId,
        /// The owned type.
        owned: String,
        /// Its kind.
        expected: StateKind,
    },
    /// An invoice asks for a token of a type that has none, or for none of one that has.
    #[error("the invoice must name a token for `{owned}` of contract {contract}, and only there")]
    TokenField {
        /// The contract.
        contract: ContractId,
        /// The owned type.
        owned: String,
    },
    /// The act uses what a payment beside it needs.
    #[error(
        "contract {contract}: what one act or payment consumes is not there for the next; do them in transactions of their own"
    )]
    NotTogether {
        /// The contract.
        contract: ContractId,
    },
    /// The schema forbids it.
    #[error("contract {contract} does not allow this `{transition}`: {reason}")]
    Forbidden {
        /// The contract.
        contract: ContractId,
        /// The transition's name.
        transition: String,
        /// The rule or count that does not hold.
        reason: String,
    },
    /// An allocation on a spent coin has no way to go along.
    #[error(
        "coin {outpoint} also holds contract {contract}, which cannot go along (it has no plain move, or one that others must sign); pay from another coin, move that contract first, or abandon it"
    )]
    NotMovable {
        /// The contract.
        contract: ContractId,
        /// The coin.
        outpoint: OutPoint,
    },
    /// An invoice for what its contract moves by no plain transition.
    #[error(
        "`{owned}` of contract {contract} has no plain move, so no invoice is paid with it; use a transition of its schema that gives it"
    )]
    NoMove {
        /// The contract.
        contract: ContractId,
        /// The owned type.
        owned: String,
    },
    /// An act leaves something of its own type on a spent coin, which cannot go along.
    #[error(
        "coin {outpoint} holds more `{owned}` of contract {contract} than is used, and it has no plain move; use all of it"
    )]
    LeftOver {
        /// The contract.
        contract: ContractId,
        /// The owned type.
        owned: String,
        /// The coin.
        outpoint: OutPoint,
    },
    /// More contracts than one transaction can commit to.
    #[error(
        "the coins that are spent hold {found} contracts, and one transaction moves at most {allowed}; pay from another coin, or name contracts that may be lost"
    )]
    TooManyContracts {
        /// On the coins.
        found: usize,
        /// Allowed.
        allowed: usize,
    },
    /// A transition cannot have so many inputs or outputs.
    #[error(
        "contract {contract} allows at most {allowed} {what} in one transition; {found} are needed, pay in several transactions"
    )]
    TooMany {
        /// The contract.
        contract: ContractId,
        /// Inputs or outputs.
        what: &'static str,
        /// Needed.
        found: usize,
        /// Allowed.
        allowed: u32,
    },
    /// A plain payment that the network would not relay.
    #[error(
        "{found} sat are below the dust limit of that output; expected at least {expected} sat"
    )]
    Dust {
        /// Asked for.
        found: u64,
        /// The limit.
        expected: u64,
    },
    /// An address of another chain.
    #[error("address `{found}` is of another network than this wallet")]
    OtherNetwork {
        /// The address.
        found: String,
    },
    /// All is sent twice.
    #[error("all plain bitcoin can be sent to one address only")]
    TwoDrains,
}
