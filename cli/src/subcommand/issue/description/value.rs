//! Values of a description, read by what the schema declares.

use bitcoin::hex::FromHex;
use bulla_core::schema::{Schema, ValueType};
use bulla_core::state::{State, StateKind, Token};
use bulla_wallet::Amount;
use toml::Value;

use super::super::amounts::{decimals, is_amount};
use super::{AllocationText, unexpected};
use crate::subcommand::Result;

/// What the values depend on.
pub(super) struct Reader<'a> {
    pub(super) schema: &'a Schema,
    pub(super) precision: u8,
}

impl Reader<'_> {
    /// The values of one global: one, or a list of them.
    pub(super) fn global(&self, name: &str, value: &Value) -> Result<Vec<Vec<u8>>> {
        match value {
            Value::Array(values) => values.iter().map(|one| self.value(name, one)).collect(),
            one => Ok(vec![self.value(name, one)?]),
        }
    }

    fn value(&self, name: &str, value: &Value) -> Result<Vec<u8>> {
        let wrong = |expected: &str| unexpected(shown(value), expected);
        let number = self.schema.global_number(name);
        let def = number.and_then(|number| self.schema.globals.get(&number));
        let Some(def) = def else {
            let names: Vec<_> = self.schema.globals.values().map(|def| &*def.name).collect();
            return Err(unexpected(format!("`{name}`"), names.join(", ")));
        };
        match (def.ty, value) {
            (ValueType::Number, value) if is_amount(name) => {
                Ok(amount(value, self.precision)?.to_le_bytes().to_vec())
            }
            (ValueType::Number, Value::Integer(number)) => {
                let number = u64::try_from(*number).map_err(|_| wrong("0 or more"))?;
                Ok(number.to_le_bytes().to_vec())
            }
            (ValueType::Number, Value::Boolean(flag)) => {
                Ok(u64::from(*flag).to_le_bytes().to_vec())
            }
            (ValueType::Text, Value::String(text)) => Ok(text.as_bytes().to_vec()),
            (ValueType::Hash | ValueType::Key, Value::String(text)) => {
                let bytes = <[u8; 32]>::from_hex(text);
                Ok(bytes.map_err(|_| wrong("64 hex digits"))?.to_vec())
            }
            (ValueType::Bytes, Value::String(text)) => {
                Vec::from_hex(text).map_err(|_| wrong("hex digits"))
            }
            (ValueType::Number, _) => Err(wrong("a number")),
            (ValueType::Text, _) => Err(wrong("a text")),
            (ValueType::Hash | ValueType::Key | ValueType::Bytes, _) => {
                Err(wrong("a text of hex digits"))
            }
        }
    }

    /// The kind of an owned type.
    pub(super) fn kind(&self, owned: &str) -> Result<StateKind> {
        let number = self.schema.owned_number(owned);
        let def = number.and_then(|number| self.schema.owned.get(&number));
        def.map(|def| def.kind).ok_or_else(|| {
            let names: Vec<_> = self.schema.owned.values().map(|def| &*def.name).collect();
            unexpected(format!("`{owned}`"), names.join(", "))
        })
    }

    /// What is allocated.
    pub(super) fn state(&self, said: &AllocationText, kind: StateKind) -> Result<State> {
        let expected = match (kind, &said.amount, said.token, said.fraction) {
            (StateKind::Amount, Some(found), None, None) => {
                let precision = decimals(said.owned.get_ref(), self.precision);
                return Ok(State::Amount(amount(found.get_ref(), precision)?));
            }
            (StateKind::Token, None, Some(id), fraction) => {
                let fraction = fraction.unwrap_or(1);
                return Ok(State::Token(Token { id, fraction }));
            }
            (StateKind::Right, None, None, None) => return Ok(State::Right),
            (StateKind::Amount, ..) => "an `amount` alone",
            (StateKind::Token, ..) => "a `token`, with its `fraction` or without",
            (StateKind::Right, ..) => "nothing of the three",
            (StateKind::Data, ..) => "an owned type that is not data",
        };
        let given = [
            ("`amount`", said.amount.is_some()),
            ("`token`", said.token.is_some()),
            ("`fraction`", said.fraction.is_some()),
        ];
        let given = given.into_iter().filter(|(_, given)| *given);
        let given: Vec<_> = given.map(|(name, _)| name).collect();
        let found = if given.is_empty() {
            "no amount and no token".to_owned()
        } else {
            given.join(" and ")
        };
        Err(unexpected(found, expected))
    }
}

/// A text with decimals. A bare number could mean units or smallest units, so it is taken only where both
/// are the same.
fn amount(value: &Value, precision: u8) -> Result<u64> {
    let wrong = |expected: &str| unexpected(shown(value), expected);
    match value {
        Value::String(text) => Ok(Amount::parse(text, precision)?.units()),
        Value::Integer(units) if precision == 0 => {
            u64::try_from(*units).map_err(|_| wrong("0 or more"))
        }
        Value::Integer(_) => Err(wrong("a text with decimals, such as \"1000.00\"")),
        _ => Err(wrong("a text, such as \"1000\"")),
    }
}

/// A value as it may stand in a message.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", text.chars().take(80).collect::<String>()),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}
