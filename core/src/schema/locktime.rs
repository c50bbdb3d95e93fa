//! The locktime of a witness transaction, as rules see it (PROTOCOL.md §9.6).

use bitcoin::{Sequence, Transaction};

/// Below this a locktime is a block height, from it on a Unix time (BIP65, nLockTime).
const TIME_FROM: u32 = 500_000_000;

/// What the locktime of a witness proves.
///
/// Bitcoin includes a transaction with locktime L in no block of height (or median time past) L or
/// below. It does not look at L when every input's sequence is final (`0xffffffff`): then L is
/// worth nothing, and taken as 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockTime(u32);

impl LockTime {
    /// Of a genesis, which has no witness, and of a witness whose locktime is disabled.
    pub const NONE: Self = Self(0);

    /// Of a witness transaction.
    pub fn of(witness: &Transaction) -> Self {
        let disabled = witness
            .input
            .iter()
            .all(|input| input.sequence == Sequence::MAX);
        if disabled {
            Self::NONE
        } else {
            Self(witness.lock_time.to_consensus_u32())
        }
    }

    /// The height or Unix time, 0 if none.
    pub fn value(self) -> u32 {
        self.0
    }

    /// Whether `earliest <= witness.locktime` holds: `earliest` is above 0, is not above the
    /// locktime, and both are heights or both are times.
    pub fn reaches(self, earliest: u128) -> bool {
        let time_from = u128::from(TIME_FROM);
        let locktime = u128::from(self.0);
        let same_unit = (earliest < time_from) == (locktime < time_from);
        0 < earliest && earliest <= locktime && same_unit
    }
}
