//! Whether an operation has what its definition says, in number and type.

use std::collections::BTreeMap;

use super::facts::{Facts, Totals, Value};
use super::types::{GenesisDef, Occurs, Schema, TransitionDef, ValueType};
use crate::state::StateKind;

/// A part of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Leaves consumed.
    Input,
    /// Leaves assigned.
    Output,
    /// Values published.
    Global,
    /// Values carried for the rules.
    Metadata,
}

/// Too few or too many of something, or of something that has no place there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{part:?} of type {number} occurs {found} times, expected {expected}")]
pub struct CountFailure {
    /// Where.
    pub part: Part,
    /// The number of the owned type, global or metadata.
    pub number: u16,
    /// How many are there.
    pub found: u32,
    /// How many may be; none if the schema does not list it.
    pub expected: Occurs,
}

/// A leaf or value of another type than the schema declares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TypeFailure {
    /// Leaves of another kind.
    #[error("{part:?} of type {owned} is of kind {found:?}, expected {expected:?}")]
    Kind {
        /// Input or output.
        part: Part,
        /// The owned type.
        owned: u16,
        /// The kind of its leaves.
        found: StateKind,
        /// The declared kind; none if the type is not declared.
        expected: Option<StateKind>,
    },
    /// A value that is not of its type.
    #[error("{part:?} {number} has a value of {length} bytes that is not of type {expected:?}")]
    Value {
        /// Global or metadata.
        part: Part,
        /// The global or metadata.
        number: u16,
        /// Bytes of the value.
        length: usize,
        /// The declared type; none if the number is not declared.
        expected: Option<ValueType>,
    },
}

impl GenesisDef {
    /// Whether there are as many globals and outputs as declared.
    ///
    /// # Errors
    /// Of the first part in the order outputs, globals, and in it the lowest number.
    pub fn check_counts(&self, facts: &Facts<'_>) -> Result<(), CountFailure> {
        count(Part::Output, &self.outputs, leaves(facts.outputs))?;
        count(Part::Global, &self.globals, Groups(facts.globals))
    }
}

impl TransitionDef {
    /// Whether there are as many inputs, outputs, globals and metadata as declared.
    ///
    /// # Errors
    /// Of the first part in the order inputs, outputs, globals, metadata, and in it the lowest
    /// number.
    pub fn check_counts(&self, facts: &Facts<'_>) -> Result<(), CountFailure> {
        count(Part::Input, &self.inputs, leaves(facts.inputs))?;
        count(Part::Output, &self.outputs, leaves(facts.outputs))?;
        count(Part::Global, &self.globals, Groups(facts.globals))?;
        count(Part::Metadata, &self.metadata, Groups(facts.metadata))
    }
}

impl Schema {
    /// Whether every leaf and value of an operation is of the type its number has.
    ///
    /// # Errors
    /// Of the first part in the order inputs, outputs, globals, metadata, and in it the lowest
    /// number, then the first value.
    pub fn check_types(&self, facts: &Facts<'_>) -> Result<(), TypeFailure> {
        self.kinds(Part::Input, facts.inputs)?;
        self.kinds(Part::Output, facts.outputs)?;
        let global = |number| self.globals.get(&number).map(|def| def.ty);
        values(Part::Global, facts.globals, global)?;
        let meta = |number| self.metadata.get(&number).map(|def| def.ty);
        values(Part::Metadata, facts.metadata, meta)
    }

    fn kinds(&self, part: Part, totals: &Totals) -> Result<(), TypeFailure> {
        for totals in totals.iter() {
            let expected = self.owned.get(&totals.owned).map(|def| def.kind);
            if expected != Some(totals.kind) {
                return Err(TypeFailure::Kind {
                    part,
                    owned: totals.owned,
                    found: totals.kind,
                    expected,
                });
            }
        }
        Ok(())
    }
}

fn values(
    part: Part,
    values: &[Value<'_>],
    declared: impl Fn(u16) -> Option<ValueType>,
) -> Result<(), TypeFailure> {
    for (number, value) in values {
        let expected = declared(*number);
        if !expected.is_some_and(|ty| ty.admits(value)) {
            return Err(TypeFailure::Value {
                part,
                number: *number,
                length: value.len(),
                expected,
            });
        }
    }
    Ok(())
}

fn leaves(totals: &Totals) -> impl Iterator<Item = (u16, u32)> {
    totals.iter().map(|totals| (totals.owned, totals.count))
}

/// Each number among values that ascend by number, with how many values it has.
struct Groups<'a>(&'a [Value<'a>]);

impl Iterator for Groups<'_> {
    type Item = (u16, u32);

    fn next(&mut self) -> Option<(u16, u32)> {
        let (number, _) = *self.0.first()?;
        let mut count = 0_u32;
        while let Some(((of, _), rest)) = self.0.split_first()
            && *of == number
        {
            count = count.saturating_add(1);
            self.0 = rest;
        }
        Some((number, count))
    }
}

/// Walks the declared and the present numbers side by side; both ascend.
fn count(
    part: Part,
    declared: &BTreeMap<u16, Occurs>,
    present: impl Iterator<Item = (u16, u32)>,
) -> Result<(), CountFailure> {
    let check = |number: u16, found: u32, expected: Occurs| {
        let failure = CountFailure {
            part,
            number,
            found,
            expected,
        };
        expected.admits(found).then_some(()).ok_or(failure)
    };
    let mut declared = declared.iter().peekable();
    for (number, found) in present {
        while let Some((&absent, &expected)) = declared.next_if(|(of, _)| **of < number) {
            check(absent, 0, expected)?;
        }
        let expected = declared.next_if(|(of, _)| **of == number);
        check(
            number,
            found,
            expected.map_or(Occurs::NEVER, |(_, occurs)| *occurs),
        )?;
    }
    declared.try_for_each(|(absent, expected)| check(*absent, 0, *expected))
}
