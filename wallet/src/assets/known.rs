//! What this wallet's store has proven, as the validator asks for it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::rusqlite::Connection;
use bitcoin::{OutPoint, Txid};
use bulla_core::frame::BaseEntry;
use bulla_core::operation::Input;
use bulla_core::validator::{Behind, Known, KnownLeaf, NothingKnown};
use bulla_core::{ContractId, OperationId};

use super::ancestry::Ancestry;
use super::rows;
use crate::store::{StoreError, operations, witnesses};

/// The store. A failure of it refuses the consignment, and is told apart by [`Proven::into_result`].
#[derive(Debug)]
pub(crate) struct Proven<'a> {
    db: &'a Connection,
    /// How many outputs the witnesses have that were asked for: a base can name one many times.
    outputs: RefCell<BTreeMap<Txid, u32>>,
    missing: RefCell<BTreeSet<OperationId>>,
    failed: RefCell<Option<StoreError>>,
}

impl<'a> Proven<'a> {
    pub const fn new(db: &'a Connection) -> Self {
        Self {
            db,
            outputs: RefCell::new(BTreeMap::new()),
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

    fn known_leaf(
        &self,
        contract: ContractId,
        leaf: &Input,
        witness: Txid,
    ) -> Result<Option<KnownLeaf>, StoreError> {
        if !witnesses::commits(self.db, &contract, witness, &leaf.operation)? {
            return Ok(None);
        }
        let row = operations::leaf(self.db, &leaf.operation, leaf.owned_type, leaf.index)?;
        let (Some(row), Some(outputs)) = (row, self.outputs(witness)?) else {
            return Ok(None);
        };
        let (_, state, _) = rows::leaf(&row)?;
        Ok(Some(KnownLeaf {
            state,
            seal: row.secret,
            outputs,
        }))
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
            self.missing.borrow_mut().insert(leaf.operation);
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

impl Behind for History<'_> {
    fn has_witness(&self, witness: Txid) -> bool {
        let found = self.ancestry.borrow_mut().has_witness(witness);
        self.proven.answer(found, true)
    }

    fn spender(&self, outpoint: OutPoint) -> Option<Txid> {
        let found = self.ancestry.borrow_mut().spender(outpoint);
        self.proven.answer(found, Some(outpoint.txid))
    }

    fn consumes(&self, leaf: &Input) -> bool {
        let found = self.ancestry.borrow_mut().consumes(leaf);
        self.proven.answer(found, true)
    }

    fn clash(&self) -> Option<OutPoint> {
        let found = self.ancestry.borrow_mut().clash();
        self.proven.answer(found, Some(OutPoint::null()))
    }
}
