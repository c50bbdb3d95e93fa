//! What an accepted consignment means for invoices and transfers, and what we say to the payer.

use std::collections::{BTreeMap, BTreeSet};

use bulla_core::ContractId;
use bulla_core::operation::Input;
use bulla_core::state::State;

use super::ledger::Ledger;
use super::lost::all_lost;
use super::ours::Ours;
use super::rows::damaged;
use crate::Error;
use crate::api::{InvoiceInfo, InvoiceState, Received, ReceivedLeaf, TransferId, TransferState};
use crate::chain::ChainSource;
use crate::invoice::Invoice;
use crate::store::StoreError;
use crate::store::invoices::{self, InvoiceRow};
use crate::store::reserved::{self, Holder, ReservedRow};
use crate::store::transfers::{self, ItemRow, TransferRow};
use crate::time;
use crate::transfer::ack::{Statement, Verdict};
use crate::transfer::follow::{follow_received, hold_or_release, save_received};
use crate::transfer::plan::quantity;
use crate::transfer::record::{self, RECEIVED};
use crate::transfer::request;
use crate::transfer::step::{ReceiverEvent, ReceiverState};
use crate::wallet::Command;

/// Our leaves of one consignment that were paid to one invoice, or that nobody asked for.
struct Group<'a> {
    /// The invoice as it was before.
    invoice: Option<(i64, InvoiceRow)>,
    leaves: Vec<&'a Ours>,
}

/// An invoice as it stands before a consignment is noted.
struct Open {
    row: InvoiceRow,
    /// What paid it, once it is settled: it takes nothing else.
    paid: Option<BTreeSet<Input>>,
}

impl Open {
    fn takes(&self, leaf: &Input) -> bool {
        self.paid.as_ref().is_none_or(|paid| paid.contains(leaf))
    }
}

/// Notes the leaves that a consignment hands over (at least one).
pub(crate) fn note(
    command: &Command<'_>,
    contract: ContractId,
    scope: &[Ours],
    source: &dyn ChainSource,
) -> Result<Received, Error> {
    let mut groups: BTreeMap<Option<i64>, Group<'_>> = BTreeMap::new();
    let open = open_invoices(command, scope)?;
    let ledger = Ledger::new(&command.db, command.coins.tip().height);
    for ours in scope {
        let invoice = ours.invoice.and_then(|number| open.get(&number));
        let invoice = invoice.filter(|open| open.takes(&ours.leaf));
        let invoice = ours.invoice.zip(invoice.map(|open| open.row.clone()));
        let group = groups.entry(invoice.as_ref().map(|(number, _)| *number));
        group
            .or_insert(Group {
                invoice,
                leaves: Vec::new(),
            })
            .leaves
            .push(ours);
    }
    let mut already_known = true;
    let mut noted = Vec::new();
    for group in groups.values() {
        let (transfer, known) = group.note(command, &ledger, contract)?;
        already_known &= known;
        noted.push((transfer, group));
    }
    let mut states = Vec::new();
    for (transfer, _) in &noted {
        let row = transfers::get(&command.db, &transfer.to_bytes())?;
        let row = row.ok_or_else(|| damaged("a receipt that was just stored"))?;
        states.push((*transfer, follow_received(command, source, &ledger, row)?));
    }
    let (transfer, state) = *states
        .first()
        .ok_or_else(|| damaged("a receipt of nothing"))?;
    let mut received = Received {
        transfer,
        contract,
        amount: 0,
        state: TransferState::Receiver(state),
        confirmations: confirmations(&ledger, scope)?,
        leaves: scope.iter().map(leaf).collect(),
        invoices: Vec::new(),
        already_known,
        acknowledgements: Vec::new(),
    };
    let amounts = received.leaves.iter().map(|leaf| u128::from(leaf.amount));
    received.amount = amounts.sum();
    for (_, group) in noted {
        if let Some((info, ack)) = group.acknowledge(command, contract)? {
            received.invoices.push(info);
            received.acknowledgements.push(ack);
        }
    }
    Ok(received)
}

