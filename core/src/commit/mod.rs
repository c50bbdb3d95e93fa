//! Commitments: how one Bitcoin transaction commits to the bundles of many contracts.
//!
//! A bundle id goes into a multi-protocol commitment ([`mpc`], LNPBP-4 as implemented), whose 32
//! bytes go into the first `OP_RETURN` or P2TR output of the transaction ([`host`]): as they are
//! ([`opret`]), or as a leaf of the output's script tree ([`tapret`]). Everything here takes
//! hostile input: it never panics and allocates no more than the bytes at hand.

pub(crate) mod batch;
mod commitment;
pub mod dbc;
pub mod host;
pub mod mpc;
pub mod mpc_builder;
pub mod opret;
pub mod tapret;
mod tapret_wire;
mod tweak;

pub use commitment::Commitment;
pub use dbc::{DbcError, DbcProof};
pub use host::{Method, host_output};
pub use tapret::{Partner, TapretError, TapretProof};
