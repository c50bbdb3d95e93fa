//! What is asserted of people's balances and of what they are refused.

use std::fmt::Debug;

use bulla_core::ContractId;
use bulla_wallet::Error;

use super::Person;

/// What a person holds of a contract, in smallest units.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// Settled.
    pub settled: u64,
    /// Not settled yet.
    pub pending: u64,
}

/// A holding by settled and pending amount.
pub const fn holding(settled: u64, pending: u64) -> Holding {
    Holding { settled, pending }
}

impl Person {
    /// What they hold of a contract.
    pub fn holding(&self, contract: ContractId) -> Holding {
        let assets = self.balance().assets;
        let found = assets.iter().find(|asset| asset.contract == contract);
        let units = |units| u64::try_from(units).expect("tests have small amounts");
        found.map_or(holding(0, 0), |asset| {
            holding(units(asset.settled), units(asset.pending))
        })
    }

    /// Asserts what they hold of a contract.
    #[track_caller]
    pub fn holds(&self, contract: ContractId, settled: u64, pending: u64) {
        let expected = holding(settled, pending);
        assert_eq!(
            self.holding(contract),
            expected,
            "what {} holds",
            self.name()
        );
    }
}

/// Asserts that no satoshi was lost among these people: they have what they were funded with, less
/// the fees they paid and what they sent away.
#[track_caller]
pub fn assert_sats_conserved(people: &[&Person]) {
    let has: u64 = people.iter().map(|person| person.sats()).sum();
    let expected: i64 = people.iter().map(|person| person.sats).sum();
    assert_eq!(i64::try_from(has), Ok(expected), "satoshis of all together");
}

/// Asserts that the wallet refused with this code, and that the message names something.
#[track_caller]
pub fn assert_refused<T: Debug>(answer: Result<T, Error>, code: &str, names: &str) {
    let error = answer.expect_err("this is refused");
    assert_eq!(error.code(), code, "{error}");
    let text = error.to_string();
    assert!(text.contains(names), "`{text}` does not name `{names}`");
}
