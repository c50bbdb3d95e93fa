//! Reads the payments: what each contract must pay, and which outputs are wanted.

use std::collections::BTreeMap;

use bitcoin::{Address, Network, ScriptBuf};
use bulla_core::seal::Blinding;
use bulla_core::{ContractId, NetworkId, SecretSeal};

use super::{Asked, Facts, Paid, PlanError};
use crate::api::{BitcoinAmount, Payment};
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

/// A payment of an asset.
#[derive(Clone, Debug)]
pub(super) struct AssetPayment {
    pub number: usize,
    pub payee: Payee,
    pub amount: u64,
}

/// All payments, sorted out.
#[derive(Debug, Default)]
pub(super) struct Asks {
    pub assets: BTreeMap<ContractId, Vec<AssetPayment>>,
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
        let mut payees = BTreeMap::new();
        for (number, payment) in asked.payments.iter().enumerate() {
            let paid = match payment {
                Payment::Invoice {
                    invoice,
                    contract,
                    amount,
                } => {
                    check_payable(invoice, facts)?;
                    let (contract, amount) = settle(invoice, *contract, *amount)?;
                    let payee = payee(invoice, facts.carrier)?;
                    one_payee(&mut payees, &payee, number)?;
                    let payment = AssetPayment {
                        number,
                        payee,
                        amount,
                    };
                    asks.assets.entry(contract).or_default().push(payment);
                    asks.expiry = asks.expiry.into_iter().chain(invoice.expiry).min();
                    Paid::Asset { contract, amount }
                }
                Payment::Bitcoin { address, amount } => {
                    let network = address_network(facts.network);
                    asks.bitcoin(script(address, network)?, *amount)?
                }
                Payment::Carriers { count, sats } => asks.carriers(*count, *sats, facts.carrier)?,
                Payment::Sweep => {
                    asks.sweep = Some(number);
                    Paid::Swept(0)
                }
            };
            asks.paid.push(paid);
        }
        if asks.paid.is_empty() {
            return Err(PlanError::Nothing);
        }
        Ok(asks)
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

/// One secret seal, or one output script, is paid once: two allocations on one seal would link
/// them, and a second payment of one invoice is a mistake (L01 to L03 of the attack list).
fn one_payee(
    payees: &mut BTreeMap<(Option<SecretSeal>, Option<ScriptBuf>), usize>,
    payee: &Payee,
    number: usize,
) -> Result<(), PlanError> {
    let key = match payee {
        Payee::Seal(secret) => (Some(*secret), None),
        Payee::Output { script, .. } => (None, Some(script.clone())),
    };
    match payees.insert(key, number) {
        Some(first) => Err(PlanError::SamePayee {
            first: first + 1,
            second: number + 1,
        }),
        None => Ok(()),
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

/// Contract and amount, from the invoice or else from the payer.
fn settle(
    invoice: &Invoice,
    contract: Option<ContractId>,
    amount: Option<u64>,
) -> Result<(ContractId, u64), PlanError> {
    let contract = match (invoice.contract, contract) {
        (Some(expected), Some(found)) if expected != found => {
            return Err(PlanError::OtherContract { found, expected });
        }
        (expected, found) => expected.or(found).ok_or(PlanError::NoContract)?,
    };
    let amount = match (invoice.amount, amount) {
        (Some(expected), Some(found)) if expected != found => {
            return Err(PlanError::OtherAmount { found, expected });
        }
        (expected, found) => expected.or(found).ok_or(PlanError::NoAmount)?,
    };
    if amount == 0 {
        return Err(PlanError::Zero);
    }
    Ok((contract, amount))
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
