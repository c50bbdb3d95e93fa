//! What a contract is asked for, and which coins have it.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_core::state::State;

use super::asks::{Asks, Orders};
use super::choose::{Candidate, choose};
use super::{Asked, Facts, Holding, PlanError};

/// Things that can stand for each other: an Amount type, one token of a Token type, the leaves of a
/// Right or Data type.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Kind {
    pub owned_type: u16,
    pub token: Option<u32>,
}

impl Kind {
    pub const fn of(owned_type: u16, state: &State) -> Self {
        let token = match state {
            State::Token(token) => Some(token.id),
            _ => None,
        };
        Self { owned_type, token }
    }
}

/// How much of its kind a state is: smallest units, a fraction of a token, else one.
pub const fn quantity(state: &State) -> u64 {
    match state {
        State::Amount(amount) => *amount,
        State::Token(token) => token.fraction,
        State::Right | State::Data(_) => 1,
    }
}

/// Of which kind a holding is.
pub(super) const fn kind_of(holding: &Holding) -> Kind {
    Kind::of(holding.leaf.owned_type, &holding.state)
}

/// The coins that have what is asked for: of each kind the fewest, after what comes with the others.
/// Coins that hold something which cannot go along are spent only if there are no others.
pub(super) fn spent_coins(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    asks: &Asks,
) -> Result<BTreeSet<OutPoint>, PlanError> {
    let stuck = stuck(facts, asked, asks);
    let free: BTreeSet<OutPoint> = facts
        .coins
        .iter()
        .filter(|coin| !coin.held)
        .map(|coin| coin.outpoint)
        .collect();
    let mut spent = BTreeSet::new();
    for (contract, orders) in &asks.contracts {
        for (kind, needed) in needs(*contract, orders)? {
            let with = |coin: &Candidate| spent.contains(&coin.outpoint);
            let (have, rest): (Vec<_>, Vec<_>) = candidates(facts, *contract, kind)
                .into_iter()
                .partition(with);
            let (free, held): (Vec<_>, Vec<_>) = rest
                .into_iter()
                .partition(|coin| free.contains(&coin.outpoint));
            let loose: Vec<_> = free
                .iter()
                .copied()
                .filter(|coin| !stuck.contains(&coin.outpoint))
                .collect();
            let have = sum(&have);
            let lacking = needed.saturating_sub(have);
            let chosen = choose(lacking, &loose).or_else(|| choose(lacking, &free));
            let chosen = chosen.ok_or_else(|| {
                let available = have.saturating_add(sum(&free));
                PlanError::InsufficientAsset {
                    contract: *contract,
                    what: name(facts, *contract, kind),
                    missing: clamp(needed.saturating_sub(available)),
                    available: clamp(available),
                    held: clamp(sum(&held)),
                }
            })?;
            spent.extend(chosen);
        }
    }
    Ok(spent)
}

/// Coins with something that cannot go along freely, of contracts that are neither asked for nor
/// abandoned.
fn stuck(facts: &Facts<'_>, asked: &Asked<'_>, asks: &Asks) -> BTreeSet<OutPoint> {
    let is_stuck = |holding: &&Holding| {
        let contract = holding.contract;
        let known = facts.contracts.get(&contract);
        let free = known.is_some_and(|known| known.moves_freely(holding.leaf.owned_type));
        !free && !asked.abandon.contains(&contract) && !asks.contracts.contains_key(&contract)
    };
    let stuck = facts.holdings.iter().filter(is_stuck);
    stuck.map(|holding| holding.outpoint).collect()
}

fn needs(contract: ContractId, orders: &Orders) -> Result<BTreeMap<Kind, u128>, PlanError> {
    let mut needs: BTreeMap<Kind, u128> = BTreeMap::new();
    let takes = orders.acts.iter().flat_map(|act| &act.takes);
    let takes = takes.map(|take| (take.kind, take.quantity));
    let payments = orders.payments.iter();
    let payments = payments.map(|payment| {
        let kind = Kind::of(payment.owned_type, &payment.state);
        (kind, quantity(&payment.state))
    });
    for (kind, quantity) in takes.chain(payments) {
        let sum = needs.entry(kind).or_default();
        *sum = sum.saturating_add(u128::from(quantity));
        if *sum > u128::from(u64::MAX) {
            return Err(PlanError::TooMuch { contract });
        }
    }
    Ok(needs)
}

/// Every coin with something of this kind; settled if all of it is.
fn candidates(facts: &Facts<'_>, contract: ContractId, kind: Kind) -> Vec<Candidate> {
    let mut coins: BTreeMap<OutPoint, Candidate> = BTreeMap::new();
    for holding in facts.holdings {
        let quantity = quantity(&holding.state);
        if holding.contract != contract || kind_of(holding) != kind || quantity == 0 {
            continue;
        }
        let outpoint = holding.outpoint;
        let coin = coins.entry(outpoint).or_insert(Candidate {
            outpoint,
            amount: 0,
            settled: true,
        });
        coin.amount = coin.amount.saturating_add(u128::from(quantity));
        coin.settled &= holding.settled;
    }
    coins.into_values().collect()
}

fn name(facts: &Facts<'_>, contract: ContractId, kind: Kind) -> String {
    let known = facts.contracts.get(&contract);
    let owned = known.map_or("", |known| known.owned_name(kind.owned_type));
    match kind.token {
        Some(token) => format!("{owned} {token}"),
        None => owned.to_owned(),
    }
}

fn clamp(amount: u128) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}

fn sum(coins: &[Candidate]) -> u128 {
    coins.iter().map(|coin| coin.amount).sum()
}
