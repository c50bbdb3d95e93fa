//! Issuing: a genesis on own sealed coins and on the secret seals of invoices.

use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::rusqlite::Connection;
use bitcoin::OutPoint;
use bitcoin::consensus::serialize;
use bulla_core::header::Header;
use bulla_core::operation::{Genesis, Input, OPERATION_FORMAT};
use bulla_core::outputs::Outputs;
use bulla_core::schema::{Facts, Schema, Totals};
use bulla_core::seal::{AssignedSeal, Blinding, Seal};
use bulla_core::state::State;
use bulla_core::value::Values;
use bulla_core::{ContractId, OperationId, SecretSeal};
use bulla_schemas::roles::unbacked;

use super::consign::{HandOver, Records, consign};
use super::facts::text;
use super::learn::{self, Contract};
use super::rows::{self, damaged};
use super::schemas;
use super::snapshot::Snapshot;
use super::values;
use crate::api::{AllocateTo, Allocation, Issue, Issued, PreparedConsignment};
use crate::invoice::{Beneficiary, Invoice};
use crate::keys::ViewSecret;
use crate::store::{StoreError, contracts, invoices, operations};
use crate::transfer::build::{confined, list};
use crate::transfer::error::TransferError;
use crate::transfer::plan::{PlanError, add, quantity};
use crate::transfer::quote::check_unpaid;
use crate::wallet::Command;
use crate::{Error, Wallet, defaults, time};

impl Wallet {
    /// Issues a contract on own sealed coins, and on the secret seals of invoices. It is settled at
    /// once: a genesis has no witness.
    ///
    /// # Errors
    /// [`TransferError::NoCarrier`] if there is no free sealed coin for what stays ours; as
    /// [`Wallet::draft_issue`].
    pub fn issue(&mut self, issue: &Issue) -> Result<ContractId, Error> {
        self.command("issue", |command| {
            let header = draft(command, issue, None)?;
            let id = header.genesis.contract_id();
            let contract = Contract {
                id,
                header: &header,
                issued: true,
                now: time::now(),
            };
            learn::contract(&command.db, &contract, &learn::Reveals::new())?;
            Ok(id)
        })
    }

    /// What [`Wallet::issue`] would commit to. Nothing is stored. The id is that of a contract issued
    /// with the same timestamp; there is none before there is a free sealed coin for what stays ours.
    ///
    /// # Errors
    /// [`TransferError::Field`]; [`TransferError::Allocation`]; [`TransferError::Genesis`] if the schema
    /// forbids it.
    pub fn draft_issue(&mut self, issue: &Issue) -> Result<Issued, Error> {
        self.command("draft-issue", |command| {
            let (header, complete) = match draft(command, issue, None) {
                Err(Error::Transfer(cause))
                    if matches!(*cause, TransferError::NoCarrier { .. }) =>
                {
                    (draft(command, issue, Some(OutPoint::null()))?, false)
                }
                drafted => (drafted?, true),
            };
            Ok(Issued {
                contract: complete.then(|| header.genesis.contract_id()),
                timestamp: header.genesis.timestamp,
                schema: issue.schema,
                globals: issue.globals.clone(),
                allocations: issue.allocations.clone(),
                unbacked: unbacked(&header),
            })
        })
    }

