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
use bulla_core::state::{State, Token};
use bulla_core::{ContractId, OperationId, SchemaId};

use crate::identity::Statement;
use crate::invoice::Invoice;
use crate::media::Media;
use crate::transfer::Consignments;
use crate::transfer::plan::Draft;
pub use crate::transfer::plan::{Method, Paid};
pub use crate::transfer::step::{Failure as TransferFailure, ReceiverState, SenderState};

/// A new contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issue {
    /// Its schema: a standard one, or that of a contract the wallet knows.
    pub schema: SchemaId,
    /// What its genesis says for ever: name and bytes, in their order. `ticker` (1 to 16 ASCII letters
    /// and digits), `name` (1 to 64 printable ASCII characters), `precision` (0 to 18) and each `attribute`
    /// (`name: value`) are checked; all are claims, none is unique.
    pub globals: Vec<(String, Vec<u8>)>,
    /// What it allocates.
    pub allocations: Vec<Allocation>,
    /// The own sealed coin for what stays ours; if none, a free one is taken.
    pub coin: Option<OutPoint>,
    /// When it is issued, as it claims (unix seconds); none: now.
    pub timestamp: Option<u64>,
}

/// What a genesis gives to one owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allocation {
    /// The name of the owned type.
    pub owned: String,
    /// What it is.
    pub state: State,
    /// Whose.
    pub to: AllocateTo,
}

/// Who gets an allocation of a genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AllocateTo {
    /// This wallet, on the coin of [`Issue::coin`].
    Own,
    /// This wallet, on this free sealed coin.
    Coin(OutPoint),
    /// The payee of a blind invoice that names no contract: no transaction is needed.
    Invoice(Box<Invoice>),
}

/// What a new contract is, or would be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issued {
    /// Its id; none: the sealed coin that its id depends on is still to be made.
    pub contract: Option<ContractId>,
    /// When it was issued, as it claims (unix seconds).
    pub timestamp: u64,
    /// Its schema.
    pub schema: SchemaId,
    /// What its genesis says.
    pub globals: Vec<(String, Vec<u8>)>,
    /// What it allocates.
    pub allocations: Vec<Allocation>,
    /// How much can be reissued besides, as [`Asset::unbacked`].
    pub unbacked: Option<u64>,
}

impl Issue {
    /// A contract of this schema that says and allocates nothing yet.
    pub const fn new(schema: SchemaId) -> Self {
        Self {
            schema,
            globals: Vec::new(),
            allocations: Vec::new(),
            coin: None,
            timestamp: None,
        }
    }

    /// A contract of fixed supply (smallest units), all of it ours.
    pub fn fixed(ticker: &str, name: &str, precision: u8, supply: u64) -> Self {
        Self::new(bulla_schemas::fixed().id())
            .text("ticker", ticker)
            .text("name", name)
            .number("precision", precision.into())
            .number("supply", supply)
            .own("asset", State::Amount(supply))
    }

    /// Says a text.
    #[must_use]
    pub fn text(self, name: &str, text: &str) -> Self {
        self.value(name, text.as_bytes().to_vec())
    }

    /// Says a number.
    #[must_use]
    pub fn number(self, name: &str, number: u64) -> Self {
        self.value(name, number.to_le_bytes().to_vec())
    }

    /// Says bytes: a hash, a key.
    #[must_use]
    pub fn value(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.globals.push((name.to_owned(), bytes));
        self
    }

    /// Commits to a file.
    #[must_use]
    pub fn media(self, media: &Media) -> Self {
        let [hash, content_type, size] = media.globals();
        let mut issue = self;
        issue.globals.extend([hash, content_type, size]);
        issue
    }

    /// Allocates to this wallet.
    #[must_use]
    pub fn own(self, owned: &str, state: State) -> Self {
        self.allocate(owned, state, AllocateTo::Own)
    }

    /// Allocates.
    #[must_use]
    pub fn allocate(mut self, owned: &str, state: State, to: AllocateTo) -> Self {
        self.allocations.push(Allocation {
            owned: owned.to_owned(),
            state,
            to,
        });
        self
    }
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
    /// The name of the owned type; none: the one that plain payments move. Only with a contract.
    pub owned: Option<String>,
    /// The token, for a type of tokens; the amount is then its fraction.
    pub token: Option<u32>,
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
    /// Whom it is for: all invoices for one contact name the same key for acknowledgements, so that
    /// the payer can leave out what that key has acknowledged. Whoever sees two of them knows that one
    /// wallet made both; without a contact each invoice has a key of its own.
    pub contact: Option<String>,
}

