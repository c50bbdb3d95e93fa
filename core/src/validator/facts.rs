//! What the rules of a schema see of an operation, gathered from what every holder sees.

use super::failure::{Check, Failure, Place};
use super::state::Open;
use crate::operation::Genesis;
use crate::outputs::{Leaves, Outputs};
use crate::schema::{Facts, Schema, Totals};
use crate::state::{State, Token};
use crate::value::Values;

/// Totals of outputs, and a Token leaf of fraction 0 if there is one.
pub(super) struct OutputFacts {
    pub(super) totals: Totals,
    empty_token: Option<u16>,
}

/// Values as rules see them.
pub(super) fn values(values: &Values) -> Vec<(u16, &[u8])> {
    values
        .0
        .iter()
        .map(|value| (value.number, value.bytes.as_slice()))
        .collect()
}

pub(super) fn genesis_facts(genesis: &Genesis) -> OutputFacts {
    output_facts(&genesis.outputs)
}

/// Totals of outputs, shown or not.
pub(super) fn output_facts(outputs: &Outputs) -> OutputFacts {
    let mut totals = Totals::new();
    let mut empty_token = None;
    for (ty, leaves) in &outputs.0 {
        if let Leaves::Token(tokens) = leaves {
            for leaf in tokens {
                totals.add_token(*ty, leaf.state.id, leaf.state.fraction);
                if leaf.state.fraction == 0 {
                    empty_token = empty_token.or(Some(*ty));
                }
            }
        } else {
            totals.add_root(*ty, leaves.kind(), leaves.count(), leaves.aggregate());
        }
    }
    OutputFacts {
        totals,
        empty_token,
    }
}

/// Totals of inputs that were taken from the open state.
pub(super) fn input_totals<'a>(taken: impl Iterator<Item = (u16, &'a Open)>) -> Totals {
    let mut totals = Totals::new();
    for (ty, open) in taken {
        match &open.state {
            State::Token(Token { id, fraction }) => totals.add_token(ty, *id, *fraction),
            state => totals.add_root(ty, state.kind(), 1, state.amount()),
        }
    }
    totals
}

impl OutputFacts {
    /// That leaves and values are of their types.
    pub(super) fn check_types(
        &self,
        schema: &Schema,
        facts: &Facts<'_>,
        place: Place,
    ) -> Result<(), Failure> {
        if let Err(failure) = schema.check_types(facts) {
            return Err(place.invalid(
                Check::StateType,
                "state as the schema declares it",
                failure,
            ));
        }
        match self.empty_token {
            None => Ok(()),
            Some(ty) => {
                let name = schema.owned.get(&ty).map(|def| def.name.as_str());
                let found = format!("a token of `{}` with fraction 0", name.unwrap_or_default());
                Err(place.invalid(Check::StateType, "fractions of at least 1", found))
            }
        }
    }
}
