//! What this wallet's store has proven, as the validator asks for it: look-ups, and a walk through the
//! history only where one of them found something.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::rusqlite::Connection;
use bitcoin::{OutPoint, Txid};
use bulla_core::frame::BaseEntry;
use bulla_core::operation::Input;
use bulla_core::seal::Seal;
use bulla_core::validator::{Known, KnownLeaf};
use bulla_core::{ContractId, OperationId};

use super::rows;
use crate::chain::Position;
use crate::store::{StoreError, operations, standing, witnesses};

/// An operation in a witness.
type Place = (OperationId, Txid);

/// The store. A failure of it refuses the consignment, and is told apart by [`Proven::into_result`].
#[derive(Debug)]
pub(crate) struct Proven<'a> {
    db: &'a Connection,
    missing: RefCell<BTreeSet<OperationId>>,
    failed: RefCell<Option<StoreError>>,
}

impl<'a> Proven<'a> {
    pub const fn new(db: &'a Connection) -> Self {
        Self {
            db,
            missing: RefCell::new(BTreeSet::new()),
            failed: RefCell::new(None),
        }
    }

    /// The operations that were asked for and are not known, unless the store failed.
    pub fn into_result(self) -> Result<BTreeSet<OperationId>, StoreError> {
        match self.failed.into_inner() {
            Some(error) => Err(error),
            None => Ok(self.missing.into_inner()),
        }
    }

    /// Notes a failure; the answer is then the one that refuses.
    fn answer<T>(&self, found: Result<T, StoreError>, refusing: T) -> T {
        found.unwrap_or_else(|error| {
            self.failed.borrow_mut().get_or_insert(error);
            refusing
        })
    }
}

impl Known for Proven<'_> {
    fn leaf(&self, contract: ContractId, leaf: &Input, witness: Txid) -> Option<KnownLeaf> {
        let found = self.answer(known_leaf(self.db, contract, leaf, witness), None);
        if found.is_none() {
            self.missing.borrow_mut().insert(leaf.operation);
        }
        found
    }

    fn witness_behind(&self, contract: ContractId, base: &[BaseEntry], witness: Txid) -> bool {
        let history = History::new(self.db, contract, base);
        let found = history.of_witness(witness);
        let behind = found.and_then(|places| history.first_behind(places));
        self.answer(behind.map(|place| place.is_some()), true)
    }

    fn spender_behind(
        &self,
        contract: ContractId,
        base: &[BaseEntry],
        outpoint: OutPoint,
    ) -> Option<Txid> {
        let found = History::new(self.db, contract, base).spender(outpoint, None);
        let refusing = base.first().map(|entry| entry.witness);
        self.answer(found, refusing)
    }

    fn consumed_behind(&self, contract: ContractId, base: &[BaseEntry], leaf: &Input) -> bool {
        let history = History::new(self.db, contract, base);
        let found = history.consumers(leaf);
        let behind = found.and_then(|places| history.first_behind(places));
        self.answer(behind.map(|place| place.is_some()), true)
    }

    fn clash(&self, contract: ContractId, base: &[BaseEntry]) -> Option<OutPoint> {
        let found = History::new(self.db, contract, base).clash();
        self.answer(found, Some(OutPoint::null()))
    }
}

fn known_leaf(
    db: &Connection,
    contract: ContractId,
    leaf: &Input,
    witness: Txid,
) -> Result<Option<KnownLeaf>, StoreError> {
    if witnesses::signatures(db, &contract, witness, &leaf.operation)?.is_none() {
        return Ok(None);
    }
    let row = operations::leaf(db, &leaf.operation, leaf.owned_type, leaf.index)?;
    let (Some(row), Some(witness)) = (row, witnesses::get(db, witness)?) else {
        return Ok(None);
    };
    let (_, state, _) = rows::leaf(&row)?;
    Ok(Some(KnownLeaf {
        state,
        seal: row.secret,
        outputs: u32::try_from(witness.tx.output.len()).map_err(rows::damaged)?,
    }))
}

/// What lies behind the entries of a base. An operation has other witnesses where one replaced
/// another: behind lies the one that the child's witness spends an output of; where none tells, the
/// one that is mined before one in the mempool before any other.
struct History<'a> {
    db: &'a Connection,
    contract: ContractId,
    base: &'a [BaseEntry],
}

impl<'a> History<'a> {
    const fn new(db: &'a Connection, contract: ContractId, base: &'a [BaseEntry]) -> Self {
        Self { db, contract, base }
    }

    fn places(&self) -> Vec<Place> {
        let entries = self.base.iter();
        entries
            .map(|entry| (entry.leaf.operation, entry.witness))
            .collect()
    }

