//! What an accepted consignment means for invoices and transfers, and what we say to the payer.

use std::collections::BTreeMap;

use bulla_core::ContractId;

use super::ours::Ours;
use super::rows::damaged;
use super::snapshot::Snapshot;
use crate::Error;
use crate::api::{InvoiceInfo, Received, ReceivedLeaf, TransferId, TransferState};
use crate::chain::ChainSource;
use crate::invoice::Invoice;
use crate::store::invoices::{self, InvoiceRow};
use crate::store::transfers::{self, ItemRow, TransferRow};
use crate::time;
use crate::transfer::ack::{Statement, Verdict};
use crate::transfer::follow::{follow_received, hold_or_release, save_received};
use crate::transfer::record::{self, RECEIVED};
use crate::transfer::request;
use crate::transfer::step::{ReceiverEvent, ReceiverState};
use crate::wallet::Command;

/// Our leaves of one consignment that were paid to one invoice, or that nobody asked for.
struct Group<'a> {
    invoice: Option<(i64, InvoiceRow)>,
    leaves: Vec<&'a Ours>,
}

/// Notes the leaves that a consignment hands over (at least one).
pub(crate) fn note(
    command: &Command<'_>,
    contract: ContractId,
    scope: &[Ours],
    source: &dyn ChainSource,
) -> Result<Received, Error> {
    let mut groups: BTreeMap<Option<i64>, Group<'_>> = BTreeMap::new();
    for ours in scope {
        let invoice = match ours.invoice {
            Some(number) => invoices::get(&command.db, number)?.map(|row| (number, row)),
            None => None,
        };
        let group = groups.entry(ours.invoice);
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
        let (transfer, known) = group.note(command, contract)?;
        already_known &= known;
        noted.push((transfer, group));
    }
    let snapshot = Snapshot::load(&command.db, command.coins, command.meta)?;
    let mut states = Vec::new();
    for (transfer, _) in &noted {
        let row = transfers::get(&command.db, &transfer.to_bytes())?;
        let row = row.ok_or_else(|| damaged("a receipt that was just stored"))?;
        states.push((*transfer, follow_received(command, source, &snapshot, row)?));
    }
    let (transfer, state) = *states
        .first()
        .ok_or_else(|| damaged("a receipt of nothing"))?;
    let mut received = Received {
        transfer,
        contract,
        amount: 0,
        state: TransferState::Receiver(state),
        confirmations: confirmations(&snapshot, contract, scope),
        leaves: scope.iter().map(leaf).collect(),
        invoices: Vec::new(),
        already_known,
        acknowledgements: Vec::new(),
    };
    // Sums of one asset fit 64 bits, as its supply does.
    received.amount = received
        .leaves
        .iter()
        .fold(0, |sum, leaf| sum.saturating_add(leaf.amount));
    for (_, group) in noted {
        if let Some((info, ack)) = group.acknowledge(command, contract)? {
            received.invoices.push(info);
            received.acknowledgements.push(ack);
        }
    }
    Ok(received)
}

fn leaf(ours: &Ours) -> ReceivedLeaf {
    ReceivedLeaf {
        operation: ours.leaf.operation,
        owned_type: ours.leaf.owned_type,
        index: ours.leaf.index,
        amount: ours.state.amount(),
        outpoint: ours.outpoint,
    }
}

/// Of the weakest witness; 0 also if there is none.
fn confirmations(snapshot: &Snapshot, contract: ContractId, scope: &[Ours]) -> u32 {
    let Some(book) = snapshot.books.get(&contract) else {
        return 0;
    };
    let depth = |ours: &Ours| {
        let standing = book.ledger.standing(&ours.leaf.operation);
        standing.map_or(0, |standing| standing.depth.confirmations())
    };
    scope
        .iter()
        .map(depth)
        .min()
        .filter(|depth| *depth < u32::MAX)
        .unwrap_or(0)
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
        contract: ContractId,
    ) -> Result<(TransferId, bool), Error> {
        let transfer = self.transfer(contract);
        let mut row = row(command, transfer)?;
        let mut items = transfers::items(&command.db, &row.id)?;
        let mut known = true;
        for ours in &self.leaves {
            let is_it = |item: &&ItemRow| {
                (item.operation, item.ty, item.index)
                    == (
                        Some(ours.leaf.operation),
                        Some(ours.leaf.owned_type),
                        Some(ours.leaf.index),
                    )
            };
            if items.iter().any(|item| is_it(&item)) {
                continue;
            }
            known = false;
            let item = self.item(transfer, contract, ours, &items);
            transfers::put_item(&command.db, &item)?;
            items.retain(|other| other.n != item.n);
            items.push(item);
        }
        let before = record::receiver_state(&row.state, row.reason.as_deref())?;
        let (state, effects) = before.step(ReceiverEvent::Accepted);
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

    /// The first leaf takes the place that the invoice kept.
    fn item(
        &self,
        transfer: TransferId,
        contract: ContractId,
        ours: &Ours,
        items: &[ItemRow],
    ) -> ItemRow {
        let empty = items
            .iter()
            .find(|item| item.operation.is_none())
            .map(|item| item.n);
        let next = || {
            items
                .iter()
                .map(|item| item.n.saturating_add(1))
                .max()
                .unwrap_or(0)
        };
        ItemRow {
            transfer: transfer.to_bytes(),
            n: empty.unwrap_or_else(next),
            invoice: self
                .invoice
                .as_ref()
                .map(|(_, invoice)| invoice.text.clone()),
            contract: Some(contract),
            amount: Some(ours.state.amount()),
            operation: Some(ours.leaf.operation),
            ty: Some(ours.leaf.owned_type),
            index: Some(ours.leaf.index),
            awaited: false,
            acked: self.invoice.is_some(),
            ack: None,
        }
    }

    /// What the invoice got, and our signed word on it: accepted if it is what was asked for, or
    /// more.
    fn acknowledge(
        &self,
        command: &Command<'_>,
        contract: ContractId,
    ) -> Result<Option<(InvoiceInfo, String)>, Error> {
        let Some((number, _)) = &self.invoice else {
            return Ok(None);
        };
        let row = invoices::get(&command.db, *number)?;
        let row = row.ok_or_else(|| damaged("an invoice that was just paid"))?;
        let info = request::info(&command.db, &row)?;
        let invoice: &Invoice = &info.invoice;
        let amount: u128 = self
            .leaves
            .iter()
            .map(|ours| u128::from(ours.state.amount()))
            .sum();
        let asked = invoice.contract.is_none_or(|asked| asked == contract);
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
            verdict: if asked && enough {
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
