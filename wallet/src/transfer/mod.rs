//! Transfers: what moves allocations from one wallet to another.

pub mod ack;
pub mod plan;
pub mod step;
