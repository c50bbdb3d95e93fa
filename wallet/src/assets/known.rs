//! What this wallet's store has proven, as the validator asks for it.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::rusqlite::Connection;
use bitcoin::{OutPoint, Txid};
use bulla_core::frame::BaseEntry;
use bulla_core::operation::Input;
use bulla_core::validator::{Behind, Known, KnownLeaf, NothingKnown};
use bulla_core::{ContractId, OperationId};

use super::ancestry::Ancestry;
use super::book::Book;
use super::rows;
use crate::store::{StoreError, operations, parents, standing, witnesses};
use crate::transfer::cosign;

/// What kept the store from answering.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// Operations of the base that are not proven, or behind it that lack signatures.
    pub operations: BTreeSet<OperationId>,
    /// Operations behind it of which it is not known on which witness of a parent they were proven.
    pub behind: BTreeSet<OperationId>,
}

/// An operation in a witness.
type Place = (OperationId, Txid);

/// The store. A failure of it refuses the consignment, and is told apart by [`Proven::into_result`].
#[derive(Debug)]
pub(crate) struct Proven<'a> {
    db: &'a Connection,
    /// How many outputs the witness of each place has, or what of it is not proven: a base can name one
    /// many times.
    places: RefCell<BTreeMap<Place, Result<u32, OperationId>>>,
    outputs: RefCell<BTreeMap<Txid, u32>>,
    /// The contract of the base.
    book: OnceCell<Option<Book>>,
    /// Places that have all signatures, as all that they build on.
    signed: RefCell<BTreeSet<Place>>,
    /// Operations of ours that wait for signatures, their own or those of what they build on.
    waiting: OnceCell<BTreeSet<OperationId>>,
    missing: RefCell<Missing>,
    failed: RefCell<Option<StoreError>>,
}

impl<'a> Proven<'a> {
    pub const fn new(db: &'a Connection) -> Self {
        Self {
            db,
            places: RefCell::new(BTreeMap::new()),
            outputs: RefCell::new(BTreeMap::new()),
            book: OnceCell::new(),
            signed: RefCell::new(BTreeSet::new()),
            waiting: OnceCell::new(),
            missing: RefCell::new(Missing {
                operations: BTreeSet::new(),
                behind: BTreeSet::new(),
            }),
            failed: RefCell::new(None),
        }
    }

    /// The operations that were asked for and are not known, unless the store failed.
    pub fn into_result(self) -> Result<Missing, StoreError> {
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

    /// A leaf, or the operation that keeps it from being proven.
    fn known_leaf(
        &self,
        contract: ContractId,
        leaf: &Input,
        witness: Txid,
    ) -> Result<Result<KnownLeaf, OperationId>, StoreError> {
        let outputs = match self.place(contract, (leaf.operation, witness))? {
            Ok(outputs) => outputs,
            Err(unproven) => return Ok(Err(unproven)),
        };
        let row = operations::leaf(self.db, &leaf.operation, leaf.owned_type, leaf.index)?;
        let Some(row) = row else {
            return Ok(Err(leaf.operation));
        };
        let (_, state, _) = rows::leaf(&row)?;
        Ok(Ok(KnownLeaf {
            state,
            seal: row.secret,
            outputs,
        }))
    }

    /// How many outputs the witness of an operation has that was proven in it, or what is not proven.
    fn place(
        &self,
        contract: ContractId,
        place: Place,
    ) -> Result<Result<u32, OperationId>, StoreError> {
        if let Some(known) = self.places.borrow().get(&place) {
            return Ok(*known);
        }
        let found = match self.unproven(contract, place)? {
            Some(unproven) => Err(unproven),
            None => self.outputs(place.1)?.ok_or(place.0),
        };
        self.places.borrow_mut().insert(place, found);
        Ok(found)
    }

    /// What is not proven: the operation, if the witness does not commit to it; else it or one behind it that
    /// lacks signatures its contract asks for. Only our own can: what others made was accepted with all of
    /// them. So where a history is mined as a whole it is walked only behind what waits for signatures.
    fn unproven(
        &self,
        contract: ContractId,
        place: Place,
    ) -> Result<Option<OperationId>, StoreError> {
        let Some(book) = self.book(contract)? else {
            return Ok(Some(place.0));
        };
        if !book.facts.asks_for_signatures() {
            let found = witnesses::signatures(self.db, &contract, place.1, &place.0)?;
            return Ok(found.is_none().then_some(place.0));
        }
        let mut behind = BTreeSet::new();
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            if self.signed.borrow().contains(&place) || !behind.insert(place) {
                continue;
            }
            if !self.is_signed(book, place)? {
                return Ok(Some(place.0));
            }
            let is_mined = standing::height(self.db, &place.0)?.flatten().is_some();
            if !is_mined || self.waiting()?.contains(&place.0) {
                open.extend(parents::get(self.db, &place.0, place.1)?);
            }
        }
        self.signed.borrow_mut().extend(behind);
        Ok(None)
    }

