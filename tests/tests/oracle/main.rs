//! What the sandbox accepts or refuses, a real bitcoind accepts or refuses for the same reason.
//!
//! Both hold one chain: every block that one of them has is given to the other.

mod blocks;
mod coins;
mod contents;
mod draft;
mod inputs;
mod outputs;
mod pair;
mod reorgs;
mod replacements;
mod state;
mod tapret;
mod transactions;
