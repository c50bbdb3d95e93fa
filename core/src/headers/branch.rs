//! The rules that a header must keep, given all headers before it.

use bitcoin::block::Header;
use bitcoin::{BlockHash, CompactTarget, Target};

use super::params::MEDIAN;
use super::{ChainParams, HeaderError};

/// Seconds that a block may be ahead of the clock.
const AHEAD: u64 = 7_200;
/// Seconds that the first block of a period may be older than its parent (BIP-94).
const BACK: i64 = 600;

/// The headers before the one that is checked: those of our chain up to a fork, then new ones.
#[derive(Copy, Clone)]
pub(super) struct Branch<'a> {
    pub(super) params: &'a ChainParams,
    /// Height of the first header.
    pub(super) base: u32,
    /// Ours, at least one.
    pub(super) trunk: &'a [Header],
    /// New ones, already checked.
    pub(super) new: &'a [Header],
}

/// A header, and what it must fit.
#[derive(Copy, Clone)]
pub(super) struct Next<'a> {
    pub(super) header: &'a Header,
    pub(super) height: u32,
    /// The last block before.
    pub(super) parent: BlockHash,
    /// The clock of the caller, in seconds since 1970.
    pub(super) now: u64,
}

impl Branch<'_> {
    fn get(&self, height: u32) -> Option<&Header> {
        let at = usize::try_from(height.checked_sub(self.base)?).ok()?;
        match at.checked_sub(self.trunk.len()) {
            None => self.trunk.get(at),
            Some(at) => self.new.get(at),
        }
    }

    fn last(&self) -> Option<&Header> {
        self.new.last().or(self.trunk.last())
    }

    /// Checks the next header; its hash.
    pub(super) fn check(&self, next: Next<'_>) -> Result<BlockHash, HeaderError> {
        let Next { header, height, .. } = next;
        if header.prev_blockhash != next.parent {
            let (expected, found) = (next.parent, header.prev_blockhash);
            return Err(HeaderError::Link {
                height,
                expected,
                found,
            });
        }
        let hash = self.check_work(header, height)?;
        if let Some(expected) = self.params.checkpoints.get(&height).copied()
            && expected != hash
        {
            let found = hash;
            return Err(HeaderError::Checkpoint {
                height,
                expected,
                found,
            });
        }
        self.check_time(next)?;
        Ok(hash)
    }

    fn check_work(&self, header: &Header, height: u32) -> Result<BlockHash, HeaderError> {
        let (expected, found) = (self.bits(height, header.time), header.bits);
        if expected != found {
            return Err(HeaderError::Bits {
                height,
                expected,
                found,
            });
        }
        let (hash, target) = (header.block_hash(), Target::from_compact(found));
        if !target.is_met_by(hash) {
            return Err(HeaderError::Work {
                height,
                hash,
                target,
            });
        }
        Ok(hash)
    }

    /// The target that the rules give to a block of this height and time.
    fn bits(&self, height: u32, time: u32) -> CompactTarget {
        let limit = self.params.limit.to_compact_lossy();
        let Some(last) = self.last() else {
            return limit;
        };
        if !self.params.begins_period(height) {
            let late = i64::from(last.time) + 2 * i64::from(self.params.spacing());
            return match self.params.easy_when_late {
                false => last.bits,
                true if i64::from(time) > late => limit,
                true => self.regular_bits(height, limit),
            };
        }
        let first = height.checked_sub(self.params.interval());
        match first.and_then(|first| self.get(first)) {
            Some(first) if self.params.retargets => {
                let old = if self.params.bip94 { first } else { last };
                self.params.retarget(old.bits, first.time, last.time)
            }
            _ => last.bits,
        }
    }

    /// The target of the last block that was not made easy for being late, or of the first block of
    /// the period. At most a period is walked.
    fn regular_bits(&self, height: u32, limit: CompactTarget) -> CompactTarget {
        let first = self.params.period(height);
        let before = (first..height).rev().filter_map(|height| self.get(height));
        before
            .map(|header| header.bits)
            .find(|bits| *bits != limit)
            .unwrap_or(limit)
    }

    fn check_time(&self, next: Next<'_>) -> Result<(), HeaderError> {
        let (height, found) = (next.height, next.header.time);
        if let Some(median) = self.median_time()
            && found <= median
        {
            return Err(HeaderError::Median {
                height,
                median,
                found,
            });
        }
        if let Some(last) = self.last()
            && self.params.bip94
            && self.params.begins_period(height)
            && i64::from(found) < i64::from(last.time) - BACK
        {
            let least = i64::from(last.time) - BACK;
            return Err(HeaderError::Timewarp {
                height,
                least,
                found,
            });
        }
        let most = next.now.saturating_add(AHEAD);
        if u64::from(found) > most {
            return Err(HeaderError::Future {
                height,
                most,
                found,
            });
        }
        Ok(())
    }

    /// The median time of the last eleven headers, or of all where a chain is shorter. None where
    /// the chain begins at a checkpoint and eleven are not known: any guess could refuse the best
    /// chain.
    fn median_time(&self) -> Option<u32> {
        let last = self.new.iter().rev().chain(self.trunk.iter().rev());
        let mut times = [0; MEDIAN as usize];
        let mut known = 0_u32;
        for (slot, header) in times.iter_mut().zip(last) {
            *slot = header.time;
            known += 1;
        }
        if known < MEDIAN && self.base > 0 {
            return None;
        }
        let times = times.get_mut(..known as usize)?;
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }
}
