//! What the chain says moves transfers on: called by every `sync`, and after every `accept`.

use std::collections::BTreeSet;

use bitcoin::{Transaction, Txid};
use bulla_core::{ContractId, OperationId};

use super::finish::apply;
use super::record::{self, RECEIVED, SENT, Sent};
use super::step::{Effect, ReceiverEvent, ReceiverState, SenderEvent, Sighting};
use crate::Error;
use crate::assets::book::Book;
use crate::assets::ledger::Depth;
use crate::assets::rows::damaged;
use crate::assets::snapshot::Snapshot;
use crate::chain::{ChainSource, Position, Sought};
use crate::store::reserved::{self, Holder, ReservedRow};
use crate::store::transfers::{self, ItemRow, TransferRow};
use crate::store::{invoices, witnesses};
use crate::wallet::Command;
use crate::{defaults, time};

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
    let snapshot = Snapshot::load(&command.db, command.coins, command.meta)?;
    for row in sent(command, changes)? {
        again.extend(follow_sent(command, changes.source, &snapshot, row)?);
    }
    // The sender's steps change which witnesses of ours count.
    let snapshot = Snapshot::load(&command.db, command.coins, command.meta)?;
    let states = if changes.moved.is_empty() && !changes.reorg {
        &["invoiced", "received"][..]
    } else {
        &["invoiced", "received", "settled", "failed"]
    };
    for state in states {
        for row in transfers::in_state(&command.db, RECEIVED, state)? {
            follow_received(command, changes.source, &snapshot, row)?;
        }
    }
    Ok(again)
}

fn sent(command: &Command<'_>, changes: &Changes<'_>) -> Result<Vec<TransferRow>, Error> {
    let mut rows = Vec::new();
    for state in [
        "unsigned",
        "prepared",
        "delivered",
        "broadcast",
        "settled",
        "failed",
    ] {
        let open = !matches!(state, "settled" | "failed");
        let moved = |row: &TransferRow| row.txid.is_some_and(|txid| changes.moved.contains(&txid));
        let found = transfers::in_state(&command.db, SENT, state)?;
        rows.extend(
            found
                .into_iter()
                .filter(|row| open || changes.reorg || moved(row)),
        );
    }
    Ok(rows)
}

fn follow_sent(
    command: &Command<'_>,
    source: &dyn ChainSource,
    snapshot: &Snapshot,
    row: TransferRow,
) -> Result<Option<Transaction>, Error> {
    let mut sent = Sent::read(&command.db, row)?;
    let settled = defaults::settled_depth(&command.meta.network);
    let sighting = sighting(command, source, snapshot, &sent)?;
    let now = time::now();
    let mut again = None;
    let before = sent.sending.clone();
    for event in [
        SenderEvent::Seen { sighting, settled },
        SenderEvent::Tick { now },
    ] {
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

/// Where a transfer's transaction is; the depth is the least over all ancestors.
fn sighting(
    command: &Command<'_>,
    source: &dyn ChainSource,
    snapshot: &Snapshot,
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
                depth: conflict_depth(source, by, tip)?,
                by,
            });
        }
        Position::Mined { height } => (tip + 1).saturating_sub(height),
    };
    let depths = sent.items.iter().filter_map(|item| {
        let book = snapshot.books.get(&item.contract?)?;
        Some(
            book.ledger
                .standing(&item.operation?)?
                .depth
                .confirmations(),
        )
    });
    Ok(at_depth(depths.fold(own, u32::min)))
}

const fn at_depth(depth: u32) -> Sighting {
    match depth {
        0 => Sighting::Mempool,
        depth => Sighting::Mined { depth },
    }
}

/// How deep a conflicting transaction is at least: it is mined, also where the source cannot say
/// which one it is.
fn conflict_depth(source: &dyn ChainSource, by: Option<Txid>, tip: u32) -> Result<u32, Error> {
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
    let positions = source.positions(&[sought])?;
    Ok(match positions.list.first() {
        Some(Position::Mined { height }) => (tip + 1).saturating_sub(*height).max(1),
        _ => 1,
    })
}

/// Steps one receipt.
pub(crate) fn follow_received(
    command: &Command<'_>,
    source: &dyn ChainSource,
    snapshot: &Snapshot,
    mut row: TransferRow,
) -> Result<ReceiverState, Error> {
    let items = transfers::items(&command.db, &row.id)?;
    let before = record::receiver_state(&row.state, row.reason.as_deref())?;
    let settled = defaults::settled_depth(&command.meta.network);
    let invoice = items.iter().find_map(|item| item.invoice.clone());
    let invoice = match &invoice {
        Some(text) => invoices::by_text(&command.db, text)?,
        None => None,
    };
    let expiry = invoice.as_ref().and_then(|(_, invoice)| invoice.expiry);
    let mut events = vec![ReceiverEvent::Tick {
        now: time::now(),
        expiry,
    }];
    if let Some(sighting) = weakest(command, source, snapshot, &items)? {
        events.push(ReceiverEvent::Seen { sighting, settled });
    }
    let mut state = before;
    for event in events {
        let (next, effects) = state.step(event);
        state = next;
        if let Some((number, invoice)) = &invoice {
            hold_or_release(command, *number, invoice.outpoint, &effects)?;
        }
    }
    let witness = witness(snapshot, &items);
    if state != before || (witness.is_some() && witness != row.txid) {
        row.txid = witness.or(row.txid);
        save_received(command, row, invoice.map(|(number, _)| number), state)?;
    }
    Ok(state)
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
    snapshot: &Snapshot,
    items: &[ItemRow],
) -> Result<Option<Sighting>, Error> {
    let mut depth = None;
    for (contract, operation) in items.iter().filter_map(received) {
        let Some(book) = snapshot.books.get(&contract) else {
            continue;
        };
        match book.ledger.standing(&operation) {
            Some(standing) => {
                let found = standing.depth;
                depth = Some(depth.map_or(found, |known: Depth| known.min(found)));
            }
            None => return without_effect(command, source, book, operation).map(Some),
        }
    }
    Ok(depth.map(|depth| at_depth(depth.confirmations())))
}

fn received(item: &ItemRow) -> Option<(ContractId, OperationId)> {
    Some((item.contract?, item.operation?))
}

/// Why an operation has no effect: an ancestor whose witnesses all conflict, or one not seen.
fn without_effect(
    command: &Command<'_>,
    source: &dyn ChainSource,
    book: &Book,
    operation: OperationId,
) -> Result<Sighting, Error> {
    let tip = command.coins.tip().height;
    for ancestor in book.ancestors(operation) {
        let mut conflict = None;
        let mut others = false;
        for txid in book.witnesses_of(&ancestor) {
            let row = witnesses::get(&command.db, *txid)?;
            match row.map(|row| row.position) {
                Some(Position::Conflicted { by }) => conflict = Some(by),
                _ => others = true,
            }
        }
        if let (Some(by), false) = (conflict, others) {
            let depth = conflict_depth(source, by, tip)?;
            return Ok(Sighting::Conflicted { depth, by });
        }
    }
    Ok(Sighting::Absent)
}

/// The witness that counts of what a receipt consists of.
fn witness(snapshot: &Snapshot, items: &[ItemRow]) -> Option<Txid> {
    items
        .iter()
        .filter_map(received)
        .find_map(|(contract, operation)| {
            snapshot
                .books
                .get(&contract)?
                .ledger
                .standing(&operation)?
                .witness
        })
}
