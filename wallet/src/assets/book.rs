//! What the store knows of contracts.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::rusqlite::Connection;
use bitcoin::Txid;
use bulla_core::frame::BaseEntry;
use bulla_core::header::Header;
use bulla_core::witness::Witness;
use bulla_core::{ContractId, OperationId};

use super::consign::{AnchorRecord, OperationRecord, Records, TakenBack};
use super::history;
use super::learn;
use super::ledger::{self, Ledger};
use super::rows::{self, damaged, decode};
use crate::chain::Position;
use crate::store::contracts::{self, ContractRow};
use crate::store::witnesses::Standpoint;
use crate::store::{StoreError, headers, operations, standing, witnesses};
use crate::transfer::plan::ContractFacts;

/// One contract.
#[derive(Debug)]
pub(crate) struct Book {
    pub contract: ContractId,
    pub header: Header,
    pub issued: bool,
    pub facts: ContractFacts,
}

impl Book {
    /// Every contract.
    pub fn all(db: &Connection) -> Result<BTreeMap<ContractId, Self>, StoreError> {
        let rows = contracts::all(db)?;
        let books = rows.iter().map(|row| Ok((row.id, Self::read(row)?)));
        books.collect()
    }

    /// One contract, if it is known.
    pub fn load(db: &Connection, contract: ContractId) -> Result<Option<Self>, StoreError> {
        let row = contracts::get(db, &contract)?;
        row.as_ref().map(Self::read).transpose()
    }

    fn read(row: &ContractRow) -> Result<Self, StoreError> {
        let header = decode("a contract", Header::decode(&row.header))?;
        Ok(Self {
            contract: row.id,
            facts: ContractFacts::of(&header),
            header,
            issued: row.issued,
        })
    }

    /// What a consignment of these operations needs: their history, each operation with the witness
    /// that counts, or the one of `prepared`, and the anchors.
    pub fn records(
        &self,
        db: &Connection,
        ledger: &Ledger<'_>,
        operations: impl IntoIterator<Item = OperationId>,
        prepared: Option<Txid>,
    ) -> Result<Records, StoreError> {
        self.records_on(db, ledger, operations, prepared, BTreeSet::new())
    }

    /// The same for a delta, without what lies behind its base.
    pub fn records_on(
        &self,
        db: &Connection,
        ledger: &Ledger<'_>,
        operations: impl IntoIterator<Item = OperationId>,
        prepared: Option<Txid>,
        base: BTreeSet<BaseEntry>,
    ) -> Result<Records, StoreError> {
        let mut records = Records {
            header: self.header.clone(),
            operations: BTreeMap::new(),
            anchors: BTreeMap::new(),
            proofs: BTreeMap::new(),
            base,
            taken_back: None,
        };
        let needed = history::ancestors(operations, |operation| {
            let parents = ledger::parents(db, operation)?;
            Ok::<_, StoreError>(records.shown(parents))
        })?;
        for operation in needed {
            let Some(record) = self.operation(db, ledger, operation, prepared)? else {
                records.taken_back = records.taken_back.or(taken_back(db, operation)?);
                continue;
            };
            let witness = record.witness;
            records.operations.insert(operation, record);
            if let Entry::Vacant(vacant) = records.anchors.entry(witness) {
                vacant.insert(self.anchor(db, witness)?);
                let proof = headers::proof(db, witness)?;
                records.proofs.extend(proof.map(|proof| (witness, proof)));
            }
        }
        Ok(records)
    }

    fn operation(
        &self,
        db: &Connection,
        ledger: &Ledger<'_>,
        operation: OperationId,
        prepared: Option<Txid>,
    ) -> Result<Option<OperationRecord>, StoreError> {
        let Some(row) = operations::get(db, &operation)? else {
            return Ok(None);
        };
        let effective = ledger.standing(operation)?;
        let effective = effective.and_then(|standing| standing.witness);
        let Some(witness) = effective.or(prepared) else {
            return Ok(None);
        };
        let signatures = witnesses::signatures(db, &self.contract, witness, &operation)?;
        let Some(signatures) = signatures else {
            return Ok(None);
        };
        Ok(Some(OperationRecord {
            transition: rows::transition(&row.transition)?,
            seq: row.seq.unsigned_abs(),
            witness,
            signatures: rows::signatures(&signatures)?,
        }))
    }

    fn anchor(&self, db: &Connection, witness: Txid) -> Result<AnchorRecord, StoreError> {
        let missing = || damaged("a missing witness");
        let tx = witnesses::get(db, witness)?.ok_or_else(missing)?.tx;
        let row = witnesses::anchor(db, &self.contract, witness)?.ok_or_else(missing)?;
        let anchored = witnesses::anchored_in(db, &self.contract, witness)?;
        let operations = anchored.into_iter().map(|row| {
            let inputs = operations::inputs(db, &row.operation)?;
            Ok((row.operation, inputs))
        });
        Ok(AnchorRecord {
            witness: Witness::new(&tx),
            anchor: learn::read_anchor(&row)?,
            bundle: rows::bundle(&row.bundle)?,
            operations: operations.collect::<Result<_, StoreError>>()?,
        })
    }
}

/// Whether an operation has witnesses, and each of them is nowhere.
fn taken_back(db: &Connection, operation: OperationId) -> Result<Option<TakenBack>, StoreError> {
    let witnesses = witnesses::of_operation(db, &operation)?;
    let nowhere = |witness: &Standpoint| witness.position == Position::Absent && !witness.live;
    let last = witnesses.last().filter(|_| witnesses.iter().all(nowhere));
    Ok(last.map(|witness| TakenBack {
        operation,
        witness: witness.txid,
    }))
}

/// A witness behind these operations without which one of them cannot have effect, and what is mined
/// instead: that of an operation all of whose witnesses conflict.
pub(crate) fn conflicted(
    db: &Connection,
    operations: impl IntoIterator<Item = OperationId>,
) -> Result<Option<(Txid, Option<Txid>)>, StoreError> {
    for ancestor in unmined(db, operations)? {
        let witnesses = witnesses::of_operation(db, &ancestor)?;
        let conflicts = witnesses.iter().map(|witness| match witness.position {
            Position::Conflicted { by } => Some((witness.txid, by)),
            _ => None,
        });
        let conflicts: Option<Vec<_>> = conflicts.collect();
        if let Some(conflict) = conflicts.and_then(|all| all.last().copied()) {
            return Ok(Some(conflict));
        }
    }
    Ok(None)
}

/// Operations and all they build on whose history is not mined as a whole, the genesis excepted.
fn unmined(
    db: &Connection,
    operations: impl IntoIterator<Item = OperationId>,
) -> Result<BTreeSet<OperationId>, StoreError> {
    let mut unmined = BTreeSet::new();
    history::ancestors(operations, |operation| {
        if standing::height(db, &operation)? != Some(None) {
            return Ok(Vec::new());
        }
        unmined.insert(operation);
        ledger::parents(db, operation)
    })?;
    Ok(unmined)
}
