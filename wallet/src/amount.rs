//! Amounts as people write them, and the smallest units the protocol counts.
//!
//! One rule: a text has one meaning or none. `0.3` of an asset with two decimals is 30 smallest
//! units, never 3; `1,000`, `1e3`, `.5`, `1.` and more decimals than the asset has are refused.

use std::fmt;

/// Most decimals an asset may have; 10^18 still fits 64 bits.
pub const MAX_PRECISION: u8 = 18;

/// Why a text is no amount.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AmountError {
    /// Characters other than digits and one dot between digits.
    #[error(
        "`{found}` is not an amount; expected digits with at most one decimal dot, like `1000` or `0.3`, without separators, signs or exponents"
    )]
    Malformed {
        /// The text.
        found: String,
    },
    /// More decimals than the asset has.
    #[error("`{found}` has {decimals} decimals; this asset has {precision}")]
    Decimals {
        /// The text.
        found: String,
        /// Decimals of the text.
        decimals: usize,
        /// Decimals of the asset.
        precision: u8,
    },
    /// More than 64 bits hold.
    #[error("`{found}` is too large; expected at most {max}", max = decimals(u64::MAX, *.precision))]
    TooLarge {
        /// The text.
        found: String,
        /// Decimals of the asset.
        precision: u8,
    },
    /// Decimals beyond the limit.
    #[error("a precision of {found} decimals; expected 0 to {MAX_PRECISION}")]
    Precision {
        /// The precision.
        found: u8,
    },
}

/// An amount of an asset and the decimals people see it with.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Amount {
    units: u64,
    precision: u8,
}

impl Amount {
    /// An amount of so many smallest units.
    ///
    /// # Errors
    /// If there are more than 18 decimals.
    pub const fn new(units: u64, precision: u8) -> Result<Self, AmountError> {
        if precision > MAX_PRECISION {
            return Err(AmountError::Precision { found: precision });
        }
        Ok(Self { units, precision })
    }

    /// Reads an amount as people write it.
    ///
    /// # Errors
    /// If the text has no meaning, or more than one.
    pub fn parse(text: &str, precision: u8) -> Result<Self, AmountError> {
        let found = || text.chars().take(80).collect::<String>();
        let (whole, decimals) = text
            .split_once('.')
            .map_or((text, None), |(w, d)| (w, Some(d)));
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !decimals.is_none_or(digits) {
            return Err(AmountError::Malformed { found: found() });
        }
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(AmountError::Malformed { found: found() });
        }
        let decimals = decimals.unwrap_or_default();
        if precision > MAX_PRECISION {
            return Err(AmountError::Precision { found: precision });
        }
        if decimals.len() > usize::from(precision) {
            let decimals = decimals.len();
            return Err(AmountError::Decimals {
                found: found(),
                decimals,
                precision,
            });
        }
        let padded = format!("{whole}{decimals:0<width$}", width = usize::from(precision));
        let units = padded.parse().map_err(|_| AmountError::TooLarge {
            found: found(),
            precision,
        })?;
        Ok(Self { units, precision })
    }

    /// Smallest units.
    pub const fn units(&self) -> u64 {
        self.units
    }

    /// Decimals people see.
    pub const fn precision(&self) -> u8 {
        self.precision
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&decimals(self.units, self.precision))
    }
}

/// Smallest units with decimals; units alone where there are more decimals than an asset can have. All
/// decimals are printed, so that two amounts of one asset line up. A sum may exceed 64 bits.
pub fn decimals(units: impl Into<u128>, precision: u8) -> String {
    let units = units.into();
    if precision > MAX_PRECISION {
        return units.to_string();
    }
    let width = usize::from(precision);
    let digits = format!("{units:0>width$}", width = width + 1);
    let (whole, decimals) = digits.split_at(digits.len() - width);
    if decimals.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{decimals}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str, precision: u8) -> Result<u64, AmountError> {
        Amount::parse(text, precision).map(|amount| amount.units())
    }

    #[test]
    fn a_decimal_means_the_same_at_every_precision() {
        assert_eq!(units("0.3", 1), Ok(3));
        assert_eq!(units("0.3", 2), Ok(30));
        assert_eq!(units("0.30", 2), Ok(30));
        assert_eq!(units("12.034", 3), Ok(12_034));
        assert_eq!(units("7", 8), Ok(700_000_000));
        assert_eq!(units("0", 0), Ok(0));
    }

    #[test]
    fn ambiguous_texts_are_refused() {
        for text in [
            "", ".", "1.", ".5", "1,000", "1,5", "1 000", "1_000", "1e3", "+1", "-1", "0x10",
            "1.2.3", "01", "00.1", "１", " 1", "1 ", "inf", "NaN",
        ] {
            assert_eq!(
                Amount::parse(text, 8),
                Err(AmountError::Malformed { found: text.into() }),
                "{text}"
            );
        }
    }

    #[test]
    fn more_decimals_than_the_asset_has_are_refused() {
        let error = AmountError::Decimals {
            found: "0.30".into(),
            decimals: 2,
            precision: 1,
        };
        assert_eq!(units("0.30", 1), Err(error));
        assert!(matches!(units("1.0", 0), Err(AmountError::Decimals { .. })));
    }

    #[test]
    fn more_than_64_bits_are_refused() {
        assert_eq!(units("18446744073709551615", 0), Ok(u64::MAX));
        assert_eq!(units("18.446744073709551615", 18), Ok(u64::MAX));
        let error = AmountError::TooLarge {
            found: "18446744073709551616".into(),
            precision: 0,
        };
        assert_eq!(units("18446744073709551616", 0), Err(error));
        assert!(matches!(units("19", 18), Err(AmountError::TooLarge { .. })));
    }

    #[test]
    fn a_precision_beyond_the_limit_is_refused() {
        assert_eq!(
            Amount::new(1, 19),
            Err(AmountError::Precision { found: 19 })
        );
        assert_eq!(units("1", 255), Err(AmountError::Precision { found: 255 }));
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same() {
        for precision in 0..=MAX_PRECISION {
            for n in [0, 1, 9, 10, 30, 12_034, 1_000_000, u64::MAX / 3, u64::MAX] {
                let amount = Amount::new(n, precision).unwrap();
                assert_eq!(Amount::parse(&amount.to_string(), precision), Ok(amount));
            }
        }
        assert_eq!(Amount::new(3, 2).unwrap().to_string(), "0.03");
        assert_eq!(Amount::new(1234, 2).unwrap().to_string(), "12.34");
    }
}
