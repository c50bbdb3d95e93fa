//! What the public commands take and give: plain data, without behaviour that touches a store.
//!
//! Units: amounts of an asset are `u64` in its smallest unit, bitcoin is in satoshis, fee rates are
//! `FeeRate` (sat/vB for people), times are unix seconds.

mod asset;
mod invoice;
mod issue;
mod payment;
mod transfer;

pub use self::asset::{
    Asset, AssetBalance, Balance, BitcoinBalance, CarrierBalance, CoinAllocation, OwnedBalance,
    Tokens,
};
pub use self::invoice::{InvoiceInfo, InvoiceRequest, InvoiceState, InvoiceTarget};
pub use self::issue::{AllocateTo, Allocation, Issue, Issued};
pub use self::payment::{Act, BitcoinAmount, Give, Payment, Plan, PlanOptions, Quantity, Take};
pub use self::transfer::{
    Direction, Page, ParseTransferIdError, Prepared, PreparedConsignment, Received, ReceivedLeaf,
    Transfer, TransferId, TransferItem, TransferState,
};
pub use crate::transfer::plan::{Method, Paid};
pub use crate::transfer::step::{Failure as TransferFailure, ReceiverState, SenderState};
