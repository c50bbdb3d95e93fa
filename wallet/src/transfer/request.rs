//! Asking for payment: invoices.

use bitcoin::{OutPoint, ScriptBuf};
use bulla_core::header::Header;
use bulla_core::seal::{Blinding, Seal};
use bulla_core::state::State;
use bulla_core::{ContractId, OperationId, SecretSeal};

use super::error::TransferError;
use super::plan::ContractFacts;
use super::record::{self, RECEIVED};
use super::step::{Failure, ReceiverState};
use crate::api::{InvoiceInfo, InvoiceRequest, InvoiceState, InvoiceTarget};
use crate::assets::issue::fresh_seal;
use crate::assets::rows::{self, damaged};
use crate::assets::snapshot::Snapshot;
use crate::coins::Place;
use crate::invoice::{Beneficiary, Endpoint, Invoice, InvoiceError, MIN_SATS};
use crate::store::invoices::{self, InvoiceRow};
use crate::store::reserved::{self, Holder, ReservedRow};
use crate::store::transfers::{self, ItemRow, TransferRow};
use crate::store::{StoreError, contracts, operations};
use crate::wallet::Command;
use crate::{Error, Wallet, defaults, time};

/// Where an invoice is paid to, with what only we know of it.
struct Target {
    to: Beneficiary,
    secret: Option<SecretSeal>,
    script: Option<ScriptBuf>,
    index: Option<u32>,
    outpoint: Option<OutPoint>,
    blinding: Blinding,
}

impl Wallet {
    /// Makes an invoice. A blinded one holds its coin until it is paid or has expired.
    ///
    /// # Errors
    /// [`TransferError::NoCarrier`] or [`TransferError::CoinNotFree`] for a blinded one.
    pub fn invoice(&mut self, request: &InvoiceRequest) -> Result<Invoice, Error> {
        let via = request.via.as_deref().map(endpoint).transpose()?;
        self.command("invoice", |command| {
            let target = match request.target {
                InvoiceTarget::Witness => witness(command),
                InvoiceTarget::Blind(outpoint) => blind(command, outpoint)?,
            };
            let sats = request.sats.filter(|_| target.script.is_some());
            if let Some(found) = sats.filter(|sats| *sats < MIN_SATS) {
                return Err(dust(found).into());
            }
            let now = time::now();
            let contact = request.contact.as_deref();
            let key = place(contact, target.secret, target.script.as_ref());
            let ack = command.keys.view.ack_key(&key).x_only_public_key().0;
            let expires_in = request.expires_in.unwrap_or(defaults::INVOICE_EXPIRY);
            let invoice = Invoice {
                contract: request.contract,
                network: command.meta.network.id(),
                owned: request.owned.clone(),
                token: request.token,
                amount: request.amount,
                to: target.to.clone(),
                sats,
                expiry: Some(now.saturating_add(expires_in)),
                via,
                enc: request.enc.clone(),
                ack: Some(ack),
            };
            // What cannot be read again must not leave the house.
            let invoice: Invoice = invoice
                .to_string()
                .parse()
                .map_err(TransferError::Invoice)?;
            store(command, &invoice, &target, request.contact.clone(), now)?;
            Ok(invoice)
        })
    }

    /// The invoices of this wallet, the oldest first.
    pub fn invoices(&self) -> Result<Vec<InvoiceInfo>, Error> {
        let rows = invoices::all(&self.db)?;
        rows.into_iter()
            .map(|(_, row)| Ok(info(&self.db, &row)?))
            .collect()
    }
}

fn endpoint(text: &str) -> Result<Endpoint, TransferError> {
    text.parse().map_err(|_| {
        let expected = "an `https://` address";
        InvoiceError::Value {
            field: "via",
            found: text.to_owned(),
            expected,
        }
        .into()
    })
}

fn dust(found: u64) -> TransferError {
    let (found, expected) = (found.to_string(), "at least 330 satoshis");
    InvoiceError::Value {
        field: "sats",
        found,
        expected,
    }
    .into()
}

