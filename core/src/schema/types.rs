//! What a schema declares.

use std::collections::BTreeMap;
use std::fmt;

use super::rule::Rule;
use crate::state::StateKind;

/// The version of the rules this library evaluates; any other is unsupported.
pub const RULE_VERSION: u8 = 0;

/// The rules of a kind of contract.
///
/// Fields are public and unchecked; [`Schema::check`] says whether they are a schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schema {
    /// Rule version, the first byte of the encoding.
    pub version: u8,
    /// Printable ASCII, 1 to 255 bytes. A claim: users see schemas by id.
    pub name: String,
    /// Values an operation may publish, by number.
    pub globals: BTreeMap<u16, GlobalDef>,
    /// Values a transition may carry for its rules, by number.
    pub metadata: BTreeMap<u16, MetaDef>,
    /// Types an operation may assign, by number.
    pub owned: BTreeMap<u16, OwnedDef>,
    /// What the first operation of a contract must be.
    pub genesis: GenesisDef,
    /// What later operations must be, by number (their *kind*).
    pub transitions: BTreeMap<u16, TransitionDef>,
}

/// A value an operation may publish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GlobalDef {
    /// Unique among globals; a letter, then letters, digits and `_`.
    pub name: String,
    /// The type of each value.
    pub ty: ValueType,
}

/// A value a transition may carry for its rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MetaDef {
    /// Unique among metadata; a letter, then letters, digits and `_`.
    pub name: String,
    /// The type of each value.
    pub ty: ValueType,
}

/// A type an operation may assign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedDef {
    /// Unique among owned types; a letter, then letters, digits and `_`.
    pub name: String,
    /// What its leaves carry.
    pub kind: StateKind,
}

/// What a genesis must be. It has neither inputs nor metadata.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GenesisDef {
    /// How many values of each global; of one not listed, none.
    pub globals: BTreeMap<u16, Occurs>,
    /// How many leaves of each owned type; of one not listed, none.
    pub outputs: BTreeMap<u16, Occurs>,
    /// All must hold, checked in this order.
    pub rules: Vec<Rule>,
}

/// What a transition of one kind must be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TransitionDef {
    /// Unique among transitions; a letter, then letters, digits and `_`.
    pub name: String,
    /// How many inputs of each owned type; of one not listed, none. Not empty.
    pub inputs: BTreeMap<u16, Occurs>,
    /// How many leaves of each owned type; of one not listed, none.
    pub outputs: BTreeMap<u16, Occurs>,
    /// How many values of each global; of one not listed, none.
    pub globals: BTreeMap<u16, Occurs>,
    /// How many values of each metadata; of one not listed, none.
    pub metadata: BTreeMap<u16, Occurs>,
    /// All must hold, checked in this order.
    pub rules: Vec<Rule>,
}

/// The type of a global or metadata value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ValueType {
    /// A u64: 8 bytes, little-endian.
    Number = 0,
    /// UTF-8.
    Text = 1,
    /// Any bytes.
    Bytes = 2,
    /// 32 bytes.
    Hash = 3,
    /// A BIP340 public key: 32 bytes, x only.
    Key = 4,
}

/// How many, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Occurs {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

impl ValueType {
    /// Every value type with the word for it.
    pub const ALL: [(&'static str, Self); 5] = [
        ("number", Self::Number),
        ("text", Self::Text),
        ("bytes", Self::Bytes),
        ("hash", Self::Hash),
        ("key", Self::Key),
    ];

    /// Whether `value` is one of this type.
    ///
    /// A key need not be a point here: that is asked only of keys that a `signed` rule names.
    pub fn admits(self, value: &[u8]) -> bool {
        match self {
            Self::Number => value.len() == 8,
            Self::Text => std::str::from_utf8(value).is_ok(),
            Self::Bytes => true,
            Self::Hash | Self::Key => value.len() == 32,
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "number",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Hash => "hash",
            Self::Key => "key",
        })
    }
}

impl Occurs {
    /// Exactly one.
    pub const ONCE: Self = Self { min: 1, max: 1 };
    /// None at all: of what is not listed.
    pub const NEVER: Self = Self { min: 0, max: 0 };

    /// Whether `count` is within both ends.
    pub fn admits(self, count: u32) -> bool {
        (self.min..=self.max).contains(&count)
    }
}

impl fmt::Display for Occurs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min == self.max {
            write!(f, "{}", self.min)
        } else {
            write!(f, "{}..{}", self.min, self.max)
        }
    }
}

impl Schema {
    /// The number and definition of a transition by its name.
    pub fn transition(&self, name: &str) -> Option<(u16, &TransitionDef)> {
        self.transitions
            .iter()
            .find_map(|(number, def)| (def.name == name).then_some((*number, def)))
    }

    /// The number of an owned type by its name.
    pub fn owned_number(&self, name: &str) -> Option<u16> {
        number_of(&self.owned, name, |def| &def.name)
    }

    /// The number of a global by its name.
    pub fn global_number(&self, name: &str) -> Option<u16> {
        number_of(&self.globals, name, |def| &def.name)
    }

    /// The number of a metadata by its name.
    pub fn meta_number(&self, name: &str) -> Option<u16> {
        number_of(&self.metadata, name, |def| &def.name)
    }
}

fn number_of<D>(defs: &BTreeMap<u16, D>, name: &str, of: impl Fn(&D) -> &str) -> Option<u16> {
    defs.iter()
        .find_map(|(number, def)| (of(def) == name).then_some(*number))
}
