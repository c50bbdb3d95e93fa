//! A whole plan: the pure draft, the plain coins and the fee. Nothing is reserved or stored.

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::Connection;
use bitcoin::{Amount, FeeRate, OutPoint, TxOut};
use bulla_core::ContractId;

use super::error::TransferError;
use super::plan::{Asked, Draft, Facts, OutputRole, PlannedOutput, draft};
use crate::api::{Payment, Plan, PlanOptions, TransferId};
use crate::assets::snapshot::Snapshot;
use crate::coins::{Coins, Leftover, Place, PlainInputs, Slot, TxDraft, TxPlan, opret_placeholder};
use crate::invoice::{Beneficiary, Invoice};
use crate::store::{Meta, StoreError, contracts, operations, transfers};
use crate::{Error, Network, Wallet, defaults, time};

/// The slots that a draft gives out, in this order: sealed change (if any), then free carriers.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    /// Of the sealed changes in the order of their outputs, with the commitment or without.
    pub changes: Vec<Slot>,
    /// Of the free carriers.
    pub carriers: Vec<Slot>,
    /// Of the plain change.
    pub plain: Slot,
}

impl Slots {
    pub fn peek(coins: &Coins, draft: &Draft) -> Self {
        let mut sealed = (0..).map(|n| coins.peek(Place::Sealed, n));
        let is_change = |output: &&PlannedOutput| {
            matches!(
                output.role,
                OutputRole::TapretHost | OutputRole::SealedChange
            )
        };
        let is_carrier = |output: &&PlannedOutput| output.role == OutputRole::Carrier;
        let changes = draft.outputs.iter().filter(is_change);
        let changes = changes.filter_map(|_| sealed.next()).collect();
        let carriers = draft.outputs.iter().filter(is_carrier);
        let carriers = carriers.filter_map(|_| sealed.next()).collect();
        Self {
            changes,
            carriers,
            plain: coins.change_slot(),
        }
    }
}

impl Wallet {
    /// What it would take to make these payments in one transaction. Changes nothing.
    ///
    /// # Errors
    /// [`PlanError`](super::plan::PlanError), [`TransferError::AlreadyPaid`],
    /// [`TransferError::AlreadyIssued`], [`TransferError::NoFeeRate`]; [`CoinsError`](crate::coins::CoinsError) about satoshis.
    pub fn plan(&self, payments: &[Payment], options: &PlanOptions) -> Result<Plan, Error> {
        let snapshot = Snapshot::load(&self.db, self.coin_set(), &self.meta)?;
        check_all_unpaid(&self.db, payments)?;
        let draft = outline(&snapshot, &self.meta, payments, options)?;
        let fee_rate = fee_rate(&self.meta.network, options)?;
        let built = transaction(
            self.coin_set(),
            &draft,
            &Spend::as_needed(&snapshot),
            fee_rate,
            options,
        )?;
        let sealed: BTreeSet<OutPoint> = draft.inputs.iter().map(|coin| coin.outpoint).collect();
        let plain = built.inputs.iter().map(|coin| coin.outpoint);
        let change = built.leftover.and_then(|vout| usize::try_from(vout).ok());
        let change = change.and_then(|vout| built.psbt.unsigned_tx.output.get(vout));
        Ok(Plan {
            payments: payments.to_vec(),
            options: options.clone(),
            plain_inputs: plain
                .filter(|outpoint| !sealed.contains(outpoint))
                .collect(),
            hold: is_held(payments, options),
            draft,
            fee_sats: built.fee.to_sat(),
            vbytes: built.vbytes,
            fee_rate,
            change_sats: change.map(|output| output.value.to_sat()),
        })
    }
}

/// The draft for these payments as things stand.
pub(crate) fn outline(
    snapshot: &Snapshot,
    meta: &Meta,
    payments: &[Payment],
    options: &PlanOptions,
) -> Result<Draft, Error> {
    let facts = Facts {
        network: meta.network.id(),
        now: time::now(),
        height: snapshot.height,
        coins: &snapshot.sealed(),
        holdings: &snapshot.holdings(),
        contracts: &snapshot.contracts(),
        carrier: defaults::CARRIER.to_sat(),
    };
    let asked = Asked {
        payments,
        method: options.method,
        abandon: &options.abandon,
    };
    Ok(draft(&facts, &asked)?)
}

pub(crate) fn check_all_unpaid(db: &Connection, payments: &[Payment]) -> Result<(), Error> {
    let mut invoices = payments.iter().flat_map(invoices);
    invoices.try_for_each(|invoice| check_unpaid(db, invoice))
}

