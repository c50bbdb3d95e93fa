//! Transfers: as they are prepared, received and listed.

use std::fmt;
use std::str::FromStr;

use bitcoin::{OutPoint, Psbt, Txid};
use bulla_core::{ContractId, OperationId};

use super::InvoiceInfo;
use crate::invoice::Invoice;
use crate::transfer::Consignments;
use crate::transfer::step::{Failure, ReceiverState, SenderState};

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
    pub const fn failure(&self) -> Option<&Failure> {
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
