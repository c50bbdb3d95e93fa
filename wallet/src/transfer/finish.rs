//! From a signed PSBT to the network: finish, hand over, acknowledge, broadcast, cancel.

use bitcoin::{Psbt, Transaction, Txid};

use super::ack::{AckError, Acknowledgement, Verdict};
use super::consignments::{Consignments, History};
use super::error::TransferError;
use super::follow::cancel_received;
use super::guard;
use super::record::{RECEIVED, Sent};
use super::step::{Effect, SenderEvent, StepError};
use crate::api::{PreparedConsignment, Transfer, TransferId};
use crate::assets::rows::damaged;
use crate::assets::snapshot::Snapshot;
use crate::chain::{ChainSource, Position, SourceError};
use crate::coins::{CoinsError, finalize};
use crate::invoice::Invoice;
use crate::store::transfers::ItemRow;
use crate::store::{StoreError, proven, reserved, transfers, witnesses};
use crate::wallet::Command;
use crate::{Error, Wallet, crash_point, time};

impl Wallet {
    /// Stores the signed transaction of a transfer. Safe to repeat.
    ///
    /// # Errors
    /// [`CoinsError::OtherTransaction`] for another one than was prepared;
    /// [`CoinsError::NotSigned`], [`CoinsError::BadSignature`], [`CoinsError::Sighash`].
    pub fn finish(&mut self, transfer: TransferId, psbt: Psbt) -> Result<Transaction, Error> {
        self.command("finish", |command| {
            let mut sent = Sent::load(&command.db, transfer)?;
            let found = psbt.unsigned_tx.compute_txid();
            let expected = sent
                .row
                .txid
                .ok_or_else(|| damaged("a transfer without a txid"))?;
            if found != expected {
                return Err(CoinsError::OtherTransaction { found, expected }.into());
            }
            let (sending, _) = sent.sending.step(SenderEvent::Finished)?;
            if let Some(tx) = sent.row.tx {
                return Ok(tx);
            }
            command.coins.inputs(&psbt)?;
            let tx = finalize(&psbt)?;
            sent.row.tx = Some(tx.clone());
            sent.sending = sending;
            sent.save(&command.db, time::now())?;
            Ok(tx)
        })
    }

    /// The consignments of a transfer, to be handed over: from now on it counts as delivered. Safe to
    /// repeat, also long after; block proofs stand in them as far as their witnesses are mined by then.
    ///
    /// # Errors
    /// [`StepError::NotSigned`](super::step::StepError::NotSigned).
    pub fn deliver(&mut self, transfer: TransferId) -> Result<Vec<PreparedConsignment>, Error> {
        self.deliver_each(transfer, History::New)?.all()
    }

    /// Like [`Self::deliver`], one by one: for batches whose consignments do not fit memory.
    ///
    /// # Errors
    /// Those of [`Self::deliver`].
    pub fn deliver_each(
        &mut self,
        transfer: TransferId,
        history: History,
    ) -> Result<Consignments, Error> {
        self.command("deliver", |command| {
            let mut sent = Sent::load(&command.db, transfer)?;
            let (sending, _) = sent.sending.step(SenderEvent::Delivered)?;
            if sending != sent.sending {
                sent.sending = sending;
                sent.save(&command.db, time::now())?;
            }
            let txid = sent
                .row
                .txid
                .ok_or_else(|| damaged("a transfer without a txid"))?;
            if history == History::Whole {
                forget_proven(command, &sent)?;
            }
            Consignments::load(command, &sent, txid, history)
        })
    }

    /// Takes in a payee's acknowledgement, whether it is waited for or not: later payments to the same
    /// key build on it. After a refusal that is waited for the transfer has failed, unless it was
    /// broadcast before. Safe to repeat.
    ///
    /// # Errors
    /// [`AckError`] if it is not his, or about something else.
    pub fn acknowledged(&mut self, transfer: TransferId, text: &str) -> Result<Transfer, Error> {
        self.all_acknowledged(transfer, [text])
    }

