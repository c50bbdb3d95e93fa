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
use crate::store::{StoreError, operations, witnesses};

/// What kept the store from answering.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// Operations of the base that are not proven.
    pub operations: BTreeSet<OperationId>,
    /// Operations behind it of which it is not known on which witness of a parent they were proven.
    pub behind: BTreeSet<OperationId>,
}

/// The store. A failure of it refuses the consignment, and is told apart by [`Proven::into_result`].
#[derive(Debug)]
pub(crate) struct Proven<'a> {
    db: &'a Connection,
    /// How many outputs the witness of each place has, none if it is not proven: a base can name one
    /// many times.
    places: RefCell<BTreeMap<(OperationId, Txid), Option<u32>>>,
    outputs: RefCell<BTreeMap<Txid, u32>>,
    /// The contract of the base.
    book: OnceCell<Option<Book>>,
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

    fn known_leaf(
        &self,
        contract: ContractId,
        leaf: &Input,
        witness: Txid,
    ) -> Result<Option<KnownLeaf>, StoreError> {
        let Some(outputs) = self.place(contract, leaf.operation, witness)? else {
            return Ok(None);
        };
        let row = operations::leaf(self.db, &leaf.operation, leaf.owned_type, leaf.index)?;
        let Some(row) = row else {
            return Ok(None);
        };
        let (_, state, _) = rows::leaf(&row)?;
        Ok(Some(KnownLeaf {
            state,
            seal: row.secret,
            outputs,
        }))
    }

    /// How many outputs the witness of an operation has that was proven in it.
    fn place(
        &self,
        contract: ContractId,
        operation: OperationId,
        witness: Txid,
    ) -> Result<Option<u32>, StoreError> {
        if let Some(known) = self.places.borrow().get(&(operation, witness)) {
            return Ok(*known);
        }
        let outputs = if self.is_signed(contract, operation, witness)? {
            self.outputs(witness)?
        } else {
            None
        };
        self.places
            .borrow_mut()
            .insert((operation, witness), outputs);
        Ok(outputs)
    }

    /// Whether a witness commits to an operation that has all signatures its contract asks for: those
    /// of our own may still be missing. What is stored was verified.
    fn is_signed(
        &self,
        contract: ContractId,
        operation: OperationId,
        witness: Txid,
    ) -> Result<bool, StoreError> {
        let signatures = witnesses::signatures(self.db, &contract, witness, &operation)?;
        let (Some(signatures), Some(book)) = (signatures, self.book(contract)?) else {
            return Ok(false);
        };
        if !book.facts.asks_for_signatures() {
            return Ok(true);
        }
        let Some(row) = operations::get(self.db, &operation)? else {
            return Ok(false);
        };
        let kind = rows::transition(&row.transition)?.kind;
        Ok(rows::signatures(&signatures)?.len() as u64 >= book.facts.signatures(kind))
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
        let found = self.answer(self.known_leaf(contract, leaf, witness), None);
        if found.is_none() {
            let operation = leaf.operation;
            self.missing.borrow_mut().operations.insert(operation);
        }
        found
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
