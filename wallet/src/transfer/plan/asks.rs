//! Reads the payments: what each contract must pay, and which outputs are wanted.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{Address, Network, ScriptBuf};
use bulla_core::seal::Blinding;
use bulla_core::state::{State, StateKind, Token};
use bulla_core::{ContractId, NetworkId, SecretSeal};

use super::act::{self, Names, ReadAct};
use super::needs::quantity;
use super::{Asked, ContractFacts, Facts, Paid, PlanError};
use crate::api::{Act, BitcoinAmount, Payment};
use crate::invoice::{Beneficiary, Invoice, address_network};

/// Where an asset payment goes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Payee {
    Seal(SecretSeal),
    Output {
        script: ScriptBuf,
        blinding: Blinding,
        sats: u64,
    },
}

/// A payment of an allocation by a plain move.
#[derive(Clone, Debug)]
pub(super) struct AssetPayment {
    pub number: usize,
    pub owned_type: u16,
    pub state: State,
}

/// What one contract is asked to do.
#[derive(Debug, Default)]
pub(super) struct Orders {
    pub acts: Vec<ReadAct>,
    pub payments: Vec<AssetPayment>,
}

impl Orders {
    /// The types that are paid, taken or given.
    pub fn used(&self) -> BTreeSet<u16> {
        let paid = self.payments.iter().map(|payment| payment.owned_type);
        let acts = self.acts.iter().flat_map(|act| {
            let takes = act.takes.iter().map(|take| take.kind.owned_type);
            takes.chain(act.gives.iter().map(|(owned_type, ..)| *owned_type))
        });
        paid.chain(acts).collect()
    }
}

/// All payments, sorted out.
#[derive(Debug, Default)]
pub(super) struct Asks {
    pub contracts: BTreeMap<ContractId, Orders>,
    /// By the number of the payment.
    pub payees: BTreeMap<usize, Payee>,
    pub bitcoin: Vec<(ScriptBuf, u64)>,
    pub drain: Option<ScriptBuf>,
    pub carriers: Vec<u64>,
    pub sweep: Option<usize>,
    pub expiry: Option<u64>,
    pub paid: Vec<Paid>,
}

impl Asks {
    pub fn read(facts: &Facts<'_>, asked: &Asked<'_>) -> Result<Self, PlanError> {
        let mut asks = Self::default();
        for payment in asked.payments {
            match payment {
                Payment::Invoice {
                    invoice,
                    contract,
                    amount,
                } => asks.pay(facts, invoice, *contract, *amount)?,
                Payment::Act(act) => asks.act(facts, act)?,
                Payment::Bitcoin { address, amount } => {
                    let network = address_network(facts.network);
                    let paid = asks.bitcoin(script(address, network)?, *amount)?;
                    asks.paid.push(paid);
                }
                Payment::Carriers { count, sats } => {
                    let paid = asks.carriers(*count, *sats, facts.carrier)?;
                    asks.paid.push(paid);
                }
                Payment::Sweep => {
                    asks.sweep = Some(asks.paid.len());
                    asks.paid.push(Paid::Swept(0));
                }
            }
        }
        if asks.paid.is_empty() {
            return Err(PlanError::Nothing);
        }
        Ok(asks)
    }

    /// A payment by a plain move.
    fn pay(
        &mut self,
        facts: &Facts<'_>,
        invoice: &Invoice,
        contract: Option<ContractId>,
        amount: Option<u64>,
    ) -> Result<(), PlanError> {
        check_payable(invoice, facts)?;
        let contract = agreed(invoice.contract, contract)
            .map_err(|(found, expected)| PlanError::OtherContract { found, expected })?
            .ok_or(PlanError::NoContract)?;
        let known = known(facts, contract)?;
        let (owned_type, state) = wanted(known, contract, invoice, amount)?;
        let number = self.payee(facts, invoice, contract, owned_type, state.clone())?;
        let orders = self.contracts.entry(contract).or_default();
        orders.payments.push(AssetPayment {
            number,
            owned_type,
            state,
        });
        Ok(())
    }

