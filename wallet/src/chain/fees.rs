//! Fee rates as servers write them.

use bitcoin::{Amount, FeeRate};

/// BTC per 1000 vB as a fee rate, rounded up; `None` for what is no amount.
pub(crate) fn from_btc_per_kvb(rate: f64) -> Option<FeeRate> {
    let per_kvb = Amount::from_btc((rate * 1e8).ceil() / 1e8).ok()?;
    // 1000 vB are 4000 weight units.
    Some(FeeRate::from_sat_per_kwu(per_kvb.to_sat().div_ceil(4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_a_satoshi_per_vbyte_is_25_per_kwu() {
        assert_eq!(
            from_btc_per_kvb(0.000_001),
            Some(FeeRate::from_sat_per_kwu(25))
        );
    }

    #[test]
    fn fractions_are_rounded_up_and_negative_rates_are_none() {
        assert_eq!(
            from_btc_per_kvb(0.000_010_01),
            Some(FeeRate::from_sat_per_kwu(251))
        );
        assert_eq!(from_btc_per_kvb(-1.0), None);
    }
}
