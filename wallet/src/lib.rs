//! Bulla: wallet.

pub mod chain;
pub mod crash;
pub mod defaults;
mod error;
pub mod keys;
mod network;
pub mod sandbox;
pub mod time;

pub use self::error::Error;
pub use self::network::{Network, ParseNetworkError};
