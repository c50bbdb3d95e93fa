//! Why a command about assets failed.

use std::collections::BTreeSet;
use std::fmt;

use bitcoin::{OutPoint, Txid, XOnlyPublicKey};
use bulla_core::validator::Failure;
use bulla_core::{ContractId, OperationId, SchemaId};

use super::ack::AckError;
use super::envelope::EnvelopeError;
use super::plan::PlanError;
use super::step::StepError;
use crate::amount::AmountError;
use crate::api::TransferId;
use crate::assets::consign::ConsignError;
use crate::invoice::InvoiceError;
use crate::store::quarantine::{Unseen, Waiting};

/// Why a command about assets failed. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The transfer is not that far, or too far.
    #[error(transparent)]
    Step(#[from] StepError),
    /// An acknowledgement is not the one that is due.
    #[error(transparent)]
    Ack(#[from] AckError),
    /// A consignment cannot be built.
    #[error(transparent)]
    Consign(#[from] ConsignError),
    /// A text is no invoice.
    #[error(transparent)]
    Invoice(#[from] InvoiceError),
    /// A text is no amount.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// A consignment is not consistent, or cannot be judged.
    #[error("the consignment is refused: {0}")]
    Refused(Box<Failure>),
    /// A delta builds on what this wallet has not proven. Nothing was stored.
    #[error(
        "the consignment builds on {} operations that this wallet does not know; ask the payer for the whole history",
        missing.len()
    )]
    BaseMissing {
        /// The operations that it builds on and that are missing here.
        missing: BTreeSet<OperationId>,
    },
    /// A mined transaction conflicts with a witness.
    #[error(
        "transaction {witness} of the consignment can never be mined: another one that spends the same coin is; ask the payer to pay again"
    )]
    Conflicted {
        /// The witness.
        witness: Txid,
    },
    /// Nothing in it is ours.
    #[error(
        "nothing in this consignment of contract {contract} belongs to this wallet; nothing was stored"
    )]
    NotOurs {
        /// The contract.
        contract: ContractId,
    },
    /// A contract file, not a consignment.
    #[error("this is the contract file of {contract}: it hands nothing over; nothing was stored")]
    ContractFile {
        /// The contract.
        contract: ContractId,
    },
    /// Too much waits for the chain already.
    #[error(
        "{} transactions, or {} bytes of them and their transitions, are kept that no source has seen or that conflict with mined ones; nothing more is taken in until some are seen", limit.transactions, limit.bytes
    )]
    QuarantineFull {
        /// The limit.
        limit: Waiting,
    },
    /// Too many contracts are kept of which nobody has seen a transaction.
    #[error(
        "{} contracts, or {} bytes of them, are kept of which no source has seen a transaction; import the contract file of this one first, if you want it", limit.contracts, limit.bytes
    )]
    ContractsFull {
        /// The limit.
        limit: Unseen,
    },
    /// There is no free sealed coin.
    #[error("no free sealed coin; {sats} sat are needed for one")]
    NoCarrier {
        /// Satoshis of a new one.
        sats: u64,
    },
    /// A coin that was asked for is not free.
    #[error("coin {outpoint} cannot be used here: {reason}")]
    CoinNotFree {
        /// The coin.
        outpoint: OutPoint,
        /// Why not.
        reason: NotFree,
    },
    /// A schema outside the list of allowed ones.
    #[error("schema {schema} is not allowed in this wallet")]
    SchemaNotAllowed {
        /// The schema.
        schema: SchemaId,
    },
    /// A field of a new contract.
    #[error("the {field} of a contract is {found}; expected {expected}")]
    Field {
        /// Which.
        field: &'static str,
        /// What was given.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An allocation of a new contract.
    #[error("allocation {number} of the contract cannot be made")]
    Allocation {
        /// Its number, from 1.
        number: usize,
        /// Why not.
        #[source]
        cause: Box<TransferError>,
    },
    /// A contract that is not known.
    #[error("contract {contract} is unknown; accept a consignment or contract file of it first")]
    UnknownContract {
        /// The contract.
        contract: ContractId,
    },
    /// A consignment of another contract than asked for.
    #[error("the consignment is about contract {found}; expected {expected}")]
    OtherContract {
        /// The consignment's.
        found: ContractId,
        /// The one that was asked for.
        expected: ContractId,
    },
    /// A contract without an asset that could be summed up.
    #[error("contract {contract} has no type `asset` or `nft`, so it has no supply")]
    NoSupply {
        /// The contract.
        contract: ContractId,
    },
    /// A transfer that is not known.
    #[error("there is no transfer {transfer}")]
    UnknownTransfer {
        /// The transfer.
        transfer: TransferId,
    },
    /// A transfer of the other direction.
    #[error("transfer {transfer} was not sent by this wallet")]
    NotSent {
        /// The transfer.
        transfer: TransferId,
    },
    /// Coins or allocations changed since the plan was made.
    #[error("the wallet has changed since this was planned; plan again")]
    StalePlan,
    /// An invoice that this wallet pays already.
    #[error("transfer {transfer} pays this invoice already; ask the payee for a new one")]
    AlreadyPaid {
        /// That transfer.
        transfer: TransferId,
    },
    /// The invoice's seal has an allocation already, from a genesis.
    #[error(
        "contract {contract} was issued to the seal of this invoice; each invoice is paid once, ask for another"
    )]
    AlreadyIssued {
        /// The contract.
        contract: ContractId,
    },
    /// A media file that cannot be committed to, or is not the one that is.
    #[error(transparent)]
    Media(#[from] crate::media::MediaError),
    /// A genesis that its schema forbids.
    #[error("the schema does not allow this contract: {reason}")]
    Genesis {
        /// The rule or count that does not hold.
        reason: String,
    },
    /// A name that a schema does not declare.
    #[error("the schema has no `{found}`; it has {expected}")]
    NoSuchName {
        /// The name.
        found: String,
        /// What it declares.
        expected: String,
    },
    /// An invoice that a genesis allocates nothing to.
    #[error("contract {contract} issued nothing to this invoice")]
    NotIssuedTo {
        /// The contract.
        contract: ContractId,
    },
    /// A key that is none of the contract's signers.
    #[error("key {key} is no signer of contract {contract}")]
    NotASigner {
        /// The contract.
        contract: ContractId,
        /// The key.
        key: XOnlyPublicKey,
    },
    /// A consignment without an operation that waits for this key.
    #[error("nothing in this consignment of contract {contract} waits for a signature by this key")]
    NothingToSign {
        /// The contract.
        contract: ContractId,
    },
    /// A file without good signatures for a transfer.
    #[error(
        "the file holds no signatures for transfer {transfer}, or one that does not verify; give the file that the signer gave back"
    )]
    ForeignSignatures {
        /// The transfer.
        transfer: TransferId,
    },
    /// A PSBT that asks for no signatures, and brings none.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// No fee rate is known.
    #[error("no fee rate is known")]
    NoFeeRate,
    /// Signing would lose an allocation.
    #[error(
        "this would spend coin {outpoint}, which holds contract {contract}, without moving it; nothing was signed"
    )]
    WouldBurn {
        /// The contract.
        contract: ContractId,
        /// The coin.
        outpoint: OutPoint,
    },
    /// The transaction spends a coin that is kept for something else.
    #[error(
        "this would spend coin {outpoint}, which is kept for an invoice or another transfer; nothing was signed"
    )]
    Held {
        /// The coin.
        outpoint: OutPoint,
    },
    /// The transaction does not carry what was prepared.
    #[error(
        "transaction {txid} does not carry the commitment for contract {contract}; nothing was signed"
    )]
    NoCommitment {
        /// The transaction.
        txid: Txid,
        /// The contract.
        contract: ContractId,
    },
    /// The payee did not say which key signs acknowledgements.
    #[error("the invoice names no key for acknowledgements, so none can be checked")]
    NoAckKey,
    /// Contracts that do not fit one transaction.
    #[error(transparent)]
    Commit(#[from] bulla_core::commit::mpc_builder::BuildError),
    /// An operation that is too large.
    #[error("the transfer is too large for one transaction; pay in several")]
    TooLarge(#[from] bulla_core::DecodeError),
}

/// Why a coin is not free.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum NotFree {
    /// Not an unspent sealed coin of this wallet.
    NotSealed,
    /// Held for an invoice or a transfer.
    Held,
    /// It holds allocations.
    Full,
}

