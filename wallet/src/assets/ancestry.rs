//! What lies behind the base of a delta, as this wallet's store knows it.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use bdk_wallet::rusqlite::Connection;
use bitcoin::{OutPoint, Txid};
use bulla_core::frame::BaseEntry;
use bulla_core::operation::Input;
use bulla_core::{ContractId, OperationId};

use super::ledger;
use crate::store::{StoreError, operations, parents, standing, witnesses};

/// An operation in a witness.
type Place = (OperationId, Txid);

/// The ancestry of a base: walked from what was learned of last, no further than a look-up needs, and
/// no place of it twice. What nobody has asked for costs nothing.
///
/// An operation has other witnesses where one replaced another: behind lies the one that the child was
/// proven on ([`parents::get`]). Where that was not noted yet (see [`Ancestry::unknown`]) no answer holds.
pub(super) struct Ancestry<'a> {
    db: &'a Connection,
    contract: ContractId,
    base: Vec<Place>,
    /// Places behind whose parents were not looked at, each after its place in the order of learning.
    open: BinaryHeap<(i64, Place)>,
    seen: BTreeSet<Place>,
    operations: BTreeSet<OperationId>,
    witnesses: BTreeSet<Txid>,
    /// Witnesses that do not lie behind.
    others: BTreeSet<Txid>,
    /// Answers about outputs that a known witness spends.
    spenders: BTreeMap<OutPoint, Option<Txid>>,
    unknown: Option<OperationId>,
}

impl<'a> Ancestry<'a> {
    pub fn of(
        db: &'a Connection,
        contract: ContractId,
        base: &[BaseEntry],
    ) -> Result<Self, StoreError> {
        let base = base
            .iter()
            .map(|entry| (entry.leaf.operation, entry.witness));
        let mut ancestry = Self {
            db,
            contract,
            base: base.collect(),
            open: BinaryHeap::new(),
            seen: BTreeSet::new(),
            operations: BTreeSet::new(),
            witnesses: BTreeSet::new(),
            others: BTreeSet::new(),
            spenders: BTreeMap::new(),
            unknown: None,
        };
        for place in ancestry.base.clone() {
            ancestry.insert(place)?;
        }
        Ok(ancestry)
    }

    /// An operation that was met, of which it is not known on which witness of a parent it was proven.
    pub const fn unknown(&self) -> Option<OperationId> {
        self.unknown
    }

    /// Whether an operation of the contract in this witness lies behind.
    pub fn has_witness(&mut self, witness: Txid) -> Result<bool, StoreError> {
        if self.witnesses.contains(&witness) {
            return Ok(true);
        }
        if self.others.contains(&witness) {
            return Ok(false);
        }
        if let Some(seq) = witnesses::first_seq(self.db, &self.contract, witness)? {
            self.walk_to(seq)?;
        }
        let found = self.witnesses.contains(&witness);
        if !found {
            self.others.insert(witness);
        }
        Ok(found)
    }

    /// The witness behind that spends an output.
    pub fn spender(&mut self, outpoint: OutPoint) -> Result<Option<Txid>, StoreError> {
        if let Some(answer) = self.spenders.get(&outpoint) {
            return Ok(*answer);
        }
        let known = witnesses::spenders(self.db, outpoint)?;
        if known.is_empty() {
            return Ok(None);
        }
        let answer = self.first(known)?;
        self.spenders.insert(outpoint, answer);
        Ok(answer)
    }

    /// Whether an operation behind consumes a leaf, in any of its witnesses.
    pub fn consumes(&mut self, leaf: &Input) -> Result<bool, StoreError> {
        for operation in operations::consumers(self.db, leaf)? {
            if let Some(seq) = operations::seq(self.db, &operation)? {
                self.walk_to(seq)?;
            }
            if self.operations.contains(&operation) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An output that two witnesses spend. Two that are mined never do, so that where a history is
    /// mined as a whole none of it is looked at, in whatever witnesses it was proven.
    pub fn clash(&mut self) -> Result<Option<OutPoint>, StoreError> {
        let mut spent = BTreeMap::new();
        for witness in self.unmined()? {
            let row = witnesses::get(self.db, witness)?;
            for input in row.iter().flat_map(|row| &row.tx.input) {
                let outpoint = input.previous_output;
                let before = spent.insert(outpoint, witness);
                let mut others = witnesses::spenders(self.db, outpoint)?;
                others.retain(|other| *other != witness);
                if before.is_some_and(|before| before != witness) || self.first(others)?.is_some() {
                    return Ok(Some(outpoint));
                }
            }
        }
        Ok(None)
    }

    /// The witnesses behind of operations whose history is not mined as a whole.
    fn unmined(&mut self) -> Result<BTreeSet<Txid>, StoreError> {
        let (mut open, mut seen) = (self.base.clone(), BTreeSet::new());
        let mut unmined = BTreeSet::new();
        while let Some(place) = open.pop() {
            if !seen.insert(place) {
                continue;
            }
            let mined = standing::height(self.db, &place.0)?.flatten().is_some()
                && witnesses::is_mined(self.db, place.1)?;
            if !mined {
                unmined.insert(place.1);
                open.extend(self.parents(place)?);
            }
        }
        Ok(unmined)
    }

    /// One of these witnesses that lies behind.
    fn first(&mut self, witnesses: Vec<Txid>) -> Result<Option<Txid>, StoreError> {
        for witness in witnesses {
            if self.has_witness(witness)? {
                return Ok(Some(witness));
            }
        }
        Ok(None)
    }

    fn insert(&mut self, place: Place) -> Result<(), StoreError> {
        if self.seen.insert(place) {
            self.operations.insert(place.0);
            self.witnesses.insert(place.1);
            let seq = operations::seq(self.db, &place.0)?;
            self.open.extend(seq.map(|seq| (seq, place)));
        }
        Ok(())
    }

    /// Finds all that lies behind and was learned of at this place in the order or later: no ancestor
    /// was learned of after its descendant.
    fn walk_to(&mut self, seq: i64) -> Result<(), StoreError> {
        while let Some((newest, place)) = self.open.pop() {
            if newest <= seq {
                self.open.push((newest, place));
                break;
            }
            for parent in self.parents(place)? {
                self.insert(parent)?;
            }
        }
        Ok(())
    }

    /// The parents of an operation, each in the witness that it builds on; the genesis is none.
    fn parents(&mut self, (operation, witness): Place) -> Result<Vec<Place>, StoreError> {
        let known = parents::get(self.db, &operation, witness)?;
        let mut of = ledger::parents(self.db, operation)?;
        of.retain(|parent| *parent != self.contract.into());
        if of.iter().any(|parent| !known.contains_key(parent)) {
            self.unknown = Some(operation);
        }
        Ok(known.into_iter().collect())
    }
}
