//! Bulla: wallet.

pub mod chain;
pub mod coins;
pub mod crash;
pub mod defaults;
mod error;
pub mod keys;
mod network;
pub mod sandbox;
pub mod store;
mod sync;
pub mod time;
mod wallet;

pub use self::error::Error;
pub use self::network::{Network, ParseNetworkError};
pub use self::sync::SyncReport;
pub use self::wallet::Wallet;

#[cfg(test)]
mod tests;
