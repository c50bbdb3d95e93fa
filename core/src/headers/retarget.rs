//! How the target changes from period to period.

use bitcoin::{CompactTarget, Target};

use super::ChainParams;

/// Bytes of a target times a number below 2^64.
const WIDE: usize = 40;

impl ChainParams {
    /// The target of a new period: the old one, times the seconds from the first to the last block
    /// of the period before (as they say; at least a quarter of what they should be, at most four
    /// times that), by the seconds that they should be. Computed without wrapping, never easier than
    /// the limit.
    pub fn retarget(&self, bits: CompactTarget, first: u32, last: u32) -> CompactTarget {
        let expected = u64::from(self.interval()) * u64::from(self.spacing());
        let spent = i64::from(last) - i64::from(first);
        // A hostile last block may be older than the first: no time, then.
        let spent = u64::try_from(spent).unwrap_or(0);
        let spent = spent.clamp(expected / 4, expected * 4);
        scale(Target::from_compact(bits), spent, expected)
            .filter(|target| *target <= self.limit)
            .unwrap_or(self.limit)
            .to_compact_lossy()
    }
}

/// `target * by / per`, with `by` and `per` below 2^40 and `per` above 0; none from 2^256 on.
fn scale(target: Target, by: u64, per: u64) -> Option<Target> {
    let mut digits = [0; WIDE];
    let bytes = target.to_le_bytes().into_iter().chain([0; WIDE - 32]);
    let mut carry = 0;
    for (digit, byte) in digits.iter_mut().zip(bytes) {
        let wide = u64::from(byte) * by + carry;
        [*digit, ..] = wide.to_le_bytes();
        carry = wide >> 8;
    }
    let mut rest = 0;
    for digit in digits.iter_mut().rev() {
        let wide = (rest << 8) | u64::from(*digit);
        [*digit, ..] = (wide / per).to_le_bytes();
        rest = wide % per;
    }
    let (low, high) = digits.split_first_chunk()?;
    let fits = high.iter().all(|digit| *digit == 0);
    fits.then(|| Target::from_le_bytes(*low))
}
