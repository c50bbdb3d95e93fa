//! Bulla: wallet.

mod amount;
pub mod api;
pub mod assets;
pub mod invoice;
mod tagged;
pub mod transfer;

pub use self::amount::{Amount, AmountError, MAX_PRECISION};
