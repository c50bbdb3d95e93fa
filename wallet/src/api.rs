//! What the public commands take and give: plain data, without behaviour that touches a store.
//!
//! Units: amounts of an asset are `u64` in its smallest unit, bitcoin is in satoshis, fee rates are
//! `FeeRate` (sat/vB for people), times are unix seconds.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use bitcoin::address::NetworkUnchecked;
use bitcoin::key::XOnlyPublicKey;
use bitcoin::{Address, FeeRate, OutPoint, Psbt, Txid};
use bulla_core::{ContractId, OperationId, SchemaId};

use crate::identity::Statement;
use crate::invoice::Invoice;
use crate::transfer::plan::Draft;
pub use crate::transfer::plan::{Method, Paid};
pub use crate::transfer::step::{Failure as TransferFailure, ReceiverState, SenderState};

/// A new contract of a standard schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issue {
    /// Its schema, one that the wallet allows.
    pub schema: SchemaId,
    /// Ticker: 1 to 16 characters, ASCII letters and digits. A claim, not unique.
    pub ticker: String,
    /// Name: 1 to 64 printable ASCII characters. A claim, not unique.
    pub name: String,
    /// Decimals people see, 0 to 18.
    pub precision: u8,
    /// All that is issued, in smallest units, at least 1.
    pub supply: u64,
    /// Details, up to 65,535 bytes of text.
    pub details: Option<String>,
    /// Terms, up to 65,535 bytes of text.
    pub terms: Option<String>,
    /// The key that will sign statements about who issued it.
    pub issuer: Option<XOnlyPublicKey>,
    /// The own sealed coin that holds the supply; if none, a free one is taken.
    pub coin: Option<OutPoint>,
}

/// Where an invoice wants to be paid to.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum InvoiceTarget {
    /// A new output that the payer makes and funds.
    #[default]
    Witness,
    /// A secret seal over an own sealed coin, which is reserved meanwhile: this one, or a free one.
    Blind(Option<OutPoint>),
}

/// What an invoice asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InvoiceRequest {
    /// The contract; none: any.
    pub contract: Option<ContractId>,
    /// The amount in smallest units; none: the payer says.
    pub amount: Option<u64>,
    /// Where to.
    pub target: InvoiceTarget,
    /// Satoshis of the output, witness invoices only, at least 330; none: the payer's default.
    pub sats: Option<u64>,
    /// Seconds until it expires; none: the default.
    pub expires_in: Option<u64>,
    /// Where the consignment is to be handed over (`https://…`); with it, the payer waits for the
    /// acknowledgement before he broadcasts.
    pub via: Option<String>,
    /// The age recipient that the consignment is encrypted to.
    pub enc: Option<String>,
}

/// An invoice of this wallet and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvoiceInfo {
    /// The invoice.
    pub invoice: Invoice,
    /// The own coin that is held for it.
    pub reserved: Option<OutPoint>,
    /// Received so far by contract, in smallest units.
    pub received: Vec<(ContractId, u64)>,
    /// When it was made.
    pub created: u64,
    /// Its state.
    pub state: InvoiceState,
}

/// What came of an invoice.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum InvoiceState {
    /// Nothing came yet.
    Open,
    /// Less came than it asks for, or another contract.
    Partial,
    /// All it asks for came, not all of it settled.
    Paid,
    /// All it asks for came and is settled.
    Settled,
    /// Its time has passed and nothing came.
    Expired,
    /// What came can never be mined any more.
    Conflicted,
    /// Its owner gave it up.
    Cancelled,
}

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
    /// [`PlanOptions::burn`] alone count as empty.
    Sweep,
}

/// How to plan.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlanOptions {
    /// Fee rate; none: what the last `sync` heard, on regtest at least the relay minimum.
    pub fee_rate: Option<FeeRate>,
    /// How the transaction commits.
    pub method: Method,
    /// Contracts whose allocations may be lost.
    pub burn: BTreeSet<ContractId>,
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

/// A transfer's name within its wallet.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId([u8; 16]);

impl TransferId {
    /// Wraps the bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransferId({self})")
    }
}

/// A text that names no transfer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{found}` is no transfer; expected the 32 hex digits that `transfers` lists")]
pub struct ParseTransferIdError {
    /// The text.
    pub found: String,
}

impl FromStr for TransferId {
    type Err = ParseTransferIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = <[u8; 16] as bitcoin::hex::FromHex>::from_hex(text);
        bytes.map(Self).map_err(|_| ParseTransferIdError {
            found: text.chars().take(80).collect(),
        })
    }
}

/// A consignment to hand over to one payee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreparedConsignment {
    /// The invoice it pays.
    pub invoice: Invoice,
    /// The contract.
    pub contract: ContractId,
    /// The amount in smallest units.
    pub amount: u64,
    /// A file name that is its own in this transfer: `<ticker>-<n>.bulla`, ASCII.
    pub file_name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A transaction that is built and stored, but not signed.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The transfer.
    pub transfer: TransferId,
    /// What is to be signed.
    pub psbt: Psbt,
    /// Its id, fixed before signing (every input is segwit).
    pub txid: Txid,
    /// Fee in satoshis.
    pub fee_sats: u64,
    /// Virtual size of the signed transaction.
    pub vbytes: u64,
    /// One for each paid invoice, in the order of the payments.
    pub consignments: Vec<PreparedConsignment>,
    /// Whether the broadcast waits for acknowledgements.
    pub hold: bool,
}