impl fmt::Display for NotFree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSealed => "it is no unspent sealed coin of this wallet",
            Self::Held => "it is held for an invoice or a transfer",
            Self::Full => "it holds allocations",
        })
    }
}

impl TransferError {
    /// A stable name for programs, in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Plan(error) => plan_code(error),
            Self::Step(error) => step_code(error),
            Self::Ack(_) => "acknowledgement",
            Self::Consign(ConsignError::TakenBack { .. }) => "taken-back",
            Self::Consign(_) => "consign",
            Self::Invoice(_) => "invoice",
            Self::Amount(_) => "amount",
            Self::Refused(failure) => match **failure {
                Failure::Invalid(_) => "invalid",
                Failure::Unsigned(_) => "unsigned",
                Failure::Unresolved(_) => "unresolved",
            },
            Self::BaseMissing { .. } => "base-missing",
            Self::Conflicted { .. } => "conflicted",
            Self::ContractFile { .. } => "contract-file",
            Self::OtherContract { .. } => "wrong-contract",
            Self::NoSupply { .. } => "no-supply",
            Self::NotOurs { .. } => "not-ours",
            Self::QuarantineFull { .. } => "quarantine-full",
            Self::ContractsFull { .. } => "contracts-full",
            Self::NoCarrier { .. } => "no-carrier",
            Self::CoinNotFree { .. } => "coin-not-free",
            Self::SchemaNotAllowed { .. } => "schema-not-allowed",
            Self::Field { .. } => "field",
            Self::Allocation { cause, .. } => cause.code(),
            Self::UnknownContract { .. } => "unknown-contract",
            Self::UnknownTransfer { .. } | Self::NotSent { .. } => "unknown-transfer",
            Self::StalePlan => "stale-plan",
            Self::AlreadyPaid { .. } => "already-paid",
            Self::AlreadyIssued { .. } => "already-issued",
            Self::Media(_) => "media",
            Self::Genesis { .. } => "forbidden",
            Self::NoSuchName { .. } => "unknown-name",
            Self::NotIssuedTo { .. } => "not-issued",
            Self::NotASigner { .. } => "not-a-signer",
            Self::NothingToSign { .. } => "nothing-to-sign",
            Self::ForeignSignatures { .. } => "foreign-signatures",
            Self::Envelope(error) => error.code(),
            Self::NoFeeRate => "no-fee-rate",
            Self::WouldBurn { .. } => "would-burn",
            Self::Held { .. } => "held-coin",
            Self::NoCommitment { .. } => "no-commitment",
            Self::NoAckKey => "no-ack-key",
            Self::Commit(_) | Self::TooLarge(_) => "too-large",
        }
    }

    /// What a person can do about it, unless the message says it.
    pub fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Allocation { cause, .. } => return cause.remedy(),
            Self::NoCarrier { .. } => "make one with `issue` (it asks first) or receive bitcoin with `address`, then `sync`".to_owned(),
            Self::BaseMissing { .. } => "the payer writes it with `send --resume TRANSFER --whole`".to_owned(),
            Self::Consign(ConsignError::TakenBack { .. }) => "whoever made that transaction broadcasts it again by `sync`; then `sync` here and try again".to_owned(),
            Self::NoFeeRate => "say it with --fee-rate".to_owned(),
            Self::Held { .. } => "`cancel` the transfer that keeps it".to_owned(),
            Self::WouldBurn { contract, .. } | Self::Plan(PlanError::NotMovable { contract, .. }) => format!("to leave it behind on purpose, --abandon {contract}"),
            Self::SchemaNotAllowed { schema } => format!("read it with `inspect`, then allow {schema}"),
            Self::UnknownTransfer { .. } => "`transfers` lists them".to_owned(),
            Self::Plan(PlanError::TooManyContracts { .. }) => "to leave one behind on purpose, --abandon CONTRACT; `coins` shows which".to_owned(),
            Self::Plan(PlanError::InsufficientAsset { .. }) => "look at `coins` and `transfers`".to_owned(),
            _ => return None,
        })
    }
}