/// The invoices of these leaves; of a settled one with the leaves that paid it. It takes no others
/// (ATTACKS L01): else a payment that never comes would hold its coin for ever.
fn open_invoices(command: &Command<'_>, scope: &[Ours]) -> Result<BTreeMap<i64, Open>, Error> {
    let numbers: BTreeSet<i64> = scope.iter().filter_map(|ours| ours.invoice).collect();
    let mut open = BTreeMap::new();
    for number in numbers {
        let Some(row) = invoices::get(&command.db, number)? else {
            continue;
        };
        let paid = if row.state == ReceiverState::Settled.name() {
            let transfer = record::transfer_id(RECEIVED, &[row.text.as_bytes()]);
            let items = transfers::items(&command.db, &transfer.to_bytes())?;
            Some(items.iter().filter_map(ItemRow::leaf).collect())
        } else {
            None
        };
        open.insert(number, Open { row, paid });
    }
    Ok(open)
}

/// Whether the coin that an invoice wants to be paid on is there to hold what comes: settled before
/// this consignment, or unspent and held for nothing else.
fn is_kept(command: &Command<'_>, number: i64, before: &InvoiceRow) -> Result<bool, Error> {
    let Some(outpoint) = before.outpoint else {
        return Ok(true);
    };
    if before.state == ReceiverState::Settled.name() {
        return Ok(true);
    }
    let unspent = command.coins.get(outpoint).is_some();
    let other =
        |row: &ReservedRow| row.outpoint == outpoint && row.holder != Holder::Invoice(number);
    Ok(unspent && !reserved::all(&command.db)?.iter().any(other))
}

fn leaf(ours: &Ours) -> ReceivedLeaf {
    ReceivedLeaf {
        operation: ours.leaf.operation,
        owned_type: ours.leaf.owned_type,
        index: ours.leaf.index,
        amount: quantity(&ours.state),
        token: match &ours.state {
            State::Token(token) => Some(token.id),
            _ => None,
        },
        outpoint: ours.outpoint,
    }
}

/// Of the weakest witness; 0 also if there is none.
fn confirmations(ledger: &Ledger<'_>, scope: &[Ours]) -> Result<u32, StoreError> {
    let mut least = u32::MAX;
    for ours in scope {
        let standing = ledger.standing(ours.leaf.operation)?;
        least = least.min(standing.map_or(0, |standing| standing.depth.confirmations()));
    }
    Ok(if least == u32::MAX { 0 } else { least })
}

/// The transfer as it stands, or a new one.
fn row(command: &Command<'_>, transfer: TransferId) -> Result<TransferRow, Error> {
    let id = transfer.to_bytes();
    if let Some(row) = transfers::get(&command.db, &id)? {
        return Ok(row);
    }
    let now = time::now();
    let row = TransferRow {
        id,
        direction: RECEIVED.to_owned(),
        state: ReceiverState::Invoiced.name().to_owned(),
        reason: None,
        txid: None,
        psbt: None,
        tx: None,
        fee: None,
        created: now,
        updated: now,
        deadline: None,
    };
    transfers::put(&command.db, &row)?;
    Ok(row)
}

