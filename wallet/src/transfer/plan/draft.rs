//! Puts a draft together.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::OutPoint;
use bulla_core::ContractId;

use super::asks::{Asks, AssetPayment, Payee};
use super::choose::{Candidate, choose};
use super::moves::{Leaf, Moves, moves};
use super::{
    Asked, Draft, Facts, Holding, Method, OutputRole, Paid, PlanError, PlannedLeaf, PlannedOutput,
    PlannedSeal, PlannedTransition, SealedCoin,
};

/// Decides which sealed coins are spent, what moves where, and which outputs are made.
///
/// # Errors
/// If a payment is not possible, or an allocation would be lost that was not named.
pub fn draft(facts: &Facts<'_>, asked: &Asked<'_>) -> Result<Draft, PlanError> {
    let mut asks = Asks::read(facts, asked)?;
    let mut spent = spent_coins(facts, &asks)?;
    let mut planned = BTreeMap::new();
    for contract in contracts_on(facts, &spent) {
        let payments = asks.assets.get(&contract).map_or(&[][..], Vec::as_slice);
        let moved = moves(
            contract,
            facts.contracts.get(&contract),
            &holdings_on(facts, &spent, contract),
            payments,
            asked.burn.contains(&contract),
        )?;
        planned.insert(contract, moved);
    }
    let mut draft = lay_out(asked.method, facts, &asks, planned);
    sweep(facts, asked, &mut asks, &mut spent, &mut draft)?;
    let coins = facts
        .coins
        .iter()
        .filter(|coin| spent.contains(&coin.outpoint));
    draft.inputs = coins.copied().collect();
    draft.inputs.sort_unstable_by_key(|coin| coin.outpoint);
    draft.drain = asks.drain;
    draft.expiry = asks.expiry;
    draft.paid = asks.paid;
    Ok(draft)
}

/// The coins that pay the assets: for each contract the fewest, after what comes with the others.
fn spent_coins(facts: &Facts<'_>, asks: &Asks) -> Result<BTreeSet<OutPoint>, PlanError> {
    let free: BTreeSet<OutPoint> = facts
        .coins
        .iter()
        .filter(|coin| !coin.held)
        .map(|coin| coin.outpoint)
        .collect();
    let mut spent = BTreeSet::new();
    for (contract, payments) in &asks.assets {
        let needed = needed(facts, *contract, payments)?;
        let mut candidates = candidates(facts, *contract);
        let (have, rest): (Vec<_>, Vec<_>) = candidates
            .drain(..)
            .partition(|coin| spent.contains(&coin.outpoint));
        let (free, held): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|coin| free.contains(&coin.outpoint));
        let with: u128 = sum(&have);
        let chosen = choose(needed.saturating_sub(with), &free).ok_or_else(|| {
            let available = with.saturating_add(sum(&free));
            PlanError::InsufficientAsset {
                contract: *contract,
                missing: clamp(needed.saturating_sub(available)),
                available: clamp(available),
                held: clamp(sum(&held)),
            }
        })?;
        spent.extend(chosen);
    }
    Ok(spent)
}

fn clamp(amount: u128) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}

fn sum(coins: &[Candidate]) -> u128 {
    coins.iter().map(|coin| coin.amount).sum()
}

fn needed(
    facts: &Facts<'_>,
    contract: ContractId,
    payments: &[AssetPayment],
) -> Result<u128, PlanError> {
    let known = facts
        .contracts
        .get(&contract)
        .ok_or(PlanError::UnknownContract { contract })?;
    if known.asset.is_none() {
        return Err(PlanError::NoAmounts { contract });
    }
    let needed = payments
        .iter()
        .map(|payment| u128::from(payment.amount))
        .sum();
    if needed > u128::from(u64::MAX) {
        return Err(PlanError::TooMuch { contract });
    }
    Ok(needed)
}

/// Every coin with an amount of the contract's asset; settled if all of it is.
fn candidates(facts: &Facts<'_>, contract: ContractId) -> Vec<Candidate> {
    let asset = facts.contracts.get(&contract).and_then(|known| known.asset);
    let mut coins: BTreeMap<OutPoint, Candidate> = BTreeMap::new();
    for holding in facts
        .holdings
        .iter()
        .filter(|holding| holding.contract == contract)
    {
        if Some(holding.leaf.owned_type) != asset || holding.state.amount() == 0 {
            continue;
        }
        let outpoint = holding.outpoint;
        let coin = coins.entry(outpoint).or_insert(Candidate {
            outpoint,
            amount: 0,
            settled: true,
        });
        coin.amount += u128::from(holding.state.amount());
        coin.settled &= holding.settled;
    }
    coins.into_values().collect()
}

fn contracts_on(facts: &Facts<'_>, spent: &BTreeSet<OutPoint>) -> BTreeSet<ContractId> {
    let on = facts
        .holdings
        .iter()
        .filter(|holding| spent.contains(&holding.outpoint));
    on.map(|holding| holding.contract).collect()
}