const fn plan_code(error: &PlanError) -> &'static str {
    use crate::invoice::InvoiceUnpayable;
    match error {
        PlanError::Nothing | PlanError::NothingToSweep => "nothing-to-do",
        PlanError::Unpayable(InvoiceUnpayable::Network { .. }) | PlanError::OtherNetwork { .. } => {
            "wrong-network"
        }
        PlanError::Unpayable(InvoiceUnpayable::Expired { .. }) => "expired",
        PlanError::UnknownContract { .. } => "unknown-contract",
        PlanError::NoContract
        | PlanError::NoAmount
        | PlanError::OtherContract { .. }
        | PlanError::OtherAmount { .. }
        | PlanError::Zero
        | PlanError::NoType { .. }
        | PlanError::NoMove { .. }
        | PlanError::OtherKind { .. }
        | PlanError::TokenField { .. } => "payment",
        PlanError::UnknownName { .. } => "unknown-name",
        PlanError::NotTogether { .. } => "not-together",
        PlanError::Forbidden { .. } => "forbidden",
        PlanError::SamePayee { .. } => "same-payee",
        PlanError::InternalEndpoint { .. } => "internal-endpoint",
        PlanError::InsufficientAsset { .. } => "insufficient-asset",
        PlanError::TooMuch { .. }
        | PlanError::TooMany { .. }
        | PlanError::TooManyContracts { .. } => "too-large",
        PlanError::NotMovable { .. } | PlanError::LeftOver { .. } => "would-burn",
        PlanError::Dust { .. } => "dust",
        PlanError::TwoDrains => "two-drains",
    }
}

const fn step_code(error: &StepError) -> &'static str {
    match error {
        StepError::Unsigned => "unsigned",
        StepError::NotSigned => "not-signed",
        StepError::Unacknowledged { .. } => "unacknowledged",
        StepError::Expired { .. } => "expired",
        StepError::Public => "broadcast-already",
        StepError::Failed { .. } => "failed-transfer",
        StepError::ForeignInvoice { .. } => "acknowledgement",
    }
}