impl Group<'_> {
    /// Stores what came; whether all of it was known before.
    fn note(
        &self,
        command: &Command<'_>,
        ledger: &Ledger<'_>,
        contract: ContractId,
    ) -> Result<(TransferId, bool), Error> {
        let transfer = self.transfer(contract);
        let mut row = row(command, transfer)?;
        let items = transfers::items(&command.db, &row.id)?;
        let mut known = true;
        let mut leaves: BTreeSet<Input> = items.iter().filter_map(ItemRow::leaf).collect();
        // The first leaf takes the place that the invoice kept.
        let kept = items.iter().find(|item| item.operation.is_none());
        let mut kept = kept.map(|item| item.n);
        let next = items.iter().map(|item| item.n.saturating_add(1)).max();
        let mut next = next.unwrap_or(0);
        for ours in &self.leaves {
            if !leaves.insert(ours.leaf) {
                continue;
            }
            known = false;
            let n = kept.take().unwrap_or_else(|| {
                next = next.saturating_add(1);
                next - 1
            });
            transfers::put_item(&command.db, &self.item(transfer, contract, ours, n))?;
        }
        let before = record::receiver_state(&row.state, row.reason.as_deref())?;
        // What was received in time, and has gone on since, stays received.
        let fresh = !known || matches!(before, ReceiverState::Failed(_));
        let event = if fresh && self.is_lost(command, ledger)? {
            ReceiverEvent::Lost
        } else {
            ReceiverEvent::Accepted
        };
        let (state, effects) = before.step(event);
        let number = self.invoice.as_ref().map(|(number, _)| *number);
        if let Some((number, invoice)) = &self.invoice {
            hold_or_release(command, *number, invoice.outpoint, &effects)?;
        }
        let witness = self.leaves.first().and_then(|ours| ours.witness);
        let txid = witness.or(row.txid);
        if !known || state != before || txid != row.txid {
            row.txid = txid;
            save_received(command, row, number, state)?;
        }
        Ok((transfer, known))
    }

    fn is_lost(&self, command: &Command<'_>, ledger: &Ledger<'_>) -> Result<bool, StoreError> {
        let leaves = self.leaves.iter().map(|ours| ours.leaf);
        all_lost(command, ledger, &leaves.collect())
    }

    /// The transfer of the invoice, or one of its own for what nobody asked for.
    fn transfer(&self, contract: ContractId) -> TransferId {
        match (&self.invoice, self.leaves.first()) {
            (Some((_, invoice)), _) => record::transfer_id(RECEIVED, &[invoice.text.as_bytes()]),
            (None, Some(ours)) => {
                let operation = ours.leaf.operation.to_bytes();
                record::transfer_id(RECEIVED, &[contract.as_bytes(), &operation])
            }
            (None, None) => record::transfer_id(RECEIVED, &[contract.as_bytes()]),
        }
    }

    fn item(&self, transfer: TransferId, contract: ContractId, ours: &Ours, n: u32) -> ItemRow {
        ItemRow {
            transfer: transfer.to_bytes(),
            n,
            invoice: self
                .invoice
                .as_ref()
                .map(|(_, invoice)| invoice.text.clone()),
            contract: Some(contract),
            amount: Some(quantity(&ours.state)),
            operation: Some(ours.leaf.operation),
            abandoned: None,
            ty: Some(ours.leaf.owned_type),
            index: Some(ours.leaf.index),
            awaited: false,
            acked: self.invoice.is_some(),
            ack: None,
        }
    }

    /// What the invoice got, and our signed word on it: accepted if it is what was asked for, or
    /// more, and its coin is still there to hold it.
    fn acknowledge(
        &self,
        command: &Command<'_>,
        contract: ContractId,
    ) -> Result<Option<(InvoiceInfo, String)>, Error> {
        let Some((number, before)) = &self.invoice else {
            return Ok(None);
        };
        let row = invoices::get(&command.db, *number)?;
        let row = row.ok_or_else(|| damaged("an invoice that was just paid"))?;
        let info = request::info(&command.db, &row)?;
        let invoice: &Invoice = &info.invoice;
        let mut amount = 0;
        let mut asked = false;
        for ours in &self.leaves {
            let (ty, state) = (ours.leaf.owned_type, &ours.state);
            if request::answers(&command.db, invoice, contract, ty, state)? {
                amount += u128::from(quantity(state));
                asked = true;
            }
        }
        let lost = info.state == InvoiceState::Lost;
        let enough = invoice
            .amount
            .is_none_or(|asked| amount >= u128::from(asked));
        let Some(witness) = self.leaves.first().and_then(|ours| ours.witness) else {
            return Ok(None);
        };
        let statement = Statement {
            invoice: invoice.id(),
            contract,
            witness,
            verdict: if asked && enough && !lost && is_kept(command, *number, before)? {
                Verdict::Accepted
            } else {
                Verdict::Refused
            },
            operations: self.leaves.iter().map(|ours| ours.leaf.operation).collect(),
        };
        let key = command.keys.view.ack_key(&request::ack_place(&row));
        Ok(Some((info, statement.sign(&key).to_string())))
    }
}
