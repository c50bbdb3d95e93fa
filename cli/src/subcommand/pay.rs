//! `pay`: plain bitcoin.

use std::path::Path;
use std::str::FromStr;

use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use bulla_wallet::api::{BitcoinAmount, Payment};
use clap::Args;

use super::Result;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{FeeArgs, Order, spend};

/// Arguments of `pay`.
#[derive(Args, Debug)]
pub struct Pay {
    /// To whom
    address: Address<NetworkUnchecked>,
    /// Satoshis, or `all` for every plain coin, less the fee
    #[arg(value_name = "SATS|all")]
    amount: SatsOrAll,
    #[command(flatten)]
    spending: FeeArgs,
}

/// Satoshis, or all there are.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SatsOrAll(pub BitcoinAmount);

/// A text that is neither.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected a whole number of satoshis, at least 1, or `all`")]
pub struct ParseSatsError;

impl FromStr for SatsOrAll {
    type Err = ParseSatsError;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let sats = || {
            text.parse()
                .ok()
                .filter(|sats| *sats > 0 && !text.starts_with('+'))
        };
        match text {
            "all" => Ok(Self(BitcoinAmount::All)),
            _ => sats()
                .map(|sats| Self(BitcoinAmount::Sats(sats)))
                .ok_or(ParseSatsError),
        }
    }
}

impl Pay {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is not enough, or the address is of another network.
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let payment = Payment::Bitcoin {
            address: self.address,
            amount: self.amount.0,
        };
        let order = Order {
            payments: &[payment],
            arguments: self.spending.into(),
            hold: false,
            out: Path::new(".").into(),
        };
        spend(&mut session, &order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn satoshis_are_whole_numbers_and_all_is_a_word() {
        assert_eq!("1000".parse(), Ok(SatsOrAll(BitcoinAmount::Sats(1000))));
        assert_eq!("all".parse(), Ok(SatsOrAll(BitcoinAmount::All)));
        for text in ["", "0", "-1", "+1", "1.0", "ALL", "0.1btc"] {
            assert_eq!(text.parse::<SatsOrAll>(), Err(ParseSatsError), "{text}");
        }
    }
}
