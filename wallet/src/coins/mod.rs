//! The wallet's coins: BDK's wallet on public descriptors, and beside it the outputs whose key is
//! tweaked by a commitment.
//!
//! BDK's transaction graph and chain are the single source of truth. No descriptor can express a
//! tapret output, so [`Coins`] keeps an index of their scripts over the same graph. Nothing here
//! holds a spending key except while [`sign`](Coins::sign) runs.

mod balance;
mod coin;
mod draft;
mod error;
mod finalize;
mod history;
mod host;
mod news;
mod plain;
mod scan;
mod select;
mod sign;
mod slot;
mod standing;
mod state;
mod step;

pub use self::balance::CoinBalance;
pub use self::coin::{Coin, Place};
pub use self::draft::{Leftover, PlainInputs, TxDraft, TxPlan};
pub use self::error::CoinsError;
pub use self::finalize::finalize;
pub use self::history::TxEntry;
pub use self::host::{opret_placeholder, set_opret, set_tapret};
pub(crate) use self::news::Mark;
pub use self::plain::{pay, sweep};
pub use self::scan::Scanned;
pub use self::slot::{Owner, Slot};
pub use self::state::Coins;
