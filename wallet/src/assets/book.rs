//! What the store knows of one contract, read and computed.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use bdk_wallet::rusqlite::Connection;
use bitcoin::Txid;
use bulla_core::header::Header;
use bulla_core::operation::Transition;
use bulla_core::witness::Witness;
use bulla_core::{ContractId, OperationId};

use super::consign::{AnchorRecord, OperationRecord, Records};
use super::ledger::{self, LeafRow, Ledger, WitnessRow};
use super::rows::{self, damaged, decode};
use super::{history, learn};
use crate::chain::Position;
use crate::store::{StoreError, contracts, operations, transfers, witnesses};
use crate::transfer::plan::ContractFacts;

/// Where every witness stands.
#[derive(Debug)]
pub(crate) struct Witnesses {
    rows: BTreeMap<Txid, WitnessRow>,
    /// Of others, and neither mined nor in the mempool nor in conflict with what is mined.
    unseen: BTreeSet<Txid>,
    tip: u32,
}

impl Witnesses {
    /// As the last `sync` or `accept` heard it; our own count while their transfers are broadcast.
    pub fn load(db: &Connection, tip: u32) -> Result<Self, StoreError> {
        let mut live = BTreeSet::new();
        for state in ["broadcast", "settled"] {
            let sent = transfers::in_state(db, crate::transfer::record::SENT, state)?;
            live.extend(sent.into_iter().filter_map(|row| row.txid));
        }
        let (mut rows, mut unseen) = (BTreeMap::new(), BTreeSet::new());
        for row in witnesses::all(db)? {
            let txid = row.tx.compute_txid();
            if !row.own && row.position == Position::Absent {
                unseen.insert(txid);
            }
            let status = rows::status(row.position);
            let live = row.own && live.contains(&txid);
            rows.insert(txid, WitnessRow { txid, status, live });
        }
        Ok(Self { rows, unseen, tip })
    }
}

/// A transition and when it was learned of.
#[derive(Debug)]
struct Known {
    transition: Transition,
    seq: u64,
    /// Every witness it is anchored in.
    witnesses: Vec<Txid>,
}

/// One contract.
#[derive(Debug)]
pub(crate) struct Book {
    pub contract: ContractId,
    pub header: Header,
    pub issued: bool,
    pub facts: ContractFacts,
    pub ledger: Ledger,
    /// Leaves whose seal is known.
    pub leaves: Vec<LeafRow>,
    operations: BTreeMap<OperationId, Known>,
}

impl Book {
    /// Every contract.
    pub fn all(db: &Connection, at: &Witnesses) -> Result<BTreeMap<ContractId, Self>, StoreError> {
        let rows = contracts::all(db)?;
        let books = rows
            .iter()
            .map(|row| Ok((row.id, Self::read(db, row, at)?)));
        books.collect()
    }

    /// One contract, if it is known.
    pub fn load(
        db: &Connection,
        contract: ContractId,
        at: &Witnesses,
    ) -> Result<Option<Self>, StoreError> {
        let row = contracts::get(db, &contract)?;
        row.map(|row| Self::read(db, &row, at)).transpose()
    }

    fn read(
        db: &Connection,
        row: &contracts::ContractRow,
        at: &Witnesses,
    ) -> Result<Self, StoreError> {
        let header = decode("a contract", Header::decode(&row.header))?;
        let mut anchored: BTreeMap<OperationId, Vec<Txid>> = BTreeMap::new();
        for row in witnesses::anchored(db, &row.id)? {
            anchored.entry(row.operation).or_default().push(row.witness);
        }
        let mut ordered = Vec::new();
        let mut known = BTreeMap::new();
        for row in operations::of_contract(db, &row.id)? {
            let transition = rows::transition(&row.transition)?;
            let id = row.id;
            let inputs = transition.inputs.iter().copied().collect();
            let witnesses = anchored.remove(&row.id).unwrap_or_default();
            ordered.push(ledger::OperationRow {
                id,
                inputs,
                witnesses: witnesses.clone(),
            });
            known.insert(
                id,
                Known {
                    transition,
                    seq: row.seq.unsigned_abs(),
                    witnesses,
                },
            );
        }
        let mut leaves = Vec::new();
        for row in operations::revealed_leaves(db, &row.id)? {
            let (leaf, state, seal) = rows::leaf(&row)?;
            let seal = seal.ok_or_else(|| damaged("a revealed leaf without a seal"))?;
            leaves.push(LeafRow { leaf, state, seal });
        }
        let contract = row.id;
        Ok(Self {
            contract,
            facts: ContractFacts::of(&header),
            ledger: Ledger::new(contract, &ordered, &at.rows, at.tip),
            header,
            issued: row.issued,
            leaves,
            operations: known,
        })
    }

