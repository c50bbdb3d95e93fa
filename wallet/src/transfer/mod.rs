//! Transfers: what moves allocations from one wallet to another.

pub mod ack;
pub(crate) mod build;
mod consignments;
pub mod cosign;
pub mod cosigned;
mod delta;
pub mod envelope;
pub mod error;
mod finish;
pub(crate) mod follow;
pub(crate) mod guard;
mod list;
pub mod plan;
mod prepare;
pub(crate) mod quote;
pub(crate) mod record;
pub(crate) mod request;
mod seen;
mod signatures;
pub mod step;
pub mod verbs;

pub(crate) use self::consignments::file_name;
pub use self::consignments::{Consignments, History};
