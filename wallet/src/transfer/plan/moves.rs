//! The transitions of one contract: what is paid, and everything else on the spent coins, which goes
//! along to the sealed change.

use std::collections::{BTreeMap, BTreeSet};

use bulla_core::ContractId;
use bulla_core::operation::Input;
use bulla_core::state::{State, Token};

use super::asks::AssetPayment;
use super::{ContractFacts, Holding, PlanError};

/// A leaf to be made; which output it is on is decided when all are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Leaf {
    pub owned_type: u16,
    pub state: State,
    /// Number of the payment; none: it stays ours.
    pub payment: Option<usize>,
}

/// A transition to be made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Moved {
    pub inputs: BTreeSet<Input>,
    pub leaves: Vec<Leaf>,
}

/// What becomes of one contract's holdings on the spent coins.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Moves {
    /// By kind.
    pub transitions: BTreeMap<u16, Moved>,
    pub burned: Vec<Holding>,
}

/// Moves every holding of one contract, by type: payments first, the rest to ourselves.
pub(super) fn moves(
    contract: ContractId,
    facts: Option<&ContractFacts>,
    holdings: &[&Holding],
    payments: &[AssetPayment],
    may_burn: bool,
) -> Result<Moves, PlanError> {
    let mut by_type: BTreeMap<u16, Vec<&Holding>> = BTreeMap::new();
    for holding in holdings {
        by_type
            .entry(holding.leaf.owned_type)
            .or_default()
            .push(holding);
    }
    let mut moves = Moves::default();
    for (ty, held) in by_type {
        let Some(found) = facts.and_then(|facts| facts.moves.get(&ty)) else {
            match held.first() {
                Some(first) if !may_burn => {
                    return Err(PlanError::NotMovable {
                        contract,
                        outpoint: first.outpoint,
                    });
                }
                _ => moves.burned.extend(held.into_iter().cloned()),
            }
            continue;
        };
        let paid = if facts.and_then(|facts| facts.asset) == Some(ty) {
            payments
        } else {
            &[]
        };
        let leaves = leaves(contract, ty, &held, paid)?;
        limit(contract, "inputs", held.len(), found.max_inputs)?;
        limit(contract, "outputs", leaves.len(), found.max_outputs)?;
        let transition = moves.transitions.entry(found.kind).or_default();
        transition
            .inputs
            .extend(held.iter().map(|holding| holding.leaf));
        transition.leaves.extend(leaves);
    }
    Ok(moves)
}

fn limit(
    contract: ContractId,
    what: &'static str,
    found: usize,
    allowed: u32,
) -> Result<(), PlanError> {
    if u32::try_from(found).is_ok_and(|found| found <= allowed) {
        return Ok(());
    }
    Err(PlanError::TooMany {
        contract,
        what,
        found,
        allowed,
    })
}

fn leaves(
    contract: ContractId,
    owned_type: u16,
    held: &[&Holding],
    payments: &[AssetPayment],
) -> Result<Vec<Leaf>, PlanError> {
    let mut leaves: Vec<Leaf> = payments
        .iter()
        .map(|payment| Leaf {
            owned_type,
            state: State::Amount(payment.amount),
            payment: Some(payment.number),
        })
        .collect();
    let stays = |state| Leaf {
        owned_type,
        state,
        payment: None,
    };
    let sum: u128 = held
        .iter()
        .map(|holding| u128::from(holding.state.amount()))
        .sum();
    let paid: u128 = payments
        .iter()
        .map(|payment| u128::from(payment.amount))
        .sum();
    let left = sum.saturating_sub(paid);
    if left > 0 {
        let left = u64::try_from(left).map_err(|_| PlanError::TooMuch { contract })?;
        leaves.push(stays(State::Amount(left)));
    }
    let mut tokens: BTreeMap<u32, u64> = BTreeMap::new();
    for holding in held {
        match &holding.state {
            State::Amount(_) => {}
            State::Token(token) => {
                let fraction = tokens.entry(token.id).or_default();
                *fraction = fraction
                    .checked_add(token.fraction)
                    .ok_or(PlanError::TooMuch { contract })?;
            }
            State::Right | State::Data(_) => leaves.push(stays(holding.state.clone())),
        }
    }
    let tokens = tokens
        .into_iter()
        .map(|(id, fraction)| stays(State::Token(Token { id, fraction })));
    leaves.extend(tokens);
    Ok(leaves)
}
