//! What the chain says moves transfers on: called by every `sync`, and after every `accept`.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{Transaction, Txid};
use bulla_core::OperationId;
use bulla_core::operation::Input;

use super::cosign;
use super::finish::apply;
use super::record::{self, RECEIVED, SENT, Sent};
use super::step::{
    Effect, Failure, ReceiverEvent, ReceiverState, SenderEvent, SenderState, Sighting, StepError,
};
use crate::Error;
use crate::assets::book::conflicted;
use crate::assets::ledger::{Depth, Ledger};
use crate::assets::lost::all_lost;
use crate::assets::rows::damaged;
use crate::chain::{ChainSource, Position, Sought};
use crate::store::invoices::InvoiceRow;
use crate::store::reserved::{self, Holder, ReservedRow};
use crate::store::transfers::{self, ItemRow, TransferRow};
use crate::store::{StoreError, invoices, witnesses};
use crate::wallet::Command;
use crate::{defaults, headers, time};

/// What moved on the chain since the last look.
pub(crate) struct Changes<'a> {
    pub source: &'a dyn ChainSource,
    /// Transactions that are elsewhere than before.
    pub moved: BTreeSet<Txid>,
    /// Whether blocks were replaced.
    pub reorg: bool,
}

/// Steps every transfer that time or the chain can have changed. Gives the transactions that are to
/// be broadcast again.
pub(crate) fn follow(
    command: &Command<'_>,
    changes: &Changes<'_>,
) -> Result<Vec<Transaction>, Error> {
    let mut again = Vec::new();
    let tip = command.coins.tip().height;
    let ledger = Ledger::new(&command.db, tip);
    for row in sent(command, changes)? {
        again.extend(follow_sent(command, changes.source, &ledger, row)?);
    }
    // The sender's steps change which witnesses of ours count.
    let ledger = Ledger::new(&command.db, tip);
    for row in received(command, changes)? {
        follow_received(command, changes.source, &ledger, row)?;
    }
    Ok(again)
}

/// What we send that is under way, and of the rest what can have changed.
fn sent(command: &Command<'_>, changes: &Changes<'_>) -> Result<Vec<TransferRow>, Error> {
    let mut rows = Vec::new();
    for state in ["unsigned", "prepared", "delivered", "broadcast"] {
        rows.extend(transfers::in_state(&command.db, SENT, state)?);
    }
    let closed = |row: &TransferRow| {
        row.direction == SENT && matches!(row.state.as_str(), "settled" | "failed")
    };
    let mut others = BTreeMap::new();
    for txid in &changes.moved {
        for row in transfers::by_txid(&command.db, *txid)? {
            others.insert(row.id, row);
        }
    }
    if changes.reorg {
        for row in transfers::shallow(&command.db, settled_below(command))? {
            others.insert(row.id, row);
        }
    }
    rows.extend(others.into_values().filter(closed));
    Ok(rows)
}

/// What we receive that is under way, and of the rest what can have changed.
fn received(command: &Command<'_>, changes: &Changes<'_>) -> Result<Vec<TransferRow>, Error> {
    let mut rows = transfers::in_state(&command.db, RECEIVED, "invoiced")?;
    rows.extend(transfers::in_state(&command.db, RECEIVED, "received")?);
    if changes.moved.is_empty() && !changes.reorg {
        return Ok(rows);
    }
    let shallow = transfers::shallow(&command.db, settled_below(command))?;
    let settled = |row: &TransferRow| row.direction == RECEIVED && row.state == "settled";
    rows.extend(shallow.into_iter().filter(settled));
    // What is expired or lost is waked by a consignment only.
    let failed = transfers::in_state(&command.db, RECEIVED, "failed")?;
    let asleep = [Failure::Expired, Failure::Lost].map(|failure| Some(failure.to_string()));
    rows.extend(
        failed
            .into_iter()
            .filter(|row| !asleep.contains(&row.reason)),
    );
    Ok(rows)
}

/// The greatest height at which a history is settled; none if there are too few blocks.
fn settled_below(command: &Command<'_>) -> Option<u32> {
    let depth = defaults::settled_depth(&command.meta.network);
    command
        .coins
        .tip()
        .height
        .checked_sub(depth.saturating_sub(1))
}

