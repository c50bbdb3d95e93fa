//! The transitions of one contract: acts, what is paid, and everything else on the spent coins, which
//! goes along to the sealed change.

use std::collections::BTreeMap;

use bulla_core::ContractId;
use bulla_core::operation::Input;
use bulla_core::state::{State, Token};

use super::act::{ReadAct, ReadTake};
use super::asks::Orders;
use super::needs::{kind_of, quantity};
use super::split::Splitter;
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
    pub kind: u16,
    pub inputs: BTreeMap<Input, State>,
    pub leaves: Vec<Leaf>,
    pub globals: Vec<(u16, Vec<u8>)>,
    pub metadata: Vec<(u16, Vec<u8>)>,
    /// Number of the act; none: a plain move.
    pub act: Option<usize>,
}

/// What becomes of one contract's holdings on the spent coins.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Moves {
    pub transitions: Vec<Moved>,
    pub abandoned: Vec<Holding>,
}

impl Moves {
    pub const fn is_moving(&self) -> bool {
        !self.transitions.is_empty()
    }
}

type Pool<'a> = BTreeMap<u16, Vec<&'a Holding>>;

/// Moves every holding of one contract: acts take theirs first; then by type, payments first, the
/// rest to ourselves. What may be abandoned, because its contract was named, is so only where it
/// cannot move, and never of a type that is paid or acted on.
pub(super) fn moves(
    contract: ContractId,
    facts: Option<&ContractFacts>,
    holdings: &[&Holding],
    orders: &Orders,
    may_abandon: bool,
) -> Result<Moves, PlanError> {
    let mut pool = Pool::new();
    for holding in holdings {
        let held = pool.entry(holding.leaf.owned_type).or_default();
        held.push(holding);
    }
    let mut moves = Moves::default();
    for act in &orders.acts {
        moves.transitions.push(acted(contract, act, &mut pool)?);
    }
    let used = orders.used();
    let asked = !orders.acts.is_empty() || !orders.payments.is_empty();
    for payment in &orders.payments {
        pool.entry(payment.owned_type).or_default();
    }
    for (ty, held) in pool {
        let paid: Vec<_> = orders
            .payments
            .iter()
            .filter(|payment| payment.owned_type == ty)
            .collect();
        let found = facts.and_then(|facts| facts.moves.get(&ty));
        // Nobody can make us ask others to sign for what only happens to lie on our coin.
        let found = found.filter(|found| found.signatures == 0 || asked);
        let first = held.first().map(|held| held.outpoint);
        match (found, first) {
            (Some(found), _) => {
                let splitter = Splitter {
                    contract,
                    owned_type: ty,
                    found: *found,
                };
                let parts = splitter.split(&held, &paid)?.into_iter();
                moves.transitions.extend(parts.map(|part| Moved {
                    kind: found.kind,
                    inputs: part.held.iter().map(|held| input(held)).collect(),
                    leaves: part.paid.into_iter().chain(part.stays).collect(),
                    ..Moved::default()
                }));
            }
            (None, Some(outpoint)) if used.contains(&ty) => {
                let owned = facts.map_or("", |facts| facts.owned_name(ty)).to_owned();
                return Err(PlanError::LeftOver {
                    contract,
                    owned,
                    outpoint,
                });
            }
            (None, Some(outpoint)) if !may_abandon => {
                return Err(PlanError::NotMovable { contract, outpoint });
            }
            (None, _) => moves.abandoned.extend(held.into_iter().cloned()),
        }
    }
    Ok(moves)
}

fn input(holding: &Holding) -> (Input, State) {
    (holding.leaf, holding.state.clone())
}

/// One act: takes the largest first; what is not used up stays ours.
fn acted(contract: ContractId, act: &ReadAct, pool: &mut Pool<'_>) -> Result<Moved, PlanError> {
    let mut moved = Moved {
        kind: act.kind,
        globals: act.globals.clone(),
        metadata: act.metadata.clone(),
        act: Some(act.number),
        ..Moved::default()
    };
    for (owned_type, state, payment) in &act.gives {
        moved.leaves.push(Leaf {
            owned_type: *owned_type,
            state: state.clone(),
            payment: *payment,
        });
    }
    for take in &act.takes {
        let taken = taken(contract, *take, pool)?;
        moved.inputs.extend(taken.iter().map(|held| input(held)));
        let used = if take.kept { 0 } else { take.quantity };
        moved
            .leaves
            .extend(rest(contract, take.kind.owned_type, &taken, used)?);
    }
    Ok(moved)
}

fn taken<'a>(
    contract: ContractId,
    take: ReadTake,
    pool: &mut Pool<'a>,
) -> Result<Vec<&'a Holding>, PlanError> {
    let held = pool.entry(take.kind.owned_type).or_default();
    held.sort_by_key(|holding| (std::cmp::Reverse(quantity(&holding.state)), holding.leaf));
    let mut left = u128::from(take.quantity);
    let (mut taken, mut others) = (Vec::new(), Vec::new());
    for holding in held.drain(..) {
        if left > 0 && kind_of(holding) == take.kind {
            left = left.saturating_sub(u128::from(quantity(&holding.state)));
            taken.push(holding);
        } else {
            others.push(holding);
        }
    }
    others.sort_by_key(|holding| holding.leaf);
    *held = others;
    if held.is_empty() {
        pool.remove(&take.kind.owned_type);
    }
    if left > 0 {
        return Err(PlanError::NotTogether { contract });
    }
    Ok(taken)
}

/// What is left of holdings of one kind after `used`: one leaf of amounts or of a token, else the
/// leaves themselves.
fn rest(
    contract: ContractId,
    owned_type: u16,
    taken: &[&Holding],
    used: u64,
) -> Result<Vec<Leaf>, PlanError> {
    let stays = |state| Leaf {
        owned_type,
        state,
        payment: None,
    };
    let sum: u128 = taken
        .iter()
        .map(|held| u128::from(quantity(&held.state)))
        .sum();
    let left = u64::try_from(sum.saturating_sub(u128::from(used)))
        .map_err(|_| PlanError::TooMuch { contract })?;
    Ok(match taken.first().map(|held| &held.state) {
        None => Vec::new(),
        Some(State::Amount(_) | State::Token(_)) if left == 0 => Vec::new(),
        Some(State::Amount(_)) => vec![stays(State::Amount(left))],
        Some(State::Token(Token { id, .. })) => vec![stays(State::Token(Token {
            id: *id,
            fraction: left,
        }))],
        Some(State::Right | State::Data(_)) => {
            let used = usize::try_from(used).unwrap_or(usize::MAX);
            let kept = taken.iter().skip(used);
            kept.map(|held| stays(held.state.clone())).collect()
        }
    })
}
