//! Amounts and fee rates as people type them.

use std::str::FromStr;

use bitcoin::FeeRate;
pub use bulla_wallet::decimals as display;
use bulla_wallet::{Amount, AmountError};

/// Decimals of a fee rate in sat/vB.
const FEE_DECIMALS: u8 = 3;

/// A fee rate in sat/vB with at most three decimals: `1`, `2.5`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SatPerVb(FeeRate);

impl SatPerVb {
    /// The fee rate.
    pub const fn rate(self) -> FeeRate {
        self.0
    }
}

impl FromStr for SatPerVb {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let thousandths = Amount::parse(text, FEE_DECIMALS)?.units();
        // 1 sat/vB = 250 sat per 1,000 weight units; rounded up, so that a minimum is reached.
        Ok(Self(FeeRate::from_sat_per_kwu(thousandths.div_ceil(4))))
    }
}

/// A fee rate in sat/vB, for people and JSON, with three decimals at most.
#[expect(
    clippy::cast_precision_loss,
    reason = "fees and sizes stay far below 2^52"
)]
pub fn sat_per_vb(fee_sats: u64, vbytes: u64) -> f64 {
    if vbytes == 0 {
        return 0.0;
    }
    let thousandths = (fee_sats.saturating_mul(1_000) + vbytes / 2) / vbytes;
    thousandths as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fee_rates_are_read_in_sat_per_vb() {
        for (text, kwu) in [("1", 250), ("2.5", 625), ("0.1", 25), ("1.001", 251)] {
            let rate = text.parse::<SatPerVb>().unwrap().rate();
            assert_eq!(rate, FeeRate::from_sat_per_kwu(kwu), "{text}");
        }
    }

    #[test]
    fn a_fee_rate_that_could_mean_two_things_is_refused() {
        for text in ["1,5", "1e3", "-1", "", "1.0001"] {
            assert!(text.parse::<SatPerVb>().is_err(), "{text}");
        }
    }

    #[test]
    fn fee_rates_are_shown_with_three_decimals() {
        assert_eq!(sat_per_vb(200, 154).to_string(), "1.299");
        assert_eq!(sat_per_vb(154, 154).to_string(), "1");
    }

    #[test]
    fn amounts_are_shown_with_their_decimals() {
        assert_eq!(display(30_u64, 2), "0.30");
    }
}