/// An invoice of this wallet and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvoiceInfo {
    /// The invoice.
    pub invoice: Invoice,
    /// The own coin that is held for it.
    pub reserved: Option<OutPoint>,
    /// Received so far by contract, in smallest units.
    pub received: Vec<(ContractId, u128)>,
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
    /// What came was paid to its coin after that was spent, and is lost.
    Lost,
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

/// A consignment to hand over: to a payee, or to whoever asks for proof of an act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreparedConsignment {
    /// The invoice it pays; none: it shows an act as evidence.
    pub invoice: Option<Invoice>,
    /// The contract.
    pub contract: ContractId,
    /// The amount in smallest units; a fraction of a token; 0 for kinds without one.
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
    /// One for each paid invoice and each act to be shown, in the order of the payments.
    pub consignments: Consignments,
    /// Whether keys of a contract have to sign first.
    pub unsigned: bool,
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
    /// The token, for a type of tokens.
    pub token: Option<u32>,
    /// Amount in smallest units, a fraction of a token, 1 for a right.
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
    /// Sum of our leaves in smallest units; what can be issued anew may exceed 64 bits.
    pub amount: u128,
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
    /// Its name: `unsigned`, `prepared`, `delivered`, `broadcast`, `invoiced`, `received`, `settled`, `failed`.
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

/// What one transfer moves to one payee, or does by one act to one owned type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransferItem {
    /// The invoice, as text; none for a carrier or plain payment.
    pub invoice: Option<String>,
    /// The contract.
    pub contract: Option<ContractId>,
    /// The operation that pays or acts; none for bitcoin, and for what was left behind.
    pub operation: Option<OperationId>,
    /// The name of the transition, if it is an act.
    pub act: Option<String>,
    /// The name of the owned type: of the leaf that it pays or leaves behind, or that an invoice asks for, if it
    /// says; of an act, what it makes, of one that makes nothing what it destroys, and of one that does neither
    /// what it is done with.
    pub owned: Option<String>,
    /// The token, for a type of tokens; none for several.
    pub token: Option<u32>,
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
    /// Its ticker, a claim of the issuer, fit to be shown.
    pub ticker: String,
    /// Decimals people see.
    pub precision: u8,
    /// Settled amount in smallest units.
    pub settled: u128,
    /// Amount in smallest units that came, but is not settled yet.
    pub pending: u128,
    /// Settled and pending together, with decimals.
    pub display: String,
    /// What is held of the contract's other types, by type and token.
    pub others: Vec<OwnedBalance>,
}

/// What the wallet holds of one owned type, or of one token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedBalance {
    /// The name of the owned type.
    pub owned: String,
    /// The token, for a type of tokens.
    pub token: Option<u32>,
    /// Settled, in smallest units, fractions of the token, or rights.
    pub settled: u128,
    /// Not settled yet, the same way.
    pub pending: u128,
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
    /// The name of a standard schema, or `own: ` and the name of another one that the wallet allows; none:
    /// the id alone says which it is ([`AllowList::name`](crate::AllowList::name)).
    pub schema_name: Option<String>,
    /// Ticker, a claim of the issuer, fit to be shown ([`claims`](crate::claims)).
    pub ticker: String,
    /// Name, a claim of the issuer, fit to be shown.
    pub name: String,
    /// Decimals people see.
    pub precision: u8,
    /// Issued by the genesis, in smallest units or tokens.
    pub supply: u64,
    /// Its tokens; none, if it has no numbered ones.
    pub tokens: Option<Tokens>,
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
    pub settled: u128,
    /// Amount not settled yet, in smallest units.
    pub pending: u128,
}

/// How many tokens of a contract there are.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Tokens {
    /// Those of which the wallet holds a part.
    pub held: u64,
    /// Those that the genesis made.
    pub issued: u64,
    /// Those that can ever be, as the genesis says.
    pub total: Option<u64>,
}

/// An amount on one coin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoinAllocation {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer, fit to be shown.
    pub ticker: String,
    /// Owned type.
    pub owned_type: u16,
    /// Its name in the schema, a claim of the issuer.
    pub owned: String,
    /// The token, for a type of tokens.
    pub token: Option<u32>,
    /// Amount in smallest units, a fraction of a token, 1 for a right.
    pub amount: u64,
    /// Whether every witness of its history is deep enough.
    pub settled: bool,
}
