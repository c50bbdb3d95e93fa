//! Amounts of a contract that is not known yet.

use bulla_schemas::roles::{global, owned};

use crate::amount::display;
use crate::claim;
use crate::denomination::has_decimals;
use crate::unbacked::Unbacked;

/// Whether a number that a genesis says is an amount, with the decimals of its contract.
pub fn is_amount(name: &str) -> bool {
    let amounts = [global::SUPPLY, global::CAP, global::REPLACEABLE];
    amounts.iter().any(|role| role.name == name)
}

/// Decimals of an owned type in a contract with so many.
pub fn decimals(owned: &str, precision: u8) -> u8 {
    if has_decimals(owned) { precision } else { 0 }
}

/// What units are called.
#[derive(Clone, Copy, Debug)]
pub struct Called<'a> {
    pub ticker: &'a str,
    pub precision: u8,
}

impl Called<'_> {
    /// What a genesis allocates: `10.00 CLAY`, `5.00 allowance of CLAY`, `CLAY #1`.
    pub fn show(self, owned: &str, token: Option<u32>, units: u64) -> String {
        let ticker = claim::shown(self.ticker);
        let amount = display(units, decimals(owned, self.precision));
        match token {
            Some(token) if units == 1 => format!("{ticker} #{token}"),
            Some(token) => format!("{ticker} #{token} ({units} fractions)"),
            None if owned == owned::ASSET.name => format!("{amount} {ticker}"),
            None => format!("{amount} {} of {ticker}", claim::shown(owned)),
        }
    }

    /// So many smallest units, which are unbacked by the history.
    pub fn unbacked(self, units: u64) -> Unbacked {
        Unbacked::new(units, self.show(owned::ASSET.name, None, units))
    }
}
