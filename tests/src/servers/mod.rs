//! The real servers a test runs against: bitcoind and electrs, started on loopback in temporary folders and stopped
//! by the value that stands for them.
//!
//! Their programs come from the environment variables `BITCOIND_EXE` and `ELECTRS_EXE`, which `tests/run.sh` sets.
//! The functions here are the ground a test stands on: they panic where a server does not do as it is told.

mod bitcoind;
mod electrs;
mod process;
mod purse;

pub use bitcoind::Bitcoind;
pub use electrs::Electrs;
