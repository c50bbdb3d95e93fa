//! Transfers: what moves allocations from one wallet to another.

pub mod ack;
pub(crate) mod build;
pub mod error;
mod finish;
pub(crate) mod follow;
pub(crate) mod guard;
mod list;
pub mod plan;
mod prepare;
mod quote;
pub(crate) mod record;
pub(crate) mod request;
pub mod step;
