//! The system clock, read only inside chain sources and the sandbox.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::Txid;

/// Seconds since 1970; 0 if the clock stands before.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

/// Stamps what a source says about unconfirmed transactions.
///
/// BDK counts a transaction as present if it was seen *later*, in seconds, than it was evicted. A
/// transaction that comes back within the second of its eviction is stamped one second later, so
/// that the last word counts.
#[derive(Debug, Default)]
pub(crate) struct Stamps(RefCell<HashMap<Txid, Said>>);

#[derive(Debug, Default)]
struct Said {
    seen: u64,
    evicted: Option<u64>,
}

impl Stamps {
    /// The `seen_at` of a transaction that is in the mempool at `now`.
    pub(crate) fn seen(&self, txid: Txid, now: u64) -> (Txid, u64) {
        let mut said = self.0.borrow_mut();
        let said = said.entry(txid).or_default();
        said.seen = said.evicted.map_or(now, |evicted| now.max(evicted + 1));
        (txid, said.seen)
    }

    /// The `evicted_at` of a transaction that is gone at `now`.
    pub(crate) fn evicted(&self, txid: Txid, now: u64) -> (Txid, u64) {
        let mut said = self.0.borrow_mut();
        let said = said.entry(txid).or_default();
        let evicted = now.max(said.seen);
        said.evicted = Some(evicted);
        (txid, evicted)
    }
}

#[cfg(test)]
mod tests {
    use bitcoin::hashes::Hash;

    use super::*;

    #[test]
    fn the_last_word_within_one_second_counts() {
        let stamps = Stamps::default();
        let txid = Txid::all_zeros();
        let (_, first) = stamps.seen(txid, 100);
        let (_, gone) = stamps.evicted(txid, 100);
        let (_, back) = stamps.seen(txid, 100);
        let (_, gone_again) = stamps.evicted(txid, 100);
        assert!(gone >= first, "evicted counts when not before seen");
        assert!(back > gone, "seen counts only when after evicted");
        assert!(gone_again >= back);
    }
}
