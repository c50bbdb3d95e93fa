//! What is looked at before anything is signed: no allocation is spent without an operation that
//! moves it, no coin that is kept for something else, and the commitment is where it must be.

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::Connection;
use bitcoin::{OutPoint, Transaction, Txid};
use bulla_core::ContractId;
use bulla_core::operation::Input;

use super::error::TransferError;
use super::record::SENT;
use crate::assets::learn;
use crate::assets::snapshot::Snapshot;
use crate::store::reserved::{self, Holder};
use crate::store::{StoreError, operations, transfers, witnesses};
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
    let mut moving = BTreeSet::new();
    for holding in &snapshot.allocations {
        let (contract, leaf) = (holding.contract, holding.leaf);
        if !spent.contains(&holding.outpoint)
            || abandoned.contains(&(contract, leaf.owned_type, leaf.index))
        {
            continue;
        }
        if !moves(db, contract, txid, &leaf)? {
            let outpoint = holding.outpoint;
            return Err(TransferError::WouldBurn { contract, outpoint }.into());
        }
        moving.insert(contract);
    }
    for contract in moving {
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

/// Whether a stored operation of this transaction consumes the leaf.
fn moves(
    db: &Connection,
    contract: ContractId,
    txid: Txid,
    leaf: &Input,
) -> Result<bool, StoreError> {
    for row in witnesses::anchored_in(db, &contract, txid)? {
        if operations::inputs(db, &row.operation)?.contains(leaf) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Leaves that the owner named to be left behind in this transaction.
fn abandoned(db: &Connection, txid: Txid) -> Result<BTreeSet<(ContractId, u16, u32)>, StoreError> {
    let mut abandoned = BTreeSet::new();
    for row in transfers::by_txid(db, txid)?
        .into_iter()
        .filter(|row| row.direction == SENT)
    {
        for item in transfers::items(db, &row.id)? {
            if let (Some(contract), None, Some(ty), Some(index)) =
                (item.contract, item.operation, item.ty, item.index)
            {
                abandoned.insert((contract, ty, index));
            }
        }
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
