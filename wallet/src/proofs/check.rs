//! Checking a proof by its content: no wallet, no network.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{Amount, OutPoint, TxOut};
use bulla_core::ContractId;
use bulla_core::header::Header;
use bulla_core::operation::Input;
use bulla_core::state::State;
use bulla_core::validator::{Consignment, Consistent, Rules, TerminalState, validate};

use super::bip322::{self, Fault};
use super::{Challenge, Proof, ProofError, ProvenCoin};

/// What whoever asked for the proof knows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expected {
    /// The challenge. Without it an old proof, or one made for somebody else, passes.
    pub challenge: Option<Challenge>,
    /// The contract.
    pub contract: Option<ContractId>,
}

/// A proof that passed every check of content: whoever made it could spend these coins, and if the
/// witnesses of the history are mined, they held this.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owned {
    /// What was answered.
    pub challenge: Challenge,
    /// The coins, ascending.
    pub coins: Vec<ProvenCoin>,
    /// What lies on them.
    pub holdings: Vec<Holding>,
    /// Their history.
    pub content: Consistent<Consignment>,
}

/// A leaf on a proven coin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// The coin.
    pub outpoint: OutPoint,
    /// The leaf.
    pub leaf: Input,
    /// What it is.
    pub state: State,
}

/// Checks a proof. The first that fails is reported: challenge, contract and network; the consignment; for
/// every coin its transaction; that each terminal lies on a listed coin, and each coin holds
/// one; the signatures.
///
/// # Errors
/// With what failed.
pub fn check(proof: Proof, rules: &Rules<'_>, expected: &Expected) -> Result<Owned, ProofError> {
    check_expected(&proof, rules, expected)?;
    let content = validate(&proof.consignment, rules);
    let content = content.map_err(|failure| ProofError::Refused(Box::new(failure)))?;
    let (found, expected) = (proof.contract, content.get().contract);
    if found != expected {
        return Err(ProofError::Contract { found, expected });
    }
    let outputs = proof
        .coins
        .iter()
        .map(output)
        .collect::<Result<Vec<_>, _>>()?;
    let holdings = holdings(&proof, content.get())?;
    let message = proof.message();
    for (coin, output) in proof.coins.iter().zip(outputs) {
        let outpoint = coin.outpoint;
        let verified = bip322::verify(&output.script_pubkey, message.as_bytes(), &coin.signature);
        verified.map_err(|fault| match fault {
            Fault::Unsupported => ProofError::Unsupported { outpoint },
            Fault::Signature => ProofError::Signature { outpoint },
        })?;
    }
    Ok(Owned {
        challenge: proof.challenge,
        coins: proof.coins,
        holdings,
        content,
    })
}

fn check_expected(proof: &Proof, rules: &Rules<'_>, expected: &Expected) -> Result<(), ProofError> {
    if let Some(expected) = expected
        .challenge
        .as_ref()
        .filter(|due| **due != proof.challenge)
    {
        let (found, expected) = (proof.challenge.clone(), expected.clone());
        return Err(ProofError::Challenge { found, expected });
    }
    if let Some(expected) = expected.contract.filter(|due| *due != proof.contract) {
        let found = proof.contract;
        return Err(ProofError::Contract { found, expected });
    }
    let (found, expected) = (proof.network, rules.network);
    if found == expected {
        Ok(())
    } else {
        Err(ProofError::Network { found, expected })
    }
}

/// The output that a coin is, from the transaction beside it.
fn output(coin: &ProvenCoin) -> Result<&TxOut, ProofError> {
    let outpoint = coin.outpoint;
    let made = coin.transaction.compute_txid() == outpoint.txid;
    let output = usize::try_from(outpoint.vout)
        .ok()
        .and_then(|vout| coin.transaction.output.get(vout));
    output
        .filter(|output| made && output.value <= Amount::MAX_MONEY)
        .ok_or(ProofError::Transaction { outpoint })
}

/// What the consignment hands over, all of it on listed coins.
fn holdings(proof: &Proof, content: &Consignment) -> Result<Vec<Holding>, ProofError> {
    let mut empty: BTreeSet<OutPoint> = proof.coins.iter().map(|coin| coin.outpoint).collect();
    let listed = empty.clone();
    let mut holdings = Vec::new();
    for terminal in &content.terminals {
        let TerminalState::Leaf {
            leaf,
            state,
            outpoint: Some(outpoint),
            ..
        } = terminal
        else {
            return Err(ProofError::Unseen);
        };
        let outpoint = *outpoint;
        if !listed.contains(&outpoint) {
            return Err(ProofError::Unlisted { outpoint });
        }
        empty.remove(&outpoint);
        holdings.push(Holding {
            outpoint,
            leaf: *leaf,
            state: state.clone(),
        });
    }
    match empty.first() {
        Some(outpoint) => Err(ProofError::Empty {
            outpoint: *outpoint,
        }),
        None => Ok(holdings),
    }
}

impl Owned {
    /// Schema and genesis.
    pub const fn header(&self) -> &Header {
        &self.content.get().header
    }

    /// The sum of each Amount type, in its smallest unit.
    pub fn amounts(&self) -> BTreeMap<u16, u128> {
        let mut sums = BTreeMap::new();
        for holding in &self.holdings {
            if let State::Amount(amount) = holding.state {
                *sums.entry(holding.leaf.owned_type).or_default() += u128::from(amount);
            }
        }
        sums
    }
}
