//! Preparing: the plan becomes a transaction and operations, all stored before anybody signs.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use bitcoin::Txid;
use bulla_core::operation::Input;
use bulla_core::{ContractId, OperationId};

use super::build::{Built, build};
use super::error::TransferError;
use super::plan::{Paid, quantity};
use super::quote::{Slots, Spend, check_unpaid, invoices, outline, transaction};
use super::record::{self, SENT, Sent};
use super::step::SenderState;
use crate::api::{Plan, Prepared, PreparedConsignment, TransferId};
use crate::assets::book::Book;
use crate::assets::consign::{HandOver, Records, consign};
use crate::assets::learn::{self, Learned, Reveals};
use crate::assets::ledger::Ledger;
use crate::assets::rows::damaged;
use crate::assets::snapshot::Snapshot;
use crate::chain::Position;
use crate::coins::TxDraft;
use crate::invoice::Invoice;
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
        consignments: consignments(command, &sent, txid)?,
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
    let invoices = plan.payments.iter().flat_map(invoices).count();
    let unsigned = plan
        .draft
        .transitions
        .iter()
        .any(|planned| planned.signatures > 0);
    let state = if unsigned {
        SenderState::Unsigned
    } else {
        SenderState::Prepared
    };
    let row = TransferRow {
        id,
        direction: SENT.to_owned(),
        state: state.name().to_owned(),
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
            amount: Some(abandoned.state.amount()),
            ty: Some(abandoned.leaf.owned_type),
            index: Some(abandoned.leaf.index),
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
            let leaf = built.paid.get(&number).map(|paid| paid.leaf);
            ItemRow {
                invoice: Some(invoice.to_string()),
                contract: Some(*contract),
                amount: Some(quantity(state)),
                operation: leaf.map(|leaf| leaf.operation),
                ty: leaf.map(|leaf| leaf.owned_type),
                index: leaf.map(|leaf| leaf.index),
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

/// The consignments of a transfer: one for each invoice it pays, and one for each act that a third
/// party may ask to see.
pub(crate) fn consignments(
    command: &Command<'_>,
    sent: &Sent,
    txid: Txid,
) -> Result<Vec<PreparedConsignment>, Error> {
    let ledger = Ledger::new(&command.db, command.coins.tip().height);
    let mut records: BTreeMap<ContractId, Records> = BTreeMap::new();
    let mut consignments = Vec::new();
    for item in &sent.items {
        let (Some(contract), Some(operation), Some(amount)) =
            (item.contract, item.operation, item.amount)
        else {
            continue;
        };
        if let Entry::Vacant(entry) = records.entry(contract) {
            let book = Book::load(&command.db, contract)?;
            let book = book.ok_or(TransferError::UnknownContract { contract })?;
            let of = |item: &&ItemRow| item.contract == Some(contract);
            let shown = sent
                .items
                .iter()
                .filter(of)
                .filter_map(|item| item.operation);
            entry.insert(book.records(&command.db, &ledger, shown, Some(txid))?);
        }
        let Some(records) = records.get(&contract) else {
            continue;
        };
        let invoice = super::record::item_invoice(item)?;
        let Some(hand_over) = hand_over(records, invoice.as_ref(), operation, leaf(item)) else {
            continue;
        };
        let ticker = crate::assets::facts::text(&records.header, "ticker").unwrap_or_default();
        consignments.push(PreparedConsignment {
            file_name: numbered_name(&ticker, item.n, txid),
            bytes: consign(records, &hand_over)?,
            invoice,
            contract,
            amount,
        });
    }
    Ok(consignments)
}

/// What is handed over of one item: the payee's leaf, or an operation as evidence.
fn hand_over(
    records: &Records,
    invoice: Option<&Invoice>,
    operation: OperationId,
    leaf: Option<Input>,
) -> Option<HandOver> {
    match (invoice, leaf) {
        (Some(invoice), Some(leaf)) => {
            let leaves = BTreeSet::from([leaf]);
            let shown = if invoice.is_witness() {
                leaves.clone()
            } else {
                BTreeSet::new()
            };
            Some(HandOver {
                leaves,
                shown,
                evidence: BTreeSet::new(),
            })
        }
        _ => is_evidence(records, operation).then(|| HandOver {
            evidence: BTreeSet::from([operation]),
            ..HandOver::default()
        }),
    }
}

/// Whether an act makes nothing of a type that it did not consume: what it says is then all there is
/// to show for it, such as a burn.
fn is_evidence(records: &Records, operation: OperationId) -> bool {
    let record = records.operations.get(&operation);
    record.is_some_and(|record| {
        let inputs = record.transition.inputs.iter();
        let consumed: BTreeSet<u16> = inputs.map(|input| input.owned_type).collect();
        let mut made = record.transition.outputs.0.keys();
        made.all(|owned_type| consumed.contains(owned_type))
    })
}

/// `<ticker>-<start of the txid>-<number>.bulla`.
pub(crate) fn numbered_name(ticker: &str, n: u32, txid: Txid) -> String {
    let txid: String = txid.to_string().chars().take(8).collect();
    file_name(ticker, &format!("{txid}-{}", n + 1))
}

/// `<ticker>-<rest>.bulla`; a ticker is a stranger's word.
pub(crate) fn file_name(ticker: &str, rest: &str) -> String {
    let ticker: String = ticker
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(16)
        .collect();
    let ticker = if ticker.is_empty() { "asset" } else { &ticker };
    format!("{ticker}-{rest}.bulla")
}

fn leaf(item: &ItemRow) -> Option<Input> {
    let (operation, owned_type, index) = (item.operation?, item.ty?, item.index?);
    Some(Input {
        operation,
        owned_type,
        index,
    })
}