fn follow_sent(
    command: &Command<'_>,
    source: &dyn ChainSource,
    ledger: &Ledger<'_>,
    row: TransferRow,
) -> Result<Option<Transaction>, Error> {
    let mut sent = Sent::read(&command.db, row)?;
    let settled = defaults::settled_depth(&command.meta.network);
    let sighting = sighting(command, source, ledger, &sent)?;
    let now = time::now();
    let mut again = None;
    let before = sent.sending.clone();
    let seen = SenderEvent::Seen { sighting, settled };
    let events = if waits_in_public(command, &sent, sighting)? {
        vec![SenderEvent::Uncosigned]
    } else {
        vec![seen, SenderEvent::Tick { now }]
    };
    for event in events {
        let (sending, effects) = sent.sending.step(event)?;
        sent.sending = sending;
        apply(command, &sent, &effects)?;
        if effects.contains(&Effect::Broadcast) {
            again.clone_from(&sent.row.tx);
        }
    }
    if sent.sending != before {
        sent.save(&command.db, now)?;
    }
    Ok(again)
}

/// Whether somebody broadcast the transaction before the keys of its contracts signed. It is not over
/// then, whatever the time: they may sign still.
fn waits_in_public(command: &Command<'_>, sent: &Sent, sighting: Sighting) -> Result<bool, Error> {
    let public = matches!(sighting, Sighting::Mined { .. } | Sighting::Mempool);
    let state = sent.sending.state;
    if !public || !matches!(state, SenderState::Unsigned | SenderState::Failed(_)) {
        return Ok(false);
    }
    Ok(cosign::is_unsigned(&command.db, sent)?)
}

/// Where a transfer's transaction is; the depth is the least over all ancestors.
fn sighting(
    command: &Command<'_>,
    source: &dyn ChainSource,
    ledger: &Ledger<'_>,
    sent: &Sent,
) -> Result<Sighting, Error> {
    let txid = sent
        .row
        .txid
        .ok_or_else(|| damaged("a transfer without a txid"))?;
    let witness = witnesses::get(&command.db, txid)?;
    let position = witness
        .ok_or_else(|| damaged("a transfer without its witness"))?
        .position;
    let tip = command.coins.tip().height;
    let own = match position {
        Position::Absent => return Ok(Sighting::Absent),
        Position::Mempool => return Ok(Sighting::Mempool),
        Position::Conflicted { by } => {
            return Ok(Sighting::Conflicted {
                depth: conflict_depth(command, source, by, tip)?,
                by,
            });
        }
        Position::Mined { height } => (tip + 1).saturating_sub(height),
    };
    let mut depth = own;
    for operation in sent.items.iter().filter_map(|item| item.operation) {
        if let Some(standing) = ledger.standing(operation)? {
            depth = depth.min(standing.depth.confirmations());
        }
    }
    Ok(at_depth(depth))
}

const fn at_depth(depth: u32) -> Sighting {
    match depth {
        0 => Sighting::Mempool,
        depth => Sighting::Mined { depth },
    }
}

/// How deep a conflicting transaction is at least: it is mined, also where the source cannot say
/// which one it is.
fn conflict_depth(
    command: &Command<'_>,
    source: &dyn ChainSource,
    by: Option<Txid>,
    tip: u32,
) -> Result<u32, Error> {
    let Some(txid) = by else { return Ok(1) };
    // A source without an index cannot give the transaction, but may know where it is.
    let sought = match source.transaction(txid) {
        Ok(Some(tx)) => Sought::of(&tx),
        Ok(None) | Err(_) => Sought {
            txid,
            script: None,
            inputs: Vec::new(),
        },
    };
    let positions = headers::positions(&command.db, source, &[sought])?;
    Ok(match positions.list.first() {
        Some(Position::Mined { height }) => (tip + 1).saturating_sub(*height).max(1),
        _ => 1,
    })
}

/// Steps one receipt.
pub(crate) fn follow_received(
    command: &Command<'_>,
    source: &dyn ChainSource,
    ledger: &Ledger<'_>,
    mut row: TransferRow,
) -> Result<ReceiverState, Error> {
    let items = transfers::items(&command.db, &row.id)?;
    let before = record::receiver_state(&row.state, row.reason.as_deref())?;
    let settled = defaults::settled_depth(&command.meta.network);
    let invoice = invoice(command, &items)?;
    let expiry = invoice.as_ref().and_then(|(_, invoice)| invoice.expiry);
    let mut events = vec![ReceiverEvent::Tick {
        now: time::now(),
        expiry,
    }];
    if let Some(sighting) = weakest(command, source, ledger, &items)? {
        events.push(ReceiverEvent::Seen { sighting, settled });
    }
    let leaves: BTreeSet<Input> = items.iter().filter_map(ItemRow::leaf).collect();
    let mut state = before;
    for event in events {
        let (mut next, mut effects) = state.step(event);
        // What was given up, and comes after all, may come to a coin that was spent meanwhile.
        let waked = matches!(state, ReceiverState::Failed(_)) && next != state;
        if waked && all_lost(command, ledger, &leaves)? {
            (next, effects) = state.step(ReceiverEvent::Lost);
        }
        state = next;
        if let Some((number, invoice)) = &invoice {
            hold_or_release(command, *number, invoice.outpoint, &effects)?;
        }
    }
    let witness = witness(ledger, &items)?;
    if state != before || (witness.is_some() && witness != row.txid) {
        row.txid = witness.or(row.txid);
        save_received(command, row, invoice.map(|(number, _)| number), state)?;
    }
    Ok(state)
}

