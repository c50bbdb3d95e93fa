//! Bulla: wallet.

pub mod chain;
pub mod sandbox;
