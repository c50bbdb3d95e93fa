//! What a schema allows a wallet to do: its plain moves, and who must sign what.

use std::collections::BTreeMap;

use bulla_core::header::Header;
use bulla_core::limits;
use bulla_core::schema::{Expr, Occurs, Rule, Schema, TransitionDef};
use bulla_core::state::StateKind;
use bulla_core::value::Values;

/// A transition that moves a type and changes nothing.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// Its kind.
    pub kind: u16,
    /// Most inputs of the type.
    pub max_inputs: u32,
    /// Most outputs of the type.
    pub max_outputs: u32,
    /// How many keys of the contract must sign it.
    pub signatures: u64,
}

/// What the planner knows of a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContractFacts {
    /// Its schema.
    pub schema: Schema,
    /// What its genesis says.
    pub genesis: Values,
    /// The type that payments move where nobody names one: `asset`, or the only one there is.
    pub asset: Option<u16>,
    /// The plain move of each type that has one.
    pub moves: BTreeMap<u16, Move>,
}

impl ContractFacts {
    /// Of a contract.
    pub fn of(header: &Header) -> Self {
        Self::new(header.schema.clone(), header.genesis.globals.clone())
    }

    /// Of the contracts of a schema whose genesis says this.
    pub fn new(schema: Schema, genesis: Values) -> Self {
        let mut facts = Self {
            asset: None,
            moves: BTreeMap::new(),
            schema,
            genesis,
        };
        let owned = &facts.schema.owned;
        let found = owned
            .iter()
            .filter_map(|(ty, def)| facts.plain_move(*ty, def.kind).map(|found| (*ty, found)));
        let moves: BTreeMap<u16, Move> = found.collect();
        let asset = facts
            .schema
            .owned_number("asset")
            .or_else(|| owned.keys().copied().next().filter(|_| owned.len() == 1));
        facts.asset = asset.filter(|ty| {
            let amount = owned
                .get(ty)
                .is_some_and(|def| def.kind == StateKind::Amount);
            amount && moves.contains_key(ty)
        });
        facts.moves = moves;
        facts
    }

    /// How many keys of the contract must sign a transition of this kind.
    pub fn signatures(&self, kind: u16) -> u64 {
        let genesis: Vec<(u16, &[u8])> = self.genesis_values();
        let def = self.schema.transitions.get(&kind);
        let rule = def.and_then(|def| def.signature_rules(&genesis).next());
        rule.map_or(0, |rule| rule.threshold)
    }

    /// Whether anything that a contract does must be signed.
    pub fn asks_for_signatures(&self) -> bool {
        let mut kinds = self.schema.transitions.keys();
        kinds.any(|kind| self.signatures(*kind) > 0)
    }

    /// What the genesis says, as rules see it.
    pub fn genesis_values(&self) -> Vec<(u16, &[u8])> {
        let values = self.genesis.0.iter();
        values
            .map(|value| (value.number, value.bytes.as_slice()))
            .collect()
    }

    /// The name of an owned type.
    pub fn owned_name(&self, ty: u16) -> &str {
        self.schema.owned.get(&ty).map_or("", |def| &def.name)
    }

    /// Whether everything of this type can be moved without asking anybody.
    pub fn moves_freely(&self, ty: u16) -> bool {
        self.moves
            .get(&ty)
            .is_some_and(|found| found.signatures == 0)
    }

    /// The first transition that can take the type alone and give it back: no values, no other type,
    /// and no rule but equalities of what goes in and out; one that needs no signature comes first.
    fn plain_move(&self, ty: u16, kind: StateKind) -> Option<Move> {
        let found = self.schema.transitions.iter().filter_map(|(number, def)| {
            let inputs = def.inputs.get(&ty).filter(|occurs| occurs.max > 0)?;
            let outputs = def.outputs.get(&ty).filter(|occurs| occurs.admits(1))?;
            let alone =
                is_alone(&def.inputs, ty) && is_alone(&def.outputs, ty) && needs_no_value(def);
            let plain = def.rules.iter().all(is_kept);
            let kept = match kind {
                StateKind::Amount => def.rules.iter().any(|rule| keeps_amount(rule) == Some(ty)),
                StateKind::Token => def.rules.contains(&Rule::TokensKept(ty)),
                StateKind::Right | StateKind::Data => true,
            };
            (alone && plain && kept && inputs.min <= 1).then(|| Move {
                kind: *number,
                max_inputs: at_most(inputs.max, limits::INPUTS),
                max_outputs: at_most(outputs.max, limits::leaves(kind)),
                signatures: self.signatures(*number),
            })
        });
        found.min_by_key(|found| found.signatures)
    }
}

/// What the schema allows, within the limits of consensus.
fn at_most(max: u32, limit: usize) -> u32 {
    u32::try_from(limit).map_or(max, |limit| max.min(limit))
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
    matches!(rule, Rule::TokensKept(_) | Rule::Signed { .. }) || keeps_amount(rule).is_some()
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
