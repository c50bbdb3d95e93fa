//! Transfers: what moves allocations from one wallet to another.

pub mod ack;
pub mod error;
pub mod plan;
pub(crate) mod record;
pub mod step;