    fn act(&mut self, facts: &Facts<'_>, act: &Act) -> Result<(), PlanError> {
        let contract = act.contract;
        let known = known(facts, contract)?;
        let number = self.paid.len();
        self.paid.push(Paid::Swept(0));
        let read = act::read(act, known, number, |owned_type, give| {
            let Some(invoice) = &give.to else {
                return Ok(None);
            };
            check_payable(invoice, facts)?;
            agreed(invoice.contract, Some(contract))
                .map_err(|(found, expected)| PlanError::OtherContract { found, expected })?;
            check_given(known, contract, invoice, owned_type, &give.state)?;
            self.payee(facts, invoice, contract, owned_type, give.state.clone())
                .map(Some)
        })?;
        let amounts = read.takes.iter().filter(|take| take.kind.token.is_none());
        let amount = amounts.map(|take| take.quantity).next();
        if let Some(paid) = self.paid.get_mut(number) {
            *paid = Paid::Act {
                contract,
                kind: read.kind,
                amount: amount.unwrap_or(0),
            };
        }
        self.contracts.entry(contract).or_default().acts.push(read);
        Ok(())
    }

    /// Notes a payee; gives the number of the payment.
    fn payee(
        &mut self,
        facts: &Facts<'_>,
        invoice: &Invoice,
        contract: ContractId,
        owned_type: u16,
        state: State,
    ) -> Result<usize, PlanError> {
        let payee = payee(invoice, facts.carrier)?;
        let number = self.paid.len();
        self.one_payee(&payee, number)?;
        self.payees.insert(number, payee);
        self.expiry = self.expiry.into_iter().chain(invoice.expiry).min();
        self.paid.push(Paid::Asset {
            invoice: Box::new(invoice.clone()),
            contract,
            owned_type,
            state,
        });
        Ok(number)
    }

    /// One secret seal, or one output script, is paid once: two allocations on one seal would link
    /// them, and a second payment of one invoice is a mistake (L01 to L03 of the attack list).
    fn one_payee(&self, payee: &Payee, number: usize) -> Result<(), PlanError> {
        let same = |known: &Payee| match (known, payee) {
            (Payee::Seal(known), Payee::Seal(secret)) => known == secret,
            (Payee::Output { script: known, .. }, Payee::Output { script, .. }) => known == script,
            _ => false,
        };
        match self.payees.iter().find(|(_, known)| same(known)) {
            Some((first, _)) => Err(PlanError::SamePayee {
                first: first + 1,
                second: number + 1,
            }),
            None => Ok(()),
        }
    }

    fn bitcoin(&mut self, script: ScriptBuf, amount: BitcoinAmount) -> Result<Paid, PlanError> {
        match amount {
            BitcoinAmount::Sats(sats) => {
                let expected = script.minimal_non_dust().to_sat();
                if sats < expected {
                    return Err(PlanError::Dust {
                        found: sats,
                        expected,
                    });
                }
                self.bitcoin.push((script, sats));
                Ok(Paid::Bitcoin(Some(sats)))
            }
            BitcoinAmount::All => {
                if self.drain.replace(script).is_some() {
                    return Err(PlanError::TwoDrains);
                }
                Ok(Paid::Bitcoin(None))
            }
        }
    }

    fn carriers(&mut self, count: u32, sats: Option<u64>, carrier: u64) -> Result<Paid, PlanError> {
        let sats = sats.unwrap_or(carrier);
        let expected = crate::invoice::MIN_SATS;
        if sats < expected {
            return Err(PlanError::Dust {
                found: sats,
                expected,
            });
        }
        if count == 0 {
            return Err(PlanError::Zero);
        }
        self.carriers.extend((0..count).map(|_| sats));
        Ok(Paid::Carriers(count))
    }
}

fn check_payable(invoice: &Invoice, facts: &Facts<'_>) -> Result<(), PlanError> {
    invoice.check_payable(facts.network, facts.now)?;
    let regtest = NetworkId::of_network(Network::Regtest);
    match &invoice.via {
        Some(via) if via.is_internal() && facts.network != regtest => {
            Err(PlanError::InternalEndpoint {
                host: via.host().to_owned(),
            })
        }
        _ => Ok(()),
    }
}