/// Gives up an invoice, or a receipt of what has no effect.
pub(crate) fn cancel_received(command: &Command<'_>, row: TransferRow) -> Result<(), Error> {
    let items = transfers::items(&command.db, &row.id)?;
    let before = record::receiver_state(&row.state, row.reason.as_deref())?;
    let ledger = Ledger::new(&command.db, command.coins.tip().height);
    for operation in items.iter().filter_map(|item| item.operation) {
        if ledger.standing(operation)?.is_some() {
            return Err(StepError::Public.into());
        }
    }
    let (state, effects) = before.step(ReceiverEvent::Cancel);
    let invoice = invoice(command, &items)?;
    if let Some((number, invoice)) = &invoice {
        hold_or_release(command, *number, invoice.outpoint, &effects)?;
    }
    save_received(command, row, invoice.map(|(number, _)| number), state)
}

/// The invoice of a receipt, with its number.
fn invoice(
    command: &Command<'_>,
    items: &[ItemRow],
) -> Result<Option<(i64, InvoiceRow)>, StoreError> {
    match items.iter().find_map(|item| item.invoice.as_ref()) {
        Some(text) => invoices::by_text(&command.db, text),
        None => Ok(None),
    }
}

/// Stores the state of a receipt and of its invoice.
pub(crate) fn save_received(
    command: &Command<'_>,
    mut row: TransferRow,
    invoice: Option<i64>,
    state: ReceiverState,
) -> Result<(), Error> {
    let (name, reason) = record::receiver_columns(state);
    if let Some(number) = invoice {
        invoices::set_state(&command.db, number, name, reason.as_deref())?;
    }
    name.clone_into(&mut row.state);
    row.reason = reason;
    row.updated = time::now();
    Ok(transfers::put(&command.db, &row)?)
}

/// Holds or frees the coin of a blinded invoice.
pub(crate) fn hold_or_release(
    command: &Command<'_>,
    number: i64,
    outpoint: Option<bitcoin::OutPoint>,
    effects: &[Effect],
) -> Result<(), Error> {
    let holder = Holder::Invoice(number);
    for effect in effects {
        match (effect, outpoint) {
            (Effect::Release, _) => reserved::release(&command.db, holder)?,
            (Effect::Hold, Some(outpoint)) => {
                reserved::insert(
                    &command.db,
                    &ReservedRow {
                        outpoint,
                        holder,
                        until: None,
                    },
                )?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where the weakest witness of a receipt's history is; none before anything came.
fn weakest(
    command: &Command<'_>,
    source: &dyn ChainSource,
    ledger: &Ledger<'_>,
    items: &[ItemRow],
) -> Result<Option<Sighting>, Error> {
    let mut depth = None;
    for operation in items.iter().filter_map(|item| item.operation) {
        match ledger.standing(operation)? {
            Some(standing) => {
                let found = standing.depth;
                depth = Some(depth.map_or(found, |known: Depth| known.min(found)));
            }
            None => return without_effect(command, source, operation).map(Some),
        }
    }
    Ok(depth.map(|depth| at_depth(depth.confirmations())))
}

/// Why an operation has no effect: an ancestor whose witnesses all conflict, or one not seen.
fn without_effect(
    command: &Command<'_>,
    source: &dyn ChainSource,
    operation: OperationId,
) -> Result<Sighting, Error> {
    let Some((_, by)) = conflicted(&command.db, [operation])? else {
        return Ok(Sighting::Absent);
    };
    let depth = conflict_depth(command, source, by, command.coins.tip().height)?;
    Ok(Sighting::Conflicted { depth, by })
}

/// The witness that counts of what a receipt consists of.
fn witness(ledger: &Ledger<'_>, items: &[ItemRow]) -> Result<Option<Txid>, StoreError> {
    for operation in items.iter().filter_map(|item| item.operation) {
        let standing = ledger.standing(operation)?;
        if let Some(witness) = standing.and_then(|standing| standing.witness) {
            return Ok(Some(witness));
        }
    }
    Ok(None)
}