    /// The operations of this contract in a witness.
    fn of_witness(&self, witness: Txid) -> Result<Vec<Place>, StoreError> {
        let rows = witnesses::anchored_in(self.db, &self.contract, witness)?;
        Ok(rows.iter().map(|row| (row.operation, witness)).collect())
    }

    /// The operations that consume a leaf, in all their witnesses.
    fn consumers(&self, leaf: &Input) -> Result<Vec<Place>, StoreError> {
        let mut places = Vec::new();
        for operation in operations::consumers(self.db, leaf)? {
            let witnesses = witnesses::of_operation(self.db, &operation)?;
            places.extend(witnesses.iter().map(|witness| (operation, witness.txid)));
        }
        Ok(places)
    }

    /// The witness behind the base, other than this one, that spends an output.
    fn spender(
        &self,
        outpoint: OutPoint,
        except: Option<Txid>,
    ) -> Result<Option<Txid>, StoreError> {
        let mut places = Vec::new();
        for witness in witnesses::spenders(self.db, outpoint)? {
            if Some(witness) != except {
                places.extend(self.of_witness(witness)?);
            }
        }
        Ok(self.first_behind(places)?.map(|(_, witness)| witness))
    }

    /// One of these that lies behind the base. No ancestor was learned of after its descendant, so
    /// that what was learned of before all that are wanted is not looked at.
    fn first_behind(&self, wanted: Vec<Place>) -> Result<Option<Place>, StoreError> {
        let mut least = i64::MAX;
        for (operation, _) in &wanted {
            if let Some(seq) = operations::seq(self.db, operation)? {
                least = least.min(seq);
            }
        }
        let wanted: BTreeSet<Place> = wanted.into_iter().collect();
        let mut found = None;
        if !wanted.is_empty() {
            self.walk(|place| {
                if wanted.contains(&place) {
                    found = Some(place);
                }
                let seq = operations::seq(self.db, &place.0)?;
                Ok(found.is_none() && seq.is_some_and(|seq| seq > least))
            })?;
        }
        Ok(found)
    }

    /// An output that two witnesses spend. Two that are mined never do, so that where a history is
    /// mined as a whole none of it is looked at.
    fn clash(&self) -> Result<Option<OutPoint>, StoreError> {
        let mut unmined = BTreeSet::new();
        self.walk(|(operation, witness)| {
            let mined = standing::height(self.db, &operation)?.flatten().is_some()
                && witnesses::is_mined(self.db, witness)?;
            if !mined {
                unmined.insert(witness);
            }
            Ok(!mined)
        })?;
        let mut spent = BTreeMap::new();
        for witness in unmined {
            let row = witnesses::get(self.db, witness)?;
            for input in row.iter().flat_map(|row| &row.tx.input) {
                let outpoint = input.previous_output;
                let before = spent.insert(outpoint, witness);
                let other = before.is_some_and(|before| before != witness);
                if other || self.spender(outpoint, Some(witness))?.is_some() {
                    return Ok(Some(outpoint));
                }
            }
        }
        Ok(None)
    }

    /// Visits what lies behind the base, each place once; `on` says whether to go on to its parents.
    fn walk(
        &self,
        mut on: impl FnMut(Place) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut open = self.places();
        let mut seen = BTreeSet::new();
        while let Some(place) = open.pop() {
            if seen.insert(place) && on(place)? {
                open.extend(self.parents(place)?);
            }
        }
        Ok(())
    }

    /// The parents of an operation in the witnesses that it builds on.
    fn parents(&self, (operation, witness): Place) -> Result<Vec<Place>, StoreError> {
        let row = witnesses::get(self.db, witness)?;
        let spent: BTreeSet<OutPoint> = row
            .iter()
            .flat_map(|row| &row.tx.input)
            .map(|input| input.previous_output)
            .collect();
        let mut parents = Vec::new();
        for input in operations::inputs(self.db, &operation)? {
            let leaf = operations::leaf(self.db, &input.operation, input.owned_type, input.index)?;
            let leaf = leaf.map(|leaf| rows::leaf(&leaf)).transpose()?;
            let seal = leaf.and_then(|(_, _, seal)| seal);
            let mut known = witnesses::of_operation(self.db, &input.operation)?;
            known.retain(|parent| {
                let closed = |seal: Seal| seal.resolve(Some(parent.txid));
                seal.is_none_or(|seal| closed(seal).is_some_and(|out| spent.contains(&out)))
            });
            // A seal that names its output is closed by whoever spends that, of any witness.
            known.sort_by_key(|parent| (rank(&parent.position), parent.txid));
            parents.extend(known.first().map(|parent| (input.operation, parent.txid)));
        }
        Ok(parents)
    }
}

const fn rank(position: &Position) -> u8 {
    match position {
        Position::Mined { .. } => 0,
        Position::Mempool => 1,
        Position::Absent => 2,
        Position::Conflicted { .. } => 3,
    }
}
