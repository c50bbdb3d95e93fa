//! Curve checks put off until there is a group of them, which is done by another thread beside the
//! hashing. The lowest check that fails is the one reported, as if each had been done at once.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use super::tapret::{CurveCheck, TapretError};

/// Checks in a group: about a millisecond of work.
const GROUP: usize = 64;

/// Groups that may wait; the one who hashes helps when there are more, and waits when there are twice as many.
const WAITING: usize = 32;

/// Curve checks, each with the place it has in the history.
pub(crate) struct Batch<P> {
    open: Vec<(P, CurveCheck)>,
    waiting: VecDeque<Arc<Group<P>>>,
}

struct Group<P> {
    checks: Vec<(P, CurveCheck)>,
    /// The lowest check that failed, once all were done.
    failed: OnceLock<Option<(P, TapretError)>>,
}

impl<P> Default for Batch<P> {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            waiting: VecDeque::new(),
        }
    }
}

impl<P: Clone + Send + Sync + 'static> Batch<P> {
    /// Adds a check above all that were added before.
    ///
    /// # Errors
    /// With the lowest check that failed, if that is known by now; it need not be this one.
    pub(crate) fn push(&mut self, place: P, check: CurveCheck) -> Result<(), (P, TapretError)> {
        self.open.push((place, check));
        if self.open.len() < GROUP {
            return Ok(());
        }
        self.close();
        if self.waiting.len() > WAITING {
            // The newest: the others begin with the oldest, and to wait for theirs would help nobody.
            if let Some(newest) = self.waiting.back() {
                newest.verify();
            }
        }
        self.collect()?;
        match self.waiting.front() {
            Some(oldest) if self.waiting.len() > 2 * WAITING => {
                oldest.verify();
                self.collect()
            }
            _ => Ok(()),
        }
    }

    /// Waits for all checks that were added.
    ///
    /// # Errors
    /// With the lowest check that failed.
    pub(crate) fn flush(&mut self) -> Result<(), (P, TapretError)> {
        self.close();
        for group in self.waiting.iter().rev() {
            group.verify();
        }
        self.collect()
    }

    fn close(&mut self) {
        let group = Arc::new(Group {
            checks: std::mem::take(&mut self.open),
            failed: OnceLock::new(),
        });
        self.waiting.push_back(Arc::clone(&group));
        beside(move || {
            group.verify();
        });
    }

    /// Takes the results of groups that are done, from the oldest on.
    fn collect(&mut self) -> Result<(), (P, TapretError)> {
        while let Some(done) = self.waiting.front().and_then(|group| group.failed.get()) {
            if let Some(failed) = done {
                return Err(failed.clone());
            }
            self.waiting.pop_front();
        }
        Ok(())
    }
}

impl<P: Clone> Group<P> {
    /// Does the checks, or waits for the thread that does; gives the lowest that failed.
    fn verify(&self) -> Option<&(P, TapretError)> {
        let lowest = || {
            let mut failures = self.checks.iter().filter_map(|(place, check)| {
                let error = check.verify().err()?;
                Some((place.clone(), error))
            });
            failures.next()
        };
        self.failed.get_or_init(lowest).as_ref()
    }
}

/// Runs a task on another thread if there is one, else at once.
fn beside(task: impl FnOnce() + Send + 'static) {
    #[cfg(feature = "parallel")]
    if rayon::current_thread_index().is_some() {
        if rayon::current_num_threads() > 1 {
            return rayon::spawn(task);
        }
    } else if let Some(pool) = &*POOL {
        return pool.spawn(task);
    }
    task();
}

/// The threads for whoever is in no pool; none where there would be but one, or the system starts none.
///
/// Not rayon's global pool: rayon panics when it is asked for one that could not be started, which anybody in
/// the process may have tried before, and it has no way to ask whether there is one. Nor is it ours to start:
/// who starts it, says for the whole process how many threads there are.
#[cfg(feature = "parallel")]
static POOL: std::sync::LazyLock<Option<rayon::ThreadPool>> = std::sync::LazyLock::new(|| {
    let pool = rayon::ThreadPoolBuilder::new().build().ok();
    pool.filter(|pool| pool.current_num_threads() > 1)
});

#[cfg(test)]
mod tests {
    use bitcoin::hashes::{Hash, sha256};
    use bitcoin::secp256k1::Scalar;
    use bitcoin::secp256k1::constants::GENERATOR_X;

    use super::*;
    use crate::commit::tweak::tweaked;

    fn check(n: usize, good: bool) -> CurveCheck {
        let hash = sha256::Hash::hash(&n.to_le_bytes()).to_byte_array();
        let tweak = Scalar::from_be_bytes(hash).unwrap();
        let (key, parity) = tweaked(&GENERATOR_X, &tweak).unwrap();
        let odd = parity == bitcoin::key::Parity::Odd;
        CurveCheck {
            internal_key: GENERATOR_X,
            tweak,
            output_key: key.serialize(),
            odd: odd == good,
        }
    }

    /// The lowest failure of a batch of `count` checks in which these fail.
    fn lowest(count: usize, bad: &[usize]) -> Option<usize> {
        let mut batch = Batch::default();
        let pushed = (0..count).try_for_each(|n| batch.push(n, check(n, !bad.contains(&n))));
        let all = pushed.and_then(|()| batch.flush());
        all.err().map(|(place, error)| {
            assert!(matches!(error, TapretError::Parity { .. }), "{error}");
            place
        })
    }

    #[test]
    fn the_lowest_failure_is_named_wherever_it_stands() {
        let last = (WAITING + 3) * GROUP + 5;
        assert_eq!(lowest(0, &[]), None);
        assert_eq!(lowest(last, &[]), None);
        let places = [0, 1, GROUP - 1, GROUP, 3 * GROUP + 5, last - 1];
        for (at, first) in places.into_iter().enumerate() {
            assert_eq!(lowest(last, &places[at..]), Some(first));
        }
    }

    /// More than may wait, so that failures show while checks are still added.
    #[test]
    fn a_failure_shows_before_the_end() {
        let mut batch = Batch::default();
        let bad = check(0, false);
        let pushes = (2 * WAITING + 2) * GROUP;
        let failed = (0..pushes).find_map(|n| batch.push(n, bad).err());
        assert_eq!(failed.map(|(place, _)| place), Some(0));
    }
}