fn witness(command: &mut Command<'_>) -> Target {
    let slot = command.coins.reveal(Place::Sealed);
    let blinding = Blinding(command.keys.view.blinding(slot.script.as_bytes(), 0));
    let address = command.coins.address(&slot).into_unchecked();
    Target {
        to: Beneficiary::Address { address, blinding },
        secret: None,
        script: Some(slot.script),
        index: Some(slot.index),
        outpoint: None,
        blinding,
    }
}

/// On a free coin that holds nothing, or on the one that was asked for.
fn blind(command: &Command<'_>, asked: Option<OutPoint>) -> Result<Target, Error> {
    let snapshot = Snapshot::load(&command.db, command.coins, command.meta)?;
    let outpoint = match asked {
        None => snapshot.free_coin().map(|coin| coin.outpoint),
        Some(outpoint) => {
            let not_free = |reason| TransferError::CoinNotFree { outpoint, reason };
            Some(snapshot.check_sealed(outpoint).map_err(not_free)?.outpoint)
        }
    };
    let sats = defaults::CARRIER.to_sat();
    let outpoint = outpoint.ok_or(TransferError::NoCarrier { sats })?;
    let (seal, _) = fresh_seal(&command.db, &command.keys.view, outpoint, 0)?;
    let (Seal::Outpoint { blinding, .. } | Seal::Witness { blinding, .. }) = seal;
    let secret = seal.conceal();
    Ok(Target {
        to: Beneficiary::Seal(secret),
        secret: Some(secret),
        script: None,
        index: None,
        outpoint: Some(outpoint),
        blinding,
    })
}

/// What the key of an invoice's acknowledgement derives from.
fn place(contact: Option<&str>, secret: Option<SecretSeal>, script: Option<&ScriptBuf>) -> Vec<u8> {
    match (contact, secret, script) {
        (Some(contact), ..) => [b"contact:", contact.as_bytes()].concat(),
        (None, Some(secret), _) => secret.to_bytes().to_vec(),
        (None, None, Some(script)) => script.to_bytes(),
        (None, None, None) => Vec::new(),
    }
}

/// What the key of a stored invoice's acknowledgement derives from.
pub(crate) fn ack_place(row: &InvoiceRow) -> Vec<u8> {
    place(row.contact.as_deref(), row.secret, row.script.as_ref())
}

fn store(
    command: &Command<'_>,
    invoice: &Invoice,
    target: &Target,
    contact: Option<String>,
    now: u64,
) -> Result<(), StoreError> {
    let text = invoice.to_string();
    let (state, reason) = record::receiver_columns(ReceiverState::Invoiced);
    let row = InvoiceRow {
        text: text.clone(),
        contract: invoice.contract,
        amount: invoice.amount,
        secret: target.secret,
        script: target.script.clone(),
        index: target.index,
        outpoint: target.outpoint,
        blinding: target.blinding.0,
        ack: invoice
            .ack
            .ok_or_else(|| damaged("an invoice without a key"))?,
        contact,
        created: now,
        expiry: invoice.expiry,
        state: state.to_owned(),
        reason,
    };
    let number = invoices::insert(&command.db, &row)?;
    if let Some(outpoint) = target.outpoint {
        let holder = Holder::Invoice(number);
        reserved::insert(
            &command.db,
            &ReservedRow {
                outpoint,
                holder,
                until: None,
            },
        )?;
    }
    await_transfer(command, invoice, text, now)
}

/// The transfer that shall answer an invoice.
fn await_transfer(
    command: &Command<'_>,
    invoice: &Invoice,
    text: String,
    now: u64,
) -> Result<(), StoreError> {
    let (state, reason) = record::receiver_columns(ReceiverState::Invoiced);
    let id = record::transfer_id(RECEIVED, &[text.as_bytes()]).to_bytes();
    let transfer = TransferRow {
        id,
        direction: RECEIVED.to_owned(),
        state: state.to_owned(),
        reason,
        txid: None,
        psbt: None,
        tx: None,
        fee: None,
        created: now,
        updated: now,
        deadline: None,
    };
    transfers::put(&command.db, &transfer)?;
    let item = ItemRow {
        transfer: id,
        n: 0,
        invoice: Some(text),
        contract: invoice.contract,
        amount: invoice.amount,
        operation: None,
        abandoned: None,
        ty: None,
        index: None,
        awaited: false,
        acked: false,
        ack: None,
    };
    transfers::put_item(&command.db, &item)
}

