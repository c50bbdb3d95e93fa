//! What was paid to coins of ours that are spent: without an operation that moves it, it is lost.

use std::collections::BTreeSet;

use bitcoin::OutPoint;
use bulla_core::operation::Input;

use super::ledger::Ledger;
use super::rows;
use crate::store::{StoreError, operations};
use crate::wallet::Command;

/// Whether all of these leaves are lost; not so if there are none.
pub(crate) fn all_lost(
    command: &Command<'_>,
    ledger: &Ledger<'_>,
    leaves: &BTreeSet<Input>,
) -> Result<bool, StoreError> {
    let mut outpoints = BTreeSet::new();
    for leaf in leaves {
        match outpoint(command, ledger, leaf)? {
            Some(outpoint) if !is_moved(command, ledger, leaf)? => outpoints.insert(outpoint),
            _ => return Ok(false),
        };
    }
    let spent = command.coins.spent(outpoints.iter().copied());
    Ok(!leaves.is_empty() && spent == outpoints)
}

/// The output that holds a leaf, if its seal is known.
fn outpoint(
    command: &Command<'_>,
    ledger: &Ledger<'_>,
    leaf: &Input,
) -> Result<Option<OutPoint>, StoreError> {
    let row = operations::leaf(&command.db, &leaf.operation, leaf.owned_type, leaf.index)?;
    let seal = row.map(|row| rows::leaf(&row)).transpose()?;
    let standing = ledger.standing(leaf.operation)?;
    let witness = standing.and_then(|standing| standing.witness);
    Ok(seal.and_then(|(_, _, seal)| seal?.resolve(witness)))
}

/// Whether an operation with effect consumes a leaf.
fn is_moved(command: &Command<'_>, ledger: &Ledger<'_>, leaf: &Input) -> Result<bool, StoreError> {
    for operation in operations::consumers(&command.db, leaf)? {
        if ledger.standing(operation)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
