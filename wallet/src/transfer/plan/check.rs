//! That the schema allows what is planned: the same evaluation as the validator's, before anything
//! is built.

use bitcoin::absolute;
use bitcoin::transaction::Version;
use bitcoin::{Sequence, Transaction, TxIn};
use bulla_core::ContractId;
use bulla_core::schema::{Facts as RuleFacts, LockTime, Totals};
use bulla_core::state::{State, StateKind};

use super::{ContractFacts, Facts, PlanError, PlannedTransition};

/// Refuses a transition that would be invalid; signatures come later.
pub(super) fn check(
    facts: &Facts<'_>,
    known: &ContractFacts,
    planned: &PlannedTransition,
) -> Result<(), PlanError> {
    let contract: ContractId = planned.contract;
    let Some(def) = known.schema.transitions.get(&planned.kind) else {
        return Err(PlanError::UnknownContract { contract });
    };
    let forbidden = |reason: String| PlanError::Forbidden {
        contract,
        transition: def.name.clone(),
        reason,
    };
    let (mut inputs, mut outputs) = (Totals::new(), Totals::new());
    for (leaf, state) in &planned.inputs {
        add(&mut inputs, leaf.owned_type, state);
    }
    for leaf in &planned.leaves {
        add(&mut outputs, leaf.owned_type, &leaf.state);
        if matches!(&leaf.state, State::Token(token) if token.fraction == 0) {
            return Err(forbidden("a token with no fraction".to_owned()));
        }
    }
    let genesis = known.genesis_values();
    let (globals, metadata) = (sorted(&planned.globals), sorted(&planned.metadata));
    let seen = RuleFacts {
        inputs: &inputs,
        outputs: &outputs,
        globals: &globals,
        metadata: &metadata,
        genesis: &genesis,
        locktime: locktime(facts.height),
    };
    def.check_counts(&seen, &known.schema)
        .map_err(|failure| forbidden(failure.to_string()))?;
    let types = known.schema.check_types(&seen);
    types.map_err(|failure| forbidden(failure.to_string()))?;
    let rules = def.check_rules(&seen, &known.schema);
    rules.map_err(|failure| forbidden(failure.to_string()))
}

/// Counts one leaf.
pub fn add(totals: &mut Totals, owned: u16, state: &State) {
    match state {
        State::Amount(amount) => totals.add_amount(owned, *amount),
        State::Token(token) => totals.add_token(owned, token.id, token.fraction),
        State::Right => totals.add_root(owned, StateKind::Right, 1, 0),
        State::Data(_) => totals.add_root(owned, StateKind::Data, 1, 0),
    }
}

fn sorted(values: &[(u16, Vec<u8>)]) -> Vec<(u16, &[u8])> {
    let values = values.iter();
    let mut sorted: Vec<_> = values
        .map(|(number, bytes)| (*number, bytes.as_slice()))
        .collect();
    sorted.sort_by_key(|(number, _)| *number);
    sorted
}

/// Of a transaction as the wallet makes them: no input is final.
fn locktime(height: u32) -> LockTime {
    let lock_time = absolute::LockTime::from_height(height).unwrap_or(absolute::LockTime::ZERO);
    LockTime::of(&Transaction {
        version: Version::TWO,
        lock_time,
        input: vec![TxIn {
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            ..TxIn::default()
        }],
        output: Vec::new(),
    })
}