    /// Takes in acknowledgements of several payees, all or none.
    ///
    /// # Errors
    /// Those of [`Self::acknowledged`], of the first that is refused.
    pub fn all_acknowledged<'t>(
        &mut self,
        transfer: TransferId,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Result<Transfer, Error> {
        let acks: Vec<Acknowledgement> = texts
            .into_iter()
            .map(str::parse)
            .collect::<Result<_, AckError>>()?;
        self.command("acknowledged", |command| {
            let mut sent = Sent::load(&command.db, transfer)?;
            let invoices = sent.invoices()?;
            let mut effects = Vec::new();
            for ack in &acks {
                let claimed = ack.claimed().invoice;
                let named = invoices
                    .get(&claimed)
                    .and_then(|(n, invoice)| sent.items.get_mut(*n).map(|item| (item, invoice)));
                let foreign = StepError::ForeignInvoice { invoice: claimed };
                let (item, invoice) = named.ok_or(foreign)?;
                let event = check_ack(sent.row.txid, item, invoice, ack)?;
                note_proven(command, item, invoice, ack)?;
                item.ack = Some(ack.to_string().into_bytes());
                if sent.sending.awaited.contains(&claimed) {
                    let (sending, asked) = sent.sending.step(event)?;
                    sent.sending = sending;
                    effects.extend(asked);
                } else if ack.claimed().verdict == Verdict::Accepted {
                    // Nothing waits for it, but later payments can build on it.
                    sent.sending.acknowledged.insert(claimed);
                }
            }
            sent.save(&command.db, time::now())?;
            apply(command, &sent, &effects)
        })?;
        self.transfer(transfer)
    }

