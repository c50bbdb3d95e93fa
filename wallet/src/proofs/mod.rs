//! Proof of ownership (PROTOCOL.md §15.2): whoever can spend the coins that hold a contract's leaves says
//! so about a challenge. The proof is a file that anybody can check without a wallet.

pub(crate) mod bip322;
mod challenge;
mod check;
mod error;
mod file;
mod prove;
mod settle;

pub use self::challenge::Challenge;
pub use self::check::{Expected, Holding, Owned, check};
pub use self::error::ProofError;
pub use self::file::{MAX_BYTES, MAX_COINS, Proof, ProvenCoin};
pub use self::settle::{Standing, Verdict};
