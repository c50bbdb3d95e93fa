//! Bulla: wallet.

mod allow_list;
mod amount;
pub mod api;
pub mod assets;
pub mod chain;
pub mod claims;
pub mod coins;
pub mod container;
pub mod crash;
pub mod defaults;
mod error;
pub mod headers;
pub mod identity;
pub mod invoice;
pub mod keys;
pub mod media;
mod network;
pub mod proofs;
pub mod published;
pub mod sandbox;
pub mod store;
pub mod supply;
mod sync;
mod tagged;
pub mod time;
pub mod transfer;
pub(crate) mod wallet;

pub use self::allow_list::AllowList;
pub use self::amount::{Amount, AmountError, MAX_PRECISION, decimals};
pub use self::error::Error;
pub use self::network::{Network, ParseNetworkError};
pub use self::sync::SyncReport;
pub use self::wallet::Wallet;

#[cfg(test)]
mod tests;
