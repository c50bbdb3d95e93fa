//! Preparing: the plan becomes a transaction and operations, all stored before anybody signs.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::Txid;

use super::build::{Built, build};
use super::error::TransferError;
use super::plan::Paid;
use super::quote::{Slots, Spend, check_unpaid, invoice, outline, transaction};
use super::record::{self, SENT, Sent};
use super::step::SenderState;
use crate::api::{Payment, Plan, Prepared, PreparedConsignment, TransferId};
use crate::assets::book::Book;
use crate::assets::consign::{HandOver, consign};
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
    check_unpaid(&command.db, &plan.payments)?;
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
    let mut built = build(
        &draft,
        &command.keys.view,
        slots.change.as_ref(),
        &mut tx.psbt,
    )?;
    for slot in slots.change.iter().chain(&slots.carriers) {
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
        consignments: consignments(command, &sent, txid)?,
        psbt: tx.psbt,
        txid,
        fee_sats: tx.fee.to_sat(),
        vbytes: tx.vbytes,
        hold: !sent.sending.awaited.is_empty(),
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
    for (contract, frame) in &built.frames {
        let transitions = frame.transitions.iter();
        let ids: Vec<_> = transitions.map(|signed| signed.transition.id()).collect();
        let learned = Learned {
            frame,
            ids: &ids,
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
    let invoices = plan.payments.iter().filter_map(invoice).count();
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
    for (n, payment) in (0..).zip(&plan.payments) {
        items.push(item(id, n, payment, plan, built)?);
    }
    for (n, burned) in (items.len()..).zip(&plan.draft.burned) {
        items.push(ItemRow {
            n: u32::try_from(n).map_err(damaged)?,
            contract: Some(burned.contract),
            amount: Some(burned.state.amount()),
            ty: Some(burned.leaf.owned_type),
            index: Some(burned.leaf.index),
            ..empty(id)
        });
    }
    for item in &items {
        transfers::put_item(&command.db, item)?;
    }
    Ok(Sent::read(&command.db, row)?)
}

const fn empty(transfer: [u8; 16]) -> ItemRow {
    ItemRow {
        transfer,
        n: 0,
        invoice: None,
        contract: None,
        amount: None,
        operation: None,
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
    payment: &Payment,
    plan: &Plan,
    built: &Built,
) -> Result<ItemRow, Error> {
    let number = usize::try_from(n).map_err(damaged)?;
    let paid = built.paid.get(&number);
    let invoice = invoice(payment);
    let awaited = invoice.is_some_and(|invoice| {
        invoice.ack.is_some() && (plan.options.hold || invoice.via.is_some())
    });
    let amount = match plan.draft.paid.get(number) {
        Some(Paid::Asset { amount, .. }) => Some(*amount),
        Some(Paid::Bitcoin(sats)) => *sats,
        _ => None,
    };
    Ok(ItemRow {
        n,
        invoice: invoice.map(ToString::to_string),
        contract: paid.map(|paid| paid.contract),
        amount,
        operation: paid.map(|paid| paid.leaf.operation),
        ty: paid.map(|paid| paid.leaf.owned_type),
        index: paid.map(|paid| paid.leaf.index),
        awaited,
        ..empty(transfer)
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

/// The consignments of a transfer, one for each invoice it pays.
pub(crate) fn consignments(
    command: &Command<'_>,
    sent: &Sent,
    txid: Txid,
) -> Result<Vec<PreparedConsignment>, Error> {
    let ledger = Ledger::new(&command.db, command.coins.tip().height);
    let mut records = BTreeMap::new();
    let mut consignments = Vec::new();
    for item in &sent.items {
        let (Some(text), Some(contract), Some(amount), Some(leaf)) =
            (&item.invoice, item.contract, item.amount, leaf(item))
        else {
            continue;
        };
        if let std::collections::btree_map::Entry::Vacant(entry) = records.entry(contract) {
            let book = Book::load(&command.db, contract)?;
            let book = book.ok_or(TransferError::UnknownContract { contract })?;
            let of = |item: &&ItemRow| item.contract == Some(contract) && item.invoice.is_some();
            let paid = sent
                .items
                .iter()
                .filter(of)
                .filter_map(|item| item.operation);
            entry.insert(book.records(&command.db, &ledger, paid, Some(txid))?);
        }
        let invoice: crate::invoice::Invoice = text.parse().map_err(damaged)?;
        let leaves = BTreeSet::from([leaf]);
        let shown = if invoice.is_witness() {
            leaves.clone()
        } else {
            BTreeSet::new()
        };
        let hand_over = HandOver {
            leaves,
            shown,
            evidence: BTreeSet::new(),
        };
        let Some(records) = records.get(&contract) else {
            continue;
        };
        let ticker = crate::assets::facts::text(&records.header, "ticker").unwrap_or_default();
        consignments.push(PreparedConsignment {
            file_name: file_name(&ticker, item.n, txid),
            bytes: consign(records, &hand_over)?,
            invoice,
            contract,
            amount,
        });
    }
    Ok(consignments)
}

/// `<ticker>-<start of the txid>-<number>.bulla`; a ticker is a stranger's word.
fn file_name(ticker: &str, n: u32, txid: Txid) -> String {
    let ticker: String = ticker
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(16)
        .collect();
    let ticker = if ticker.is_empty() { "asset" } else { &ticker };
    let txid: String = txid.to_string().chars().take(8).collect();
    format!("{ticker}-{txid}-{}.bulla", n + 1)
}

fn leaf(item: &ItemRow) -> Option<bulla_core::operation::Input> {
    let (operation, owned_type, index) = (item.operation?, item.ty?, item.index?);
    Some(bulla_core::operation::Input {
        operation,
        owned_type,
        index,
    })
}
