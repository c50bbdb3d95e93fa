//! Adds a tweak times the generator to an internal key (BIP-341), fast if there are many.
//!
//! libsecp256k1 doubles 128 points for each tweak. With a table of multiples of the generator the
//! same point is a sum of at most 34 points: no doubling, the same library, the exact result. The
//! table takes 0.5 MB and as long to make as some 700 tweaks save, so a process makes it only once
//! it has done many.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

use bitcoin::key::{Parity, Secp256k1, XOnlyPublicKey};
use bitcoin::secp256k1::constants::GENERATOR_X;
use bitcoin::secp256k1::{Error, PublicKey, Scalar, VerifyOnly};

static SECP: LazyLock<Secp256k1<VerifyOnly>> = LazyLock::new(Secp256k1::verification_only);

/// Tweaks that a process adds without the table.
const FEW: usize = 512;

static ADDED: AtomicUsize = AtomicUsize::new(0);

static MULTIPLES: OnceLock<Option<Multiples>> = OnceLock::new();

/// Why there is no tweaked key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TweakError {
    /// The internal key is no x coordinate of a point.
    Key,
    /// The sum is the point at infinity.
    Sum,
}

/// The even point over `internal_key` plus `tweak` times the generator.
pub(super) fn tweaked(
    internal_key: &[u8; 32],
    tweak: &Scalar,
) -> Result<(XOnlyPublicKey, Parity), TweakError> {
    let key = even(internal_key).map_err(|_| TweakError::Key)?;
    if ADDED.fetch_add(1, Ordering::Relaxed) == FEW {
        MULTIPLES.get_or_init(|| Multiples::new().ok());
    }
    let sum = match MULTIPLES.get() {
        Some(Some(multiples)) => multiples.add(&key, tweak),
        _ => key.add_exp_tweak(&SECP, tweak),
    };
    let sum = sum.map_err(|_| TweakError::Sum)?;
    Ok(sum.x_only_public_key())
}

/// The even point with this x coordinate.
fn even(x: &[u8; 32]) -> Result<PublicKey, Error> {
    let mut compressed = [2; 33];
    if let Some(bytes) = compressed.last_chunk_mut() {
        *bytes = *x;
    }
    PublicKey::from_slice(&compressed)
}

/// Multiples of the generator.
struct Multiples {
    /// Row i, at `digit - 1` for a digit of 1 to 255: that times 256^i, digits above 128 standing
    /// for themselves less 256.
    rows: Vec<[PublicKey; 255]>,
    /// 256^32 times the generator, for the carry out of the last row.
    carry: PublicKey,
}

impl Multiples {
    fn new() -> Result<Self, Error> {
        let mut unit = even(&GENERATOR_X)?;
        let mut rows = Vec::with_capacity(32);
        for _ in 0..32 {
            let (row, next) = row(unit)?;
            rows.push(row);
            unit = next;
        }
        Ok(Self { rows, carry: unit })
    }

    /// The tweak's bytes as digits from -127 to 128, and the sum of their multiples.
    fn add(&self, point: &PublicKey, tweak: &Scalar) -> Result<PublicKey, Error> {
        let mut points = Vec::with_capacity(34);
        points.push(point);
        let mut carry = 0;
        for (row, byte) in self.rows.iter().zip(tweak.to_le_bytes()) {
            let digit = usize::from(byte) + carry;
            carry = usize::from(digit > 128);
            // No entry for 0, nor for 256, which is a carry and 0.
            points.extend(digit.checked_sub(1).and_then(|at| row.get(at)));
        }
        points.extend((carry == 1).then_some(&self.carry));
        PublicKey::combine_keys(&points)
    }
}

/// The row whose first entry is `unit`, and the first entry of the next.
fn row(unit: PublicKey) -> Result<([PublicKey; 255], PublicKey), Error> {
    let mut row = [unit; 255];
    let mut multiple = unit;
    // 1 to 128 from below, 255 to 129 as the opposites of 1 to 127.
    let (low, high) = row.split_at_mut(128);
    for (at, entry) in low.iter_mut().enumerate() {
        if at > 0 {
            multiple = multiple.combine(&unit)?;
        }
        *entry = multiple;
    }
    for (entry, opposite) in high.iter_mut().rev().zip(low.iter()) {
        *entry = opposite.negate(&SECP);
    }
    let next = multiple.combine(&multiple)?;
    Ok((row, next))
}

#[cfg(test)]
mod tests {
    use bitcoin::hashes::{Hash, sha256};
    use bitcoin::secp256k1::constants::CURVE_ORDER;

    use super::*;

    /// Tweaks whose digits meet every carry, and some others.
    fn tweaks() -> Vec<Scalar> {
        let mut tweaks = vec![Scalar::ZERO, Scalar::ONE, Scalar::MAX];
        for byte in [0x7f, 0x80, 0x81, 0xfe, 0xff] {
            for place in 0..32 {
                let mut one = [0; 32];
                one[place] = byte;
                let mut all = [byte; 32];
                all[place] = 0x80;
                tweaks.extend(
                    [one, all]
                        .into_iter()
                        .filter_map(|bytes| Scalar::from_be_bytes(bytes).ok()),
                );
            }
        }
        let hashes = (0..256_u32).map(|n| sha256::Hash::hash(&n.to_be_bytes()).to_byte_array());
        tweaks.extend(hashes.filter_map(|bytes| Scalar::from_be_bytes(bytes).ok()));
        tweaks
    }

    #[test]
    fn the_table_adds_as_the_library_does() {
        let multiples = Multiples::new().unwrap();
        for (n, tweak) in (0_u32..).zip(tweaks()) {
            let hash = sha256::Hash::hash(&n.to_le_bytes()).to_byte_array();
            for key in [GENERATOR_X, hash].iter().filter_map(|key| even(key).ok()) {
                let expected = key.add_exp_tweak(&SECP, &tweak);
                assert_eq!(
                    multiples.add(&key, &tweak),
                    expected.map_err(|_| Error::InvalidPublicKeySum),
                    "{tweak:?}"
                );
            }
        }
    }

    /// G + (n - 1) G is the point at infinity, which is no key.
    #[test]
    fn the_table_refuses_the_point_at_infinity() {
        let multiples = Multiples::new().unwrap();
        let mut minus_one = CURVE_ORDER;
        minus_one[31] -= 1;
        let minus_one = Scalar::from_be_bytes(minus_one).unwrap();
        let key = even(&GENERATOR_X).unwrap();
        assert!(key.add_exp_tweak(&SECP, &minus_one).is_err());
        assert_eq!(
            multiples.add(&key, &minus_one),
            Err(Error::InvalidPublicKeySum)
        );
    }
}
