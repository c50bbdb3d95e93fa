//! Preparing: the plan becomes a transaction and operations, all stored before anybody signs.

use bulla_core::operation::Transition;

use super::build::{Built, build};
use super::consignments::{Consignments, History};
use super::cosign::is_unsigned;
use super::error::TransferError;
use super::plan::{Paid, quantity};
use super::quote::{Slots, Spend, check_all_unpaid, invoices, outline, transaction};
use super::record::{self, SENT, Sent};
use super::step::SenderState;
use crate::api::{Plan, Prepared, TransferId};
use crate::assets::learn::{self, Learned, Reveals};
use crate::assets::ledger::Ledger;
use crate::assets::rows::damaged;
use crate::assets::snapshot::Snapshot;
use crate::chain::Position;
use crate::coins::TxDraft;
use crate::store::reserved::{self, Holder, ReservedRow};
use crate::store::transfers::{self, ItemRow, TransferRow};
use crate::store::witnesses::{self, WitnessRow};
use crate::wallet::Command;
use crate::{Error, Wallet, defaults, time};

impl Wallet {
    /// Builds and stores what a plan says: transaction, operations, tweaks, reserved coins. Nothing
    /// is signed. What it takes to claim or spend is on disk when this returns.
    ///
    /// # Errors
    /// [`TransferError::StalePlan`] if the wallet has changed since it was planned.
    pub fn prepare(&mut self, plan: Plan) -> Result<Prepared, Error> {
        self.command("prepare", |command| prepare(command, &plan))
    }
}

fn prepare(command: &mut Command<'_>, plan: &Plan) -> Result<Prepared, Error> {
    let snapshot = Snapshot::load(&command.db, command.coins, command.meta)?;
    check_all_unpaid(&command.db, &plan.payments)?;
    let draft = outline(&snapshot, command.meta, &plan.payments, &plan.options)?;
    let reserved = plan
        .plain_inputs
        .iter()
        .any(|coin| snapshot.reserved.contains(coin));
    if draft != plan.draft || reserved {
        return Err(TransferError::StalePlan.into());
    }
    let spend = Spend::exactly(&plan.plain_inputs);
    let mut tx = transaction(command.coins, &draft, &spend, plan.fee_rate, &plan.options)?;
    let slots = Slots::peek(command.coins, &draft);
    let mut built = build(&draft, &command.keys.view, &slots.changes, &mut tx.psbt)?;
    for slot in slots.changes.iter().chain(&slots.carriers) {
        command.coins.take(slot);
    }
    if draft.drain.is_none() && tx.leftover.is_some() {
        command.coins.take(&slots.plain);
    }
    if let Some(row) = built.tapret.take() {
        command.coins.record(&command.db, row)?;
    }
    let txid = tx.psbt.unsigned_tx.compute_txid();
    store_history(command, &tx, &built)?;
    let sent = store_transfer(command, plan, &tx, &built)?;
    reserve(command, &tx, &sent)?;
    Ok(Prepared {
        transfer: TransferId::from_bytes(sent.row.id),
        consignments: Consignments::load(command, &sent, txid, History::New)?,
        psbt: tx.psbt,
        txid,
        fee_sats: tx.fee.to_sat(),
        vbytes: tx.vbytes,
        hold: !sent.sending.awaited.is_empty(),
        unsigned: sent.sending.state == SenderState::Unsigned,
    })
}

fn store_history(command: &Command<'_>, tx: &TxDraft, built: &Built) -> Result<(), Error> {
    // Every transaction of ours is looked for, those that commit to nothing as well.
    let row = WitnessRow {
        tx: tx.psbt.unsigned_tx.clone(),
        own: true,
        position: Position::Absent,
        since: 0,
    };
    witnesses::put(&command.db, &row)?;
    let ledger = Ledger::new(&command.db, command.coins.tip().height);
    for (contract, frame) in &built.frames {
        let transitions = frame.transitions.iter();
        let transitions = transitions.map(|signed| &signed.transition);
        let ids: Vec<_> = transitions.clone().map(Transition::id).collect();
        let parents = transitions.map(|transition| learn::own_parents(&ledger, transition));
        let parents: Vec<_> = parents.collect::<Result<_, _>>()?;
        let learned = Learned {
            frame,
            ids: &ids,
            parents: &parents,
            own: true,
            position: Position::Absent,
            tip: 0,
        };
        learn::frame(&command.db, *contract, &learned, &Reveals::new())?;
    }
    Ok(())
}

