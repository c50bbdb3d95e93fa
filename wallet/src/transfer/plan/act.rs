//! Reads an act: names of the schema become numbers.

use bulla_core::ContractId;
use bulla_core::schema::Schema;
use bulla_core::state::{State, StateKind};

use super::needs::Kind;
use super::{ContractFacts, PlanError};
use crate::api::{Act, Give, Quantity, Take};

/// An act with the numbers of its schema; what it gives to others is among the payments.
#[derive(Clone, Debug)]
pub(super) struct ReadAct {
    pub number: usize,
    pub kind: u16,
    pub takes: Vec<ReadTake>,
    pub gives: Vec<(u16, State, Option<usize>)>,
    pub globals: Vec<(u16, Vec<u8>)>,
    pub metadata: Vec<(u16, Vec<u8>)>,
}

/// What is to be consumed of one kind.
#[derive(Copy, Clone, Debug)]
pub(super) struct ReadTake {
    pub kind: Kind,
    pub quantity: u64,
    pub kept: bool,
}

/// Reads names; `payees` numbers what is given to others.
pub(super) fn read(
    act: &Act,
    facts: &ContractFacts,
    number: usize,
    mut payee: impl FnMut(u16, &Give) -> Result<Option<usize>, PlanError>,
) -> Result<ReadAct, PlanError> {
    let names = Names {
        contract: act.contract,
        schema: &facts.schema,
    };
    let mut gives = Vec::new();
    for give in &act.gives {
        let owned = names.owned(&give.owned)?;
        names.check_kind(owned, give.state.kind())?;
        gives.push((owned, give.state.clone(), payee(owned, give)?));
    }
    let takes = act.takes.iter().map(|take| names.take(take));
    Ok(ReadAct {
        number,
        kind: names.transition(&act.transition)?,
        takes: takes.collect::<Result<_, _>>()?,
        gives,
        globals: numbered(&act.globals, |name| names.global(name))?,
        metadata: numbered(&act.metadata, |name| names.meta(name))?,
    })
}

fn numbered(
    values: &[(String, Vec<u8>)],
    number: impl Fn(&str) -> Result<u16, PlanError>,
) -> Result<Vec<(u16, Vec<u8>)>, PlanError> {
    let values = values.iter();
    values
        .map(|(name, bytes)| Ok((number(name)?, bytes.clone())))
        .collect()
}

/// The names of one schema.
pub(super) struct Names<'a> {
    pub contract: ContractId,
    pub schema: &'a Schema,
}

impl Names<'_> {
    pub fn owned(&self, name: &str) -> Result<u16, PlanError> {
        let names = self.schema.owned.values().map(|def| &def.name);
        let found = self.schema.owned_number(name);
        found.ok_or_else(|| self.unknown("owned type", name, names))
    }

    fn transition(&self, name: &str) -> Result<u16, PlanError> {
        let names = self.schema.transitions.values().map(|def| &def.name);
        let found = self.schema.transition(name).map(|(number, _)| number);
        found.ok_or_else(|| self.unknown("transition", name, names))
    }

    fn global(&self, name: &str) -> Result<u16, PlanError> {
        let names = self.schema.globals.values().map(|def| &def.name);
        let found = self.schema.global_number(name);
        found.ok_or_else(|| self.unknown("global", name, names))
    }

    fn meta(&self, name: &str) -> Result<u16, PlanError> {
        let names = self.schema.metadata.values().map(|def| &def.name);
        let found = self.schema.meta_number(name);
        found.ok_or_else(|| self.unknown("metadata", name, names))
    }

    fn unknown<'n>(
        &self,
        what: &'static str,
        found: &str,
        names: impl Iterator<Item = &'n String>,
    ) -> PlanError {
        let names: Vec<&str> = names.map(String::as_str).collect();
        PlanError::UnknownName {
            contract: self.contract,
            what,
            found: found.chars().take(80).collect(),
            expected: if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            },
        }
    }

    fn take(&self, take: &Take) -> Result<ReadTake, PlanError> {
        let owned_type = self.owned(&take.owned)?;
        let (kind, token, quantity) = match take.quantity {
            Quantity::Amount(amount) => (StateKind::Amount, None, amount),
            Quantity::Token(token) => (StateKind::Token, Some(token.id), token.fraction),
            Quantity::Leaves(leaves) => (StateKind::Right, None, u64::from(leaves)),
        };
        self.check_kind(owned_type, kind)?;
        if quantity == 0 {
            return Err(PlanError::Zero);
        }
        Ok(ReadTake {
            kind: Kind { owned_type, token },
            quantity,
            kept: take.kept,
        })
    }

    /// A Right stands for Data as well where leaves are counted.
    pub fn check_kind(&self, owned_type: u16, found: StateKind) -> Result<(), PlanError> {
        let def = self.schema.owned.get(&owned_type);
        let Some(def) = def else { return Ok(()) };
        let counted = found == StateKind::Right && def.kind == StateKind::Data;
        if def.kind == found || counted {
            return Ok(());
        }
        Err(PlanError::OtherKind {
            contract: self.contract,
            owned: def.name.clone(),
            expected: def.kind,
        })
    }
}