/// Refuses an invoice that an earlier transfer pays, unless that has failed, or whose seal has an
/// allocation of a contract that was issued here (ATTACKS L01, L02).
pub(crate) fn check_unpaid(db: &Connection, invoice: &Invoice) -> Result<(), Error> {
    for item in transfers::items_of_invoice(db, &invoice.to_string())? {
        let row = transfers::get(db, &item.transfer)?;
        if row.is_some_and(|row| row.direction == super::record::SENT && row.state != "failed") {
            let transfer = TransferId::from_bytes(item.transfer);
            return Err(TransferError::AlreadyPaid { transfer }.into());
        }
    }
    let Beneficiary::Seal(secret) = &invoice.to else {
        return Ok(());
    };
    for leaf in operations::leaves_of_secret(db, secret)? {
        // A contract of others proves nothing: anybody can write this seal into a genesis.
        let contract = ContractId::from_bytes(leaf.operation.to_bytes());
        if contracts::get(db, &contract)?.is_some_and(|row| row.issued) {
            return Err(TransferError::AlreadyIssued { contract }.into());
        }
    }
    Ok(())
}

/// The invoices that a payment pays.
pub(crate) fn invoices(payment: &Payment) -> Vec<&Invoice> {
    match payment {
        Payment::Invoice { invoice, .. } => vec![invoice],
        Payment::Act(act) => {
            let to = act.gives.iter().filter_map(|give| give.to.as_deref());
            to.collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the broadcast waits for acknowledgements.
pub(crate) fn is_held(payments: &[Payment], options: &PlanOptions) -> bool {
    options.hold
        || payments
            .iter()
            .flat_map(invoices)
            .any(|invoice| invoice.via.is_some())
}

/// What was asked for, or on regtest the least that is relayed.
pub(crate) fn fee_rate(network: &Network, options: &PlanOptions) -> Result<FeeRate, TransferError> {
    match (options.fee_rate, network) {
        (Some(fee_rate), _) => Ok(fee_rate),
        (None, Network::Regtest) => Ok(defaults::RELAY_FEE),
        (None, _) => Err(TransferError::NoFeeRate),
    }
}

/// Which plain coins a transaction may spend.
pub(crate) struct Spend {
    plain: Vec<OutPoint>,
    choose: bool,
    avoid: BTreeSet<OutPoint>,
}

impl Spend {
    /// As many as it takes of those that nobody keeps.
    fn as_needed(snapshot: &Snapshot) -> Self {
        Self {
            plain: Vec::new(),
            choose: true,
            avoid: snapshot.reserved.clone(),
        }
    }

    /// These and no others.
    pub fn exactly(plain: &[OutPoint]) -> Self {
        Self {
            plain: plain.to_vec(),
            choose: false,
            avoid: BTreeSet::new(),
        }
    }
}

/// The unsigned transaction of a draft; a slot or placeholder stands where the commitment will be.
pub(crate) fn transaction(
    coins: &Coins,
    draft: &Draft,
    spend: &Spend,
    fee_rate: FeeRate,
    options: &PlanOptions,
) -> Result<TxDraft, Error> {
    let slots = Slots::peek(coins, draft);
    let sealed = draft.inputs.iter().map(|coin| coin.outpoint);
    let plain = match (spend.choose, &draft.drain) {
        (false, _) => PlainInputs::None,
        (true, Some(_)) => PlainInputs::All,
        (true, None) => PlainInputs::AsNeeded,
    };
    let leftover = match &draft.drain {
        Some(script) => Leftover::Drain(script.clone()),
        None => Leftover::Change(slots.plain.script.clone()),
    };
    let wanted = TxPlan {
        spend: sealed.chain(spend.plain.iter().copied()).collect(),
        outputs: outputs(draft, &slots)?,
        plain,
        avoid: spend.avoid.clone(),
        leftover,
        fee_rate,
        max_fee: options.max_fee.map_or(defaults::MAX_FEE, Amount::from_sat),
    };
    Ok(coins.draft(&wanted)?)
}

fn outputs(draft: &Draft, slots: &Slots) -> Result<Vec<TxOut>, StoreError> {
    let mut carriers = slots.carriers.iter();
    let mut changes = slots.changes.iter();
    let output = |output: &PlannedOutput| {
        let script = match &output.role {
            OutputRole::OpretHost => Some(opret_placeholder()),
            OutputRole::TapretHost | OutputRole::SealedChange => {
                changes.next().map(|slot| slot.script.clone())
            }
            OutputRole::Carrier => carriers.next().map(|slot| slot.script.clone()),
            OutputRole::Payee { script, .. } | OutputRole::Bitcoin { script } => {
                Some(script.clone())
            }
        };
        let script = script.ok_or_else(|| crate::assets::rows::damaged("no slot for an output"))?;
        Ok(TxOut {
            value: Amount::from_sat(output.sats),
            script_pubkey: script,
        })
    };
    draft.outputs.iter().map(output).collect()
}