    /// Whether a witness commits to an operation that has all signatures its contract asks for. What is stored
    /// was verified.
    fn is_signed(&self, book: &Book, (operation, witness): Place) -> Result<bool, StoreError> {
        let signatures = witnesses::signatures(self.db, &book.contract, witness, &operation)?;
        let (Some(signatures), Some(row)) = (signatures, operations::get(self.db, &operation)?)
        else {
            return Ok(false);
        };
        let kind = rows::transition(&row.transition)?.kind;
        Ok(rows::signatures(&signatures)?.len() as u64 >= book.facts.signatures(kind))
    }

    fn waiting(&self) -> Result<&BTreeSet<OperationId>, StoreError> {
        if let Some(waiting) = self.waiting.get() {
            return Ok(waiting);
        }
        let waiting = cosign::unsigned(self.db)?;
        Ok(self.waiting.get_or_init(|| waiting))
    }

    fn book(&self, contract: ContractId) -> Result<Option<&Book>, StoreError> {
        if let Some(book) = self.book.get() {
            return Ok(book.as_ref());
        }
        let book = Book::load(self.db, contract)?;
        Ok(self.book.get_or_init(|| book).as_ref())
    }

    fn outputs(&self, witness: Txid) -> Result<Option<u32>, StoreError> {
        if let Some(known) = self.outputs.borrow().get(&witness) {
            return Ok(Some(*known));
        }
        let Some(row) = witnesses::get(self.db, witness)? else {
            return Ok(None);
        };
        let outputs = u32::try_from(row.tx.output.len()).map_err(rows::damaged)?;
        self.outputs.borrow_mut().insert(witness, outputs);
        Ok(Some(outputs))
    }
}

impl Known for Proven<'_> {
    fn leaf(&self, contract: ContractId, leaf: &Input, witness: Txid) -> Option<KnownLeaf> {
        let found = self.known_leaf(contract, leaf, witness);
        match self.answer(found, Err(leaf.operation)) {
            Ok(known) => Some(known),
            Err(unproven) => {
                self.missing.borrow_mut().operations.insert(unproven);
                None
            }
        }
    }

    fn behind(&self, contract: ContractId, base: &[BaseEntry]) -> Box<dyn Behind + '_> {
        let ancestry = Ancestry::of(self.db, contract, base).map(Some);
        match self.answer(ancestry, None) {
            Some(ancestry) => Box::new(History {
                proven: self,
                ancestry: RefCell::new(ancestry),
            }),
            // That the store failed is noted, and nothing is accepted.
            None => Box::new(NothingKnown),
        }
    }
}

/// What lies behind the base of one delta.
struct History<'a> {
    proven: &'a Proven<'a>,
    ancestry: RefCell<Ancestry<'a>>,
}

impl<'a> History<'a> {
    /// Asks the ancestry. Where it is not known what lies behind, or the store fails, the answer is the
    /// one that refuses, and why is noted.
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut Ancestry<'a>) -> Result<T, StoreError>,
        refusing: T,
    ) -> T {
        let mut ancestry = self.ancestry.borrow_mut();
        let found = question(&mut ancestry);
        if let Some(operation) = ancestry.unknown() {
            self.proven.missing.borrow_mut().behind.insert(operation);
            return refusing;
        }
        self.proven.answer(found, refusing)
    }
}

impl Behind for History<'_> {
    fn has_witness(&self, witness: Txid) -> bool {
        self.ask(|ancestry| ancestry.has_witness(witness), true)
    }

    fn spender(&self, outpoint: OutPoint) -> Option<Txid> {
        let refusing = Some(outpoint.txid);
        self.ask(|ancestry| ancestry.spender(outpoint), refusing)
    }

    fn consumes(&self, leaf: &Input) -> bool {
        self.ask(|ancestry| ancestry.consumes(leaf), true)
    }

    fn clash(&self) -> Option<OutPoint> {
        self.ask(Ancestry::clash, Some(OutPoint::null()))
    }
}