    /// The consignment of a genesis allocation for the invoice it was issued to: to be handed over,
    /// as often as asked for.
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`]; [`TransferError::NotIssuedTo`].
    pub fn issued_consignment(
        &self,
        contract: ContractId,
        invoice: &Invoice,
    ) -> Result<PreparedConsignment, Error> {
        let row = contracts::get(&self.db, &contract)?;
        let row = row.ok_or(TransferError::UnknownContract { contract })?;
        let header = rows::decode("a contract", Header::decode(&row.header))?;
        let genesis = OperationId::from(contract);
        let not_issued = TransferError::NotIssuedTo { contract };
        let Beneficiary::Seal(secret) = &invoice.to else {
            return Err(not_issued.into());
        };
        let mut shown = header.genesis.outputs.shown();
        let found = shown.find(|(_, shown)| shown.seal.conceal() == *secret);
        let (owned_type, found) = found.ok_or(not_issued)?;
        let leaf = Input {
            operation: genesis,
            owned_type,
            index: found.index,
        };
        let amount = quantity(&found.state);
        drop(shown);
        let ticker = text(&header, "ticker").unwrap_or_default();
        let records = Records {
            header,
            operations: BTreeMap::new(),
            anchors: BTreeMap::new(),
            proofs: BTreeMap::new(),
            base: BTreeSet::new(),
            taken_back: None,
        };
        let hand_over = HandOver {
            leaves: BTreeSet::from([leaf]),
            ..HandOver::default()
        };
        let seal: String = secret.to_string().chars().rev().take(8).collect();
        Ok(PreparedConsignment {
            invoice: Some(invoice.clone()),
            contract,
            amount,
            file_name: crate::transfer::file_name(&ticker, &seal),
            bytes: consign(&records, &hand_over)?,
        })
    }
}

/// The header of a new contract. A coin that is still to be made may have a stand-in: then all but the id
/// is as it will be.
fn draft(
    command: &Command<'_>,
    issue: &Issue,
    stand_in: Option<OutPoint>,
) -> Result<Header, Error> {
    let schema = schemas::find(&command.db, issue.schema)?;
    let not_allowed = TransferError::SchemaNotAllowed {
        schema: issue.schema,
    };
    let schema = schema.ok_or(not_allowed)?;
    let globals = globals(issue, &schema)?;
    let snapshot = Snapshot::load(&command.db, command.coins, command.meta)?;
    let mut seals = Seals::new(command, &snapshot, issue.coin, stand_in)?;
    let mut by_type: BTreeMap<u16, Vec<(State, AssignedSeal)>> = BTreeMap::new();
    for (number, allocation) in (1..).zip(&issue.allocations) {
        let at = |cause| allocation_error(number, cause);
        let owned = owned(&schema, allocation).map_err(|cause| at(cause.into()))?;
        let seal = seals.seal(allocation).map_err(at)?;
        let leaves = by_type.entry(owned).or_default();
        leaves.push((allocation.state.clone(), seal));
    }
    let mut outputs = BTreeMap::new();
    for (owned, leaves) in by_type {
        outputs.insert(owned, list(&leaves)?);
    }
    let genesis = Genesis {
        format: OPERATION_FORMAT,
        schema: issue.schema,
        network: command.meta.network.id(),
        timestamp: issue.timestamp.unwrap_or_else(time::now),
        globals,
        outputs: Outputs(confined("owned types with outputs", outputs)?),
    };
    check(&schema, &genesis)?;
    Ok(Header::new(schema, genesis))
}

/// Says which allocation an error is about; a coin that is missing is about all of them.
fn allocation_error(number: usize, cause: Error) -> Error {
    match cause {
        Error::Transfer(cause) if !matches!(*cause, TransferError::NoCarrier { .. }) => {
            TransferError::Allocation { number, cause }.into()
        }
        cause => cause,
    }
}

fn field(field: &'static str, found: String, expected: &'static str) -> TransferError {
    TransferError::Field {
        field,
        found,
        expected,
    }
}

/// The values of the genesis by their numbers; claims that people read are plain.
fn globals(issue: &Issue, schema: &Schema) -> Result<Values, TransferError> {
    let mut globals = Vec::new();
    for (name, bytes) in &issue.globals {
        let number = schema.global_number(name).ok_or_else(|| {
            let names: Vec<_> = schema.globals.values().map(|def| &*def.name).collect();
            TransferError::NoSuchName {
                found: name.clone(),
                expected: names.join(", "),
            }
        })?;
        values::check(name, bytes)?;
        globals.push((number, bytes.clone()));
    }
    Ok(Values::new(globals)?)
}

/// The number of an allocation's type, whose kind it has.
fn owned(schema: &Schema, allocation: &Allocation) -> Result<u16, TransferError> {
    let number = schema.owned_number(&allocation.owned);
    let number = number.ok_or_else(|| {
        let names: Vec<_> = schema.owned.values().map(|def| &*def.name).collect();
        TransferError::NoSuchName {
            found: allocation.owned.clone(),
            expected: names.join(", "),
        }
    })?;
    let kind = schema.owned.get(&number).map(|def| def.kind);
    if kind != Some(allocation.state.kind()) {
        let found = format!("of kind {}", allocation.state.kind().name());
        return Err(field("allocation", found, "the kind of its owned type"));
    }
    if quantity(&allocation.state) == 0 {
        return Err(field("allocation", "0".to_owned(), "at least 1"));
    }
    Ok(number)
}

/// Seals of a genesis.
struct Seals<'a> {
    command: &'a Command<'a>,
    snapshot: &'a Snapshot,
    /// The coin for what stays ours, where nobody says another.
    own: Option<OutPoint>,
    /// The next counter of each coin's blindings.
    next: BTreeMap<OutPoint, u32>,
    taken: BTreeSet<SecretSeal>,
}

impl<'a> Seals<'a> {
    fn new(
        command: &'a Command<'_>,
        snapshot: &'a Snapshot,
        asked: Option<OutPoint>,
        stand_in: Option<OutPoint>,
    ) -> Result<Self, TransferError> {
        let own = match asked {
            Some(outpoint) => Some(free(snapshot, outpoint)?),
            None => snapshot.free_coin().map(|coin| coin.outpoint).or(stand_in),
        };
        Ok(Self {
            command,
            snapshot,
            own,
            next: BTreeMap::new(),
            taken: BTreeSet::new(),
        })
    }

    /// The seal of an allocation: over an own free coin, or the secret one of an invoice.
    fn seal(&mut self, allocation: &Allocation) -> Result<AssignedSeal, Error> {
        let sats = defaults::CARRIER.to_sat();
        let seal = match &allocation.to {
            AllocateTo::Own => self.over(self.own.ok_or(TransferError::NoCarrier { sats })?)?,
            AllocateTo::Coin(coin) => self.over(free(self.snapshot, *coin)?)?,
            AllocateTo::Invoice(invoice) => {
                AssignedSeal::Secret(payee(self.command, invoice, &allocation.state)?)
            }
        };
        if !self.taken.insert(seal.conceal()) {
            let (found, expected) = ("one twice".to_owned(), "each invoice once");
            return Err(field("allocation", found, expected).into());
        }
        Ok(seal)
    }

    fn over(&mut self, outpoint: OutPoint) -> Result<AssignedSeal, Error> {
        let from = self.next.entry(outpoint).or_default();
        let (seal, counter) =
            fresh_seal(&self.command.db, &self.command.keys.view, outpoint, *from)?;
        *from = counter.saturating_add(1);
        Ok(AssignedSeal::Revealed(seal))
    }
}

/// The secret seal of an invoice that can be issued to: no contract has its id before.
fn payee(command: &Command<'_>, invoice: &Invoice, state: &State) -> Result<SecretSeal, Error> {
    check_unpaid(&command.db, invoice)?;
    invoice
        .check_payable(command.meta.network.id(), time::now())
        .map_err(|cause| TransferError::from(PlanError::from(cause)))?;
    let found = quantity(state);
    Err(match (&invoice.to, invoice.contract, invoice.amount) {
        (_, Some(_), _) => field(
            "allocation",
            "an invoice for another contract".to_owned(),
            "one that names no contract",
        ),
        (_, _, Some(expected)) if expected != found => {
            PlanError::OtherAmount { found, expected }.into()
        }
        (Beneficiary::Seal(secret), None, _) => return Ok(*secret),
        (Beneficiary::Address { .. }, ..) => field(
            "allocation",
            "an invoice for a new output, and a genesis makes none".to_owned(),
            "a blind invoice, with a secret seal",
        ),
    }
    .into())
}

fn free(snapshot: &Snapshot, outpoint: OutPoint) -> Result<OutPoint, TransferError> {
    let free = snapshot.check_free(outpoint);
    let coin = free.map_err(|reason| TransferError::CoinNotFree { outpoint, reason })?;
    Ok(coin.outpoint)
}

/// A seal over an own coin with a blinding that no seal has had: one seal, one secret. Counters below
/// `from` are known to be taken; the one that was taken now is given back.
pub(crate) fn fresh_seal(
    db: &Connection,
    view: &ViewSecret,
    outpoint: OutPoint,
    from: u32,
) -> Result<(Seal, u32), StoreError> {
    let place = serialize(&outpoint);
    for counter in from.. {
        let seal = Seal::outpoint(outpoint, Blinding(view.blinding(&place, counter)));
        let secret = seal.conceal();
        let used = !operations::leaves_of_secret(db, &secret)?.is_empty()
            || !invoices::by_secret(db, &secret)?.is_empty();
        if !used {
            return Ok((seal, counter));
        }
    }
    Err(damaged("every blinding of a coin was used"))
}

/// That the schema allows this genesis, as the validator will say.
fn check(schema: &Schema, genesis: &Genesis) -> Result<(), TransferError> {
    let refused = |reason: String| TransferError::Genesis { reason };
    let mut outputs = Totals::new();
    for (owned, shown) in genesis.outputs.shown() {
        add(&mut outputs, owned, &shown.state);
    }
    let values = genesis.globals.0.iter();
    let globals: Vec<_> = values
        .map(|value| (value.number, value.bytes.as_slice()))
        .collect();
    let facts = Facts::of_genesis(&outputs, &globals);
    let counts = schema.genesis.check_counts(&facts, schema);
    counts.map_err(|failure| refused(failure.to_string()))?;
    let types = schema.check_types(&facts);
    types.map_err(|failure| refused(failure.to_string()))?;
    let rules = schema.genesis.check_rules(&facts, schema);
    rules.map_err(|failure| refused(failure.to_string()))?;
    let signers = schema.check_signers(&globals);
    signers.map_err(|failure| refused(failure.to_string()))
}