/// An invoice of ours and what came of it.
pub(crate) fn info(
    db: &bdk_wallet::rusqlite::Connection,
    row: &InvoiceRow,
) -> Result<InvoiceInfo, StoreError> {
    let invoice: Invoice = row.text.parse().map_err(damaged)?;
    let mut received: Vec<(bulla_core::ContractId, u128)> = Vec::new();
    let id = record::transfer_id(RECEIVED, &[row.text.as_bytes()]).to_bytes();
    for item in transfers::items(db, &id)? {
        let (Some(contract), Some(amount), Some(operation)) =
            (item.contract, item.amount, item.operation)
        else {
            continue;
        };
        if !answers_leaf(db, &invoice, contract, operation, &item)? {
            continue;
        }
        let amount = u128::from(amount);
        match received.iter_mut().find(|(known, _)| *known == contract) {
            Some((_, sum)) => *sum += amount,
            None => received.push((contract, amount)),
        }
    }
    let state = record::receiver_state(&row.state, row.reason.as_deref())?;
    Ok(InvoiceInfo {
        state: invoice_state(&invoice, &received, state),
        reserved: row.outpoint,
        invoice,
        received,
        created: row.created,
    })
}

/// Whether an item's leaf is of the kind that an invoice asks for.
fn answers_leaf(
    db: &bdk_wallet::rusqlite::Connection,
    invoice: &Invoice,
    contract: ContractId,
    operation: OperationId,
    item: &ItemRow,
) -> Result<bool, StoreError> {
    let (Some(ty), Some(index)) = (item.ty, item.index) else {
        return Ok(false);
    };
    // None of what waited so long that it was forgotten.
    let Some(row) = operations::leaf(db, &operation, ty, index)? else {
        return Ok(false);
    };
    let (_, state, _) = rows::leaf(&row)?;
    answers(db, invoice, contract, ty, &state)
}

/// Whether what came is of the kind that an invoice asks for; how much of it is another question.
/// An invoice that names nothing takes what plain payments move; of a contract without such a type,
/// anything, unless it asks for an amount.
pub(crate) fn answers(
    db: &bdk_wallet::rusqlite::Connection,
    invoice: &Invoice,
    contract: ContractId,
    owned_type: u16,
    state: &State,
) -> Result<bool, StoreError> {
    if invoice.contract.is_some_and(|asked| asked != contract) {
        return Ok(false);
    }
    let row = contracts::get(db, &contract)?.ok_or_else(|| damaged("a missing contract"))?;
    let header = rows::decode("a contract", Header::decode(&row.header))?;
    let facts = ContractFacts::of(&header);
    let token = match state {
        State::Token(token) => Some(token.id),
        _ => None,
    };
    Ok(match (&invoice.owned, facts.asset) {
        (Some(name), _) => {
            facts.owned_name(owned_type) == name
                && invoice.token.is_none_or(|asked| Some(asked) == token)
        }
        (None, Some(asset)) => asset == owned_type,
        (None, None) => invoice.amount.is_none(),
    })
}

/// What an invoice got, as to what it asked for.
fn invoice_state(
    invoice: &Invoice,
    received: &[(bulla_core::ContractId, u128)],
    state: ReceiverState,
) -> InvoiceState {
    let asked =
        |contract: &bulla_core::ContractId| invoice.contract.is_none_or(|asked| asked == *contract);
    let enough = received.iter().any(|(contract, amount)| {
        asked(contract)
            && invoice
                .amount
                .is_none_or(|asked| *amount >= u128::from(asked))
    });
    match state {
        ReceiverState::Invoiced => InvoiceState::Open,
        ReceiverState::Failed(Failure::Cancelled) => InvoiceState::Cancelled,
        ReceiverState::Failed(Failure::Lost) => InvoiceState::Lost,
        ReceiverState::Failed(_) if received.is_empty() => InvoiceState::Expired,
        ReceiverState::Failed(_) => InvoiceState::Conflicted,
        _ if !enough => InvoiceState::Partial,
        ReceiverState::Received => InvoiceState::Paid,
        ReceiverState::Settled => InvoiceState::Settled,
    }
}
