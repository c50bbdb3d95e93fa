//! What a schema allows a wallet to do without asking anybody: its plain moves.

use std::collections::BTreeMap;

use bulla_core::schema::{Expr, Occurs, Rule, Schema, TransitionDef};
use bulla_core::state::StateKind;

/// A transition that moves a type and changes nothing.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// Its kind.
    pub kind: u16,
    /// Most inputs of the type.
    pub max_inputs: u32,
    /// Most outputs of the type.
    pub max_outputs: u32,
}

/// What the planner knows of a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContractFacts {
    /// The type that payments by amount move: the first Amount type with a plain move.
    pub asset: Option<u16>,
    /// The plain move of each type that has one.
    pub moves: BTreeMap<u16, Move>,
}

impl ContractFacts {
    /// Of the contracts of a schema.
    pub fn of(schema: &Schema) -> Self {
        let moves: BTreeMap<u16, Move> = schema
            .owned
            .iter()
            .filter_map(|(ty, def)| plain_move(schema, *ty, def.kind).map(|found| (*ty, found)))
            .collect();
        let is_amount = |ty: &u16| {
            schema
                .owned
                .get(ty)
                .is_some_and(|def| def.kind == StateKind::Amount)
        };
        Self {
            asset: moves.keys().copied().find(is_amount),
            moves,
        }
    }
}

/// The first transition that can take the type alone and give it back: no values, no other type, and
/// no rule but equalities of what goes in and out.
fn plain_move(schema: &Schema, ty: u16, kind: StateKind) -> Option<Move> {
    schema.transitions.iter().find_map(|(number, def)| {
        let inputs = def.inputs.get(&ty).filter(|occurs| occurs.max > 0)?;
        let outputs = def.outputs.get(&ty).filter(|occurs| occurs.admits(1))?;
        let alone = is_alone(&def.inputs, ty) && is_alone(&def.outputs, ty) && needs_no_value(def);
        let plain = def.rules.iter().all(is_kept);
        let kept = match kind {
            StateKind::Amount => def.rules.iter().any(|rule| keeps_amount(rule) == Some(ty)),
            StateKind::Token => def.rules.contains(&Rule::TokensKept(ty)),
            StateKind::Right | StateKind::Data => true,
        };
        (alone && plain && kept && inputs.min <= 1).then_some(Move {
            kind: *number,
            max_inputs: inputs.max,
            max_outputs: outputs.max,
        })
    })
}

fn is_alone(occurrences: &BTreeMap<u16, Occurs>, ty: u16) -> bool {
    occurrences
        .iter()
        .all(|(other, occurs)| *other == ty || occurs.min == 0)
}

fn needs_no_value(def: &TransitionDef) -> bool {
    def.globals
        .values()
        .chain(def.metadata.values())
        .all(|occurs| occurs.min == 0)
}

fn is_kept(rule: &Rule) -> bool {
    matches!(rule, Rule::TokensKept(_)) || keeps_amount(rule).is_some()
}

/// The type whose sum the rule keeps, in either writing.
fn keeps_amount(rule: &Rule) -> Option<u16> {
    match rule {
        Rule::Equal(Expr::In(a), Expr::Out(b)) | Rule::Equal(Expr::Out(a), Expr::In(b))
            if a == b =>
        {
            Some(*a)
        }
        _ => None,
    }
}
