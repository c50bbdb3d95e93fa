//! What rules see of an operation.

use std::collections::BTreeMap;

use super::locktime::LockTime;
use crate::state::StateKind;

/// A value with the number of the global or metadata it is of.
pub type Value<'a> = (u16, &'a [u8]);

/// What an operation consumes, assigns and says, and where it stands.
///
/// Values ascend by number; those of one number keep their order in the operation.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Of the leaves it consumes; empty for a genesis.
    pub inputs: &'a Totals,
    /// Of the leaves it assigns.
    pub outputs: &'a Totals,
    /// What it publishes.
    pub globals: &'a [Value<'a>],
    /// What it carries for its rules; empty for a genesis.
    pub metadata: &'a [Value<'a>],
    /// What the genesis publishes.
    pub genesis: &'a [Value<'a>],
    /// Of its witness.
    pub locktime: LockTime,
}

/// Totals of each owned type that is present, ascending by type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals(Vec<TypeTotals>);

/// Totals of the leaves of one owned type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeTotals {
    /// The owned type.
    pub owned: u16,
    /// What its leaves carry.
    pub kind: StateKind,
    /// How many leaves.
    pub count: u32,
    /// Sum of an Amount type in its smallest unit, which for inputs may exceed a u64; else 0.
    pub amount: u128,
    /// Sum of the fractions of each id of a Token type; else empty.
    pub tokens: BTreeMap<u32, u128>,
}

/// The values of one number, which lie side by side: found in few steps, for a rule may ask a
/// hundred times, and there may be thousands of transitions.
pub(super) fn values_of<'v, 'a>(number: u16, values: &'v [Value<'a>]) -> &'v [Value<'a>] {
    let from = values.partition_point(|(of, _)| *of < number);
    let to = values.partition_point(|(of, _)| *of <= number);
    values.get(from..to).unwrap_or_default()
}

static NOTHING: Totals = Totals(Vec::new());

impl<'a> Facts<'a> {
    /// Of a genesis: its own globals are the genesis's.
    pub fn of_genesis(outputs: &'a Totals, globals: &'a [Value<'a>]) -> Self {
        Self {
            inputs: &NOTHING,
            outputs,
            globals,
            metadata: &[],
            genesis: globals,
            locktime: LockTime::NONE,
        }
    }
}

impl Totals {
    /// Of no leaves.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one leaf of an Amount type.
    pub fn add_amount(&mut self, owned: u16, amount: u64) {
        self.add_root(owned, StateKind::Amount, 1, amount);
    }

    /// Adds one leaf of a Token type.
    pub fn add_token(&mut self, owned: u16, id: u32, fraction: u64) {
        self.update(owned, StateKind::Token, |totals| {
            totals.count = totals.count.saturating_add(1);
            let total = totals.tokens.entry(id).or_default();
            *total = total.saturating_add(u128::from(fraction));
        });
    }

    /// Adds `count` leaves with a sum of `amount`, which is 0 for a kind without amounts.
    ///
    /// Sums are exact: 2^32 leaves of u64 do not fill a u128.
    pub fn add_root(&mut self, owned: u16, kind: StateKind, count: u32, amount: u64) {
        self.update(owned, kind, |totals| {
            totals.count = totals.count.saturating_add(count);
            totals.amount = totals.amount.saturating_add(u128::from(amount));
        });
    }

    /// Of one type, if present.
    pub fn get(&self, owned: u16) -> Option<&TypeTotals> {
        let at = self.0.binary_search_by_key(&owned, |totals| totals.owned);
        self.0.get(at.ok()?)
    }

    /// Of each type present, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &TypeTotals> {
        self.0.iter()
    }

    /// Forgets all, keeping the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The totals of a type, which begin at nothing.
    fn update(&mut self, owned: u16, kind: StateKind, add: impl FnOnce(&mut TypeTotals)) {
        match self.0.binary_search_by_key(&owned, |totals| totals.owned) {
            Ok(at) => {
                if let Some(totals) = self.0.get_mut(at) {
                    add(totals);
                }
            }
            Err(at) => {
                let mut totals = TypeTotals {
                    owned,
                    kind,
                    count: 0,
                    amount: 0,
                    tokens: BTreeMap::new(),
                };
                add(&mut totals);
                self.0.insert(at, totals);
            }
        }
    }
}
