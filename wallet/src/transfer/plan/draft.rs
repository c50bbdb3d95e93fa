//! Puts a draft together.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_core::commit::mpc_builder::MAX_MESSAGES;

use super::asks::{Asks, Orders, Payee};
use super::check::check;
use super::moves::{Moved, Moves, moves};
use super::needs::spent_coins;
use super::{
    Asked, ContractFacts, Draft, Facts, Holding, Method, OutputRole, Paid, PlanError, PlannedLeaf,
    PlannedOutput, PlannedSeal, PlannedTransition, SealedCoin,
};

/// Decides which sealed coins are spent, what moves where, and which outputs are made.
///
/// # Errors
/// If a payment is not possible, or an allocation would be lost that was not named.
pub fn draft(facts: &Facts<'_>, asked: &Asked<'_>) -> Result<Draft, PlanError> {
    let mut asks = Asks::read(facts, asked)?;
    let mut spent = spent_coins(facts, asked, &asks)?;
    let mut planned = BTreeMap::new();
    let none = Orders::default();
    let mut contracts = contracts_on(facts, &spent);
    contracts.extend(asks.contracts.keys());
    for contract in contracts {
        let moved = moves(
            contract,
            facts.contracts.get(&contract),
            &holdings_on(facts, &spent, contract),
            asks.contracts.get(&contract).unwrap_or(&none),
            asked.abandon.contains(&contract),
        )?;
        planned.insert(contract, moved);
    }
    make_room(facts, asked, &asks, &spent, &mut planned)?;
    let mut draft = lay_out(asked.method, facts, &asks, planned);
    for transition in &draft.transitions {
        let contract = transition.contract;
        let known = facts.contracts.get(&contract);
        let known = known.ok_or(PlanError::UnknownContract { contract })?;
        check(facts, known, transition)?;
    }
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

/// Leaves contracts behind that may be, where one transaction cannot commit to all.
fn make_room(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    asks: &Asks,
    spent: &BTreeSet<OutPoint>,
    planned: &mut BTreeMap<ContractId, Moves>,
) -> Result<(), PlanError> {
    let moving = planned.values().filter(|moves| moves.is_moving());
    let found = moving.count();
    let mut over = found.saturating_sub(MAX_MESSAGES);
    for (contract, moves) in planned.iter_mut().filter(|(_, moves)| moves.is_moving()) {
        let named = asked.abandon.contains(contract) && !asks.contracts.contains_key(contract);
        if named && over > 0 {
            over -= 1;
            moves.transitions.clear();
            let held = holdings_on(facts, spent, *contract).into_iter();
            moves.abandoned = held.cloned().collect();
        }
    }
    if over > 0 {
        return Err(PlanError::TooManyContracts {
            found,
            allowed: MAX_MESSAGES,
        });
    }
    Ok(())
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
    let transitions: Vec<PlannedTransition> = planned
        .iter()
        .flat_map(|(contract, moves)| {
            let known = facts.contracts.get(contract);
            moves
                .transitions
                .iter()
                .map(move |moved| transition(*contract, known, moved))
        })
        .collect();
    let group = |contract: ContractId, leaf: &PlannedLeaf| group(facts, contract, leaf);
    let groups: BTreeSet<Group> = transitions
        .iter()
        .flat_map(|planned| planned.leaves.iter().map(|leaf| (planned.contract, leaf)))
        .filter(|(_, leaf)| leaf.payment.is_none())
        .map(|(contract, leaf)| group(contract, leaf))
        .collect();
    let tapret = !groups.is_empty() && method == Method::Auto;
    if !transitions.is_empty() {
        let (role, sats) = if tapret {
            (OutputRole::TapretHost, facts.carrier)
        } else {
            (OutputRole::OpretHost, 0)
        };
        draft.outputs.push(PlannedOutput { role, sats });
    }
    let seals = payee_outputs(asks, &mut draft);
    let mut change = BTreeMap::new();
    for (n, group) in groups.into_iter().enumerate() {
        if n == 0 && tapret {
            change.insert(group, 0);
            continue;
        }
        change.insert(group, next_vout(&draft));
        draft.outputs.push(PlannedOutput {
            role: OutputRole::SealedChange,
            sats: facts.carrier,
        });
    }
    draft.outputs.extend(plain_outputs(asks));
    draft.transitions = transitions;
    for planned in &mut draft.transitions {
        for leaf in &mut planned.leaves {
            let vout = change.get(&group(planned.contract, leaf)).copied();
            let vout = vout.unwrap_or(0);
            let paid = leaf.payment.and_then(|payment| seals.get(&payment));
            leaf.seal = paid.copied().unwrap_or(PlannedSeal::Change { vout });
        }
    }
    let moves = planned.into_values();
    draft
        .abandoned
        .extend(moves.flat_map(|moves| moves.abandoned));
    draft
}

/// Which sealed change a leaf stays on: that of all that moves freely, or one of its contract alone, so
/// that nobody else's signature is ever needed to move the rest.
type Group = Option<ContractId>;

fn group(facts: &Facts<'_>, contract: ContractId, leaf: &PlannedLeaf) -> Group {
    let known = facts.contracts.get(&contract);
    let free = known.is_some_and(|known| known.moves_freely(leaf.owned_type));
    (!free).then_some(contract)
}

fn transition(
    contract: ContractId,
    known: Option<&ContractFacts>,
    moved: &Moved,
) -> PlannedTransition {
    let leaves = moved.leaves.iter().map(|leaf| PlannedLeaf {
        owned_type: leaf.owned_type,
        state: leaf.state.clone(),
        seal: PlannedSeal::Change { vout: 0 },
        payment: leaf.payment,
    });
    PlannedTransition {
        contract,
        kind: moved.kind,
        inputs: moved.inputs.clone(),
        leaves: leaves.collect(),
        globals: moved.globals.clone(),
        metadata: moved.metadata.clone(),
        signatures: known.map_or(0, |known| known.signatures(moved.kind)),
        act: moved.act,
    }
}

fn next_vout(draft: &Draft) -> u32 {
    u32::try_from(draft.outputs.len()).unwrap_or(u32::MAX)
}

/// Makes the payees' outputs; gives the seal of every asset payment.
fn payee_outputs(asks: &Asks, draft: &mut Draft) -> BTreeMap<usize, PlannedSeal> {
    let mut seals = BTreeMap::new();
    for (number, payee) in &asks.payees {
        let seal = match payee {
            Payee::Seal(secret) => PlannedSeal::Secret(*secret),
            Payee::Output {
                script,
                blinding,
                sats,
            } => {
                let vout = next_vout(draft);
                let role = OutputRole::Payee {
                    payment: *number,
                    script: script.clone(),
                };
                draft.outputs.push(PlannedOutput { role, sats: *sats });
                PlannedSeal::Payee {
                    vout,
                    blinding: *blinding,
                }
            }
        };
        seals.insert(*number, seal);
    }
    seals
}

fn plain_outputs(asks: &Asks) -> impl Iterator<Item = PlannedOutput> {
    let carriers = asks
        .carriers
        .iter()
        .map(|sats| (OutputRole::Carrier, *sats));
    let plain = asks.bitcoin.iter().map(|(script, sats)| {
        let script = script.clone();
        (OutputRole::Bitcoin { script }, *sats)
    });
    carriers
        .chain(plain)
        .map(|(role, sats)| PlannedOutput { role, sats })
}

/// Adds the free carriers that hold nothing, or nothing but what may be left behind.
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
        let left = on(coin).all(|holding| asked.abandon.contains(&holding.contract));
        !coin.held && left && !spent.contains(&coin.outpoint)
    };
    let swept: Vec<SealedCoin> = facts.coins.iter().filter(empty).copied().collect();
    if swept.is_empty() {
        return Err(PlanError::NothingToSweep);
    }
    draft.abandoned.extend(swept.iter().flat_map(on).cloned());
    spent.extend(swept.iter().map(|coin| coin.outpoint));
    if let Some(paid) = asks.paid.get_mut(number) {
        *paid = Paid::Swept(u32::try_from(swept.len()).unwrap_or(u32::MAX));
    }
    Ok(())
}