fn store_transfer(
    command: &Command<'_>,
    plan: &Plan,
    tx: &TxDraft,
    built: &Built,
) -> Result<Sent, Error> {
    let now = time::now();
    let txid = tx.psbt.unsigned_tx.compute_txid();
    let id = record::transfer_id(SENT, &[txid.as_ref()]).to_bytes();
    let invoices = plan.payments.iter().flat_map(invoices).count();
    let row = TransferRow {
        id,
        direction: SENT.to_owned(),
        state: SenderState::Prepared.name().to_owned(),
        reason: None,
        txid: Some(txid),
        psbt: Some(tx.psbt.serialize()),
        tx: None,
        fee: Some(tx.fee.to_sat()),
        created: now,
        updated: now,
        // One payee alone is waited for until he answers or his invoice expires.
        deadline: (invoices > 1).then(|| now.saturating_add(defaults::BATCH_DEADLINE)),
    };
    transfers::put(&command.db, &row)?;
    let mut items = Vec::new();
    for (n, paid) in (0..).zip(&plan.draft.paid) {
        items.push(item(id, n, paid, plan, built)?);
    }
    for (n, abandoned) in (items.len()..).zip(&plan.draft.abandoned) {
        items.push(ItemRow {
            n: u32::try_from(n).map_err(damaged)?,
            contract: Some(abandoned.contract),
            amount: Some(quantity(&abandoned.state)),
            abandoned: Some(abandoned.leaf.operation),
            ty: Some(abandoned.leaf.owned_type),
            index: Some(abandoned.leaf.index),
            ..empty(id)
        });
    }
    for item in &items {
        transfers::put_item(&command.db, item)?;
    }
    let mut sent = Sent::read(&command.db, row)?;
    // By what it builds on, too.
    if is_unsigned(&command.db, &sent)? {
        sent.sending.state = SenderState::Unsigned;
        sent.save(&command.db, now)?;
    }
    Ok(sent)
}

const fn empty(transfer: [u8; 16]) -> ItemRow {
    ItemRow {
        transfer,
        n: 0,
        invoice: None,
        contract: None,
        amount: None,
        operation: None,
        abandoned: None,
        ty: None,
        index: None,
        awaited: false,
        acked: false,
        ack: None,
    }
}

fn item(
    transfer: [u8; 16],
    n: u32,
    paid: &Paid,
    plan: &Plan,
    built: &Built,
) -> Result<ItemRow, Error> {
    let number = usize::try_from(n).map_err(damaged)?;
    let row = ItemRow {
        n,
        ..empty(transfer)
    };
    Ok(match paid {
        Paid::Asset {
            invoice,
            contract,
            state,
            ..
        } => {
            let paid = built.paid.get(&number);
            let leaf = paid
                .ok_or_else(|| damaged("a payment without its leaf"))?
                .leaf;
            ItemRow {
                invoice: Some(invoice.to_string()),
                contract: Some(*contract),
                amount: Some(quantity(state)),
                operation: Some(leaf.operation),
                ty: Some(leaf.owned_type),
                index: Some(leaf.index),
                awaited: invoice.ack.is_some() && (plan.options.hold || invoice.via.is_some()),
                ..row
            }
        }
        Paid::Act {
            contract, amount, ..
        } => ItemRow {
            contract: Some(*contract),
            amount: Some(*amount),
            operation: built.acts.get(&number).copied(),
            ..row
        },
        Paid::Bitcoin(amount) => ItemRow {
            amount: *amount,
            ..row
        },
        Paid::Carriers(_) | Paid::Swept(_) => row,
    })
}

fn reserve(command: &Command<'_>, tx: &TxDraft, sent: &Sent) -> Result<(), Error> {
    for coin in &tx.inputs {
        let holder = Holder::Transfer(sent.row.id);
        let row = ReservedRow {
            outpoint: coin.outpoint,
            holder,
            until: None,
        };
        if !reserved::insert(&command.db, &row)? {
            return Err(TransferError::StalePlan.into());
        }
    }
    Ok(())
}
