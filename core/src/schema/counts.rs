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

impl Part {
    /// For people, of one.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Global => "global",
            Self::Metadata => "metadata",
        }
    }
}

/// Too few or too many of something, or of something that has no place there.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}, expected {}", self.seen(), self.wanted())]
pub struct CountFailure {
    /// Where.
    pub part: Part,
    /// Which, as people know it: such as ``metadata `burned` ``.
    pub what: String,
    /// How many are there.
    pub found: u32,
    /// How many may be; none if the operation does not list it.
    pub expected: Occurs,
}

impl CountFailure {
    /// How many there are, in words.
    pub fn seen(&self) -> String {
        match self.found {
            1 => format!("{} occurs once", self.what),
            found => format!("{} occurs {found} times", self.what),
        }
    }

    /// How many may be, in words: the end that is not kept.
    pub fn wanted(&self) -> String {
        match self.expected {
            Occurs { max: 0, .. } => "none here".to_owned(),
            Occurs { min, max } if min == max => format!("exactly {min}"),
            Occurs { min, .. } if self.found < min => format!("at least {min}"),
            Occurs { max, .. } => format!("at most {max}"),
        }
    }
}

/// A leaf or value of another type than the schema declares.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TypeFailure {
    /// A leaf or value of a number that is not declared.
    #[error("{what} occurs, expected what the schema declares")]
    Undeclared {
        /// Which.
        what: String,
    },
    /// Leaves of another kind.
    #[error("{what} is of kind {}, expected {}", found.name(), expected.name())]
    Kind {
        /// Which, as people know it: such as ``output `asset` ``.
        what: String,
        /// The kind of its leaves.
        found: StateKind,
        /// The declared kind.
        expected: StateKind,
    },
    /// A value that is not of its type.
    #[error("{what} has a value of {length} bytes that is not of type {expected}")]
    Value {
        /// Which, as people know it: such as ``global `cap` ``.
        what: String,
        /// Bytes of the value.
        length: usize,
        /// The declared type.
        expected: ValueType,
    },
}

impl GenesisDef {
    /// Whether there are as many globals and outputs as declared.
    ///
    /// # Errors
    /// Of the first part in the order outputs, globals, and in it the lowest number.
    pub fn check_counts(&self, facts: &Facts<'_>, schema: &Schema) -> Result<(), CountFailure> {
        schema.count(Part::Output, &self.outputs, leaves(facts.outputs))?;
        schema.count(Part::Global, &self.globals, Groups(facts.globals))
    }
}

impl TransitionDef {
    /// Whether there are as many inputs, outputs, globals and metadata as declared.
    ///
    /// # Errors
    /// Of the first part in the order inputs, outputs, globals, metadata, and in it the lowest
    /// number.
    pub fn check_counts(&self, facts: &Facts<'_>, schema: &Schema) -> Result<(), CountFailure> {
        schema.count(Part::Input, &self.inputs, leaves(facts.inputs))?;
        schema.count(Part::Output, &self.outputs, leaves(facts.outputs))?;
        schema.count(Part::Global, &self.globals, Groups(facts.globals))?;
        schema.count(Part::Metadata, &self.metadata, Groups(facts.metadata))
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
        self.values(Part::Global, facts.globals, global)?;
        let meta = |number| self.metadata.get(&number).map(|def| def.ty);
        self.values(Part::Metadata, facts.metadata, meta)
    }

    fn kinds(&self, part: Part, totals: &Totals) -> Result<(), TypeFailure> {
        for totals in totals.iter() {
            let what = || self.what(part, totals.owned);
            let Some(def) = self.owned.get(&totals.owned) else {
                return Err(TypeFailure::Undeclared { what: what() });
            };
            if def.kind != totals.kind {
                return Err(TypeFailure::Kind {
                    what: what(),
                    found: totals.kind,
                    expected: def.kind,
                });
            }
        }
        Ok(())
    }

    fn values(
        &self,
        part: Part,
        values: &[Value<'_>],
        declared: impl Fn(u16) -> Option<ValueType>,
    ) -> Result<(), TypeFailure> {
        for (number, value) in values {
            let what = || self.what(part, *number);
            let Some(expected) = declared(*number) else {
                return Err(TypeFailure::Undeclared { what: what() });
            };
            if !expected.admits(value) {
                return Err(TypeFailure::Value {
                    what: what(),
                    length: value.len(),
                    expected,
                });
            }
        }
        Ok(())
    }

    /// A part of an operation by the name that the schema gives it.
    fn what(&self, part: Part, number: u16) -> String {
        let name = match part {
            Part::Input | Part::Output => self.owned.get(&number).map(|def| &def.name),
            Part::Global => self.globals.get(&number).map(|def| &def.name),
            Part::Metadata => self.metadata.get(&number).map(|def| &def.name),
        };
        name.map_or_else(
            || format!("{} number {number}, which is not declared,", part.word()),
            |name| format!("{} `{name}`", part.word()),
        )
    }
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

impl Schema {
    /// Walks the declared and the present numbers side by side; both ascend.
    fn count(
        &self,
        part: Part,
        declared: &BTreeMap<u16, Occurs>,
        present: impl Iterator<Item = (u16, u32)>,
    ) -> Result<(), CountFailure> {
        let check = |number: u16, found: u32, expected: Occurs| {
            let failure = || CountFailure {
                part,
                what: self.what(part, number),
                found,
                expected,
            };
            expected.admits(found).then_some(()).ok_or_else(failure)
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
}
