//! What is looked at before anything is signed: no allocation is spent without an operation that
//! moves it, no coin that is kept for something else, and the commitment is where it must be.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::rusqlite::Connection;
use bitcoin::{OutPoint, Transaction, Txid};
use bulla_core::ContractId;
use bulla_core::operation::Input;

use super::error::TransferError;
use super::record::SENT;
use crate::assets::learn;
use crate::assets::snapshot::Snapshot;
use crate::store::reserved::{self, Holder};
use crate::store::transfers::{self, ItemRow};
use crate::store::{StoreError, operations, witnesses};
use crate::{Error, time};

/// Refuses a transaction that would lose an allocation.
///
/// # Errors
/// [`TransferError::WouldBurn`], [`TransferError::NoCommitment`], [`TransferError::Held`].
pub(crate) fn check(
    db: &Connection,
    snapshot: &Snapshot,
    transaction: &Transaction,
) -> Result<(), Error> {
    let txid = transaction.compute_txid();
    let spent: BTreeSet<OutPoint> = transaction
        .input
        .iter()
        .map(|input| input.previous_output)
        .collect();
    let abandoned = abandoned(db, txid)?;
    let mut moving: BTreeMap<ContractId, BTreeSet<Input>> = BTreeMap::new();
    for holding in &snapshot.allocations {
        let (contract, outpoint) = (holding.contract, holding.outpoint);
        if !spent.contains(&outpoint) || abandoned.contains(&holding.leaf) {
            continue;
        }
        let moved = match moving.entry(contract) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(moved(db, contract, txid)?),
        };
        if !moved.contains(&holding.leaf) {
            return Err(TransferError::WouldBurn { contract, outpoint }.into());
        }
    }
    for contract in moving.into_keys() {
        carries(db, contract, transaction)?;
    }
    kept_for_others(db, txid, &spent)
}

/// A coin that is kept may hold what its consignment has yet to say.
fn kept_for_others(db: &Connection, txid: Txid, spent: &BTreeSet<OutPoint>) -> Result<(), Error> {
    let own: BTreeSet<_> = transfers::by_txid(db, txid)?
        .into_iter()
        .filter(|row| row.direction == SENT)
        .map(|row| row.id)
        .collect();
    let now = time::now();
    for row in reserved::all(db)? {
        let outpoint = row.outpoint;
        let ours = matches!(row.holder, Holder::Transfer(id) if own.contains(&id));
        let over = row.until.is_some_and(|until| until <= now);
        if spent.contains(&outpoint) && !ours && !over {
            return Err(TransferError::Held { outpoint }.into());
        }
    }
    Ok(())
}

/// What the stored operations of this transaction consume of a contract.
fn moved(db: &Connection, contract: ContractId, txid: Txid) -> Result<BTreeSet<Input>, StoreError> {
    let mut moved = BTreeSet::new();
    for row in witnesses::anchored_in(db, &contract, txid)? {
        moved.extend(operations::inputs(db, &row.operation)?);
    }
    Ok(moved)
}

/// Leaves that the owner named to be left behind in this transaction.
fn abandoned(db: &Connection, txid: Txid) -> Result<BTreeSet<Input>, StoreError> {
    let mut abandoned = BTreeSet::new();
    for row in transfers::by_txid(db, txid)?
        .into_iter()
        .filter(|row| row.direction == SENT)
    {
        let items = transfers::items(db, &row.id)?;
        abandoned.extend(items.iter().filter_map(ItemRow::abandoned_leaf));
    }
    Ok(abandoned)
}

/// Whether the transaction commits to what was stored for it (rule 9 of the consensus).
fn carries(db: &Connection, contract: ContractId, transaction: &Transaction) -> Result<(), Error> {
    let txid = transaction.compute_txid();
    let missing = || TransferError::NoCommitment { txid, contract };
    let row = witnesses::anchor(db, &contract, txid)?.ok_or_else(missing)?;
    let view = learn::view(db, &row)?;
    let anchor = learn::read_anchor(&row)?;
    let commitment = anchor
        .commitment(contract, view.id())
        .map_err(|_| missing())?;
    Ok(anchor
        .verify(commitment, transaction)
        .map_err(|_| missing())?)
}
