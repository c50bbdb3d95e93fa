//! Bulla: wallet.

pub mod chain;
