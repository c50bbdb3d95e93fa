//! Invoices of this wallet.

use bitcoin::OutPoint;
use bulla_core::ContractId;

use crate::invoice::Invoice;

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
