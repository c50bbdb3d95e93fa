//! Values of a TOML file, read with errors that name their field.

use std::collections::BTreeMap;

use ::toml::Spanned;
use ::toml::de::{DeArray, DeValue};

use super::error::{Problem, SchemaError};
use super::types::{Occurs, RULE_VERSION};

pub(super) type Read<T> = Result<T, SchemaError>;

/// A table with the path that leads to it.
pub(super) struct Table<'t> {
    pub(super) path: String,
    pub(super) entries: Vec<(&'t str, &'t Spanned<DeValue<'t>>)>,
}

impl<'t> Table<'t> {
    pub(super) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        let mut entries = self.entries.iter();
        entries.find_map(|(name, value)| (*name == key).then_some(*value))
    }

    pub(super) fn required(
        &self,
        key: &str,
        expected: &'static str,
    ) -> Read<&'t Spanned<DeValue<'t>>> {
        self.get(key)
            .ok_or_else(|| self.error(key, Problem::MissingKey { expected }))
    }

    /// Refuses every key that is not among the words of `known`.
    pub(super) fn keys(&self, known: &'static str) -> Read<()> {
        for (key, _) in &self.entries {
            if !known.split(' ').any(|word| word == *key) {
                return Err(self.error(key, Problem::UnknownKey { expected: known }));
            }
        }
        Ok(())
    }

    /// The number that this definition has.
    pub(super) fn own_number(&self) -> Read<u16> {
        let value = self.required("number", "its number, 0 to 65535")?;
        number(&self.field("number"), value, u64::from(u16::MAX))
    }

    pub(super) fn field(&self, key: &str) -> String {
        join(&self.path, key)
    }

    pub(super) fn error(&self, key: &str, problem: Problem) -> SchemaError {
        SchemaError::new(self.field(key), problem)
    }
}

/// Definitions by number, each number once.
pub(super) struct Numbered<D> {
    pub(super) map: BTreeMap<u16, D>,
    names: BTreeMap<u16, String>,
}

impl<D> Default for Numbered<D> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }
}

impl<D> Numbered<D> {
    pub(super) fn add(&mut self, entry: &Table<'_>, number: u16, name: &str, def: D) -> Read<()> {
        if let Some(first) = self.names.insert(number, name.to_owned()) {
            return Err(entry.error("number", Problem::DuplicateNumber { number, first }));
        }
        self.map.insert(number, def);
        Ok(())
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    let dot = if path.is_empty() { "" } else { "." };
    format!("{path}{dot}{}", key.escape_debug())
}

pub(super) fn line_of(text: &str, position: usize) -> usize {
    let before = text.bytes().take(position);
    before.filter(|byte| *byte == b'\n').count() + 1
}

pub(super) fn string<'t>(field: &str, value: &'t Spanned<DeValue<'t>>) -> Read<&'t str> {
    let text = value.get_ref().as_str();
    text.ok_or_else(|| wrong_toml(field, value, "a text in quotes"))
}

pub(super) fn array<'t>(field: &str, value: &'t Spanned<DeValue<'t>>) -> Read<&'t DeArray<'t>> {
    let array = value.get_ref().as_array();
    array.ok_or_else(|| wrong_toml(field, value, "a list of texts"))
}

pub(super) fn wrong_toml(
    field: &str,
    value: &Spanned<DeValue<'_>>,
    expected: &'static str,
) -> SchemaError {
    let found = value.get_ref().type_str();
    SchemaError::new(field, Problem::WrongToml { found, expected })
}

/// A number that fits `T`, whose largest is `max`.
pub(super) fn number<T: TryFrom<u64>>(
    field: &str,
    value: &Spanned<DeValue<'_>>,
    max: u64,
) -> Read<T> {
    let DeValue::Integer(integer) = value.get_ref() else {
        return Err(wrong_toml(field, value, "a number"));
    };
    let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| {
            let found = integer.to_string();
            SchemaError::new(field, Problem::NumberRange { found, max })
        })
}

pub(super) fn supported(version: u64) -> Result<u8, Problem> {
    if version == u64::from(RULE_VERSION) {
        return Ok(RULE_VERSION);
    }
    Err(Problem::Version {
        found: version,
        expected: RULE_VERSION,
    })
}

pub(super) fn choose<T: Copy>(
    words: &[(&str, T)],
    word: &str,
    expected: &'static str,
) -> Result<T, Problem> {
    let mut words = words.iter();
    let chosen = words.find_map(|(known, value)| (*known == word).then_some(*value));
    chosen.ok_or_else(|| Problem::UnknownWord {
        found: word.to_owned(),
        expected,
    })
}

/// `"1"`, `"0..1"`, `"2..5"` or `"1.."`, both ends included; the last means at most `most`.
pub(super) fn occurs(text: &str, most: usize) -> Result<Occurs, Problem> {
    let bad = || Problem::BadOccurs {
        found: text.to_owned(),
    };
    let end = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let end = digits.parse::<u32>().ok();
        end.filter(|_| plain).ok_or_else(bad)
    };
    match text.split_once("..") {
        None => end(text).map(|count| Occurs {
            min: count,
            max: count,
        }),
        Some((min, "")) => Ok(Occurs {
            min: end(min)?,
            max: u32::try_from(most).unwrap_or(u32::MAX),
        }),
        Some((min, max)) => Ok(Occurs {
            min: end(min)?,
            max: end(max)?,
        }),
    }
}
