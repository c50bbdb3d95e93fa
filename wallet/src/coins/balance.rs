//! What the coins sum up to.

use bitcoin::Amount;

use super::{Coins, Place};
use crate::defaults;

/// The satoshis of the wallet, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoinBalance {
    /// In plain coins as deep as the network's default asks.
    pub settled: Amount,
    /// In plain coins that are younger, wait in the mempool, or are newly mined money.
    pub pending: Amount,
    /// In sealed coins, with or without allocations.
    pub sealed: Amount,
    /// How many sealed coins there are.
    pub sealed_coins: usize,
}

impl Coins {
    /// The sum of all unspent outputs.
    pub fn balance(&self) -> CoinBalance {
        let depth = defaults::settled_depth(&self.network);
        let mut sum = CoinBalance {
            settled: Amount::ZERO,
            pending: Amount::ZERO,
            sealed: Amount::ZERO,
            sealed_coins: 0,
        };
        for coin in self.list() {
            match coin.place {
                Place::Sealed => {
                    sum.sealed += coin.value;
                    sum.sealed_coins += 1;
                }
                Place::Plain if coin.mature && coin.depth >= depth => sum.settled += coin.value,
                Place::Plain => sum.pending += coin.value,
            }
        }
        sum
    }
}
