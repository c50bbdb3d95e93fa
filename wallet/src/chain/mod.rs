//! Chain sources: where the wallet learns what is mined, what waits, and what is spent.
//!
//! The wallet holds no socket. A [`ChainSource`] gives facts, in the types `bdk_wallet` applies;
//! the wallet applies them. All sources are blocking and answer the same questions, so the same
//! scenario runs against each of them.

pub(crate) mod checkpoint;
pub(crate) mod clock;
mod error;
mod source;

pub use error::SourceError;
pub use source::{ChainSource, Position, Positions, ScanRequest, ScanUpdate, Sought};
