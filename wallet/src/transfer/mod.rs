//! Transfers: what moves allocations from one wallet to another.

pub mod ack;
pub(crate) mod build;
pub mod cosign;
pub mod error;
mod finish;
pub(crate) mod follow;
pub(crate) mod guard;
mod list;
pub mod plan;
mod prepare;
pub(crate) use self::prepare::file_name;
mod quote;
pub(crate) mod record;
pub(crate) mod request;
pub mod step;
pub mod verbs;
