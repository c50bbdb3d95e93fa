//! What a payee needs not be shown: what the key of his acknowledgements has said he has proven. That an
//! invoice names a key is a hint, no proof that its owner wrote it (docs/decisions/0009).

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::Connection;
use bitcoin::key::XOnlyPublicKey;
use bulla_core::OperationId;
use bulla_core::frame::BaseEntry;
use bulla_core::operation::Input;

use crate::assets::ledger::Ledger;
use crate::assets::rows;
use crate::store::{StoreError, operations, proven};

/// Transitions that a delta shows at most; one that would need more is sent as a whole.
const MAX_TRANSITIONS: usize = 256;

/// The leaves on which a delta of this operation can build. None: the history is to be shown as a whole,
/// because it reaches what the key has not acknowledged, or shows what may lie behind the base
/// (PROTOCOL.md §10). Looks at nothing behind the base.
pub(super) fn base(
    db: &Connection,
    ledger: &Ledger<'_>,
    key: &XOnlyPublicKey,
    operation: OperationId,
) -> Result<BTreeSet<BaseEntry>, StoreError> {
    let whole = Ok(BTreeSet::new());
    let (mut open, mut seen) = (vec![operation], BTreeSet::new());
    let (mut base, mut shown) = (BTreeSet::new(), BTreeSet::new());
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    while let Some(operation) = open.pop() {
        if !seen.insert(operation) {
            continue;
        }
        // A genesis has none: a history that begins there is whole.
        let Some(seq) = operations::seq(db, &operation)? else {
            return whole;
        };
        if seen.len() > MAX_TRANSITIONS {
            return whole;
        }
        first = first.min(seq);
        shown.extend(witness(ledger, operation)?);
        for input in operations::inputs(db, &operation)? {
            match entry(db, ledger, key, &input)? {
                Some(entry) => {
                    last = last.max(operations::seq(db, &input.operation)?.unwrap_or(i64::MAX));
                    base.insert(entry);
                }
                None => open.push(input.operation),
            }
        }
    }
    // No ancestor was learned of after its descendant.
    let behind = |entry: &BaseEntry| shown.contains(&entry.witness);
    if first <= last || base.iter().any(behind) {
        return whole;
    }
    Ok(base)
}

fn witness(
    ledger: &Ledger<'_>,
    operation: OperationId,
) -> Result<Option<bitcoin::Txid>, StoreError> {
    let standing = ledger.standing(operation)?;
    Ok(standing.and_then(|standing| standing.witness))
}

/// A consumed leaf, if the key has acknowledged its operation in the witness that counts.
fn entry(
    db: &Connection,
    ledger: &Ledger<'_>,
    key: &XOnlyPublicKey,
    leaf: &Input,
) -> Result<Option<BaseEntry>, StoreError> {
    let Some(witness) = witness(ledger, leaf.operation)? else {
        return Ok(None);
    };
    if !proven::contains(db, key, &leaf.operation, witness)? {
        return Ok(None);
    }
    let row = operations::leaf(db, &leaf.operation, leaf.owned_type, leaf.index)?;
    let seal = row.map(|row| rows::leaf(&row)).transpose()?;
    let seal = seal.and_then(|(_, _, seal)| seal);
    Ok(seal.is_some().then_some(BaseEntry {
        leaf: *leaf,
        witness,
        seal,
    }))
}