/// One leaf that came to this wallet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct ReceivedLeaf {
    /// The operation that made it.
    pub operation: OperationId,
    /// Owned type.
    pub owned_type: u16,
    /// Number of the leaf.
    pub index: u32,
    /// Amount in smallest units; 0 for kinds without one.
    pub amount: u64,
    /// The own output that holds it.
    pub outpoint: OutPoint,
}

/// What `accept` found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// The transfer it is now listed as.
    pub transfer: TransferId,
    /// The contract.
    pub contract: ContractId,
    /// Sum of our leaves in smallest units.
    pub amount: u64,
    /// State of the transfer.
    pub state: TransferState,
    /// Depth of the weakest witness, 0 if one is not mined.
    pub confirmations: u32,
    /// Our leaves, at least one.
    pub leaves: Vec<ReceivedLeaf>,
    /// The invoices it pays, with what came of them.
    pub invoices: Vec<InvoiceInfo>,
    /// Whether the wallet knew all of it before: nothing was credited again.
    pub already_known: bool,
    /// The signed acknowledgements, one for each paid invoice, as text.
    pub acknowledgements: Vec<String>,
}

/// Which way a transfer goes.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// From this wallet.
    Sent,
    /// To this wallet.
    Received,
}

/// The state of a transfer: the sender's, or the receiver's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TransferState {
    /// As the sender.
    Sender(SenderState),
    /// As the receiver.
    Receiver(ReceiverState),
}

impl TransferState {
    /// Its name: `prepared`, `delivered`, `broadcast`, `invoiced`, `received`, `settled`, `failed`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sender(state) => state.name(),
            Self::Receiver(state) => state.name(),
        }
    }

    /// Why it failed.
    pub const fn failure(&self) -> Option<&TransferFailure> {
        match self {
            Self::Sender(SenderState::Failed(failure))
            | Self::Receiver(ReceiverState::Failed(failure)) => Some(failure),
            _ => None,
        }
    }
}

impl fmt::Display for TransferState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What one transfer moves to one payee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransferItem {
    /// The invoice, as text; none for a carrier or plain payment.
    pub invoice: Option<String>,
    /// The contract.
    pub contract: Option<ContractId>,
    /// Amount in smallest units of the contract, or in satoshis if there is none.
    pub amount: u64,
    /// The output of the transaction, or the own coin, that holds it, if it is known.
    pub outpoint: Option<OutPoint>,
    /// Whether the payee acknowledged it.
    pub acknowledged: bool,
}

/// A transfer as `transfers` lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Its name.
    pub id: TransferId,
    /// Which way.
    pub direction: Direction,
    /// Its state.
    pub state: TransferState,
    /// The transaction, once there is one.
    pub txid: Option<Txid>,
    /// Fee in satoshis, if this wallet paid it.
    pub fee_sats: Option<u64>,
    /// What it moves.
    pub items: Vec<TransferItem>,
    /// When it was made.
    pub created: u64,
    /// When its state changed last.
    pub updated: u64,
    /// When the sender broadcasts although acknowledgements are missing.
    pub deadline: Option<u64>,
}

/// A page of a list, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// How many to skip.
    pub offset: u64,
    /// How many at most.
    pub limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            offset: 0,
            limit: 50,
        }
    }
}

/// Satoshis by how sure they are.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct BitcoinBalance {
    /// In coins as deep as the network's default asks, in satoshis.
    pub settled: u64,
    /// In younger or unconfirmed coins, in satoshis.
    pub pending: u64,
}

/// Satoshis that lie under allocations or wait for some, counted apart from plain bitcoin.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct CarrierBalance {
    /// Their satoshis.
    pub sats: u64,
    /// How many coins.
    pub coins: u32,
}

/// What the wallet holds of one contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssetBalance {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer.
    pub ticker: String,
    /// Decimals people see.
    pub precision: u8,
    /// Settled amount in smallest units.
    pub settled: u64,
    /// Amount in smallest units that came, but is not settled yet.
    pub pending: u64,
    /// Settled and pending together, with decimals.
    pub display: String,
}

/// What the wallet holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Balance {
    /// Plain bitcoin.
    pub bitcoin: BitcoinBalance,
    /// Sealed coins.
    pub carriers: CarrierBalance,
    /// Assets, by ticker and contract.
    pub assets: Vec<AssetBalance>,
}

/// A contract that the wallet knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asset {
    /// The contract.
    pub contract: ContractId,
    /// Its schema.
    pub schema: SchemaId,
    /// The schema's name, for a schema in the allow list.
    pub schema_name: Option<String>,
    /// Ticker, a claim of the issuer.
    pub ticker: String,
    /// Name, a claim of the issuer.
    pub name: String,
    /// Decimals people see.
    pub precision: u8,
    /// Issued supply in smallest units.
    pub supply: u64,
    /// How much can be reissued besides, in smallest units, and is unbacked by its history; none
    /// if nothing can.
    pub unbacked: Option<u64>,
    /// Details, a claim of the issuer.
    pub details: Option<String>,
    /// Terms, a claim of the issuer.
    pub terms: Option<String>,
    /// The key that the genesis names as the issuer's.
    pub issuer: Option<XOnlyPublicKey>,
    /// What was stated about who issued it; each with a good signature.
    pub statements: Vec<Statement>,
    /// When it was issued, as the issuer claims.
    pub issued: u64,
    /// Settled amount in smallest units.
    pub settled: u64,
    /// Amount not settled yet, in smallest units.
    pub pending: u64,
}

/// An amount on one coin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoinAllocation {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer.
    pub ticker: String,
    /// Owned type.
    pub owned_type: u16,
    /// Amount in smallest units; 0 for kinds without one.
    pub amount: u64,
    /// Whether every witness of its history is deep enough.
    pub settled: bool,
}