fn known<'a>(facts: &Facts<'a>, contract: ContractId) -> Result<&'a ContractFacts, PlanError> {
    let known = facts.contracts.get(&contract);
    known.ok_or(PlanError::UnknownContract { contract })
}

/// What the invoice says, or else the payer; the two if they differ.
fn agreed<T: PartialEq>(expected: Option<T>, found: Option<T>) -> Result<Option<T>, (T, T)> {
    match (expected, found) {
        (Some(expected), Some(found)) if expected != found => Err((found, expected)),
        (expected, found) => Ok(expected.or(found)),
    }
}

/// Type and state that an invoice asks for; the payer says how much, where the invoice does not.
fn wanted(
    known: &ContractFacts,
    contract: ContractId,
    invoice: &Invoice,
    amount: Option<u64>,
) -> Result<(u16, State), PlanError> {
    let names = Names {
        contract,
        schema: &known.schema,
    };
    let owned_type = match &invoice.owned {
        Some(name) => names.owned(name)?,
        None => known.asset.ok_or(PlanError::NoType { contract })?,
    };
    if !known.moves.contains_key(&owned_type) {
        let owned = known.owned_name(owned_type).to_owned();
        return Err(PlanError::NoMove { contract, owned });
    }
    let amount = agreed(invoice.amount, amount)
        .map_err(|(found, expected)| PlanError::OtherAmount { found, expected })?;
    let kind = known.schema.owned.get(&owned_type).map(|def| def.kind);
    let state = match (kind, invoice.token) {
        (Some(StateKind::Amount), None) => State::Amount(amount.ok_or(PlanError::NoAmount)?),
        (Some(StateKind::Token), Some(id)) => State::Token(Token {
            id,
            fraction: amount.ok_or(PlanError::NoAmount)?,
        }),
        (Some(StateKind::Right), None) => match amount {
            None | Some(1) => State::Right,
            Some(found) => return Err(PlanError::OtherAmount { found, expected: 1 }),
        },
        (Some(expected @ StateKind::Data), None) => {
            let owned = known.owned_name(owned_type).to_owned();
            return Err(PlanError::OtherKind {
                contract,
                owned,
                expected,
            });
        }
        _ => {
            let owned = known.owned_name(owned_type).to_owned();
            return Err(PlanError::TokenField { contract, owned });
        }
    };
    if matches!(
        state,
        State::Amount(0) | State::Token(Token { fraction: 0, .. })
    ) {
        return Err(PlanError::Zero);
    }
    Ok((owned_type, state))
}

/// That an act gives what the invoice asks for, as far as it says.
fn check_given(
    known: &ContractFacts,
    contract: ContractId,
    invoice: &Invoice,
    owned_type: u16,
    state: &State,
) -> Result<(), PlanError> {
    let owned = known.owned_name(owned_type).to_owned();
    let asked = match &invoice.owned {
        Some(name) => *name == owned,
        None => invoice.contract.is_none() || known.asset == Some(owned_type),
    };
    let token = match state {
        State::Token(token) => Some(token.id),
        _ => None,
    };
    if !asked || (invoice.token.is_some() && invoice.token != token) {
        return Err(PlanError::TokenField { contract, owned });
    }
    let found = quantity(state);
    match invoice.amount {
        Some(expected) if expected != found => Err(PlanError::OtherAmount { found, expected }),
        _ if found == 0 => Err(PlanError::Zero),
        _ => Ok(()),
    }
}

fn payee(invoice: &Invoice, carrier: u64) -> Result<Payee, PlanError> {
    match &invoice.to {
        Beneficiary::Seal(secret) => Ok(Payee::Seal(*secret)),
        Beneficiary::Address { address, blinding } => Ok(Payee::Output {
            script: script(address, address_network(invoice.network))?,
            blinding: *blinding,
            sats: invoice.sats.unwrap_or(carrier),
        }),
    }
}

fn script(
    address: &Address<bitcoin::address::NetworkUnchecked>,
    network: Network,
) -> Result<ScriptBuf, PlanError> {
    let found = || address.assume_checked_ref().to_string();
    let checked = address.clone().require_network(network);
    checked
        .map(|address| address.script_pubkey())
        .map_err(|_| PlanError::OtherNetwork { found: found() })
}