fn holdings_on<'a>(
    facts: &Facts<'a>,
    spent: &BTreeSet<OutPoint>,
    contract: ContractId,
) -> Vec<&'a Holding> {
    let on = |holding: &&Holding| holding.contract == contract && spent.contains(&holding.outpoint);
    let mut held: Vec<_> = facts.holdings.iter().filter(on).collect();
    held.sort_unstable_by_key(|holding| holding.leaf);
    held
}

/// Outputs in their order: the commitment, payees, sealed change without a commitment, carriers,
/// plain payments.
fn lay_out(
    method: Method,
    facts: &Facts<'_>,
    asks: &Asks,
    planned: BTreeMap<ContractId, Moves>,
) -> Draft {
    let mut draft = Draft::default();
    let commits = planned.values().any(|moves| !moves.transitions.is_empty());
    let mut leaves = planned
        .values()
        .flat_map(|moves| moves.transitions.values());
    let stays = leaves.any(|moved| moved.leaves.iter().any(|leaf| leaf.payment.is_none()));
    let tapret = stays && method == Method::Auto;
    if commits {
        let (role, sats) = if tapret {
            (OutputRole::TapretHost, facts.carrier)
        } else {
            (OutputRole::OpretHost, 0)
        };
        draft.outputs.push(PlannedOutput { role, sats });
    }
    let mut seals = payee_outputs(asks, &mut draft);
    let mut change = 0;
    if stays && !tapret {
        change = next_vout(&draft);
        draft.outputs.push(PlannedOutput {
            role: OutputRole::SealedChange,
            sats: facts.carrier,
        });
    }
    let carriers = asks
        .carriers
        .iter()
        .map(|sats| (OutputRole::Carrier, *sats));
    let plain = asks.bitcoin.iter().map(|(script, sats)| {
        (
            OutputRole::Bitcoin {
                script: script.clone(),
            },
            *sats,
        )
    });
    draft.outputs.extend(
        carriers
            .chain(plain)
            .map(|(role, sats)| PlannedOutput { role, sats }),
    );
    for (contract, moves) in planned {
        draft.burned.extend(moves.burned);
        for (kind, moved) in moves.transitions {
            let leaves = moved
                .leaves
                .into_iter()
                .map(|leaf| place(leaf, &mut seals, change));
            let leaves = leaves.collect();
            let inputs = moved.inputs;
            draft.transitions.push(PlannedTransition {
                contract,
                kind,
                inputs,
                leaves,
            });
        }
    }
    draft
}

fn next_vout(draft: &Draft) -> u32 {
    u32::try_from(draft.outputs.len()).unwrap_or(u32::MAX)
}

/// Makes the payees' outputs; gives the seal of every asset payment.
fn payee_outputs(asks: &Asks, draft: &mut Draft) -> BTreeMap<usize, PlannedSeal> {
    let mut payments: Vec<&AssetPayment> = asks.assets.values().flatten().collect();
    payments.sort_unstable_by_key(|payment| payment.number);
    let mut seals = BTreeMap::new();
    for payment in payments {
        let seal = match &payment.payee {
            Payee::Seal(secret) => PlannedSeal::Secret(*secret),
            Payee::Output {
                script,
                blinding,
                sats,
            } => {
                let vout = next_vout(draft);
                let role = OutputRole::Payee {
                    payment: payment.number,
                    script: script.clone(),
                };
                draft.outputs.push(PlannedOutput { role, sats: *sats });
                PlannedSeal::Payee {
                    vout,
                    blinding: *blinding,
                }
            }
        };
        seals.insert(payment.number, seal);
    }
    seals
}

fn place(leaf: Leaf, seals: &mut BTreeMap<usize, PlannedSeal>, change: u32) -> PlannedLeaf {
    let paid = leaf
        .payment
        .and_then(|payment| seals.get(&payment).copied());
    PlannedLeaf {
        owned_type: leaf.owned_type,
        state: leaf.state,
        seal: paid.unwrap_or(PlannedSeal::Change { vout: change }),
        payment: leaf.payment,
    }
}

/// Adds the free carriers that hold nothing, or nothing but what may be burnt.
fn sweep(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    asks: &mut Asks,
    spent: &mut BTreeSet<OutPoint>,
    draft: &mut Draft,
) -> Result<(), PlanError> {
    let Some(number) = asks.sweep else {
        return Ok(());
    };
    let on = |coin: &SealedCoin| {
        let outpoint = coin.outpoint;
        facts
            .holdings
            .iter()
            .filter(move |holding| holding.outpoint == outpoint)
    };
    let empty = |coin: &&SealedCoin| {
        let burnt = on(coin).all(|holding| asked.burn.contains(&holding.contract));
        !coin.held && burnt && !spent.contains(&coin.outpoint)
    };
    let swept: Vec<SealedCoin> = facts.coins.iter().filter(empty).copied().collect();
    if swept.is_empty() {
        return Err(PlanError::NothingToSweep);
    }
    draft.burned.extend(swept.iter().flat_map(on).cloned());
    spent.extend(swept.iter().map(|coin| coin.outpoint));
    if let Some(paid) = asks.paid.get_mut(number) {
        *paid = Paid::Swept(u32::try_from(swept.len()).unwrap_or(u32::MAX));
    }
    Ok(())
}
