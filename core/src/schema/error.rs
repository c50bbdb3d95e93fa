//! Why something is not a schema.

use std::fmt;

/// Why a text or a value is not a schema: where, what was found and what was expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaError {
    /// The line of the TOML file, from 1; none for a schema that came as bytes.
    pub line: Option<usize>,
    /// The place, as a path of names such as `transitions.transfer.rules[0]`.
    pub field: String,
    /// What is wrong there.
    pub problem: Problem,
}

impl SchemaError {
    pub(super) fn new(field: impl Into<String>, problem: Problem) -> Self {
        Self {
            line: None,
            field: field.into(),
            problem,
        }
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{}", self.problem)
    }
}

impl std::error::Error for SchemaError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.problem.source()
    }
}

/// What is wrong at a place of a schema.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Problem {
    /// The text is not TOML.
    #[error("not TOML: {message}")]
    NotToml {
        /// What the TOML parser says.
        message: String,
    },
    /// A key that means nothing here.
    #[error("unknown key, expected one of: {expected}")]
    UnknownKey {
        /// The keys that may stand here.
        expected: &'static str,
    },
    /// A key that must be there is not.
    #[error("missing, expected {expected}")]
    MissingKey {
        /// What it holds.
        expected: &'static str,
    },
    /// A value of another TOML type.
    #[error("found {found}, expected {expected}")]
    WrongToml {
        /// The TOML type found.
        found: &'static str,
        /// What should stand there.
        expected: &'static str,
    },
    /// A word that is not among the known ones.
    #[error("found {found:?}, expected one of: {expected}")]
    UnknownWord {
        /// The word.
        found: String,
        /// The known ones.
        expected: &'static str,
    },
    /// A number that does not fit.
    #[error("found {found}, expected a number from 0 to {max}")]
    NumberRange {
        /// The number.
        found: String,
        /// The largest that fits.
        max: u64,
    },
    /// Not the text of a number of occurrences.
    #[error("found {found:?}, expected how many: \"1\", \"0..1\", \"2..5\" or \"1..\"")]
    BadOccurs {
        /// The text.
        found: String,
    },
    /// Rules of a version this software does not know.
    #[error(
        "rule version {found} is unsupported, expected {expected}: a newer version of this software may know it"
    )]
    Version {
        /// The version.
        found: u64,
        /// The known one.
        expected: u8,
    },
    /// A name that is empty, too long, or has other characters.
    #[error("name {found:?}, expected {expected}")]
    BadName {
        /// The name.
        found: String,
        /// Its form.
        expected: &'static str,
    },
    /// Two of one kind with one name.
    #[error("name {name:?} is taken by number {first}, expected a name of its own")]
    DuplicateName {
        /// The name.
        name: String,
        /// The number that has it.
        first: u16,
    },
    /// Two of one kind with one number.
    #[error("number {number} is taken by {first:?}, expected a number of its own")]
    DuplicateNumber {
        /// The number.
        number: u16,
        /// The name that has it.
        first: String,
    },
    /// More than the consensus limit.
    #[error("{found} {what}, expected at most {max}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// How many.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// Occurrences no operation can meet: the least above the most, or none at all.
    #[error(
        "occurs {min} to {max} times, expected the least not above the most, and the most at least 1"
    )]
    EmptyOccurs {
        /// At least.
        min: u32,
        /// At most.
        max: u32,
    },
    /// A name that the schema does not declare.
    #[error("{what} {name:?} is not declared, expected one under [{section}]")]
    UnknownName {
        /// A global, metadata or owned type.
        what: &'static str,
        /// The name.
        name: String,
        /// Where it would be declared.
        section: &'static str,
    },
    /// A number that the schema does not declare.
    #[error("{what} number {number} is not declared")]
    UnknownNumber {
        /// A global, metadata or owned type.
        what: &'static str,
        /// The number.
        number: u16,
    },
    /// A rule that cannot be read.
    #[error("column {column} of the rule: found {found}, expected {expected}")]
    RuleSyntax {
        /// Characters before it, plus 1.
        column: usize,
        /// What stands there.
        found: String,
        /// What could.
        expected: &'static str,
    },
    /// A constant of 2^64 or more.
    #[error("constant {found}, expected less than 2^64")]
    ConstantTooLarge {
        /// Its digits.
        found: String,
    },
    /// A rule asks an owned type for what its kind does not have.
    #[error("{form} is of kind {found}, expected {expected}")]
    WrongKind {
        /// As it would be written.
        form: String,
        /// The kind of the type.
        found: &'static str,
        /// The kind needed.
        expected: &'static str,
    },
    /// A rule asks a value of another type.
    #[error("{form} is of type {found}, expected {expected}")]
    WrongType {
        /// As it would be written.
        form: String,
        /// The declared type.
        found: String,
        /// The type needed.
        expected: &'static str,
    },
    /// A rule computes with a value that may be absent or stand more than once.
    #[error("{form} occurs {found} times in {operation}, expected {expected}")]
    NotOnce {
        /// As it would be written.
        form: String,
        /// The declared occurrences, `0` if none are.
        found: String,
        /// `this operation` or `the genesis`.
        operation: &'static str,
        /// How many are needed.
        expected: &'static str,
    },
    /// A rule that cannot stand in the genesis, which has no inputs, metadata or witness.
    #[error("{form} cannot stand in a rule of the genesis")]
    NotInGenesis {
        /// As it would be written.
        form: String,
    },
    /// A second `signed` in one transition: signatures say which key by its number in one list.
    #[error("a second signed(…), expected at most one in a transition")]
    SecondSigned,
    /// A transition that declares no inputs could never be made.
    #[error("no inputs, expected at least one owned type")]
    NoInputs,
    /// The guard: nothing ties what comes in or goes out.
    #[error("{owned:?} can be an {side} but {expected} stands in no == rule, add one that ties it")]
    Unguarded {
        /// The owned type.
        owned: String,
        /// `input` or `output`.
        side: &'static str,
        /// The forms that count.
        expected: String,
    },
}
