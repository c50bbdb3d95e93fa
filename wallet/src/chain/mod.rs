//! Chain sources: where the wallet learns what is mined, what waits, and what is spent.
//!
//! The wallet holds no socket. A [`ChainSource`] gives facts, in the types `bdk_wallet` applies;
//! the wallet applies them. All sources are blocking and answer the same questions, so the same
//! scenario runs against each of them.

mod bitcoind;
pub(crate) mod checkpoint;
pub(crate) mod clock;
mod electrum;
mod error;
mod fees;
mod snapshot;
mod source;
mod spec;
mod spender;
mod view;

pub use error::SourceError;
pub use source::{
    ChainSource, HEADERS, Position, Positions, ScanRequest, ScanUpdate, Scripts, Sought,
};
pub use spec::{Auth, Node, Server, SourceSpec, SpecError, open, parse};
pub(crate) use spender::spender_of;
pub use view::View;
