//! The guard against omission: whatever can be lost or created stands in an `==` rule
//! (PROTOCOL.md §9.3).

use std::collections::BTreeMap;

use super::error::{Problem, SchemaError};
use super::rule::{Expr, Rule, Side};
use super::types::{Occurs, Schema};
use crate::state::StateKind;

/// What an operation can consume and assign, and the rules about it.
pub(super) struct Flow<'a> {
    pub(super) inputs: &'a BTreeMap<u16, Occurs>,
    pub(super) outputs: &'a BTreeMap<u16, Occurs>,
    pub(super) rules: &'a [Rule],
}

/// Refuses an Amount or Token type that comes in or goes out without an `==` rule about it.
///
/// A `count` does not qualify, nor an equality with the same text on both sides. The arguments of
/// `range` stand on a side of an `==` and qualify.
pub(super) fn check(schema: &Schema, place: &str, flow: &Flow<'_>) -> Result<(), SchemaError> {
    let inputs = flow.inputs.keys().map(|owned| (Side::Input, *owned));
    let outputs = flow.outputs.keys().map(|owned| (Side::Output, *owned));
    for (side, owned) in inputs.chain(outputs) {
        guarded(schema, flow.rules, side, owned)
            .map_err(|problem| SchemaError::new(format!("{place}.rules"), problem))?;
    }
    Ok(())
}

fn guarded(schema: &Schema, rules: &[Rule], side: Side, owned: u16) -> Result<(), Problem> {
    let Some(def) = schema.owned.get(&owned) else {
        return Ok(());
    };
    let (sum, side_word) = match side {
        Side::Input => (Expr::In(owned), "input"),
        Side::Output => (Expr::Out(owned), "output"),
    };
    let (tied, expected) = match def.kind {
        StateKind::Right | StateKind::Data => return Ok(()),
        StateKind::Amount => (
            rules.iter().any(|rule| equates(rule, &sum)),
            sum.text(schema),
        ),
        StateKind::Token => (
            rules.iter().any(|rule| ties_tokens(rule, owned, side)),
            format!("tokens({})", sum.text(schema)),
        ),
    };
    if tied {
        return Ok(());
    }
    Err(Problem::Unguarded {
        owned: def.name.clone(),
        side: side_word,
        expected,
    })
}

fn equates(rule: &Rule, sum: &Expr) -> bool {
    let equality = match rule {
        Rule::Equal(left, right) => left != right,
        Rule::TokensRange { .. } => true,
        _ => false,
    };
    equality
        && rule
            .operands()
            .flat_map(Expr::leaves)
            .any(|leaf| leaf == sum)
}

fn ties_tokens(rule: &Rule, of: u16, side: Side) -> bool {
    match rule {
        Rule::TokensKept(owned) => *owned == of,
        Rule::TokensRange {
            side: ranged,
            owned,
            ..
        } => *owned == of && *ranged == side,
        _ => false,
    }
}
