//! Bulla: wallet.

mod amount;
pub mod api;
pub mod chain;
pub mod coins;
pub mod crash;
pub mod defaults;
mod error;
pub mod invoice;
pub mod keys;
mod network;
pub mod sandbox;
mod tagged;
pub mod transfer;
pub mod store;
pub mod time;
mod wallet;

pub use self::amount::{Amount, AmountError, MAX_PRECISION};
pub use self::error::Error;
pub use self::network::{Network, ParseNetworkError};
pub use self::wallet::{SyncReport, Wallet};
