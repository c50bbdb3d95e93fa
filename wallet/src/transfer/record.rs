//! Transfers as they stand in the store, and as people see them.

use std::collections::BTreeMap;

use bdk_wallet::rusqlite::{Connection, Transaction as SqlTransaction};

use super::error::TransferError;
use super::seen::Seen;
use super::step::{ReceiverState, SenderState, Sending};
use crate::api::{Direction, Transfer, TransferId, TransferItem, TransferState};
use crate::assets::rows::damaged;
use crate::invoice::{Invoice, InvoiceId};
use crate::store::transfers::{self, ItemRow, TransferRow};
use crate::store::{StoreError, reserved};
use crate::{Error, tagged};

/// The direction of what this wallet sends.
pub(crate) const SENT: &str = "sent";
/// The direction of what it receives.
pub(crate) const RECEIVED: &str = "received";

/// A transfer's id: the hash of what makes it one.
pub(crate) fn transfer_id(direction: &str, parts: &[&[u8]]) -> TransferId {
    let mut message = direction.as_bytes().to_vec();
    for part in parts {
        message.push(0);
        message.extend_from_slice(part);
    }
    let hash = tagged::TRANSFER.hash(&message);
    TransferId::from_bytes(*hash.first_chunk().expect("a hash has 32 bytes"))
}

/// A transfer that this wallet sends.
#[derive(Debug)]
pub(crate) struct Sent {
    pub row: TransferRow,
    pub items: Vec<ItemRow>,
    pub sending: Sending,
}

impl Sent {
    pub fn load(db: &Connection, transfer: TransferId) -> Result<Self, Error> {
        let row = transfers::get(db, &transfer.to_bytes())?;
        let row = row.ok_or(TransferError::UnknownTransfer { transfer })?;
        if row.direction != SENT {
            return Err(TransferError::NotSent { transfer }.into());
        }
        Ok(Self::read(db, row)?)
    }

    pub fn read(db: &Connection, row: TransferRow) -> Result<Self, StoreError> {
        let items = transfers::items(db, &row.id)?;
        let sending = sending(&row, &items)?;
        Ok(Self {
            row,
            items,
            sending,
        })
    }

    /// The invoices it pays, each with the place of its item.
    pub fn invoices(&self) -> Result<BTreeMap<InvoiceId, (usize, Invoice)>, StoreError> {
        let mut invoices = BTreeMap::new();
        for (n, item) in self.items.iter().enumerate() {
            if let Some(invoice) = item_invoice(item)? {
                invoices.insert(invoice.id(), (n, invoice));
            }
        }
        Ok(invoices)
    }

    /// Stores a step.
    pub fn save(&mut self, db: &SqlTransaction<'_>, now: u64) -> Result<(), StoreError> {
        let (state, reason) = sender_columns(self.sending.state);
        self.row.updated = now;
        self.row.state = state.to_owned();
        self.row.reason = reason;
        transfers::put(db, &self.row)?;
        for item in &mut self.items {
            let id = item_invoice(item)?.map(|invoice| invoice.id());
            item.acked = id.is_some_and(|id| self.sending.acknowledged.contains(&id));
            transfers::put_item(db, item)?;
        }
        Ok(())
    }

    /// Frees what was held for it.
    pub fn release(&self, db: &SqlTransaction<'_>) -> Result<(), StoreError> {
        reserved::release(db, reserved::Holder::Transfer(self.row.id))
    }
}

pub(crate) fn item_invoice(item: &ItemRow) -> Result<Option<Invoice>, StoreError> {
    item.invoice
        .as_deref()
        .map(|text| text.parse().map_err(damaged))
        .transpose()
}

fn sending(row: &TransferRow, items: &[ItemRow]) -> Result<Sending, StoreError> {
    let mut sending = Sending {
        state: sender_state(&row.state, row.reason.as_deref())?,
        signed: row.tx.is_some(),
        awaited: [].into(),
        acknowledged: [].into(),
        deadline: row.deadline,
        expiry: None,
    };
    for item in items {
        let Some(invoice) = item_invoice(item)? else {
            continue;
        };
        let id = invoice.id();
        if item.awaited {
            sending.awaited.insert(id);
        }
        if item.acked {
            sending.acknowledged.insert(id);
        }
        sending.expiry = sending.expiry.into_iter().chain(invoice.expiry).min();
    }
    Ok(sending)
}

/// State and reason as they stand in columns.
pub(crate) fn sender_columns(state: SenderState) -> (&'static str, Option<String>) {
    let reason = match state {
        SenderState::Failed(failure) => Some(failure.to_string()),
        _ => None,
    };
    (state.name(), reason)
}

fn sender_state(state: &str, reason: Option<&str>) -> Result<SenderState, StoreError> {
    Ok(match (state, reason) {
        ("unsigned", None) => SenderState::Unsigned,
        ("prepared", None) => SenderState::Prepared,
        ("delivered", None) => SenderState::Delivered,
        ("broadcast", None) => SenderState::Broadcast,
        ("settled", None) => SenderState::Settled,
        ("failed", Some(reason)) => SenderState::Failed(reason.parse().map_err(damaged)?),
        _ => return Err(damaged("the state of a transfer")),
    })
}

/// State and reason as they stand in columns.
pub(crate) fn receiver_columns(state: ReceiverState) -> (&'static str, Option<String>) {
    let reason = match state {
        ReceiverState::Failed(failure) => Some(failure.to_string()),
        _ => None,
    };
    (state.name(), reason)
}

pub(crate) fn receiver_state(
    state: &str,
    reason: Option<&str>,
) -> Result<ReceiverState, StoreError> {
    Ok(match (state, reason) {
        ("invoiced", None) => ReceiverState::Invoiced,
        ("received", None) => ReceiverState::Received,
        ("settled", None) => ReceiverState::Settled,
        ("failed", Some(reason)) => ReceiverState::Failed(reason.parse().map_err(damaged)?),
        _ => return Err(damaged("the state of a receipt")),
    })
}

/// A transfer for people, with what is known of its items.
pub(crate) fn shown(row: TransferRow, items: Vec<(ItemRow, Seen)>) -> Result<Transfer, StoreError> {
    let reason = row.reason.as_deref();
    let (direction, state) = if row.direction == SENT {
        (
            Direction::Sent,
            TransferState::Sender(sender_state(&row.state, reason)?),
        )
    } else {
        (
            Direction::Received,
            TransferState::Receiver(receiver_state(&row.state, reason)?),
        )
    };
    let item = |(item, seen): (ItemRow, Seen)| TransferItem {
        invoice: item.invoice,
        contract: item.contract,
        operation: item.operation,
        act: seen.act,
        owned: seen.owned,
        token: seen.token,
        amount: seen.amount.or(item.amount).unwrap_or(0),
        outpoint: seen.outpoint,
        acknowledged: item.acked,
    };
    Ok(Transfer {
        id: TransferId::from_bytes(row.id),
        direction,
        state,
        txid: row.txid,
        fee_sats: row.fee,
        items: items.into_iter().map(item).collect(),
        created: row.created,
        updated: row.updated,
        deadline: row.deadline,
    })
}