    /// Hands the transaction to the network. It counts as broadcast before it is sent, so that a kill
    /// in between loses nothing. Safe to repeat.
    ///
    /// # Errors
    /// [`StepError`](super::step::StepError) if acknowledgements are missing or an invoice has
    /// expired; [`TransferError::WouldBurn`] if something came onto a spent coin since it was signed;
    /// [`SourceError::Refused`]: it can be tried again, and cancelled unless a source took it before.
    pub fn broadcast(
        &mut self,
        transfer: TransferId,
        source: &dyn ChainSource,
    ) -> Result<(), Error> {
        let tx = self.command("broadcast", |command| {
            let mut sent = Sent::load(&command.db, transfer)?;
            let now = time::now();
            let (sending, _) = sent.sending.step(SenderEvent::Broadcast { now })?;
            let tx = sent
                .row
                .tx
                .clone()
                .ok_or_else(|| damaged("a transfer without its transaction"))?;
            if sending != sent.sending {
                let snapshot = Snapshot::load(&command.db, command.coins, command.meta)?;
                guard::check(&command.db, &snapshot, &tx)?;
                sent.sending = sending;
                sent.save(&command.db, now)?;
            }
            Ok(tx)
        })?;
        crash_point!("broadcast-before-send");
        let result = source.broadcast(&tx);
        crash_point!("broadcast-after-send");
        match result {
            // Not before: the outputs of a transaction that nobody took are no coins.
            Ok(()) => self.command("taken", |command| {
                command.coins.insert_unconfirmed(&tx, time::now())
            }),
            Err(refused @ SourceError::Refused { .. }) => {
                self.not_accepted(transfer)?;
                Err(refused.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the step back, unless a source took the transaction before: then others may still have
    /// it, and only the chain decides.
    fn not_accepted(&mut self, transfer: TransferId) -> Result<(), Error> {
        self.command("not-accepted", |command| {
            let mut sent = Sent::load(&command.db, transfer)?;
            let known = |txid| command.coins.transaction(txid).is_some();
            if sent.row.txid.is_some_and(known) {
                return Ok(());
            }
            let (sending, _) = sent.sending.step(SenderEvent::NotAccepted)?;
            sent.sending = sending;
            Ok(sent.save(&command.db, time::now())?)
        })
    }

    /// Gives up a transfer that was not broadcast, and frees its coins; or an invoice, or a receipt
    /// whose transaction is nowhere to be seen, and frees the coin that is held for it.
    ///
    /// # Errors
    /// [`StepError::Public`](super::step::StepError::Public).
    pub fn cancel(&mut self, transfer: TransferId) -> Result<(), Error> {
        self.command("cancel", |command| {
            let row = transfers::get(&command.db, &transfer.to_bytes())?;
            let row = row.ok_or(TransferError::UnknownTransfer { transfer })?;
            if row.direction == RECEIVED {
                return cancel_received(command, row);
            }
            let mut sent = Sent::read(&command.db, row)?;
            if is_public(command, &sent)? {
                return Err(StepError::Public.into());
            }
            let (sending, effects) = sent.sending.step(SenderEvent::Cancel)?;
            sent.sending = sending;
            sent.save(&command.db, time::now())?;
            apply(command, &sent, &effects)
        })
    }
}

/// Whether the source has seen the transaction, whoever broadcast it.
fn is_public(command: &Command<'_>, sent: &Sent) -> Result<bool, StoreError> {
    let Some(txid) = sent.row.txid else {
        return Ok(false);
    };
    let witness = witnesses::get(&command.db, txid)?;
    let position = witness.map(|witness| witness.position);
    Ok(matches!(
        position,
        Some(Position::Mined { .. } | Position::Mempool)
    ))
}

/// That the payee himself speaks, of what pays him in this very transfer.
fn check_ack(
    txid: Option<Txid>,
    item: &ItemRow,
    invoice: &Invoice,
    ack: &Acknowledgement,
) -> Result<SenderEvent, Error> {
    let key = invoice.ack.ok_or(TransferError::NoAckKey)?;
    let said = ack.verify(&key)?;
    let other = |what, found: String, expected: String| AckError::Other {
        what,
        found,
        expected,
    };
    if Some(said.witness) != txid {
        let expected = txid.map(|txid| txid.to_string()).unwrap_or_default();
        return Err(other("transaction", said.witness.to_string(), expected).into());
    }
    if Some(said.contract) != item.contract {
        let expected = item
            .contract
            .map(|contract| contract.to_string())
            .unwrap_or_default();
        return Err(other("contract", said.contract.to_string(), expected).into());
    }
    if let Some(expected) = item.operation.filter(|id| !said.operations.contains(id)) {
        let found = format!("{} others", said.operations.len());
        return Err(other("operation", found, expected.to_string()).into());
    }
    Ok(SenderEvent::Acknowledged {
        invoice: said.invoice,
        verdict: said.verdict,
    })
}

/// Whoever asks for the whole history has lost what he acknowledged, or named a key that is not his:
/// later payments to the key build on nothing until it acknowledges anew.
fn forget_proven(command: &Command<'_>, sent: &Sent) -> Result<(), Error> {
    for (_, invoice) in sent.invoices()?.into_values() {
        if let Some(key) = invoice.ack {
            proven::forget(&command.db, &key)?;
        }
    }
    Ok(())
}

/// Remembers what the payee's key says he has proven, for later payments to it.
fn note_proven(
    command: &Command<'_>,
    item: &ItemRow,
    invoice: &Invoice,
    ack: &Acknowledgement,
) -> Result<(), StoreError> {
    let said = ack.claimed();
    match (invoice.ack, item.operation, said.verdict) {
        (Some(key), Some(operation), Verdict::Accepted) => {
            proven::put(&command.db, &key, &operation, said.witness)
        }
        _ => Ok(()),
    }
}

/// Does what a step asks for, except what needs the network.
pub(crate) fn apply(command: &Command<'_>, sent: &Sent, effects: &[Effect]) -> Result<(), Error> {
    for effect in effects {
        match effect {
            Effect::Release => sent.release(&command.db)?,
            Effect::Hold => hold(command, sent)?,
            Effect::Broadcast => {}
        }
    }
    Ok(())
}

/// Holds the coins of a transfer that comes back to life, as far as nobody else holds them now.
fn hold(command: &Command<'_>, sent: &Sent) -> Result<(), Error> {
    let Some(txid) = sent.row.txid else {
        return Ok(());
    };
    let Some(witness) = witnesses::get(&command.db, txid)? else {
        return Ok(());
    };
    for input in &witness.tx.input {
        let row = reserved::ReservedRow {
            outpoint: input.previous_output,
            holder: reserved::Holder::Transfer(sent.row.id),
            until: None,
        };
        reserved::insert(&command.db, &row)?;
    }
    Ok(())
}