    /// A transition that is known.
    pub fn transition(&self, operation: &OperationId) -> Option<&Transition> {
        self.operations
            .get(operation)
            .map(|known| &known.transition)
    }

    /// The known transitions that a transaction commits to.
    pub fn anchored(&self, witness: Txid) -> impl Iterator<Item = &Transition> {
        let known = self.operations.values();
        known
            .filter(move |known| known.witnesses.contains(&witness))
            .map(|known| &known.transition)
    }

    /// An operation and everything it builds on, the genesis excepted.
    pub fn ancestors(&self, operation: OperationId) -> BTreeSet<OperationId> {
        let parents = |operation: OperationId| -> Result<Vec<OperationId>, Infallible> {
            let transition = self.transition(&operation);
            let inputs = transition.map(|transition| &transition.inputs);
            Ok(inputs
                .into_iter()
                .flatten()
                .map(|input| input.operation)
                .collect())
        };
        let Ok(mut found) = history::ancestors([operation], parents);
        found.remove(&self.contract.into());
        found
    }

    /// Every witness that an operation is anchored in.
    pub fn witnesses_of(&self, operation: &OperationId) -> &[Txid] {
        self.operations
            .get(operation)
            .map_or(&[], |known| &known.witnesses)
    }

    /// How many transitions wait for a transaction of somebody else that no source has seen.
    pub fn waiting(&self, at: &Witnesses) -> usize {
        let waits = |known: &&Known| known.witnesses.iter().all(|txid| at.unseen.contains(txid));
        self.operations.values().filter(waits).count()
    }

    /// What a consignment needs: operations with the witness that counts, or the one of `prepared`,
    /// and all anchors of the contract.
    pub fn records(&self, db: &Connection, prepared: Option<Txid>) -> Result<Records, StoreError> {
        let id = self.contract;
        let mut signatures = BTreeMap::new();
        let mut bundles: BTreeMap<Txid, Vec<OperationId>> = BTreeMap::new();
        for row in witnesses::anchored(db, &id)? {
            let operation = row.operation;
            bundles.entry(row.witness).or_default().push(operation);
            signatures.insert((operation, row.witness), rows::signatures(&row.signatures)?);
        }
        let mut anchors = BTreeMap::new();
        for row in witnesses::anchors(db, &id)? {
            let operations = bundles.remove(&row.witness).unwrap_or_default();
            anchors.insert(row.witness, self.anchor(db, &row, &operations)?);
        }
        let witness = |operation: &OperationId| {
            let effective = self
                .ledger
                .standing(operation)
                .and_then(|standing| standing.witness);
            let of_prepared =
                || prepared.filter(|txid| signatures.contains_key(&(*operation, *txid)));
            effective.or_else(of_prepared)
        };
        let records = self.operations.iter().filter_map(|(operation, known)| {
            let witness = witness(operation)?;
            let signatures = signatures
                .get(&(*operation, witness))
                .cloned()
                .unwrap_or_default();
            let (transition, seq) = (known.transition.clone(), known.seq);
            Some((
                *operation,
                OperationRecord {
                    transition,
                    seq,
                    witness,
                    signatures,
                },
            ))
        });
        Ok(Records {
            header: self.header.clone(),
            operations: records.collect(),
            anchors,
        })
    }

    fn anchor(
        &self,
        db: &Connection,
        row: &witnesses::AnchorRow,
        operations: &[OperationId],
    ) -> Result<AnchorRecord, StoreError> {
        let witness =
            witnesses::get(db, row.witness)?.ok_or_else(|| damaged("a missing witness"))?;
        let inputs = operations.iter().map(|operation| {
            let transition = self.transition(operation);
            let transition = transition.ok_or_else(|| damaged("a missing operation"))?;
            Ok((*operation, transition.inputs.iter().copied().collect()))
        });
        Ok(AnchorRecord {
            witness: Witness::new(&witness.tx),
            anchor: learn::read_anchor(row)?,
            bundle: rows::bundle(&row.bundle)?,
            operations: inputs.collect::<Result<_, StoreError>>()?,
        })
    }
}
