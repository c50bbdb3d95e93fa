//! The transitions of one contract: acts, what is paid, and everything else on the spent coins, which
//! goes along to the sealed change.

use std::collections::BTreeMap;

use bulla_core::ContractId;
use bulla_core::operation::Input;
use bulla_core::state::{State, Token};

use super::act::{ReadAct, ReadTake};
use super::asks::{AssetPayment, Orders};
use super::needs::{kind_of, quantity};
use super::{ContractFacts, Holding, Move, PlanError};

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

type Pool<'a> = BTreeMap<u16, Vec<&'a Holding>>;

/// Moves every holding of one contract: acts take theirs first; then by type, payments first, the
/// rest to ourselves.
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
        match (found, held.first()) {
            (Some(found), _) => moves
                .transitions
                .extend(moved(contract, ty, *found, &held, &paid)?),
            (None, Some(first)) if !may_abandon => {
                return Err(PlanError::NotMovable {
                    contract,
                    outpoint: first.outpoint,
                });
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

/// Plain moves of one type.
fn moved(
    contract: ContractId,
    owned_type: u16,
    found: Move,
    held: &[&Holding],
    payments: &[&AssetPayment],
) -> Result<Vec<Moved>, PlanError> {
    let apart = held
        .iter()
        .all(|held| matches!(held.state, State::Right | State::Data(_)));
    let leaves = leaves(contract, owned_type, held, payments)?;
    let inputs = held.iter().map(|holding| input(holding));
    let moved = |inputs: BTreeMap<Input, State>, leaves: Vec<Leaf>| Moved {
        kind: found.kind,
        inputs,
        leaves,
        ..Moved::default()
    };
    let each = usize::try_from(found.max_inputs.min(found.max_outputs)).unwrap_or(usize::MAX);
    if apart && held.len() == leaves.len() && each > 0 {
        // Leaves that nothing adds up move each by itself, where there is no room for all.
        let inputs: Vec<_> = inputs.collect();
        let parts = inputs.chunks(each).zip(leaves.chunks(each));
        return Ok(parts
            .map(|(inputs, leaves)| moved(inputs.iter().cloned().collect(), leaves.to_vec()))
            .collect());
    }
    limit(contract, "inputs", held.len(), found.max_inputs)?;
    limit(contract, "outputs", leaves.len(), found.max_outputs)?;
    Ok(vec![moved(inputs.collect(), leaves)])
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

/// Payments, then what stays, kind by kind.
fn leaves(
    contract: ContractId,
    owned_type: u16,
    held: &[&Holding],
    payments: &[&AssetPayment],
) -> Result<Vec<Leaf>, PlanError> {
    let mut leaves: Vec<Leaf> = payments
        .iter()
        .map(|payment| Leaf {
            owned_type,
            state: payment.state.clone(),
            payment: Some(payment.number),
        })
        .collect();
    let mut kinds: BTreeMap<Option<u32>, Vec<&Holding>> = BTreeMap::new();
    for holding in held {
        kinds
            .entry(kind_of(holding).token)
            .or_default()
            .push(holding);
    }
    for payment in payments {
        kinds.entry(token(&payment.state)).or_default();
    }
    for (kind, held) in kinds {
        let of = |payment: &&&AssetPayment| token(&payment.state) == kind;
        let paid = payments
            .iter()
            .filter(of)
            .map(|payment| u128::from(quantity(&payment.state)));
        let paid: u128 = paid.sum();
        let sum: u128 = held
            .iter()
            .map(|held| u128::from(quantity(&held.state)))
            .sum();
        if paid > sum {
            return Err(PlanError::NotTogether { contract });
        }
        let paid = u64::try_from(paid).map_err(|_| PlanError::TooMuch { contract })?;
        leaves.extend(rest(contract, owned_type, &held, paid)?);
    }
    Ok(leaves)
}

const fn token(state: &State) -> Option<u32> {
    match state {
        State::Token(token) => Some(token.id),
        _ => None,
    }
}
