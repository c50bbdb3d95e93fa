//! `contract.toml`: a whole contract in a file that a person can read.
//! What it looks like: docs/issuing.md.

use std::path::{Path, PathBuf};

use bitcoin::OutPoint;
use bitcoin::hex::FromHex;
use bulla_core::schema::{Schema, ValueType};
use bulla_core::state::{State, StateKind, Token};
use bulla_schemas::roles::{global, owned};
use bulla_wallet::Amount;
use bulla_wallet::api::{AllocateTo, Issue as NewContract};
use serde::Deserialize;
use toml::Value;

use crate::error::Error;
use crate::subcommand::Result;
use crate::{file, media};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    schema: String,
    timestamp: Option<u64>,
    coin: Option<OutPoint>,
    #[serde(default)]
    media: Vec<PathBuf>,
    #[serde(default)]
    globals: toml::Table,
    allocations: Vec<AllocationText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllocationText {
    owned: String,
    amount: Option<Value>,
    token: Option<u32>,
    fraction: Option<u64>,
    to: Option<String>,
    coin: Option<OutPoint>,
}

/// Reads a description; gives the contract and the bytes of its media.
///
/// # Errors
/// If it is not one, naming the field and what was expected there.
pub fn read(
    path: &Path,
    schema: &dyn Fn(&str) -> Result<Schema>,
) -> Result<(NewContract, Vec<Vec<u8>>)> {
    let text = file::read_text(path)?;
    let said: Description = toml::from_str(&text).map_err(|cause| Error::Settings {
        path: path.to_owned(),
        cause: Box::new(cause),
    })?;
    let schema = schema(&said.schema)?;
    let reader = Reader {
        schema: &schema,
        precision: precision(&said.globals)?,
    };
    let mut issue = NewContract::new(schema.id());
    (issue.timestamp, issue.coin) = (said.timestamp, said.coin);
    for (name, value) in &said.globals {
        for bytes in reader.global(name, value)? {
            issue = issue.value(name, bytes);
        }
    }
    let mut files = Vec::new();
    for name in &said.media {
        let beside = path.parent().unwrap_or(Path::new("."));
        let (media, bytes) = media::read(&beside.join(name))?;
        issue = issue.media(&media);
        files.push(bytes);
    }
    for allocation in &said.allocations {
        let state = reader.state(allocation)?;
        issue = issue.allocate(&allocation.owned, state, to(allocation)?);
    }
    Ok((issue, files))
}

fn wrong(field: &str, expected: &'static str) -> Error {
    Error::Described {
        field: field.to_owned(),
        expected,
    }
}

fn precision(globals: &toml::Table) -> Result<u8> {
    let Some(value) = globals.get(global::PRECISION.name) else {
        return Ok(0);
    };
    let found = value
        .as_integer()
        .and_then(|found| u8::try_from(found).ok());
    found.ok_or_else(|| wrong("globals.precision", "0 to 18"))
}

fn to(allocation: &AllocationText) -> Result<AllocateTo> {
    Ok(match (&allocation.to, allocation.coin) {
        (None, None) => AllocateTo::Own,
        (None, Some(coin)) => AllocateTo::Coin(coin),
        (Some(invoice), None) => AllocateTo::Invoice(Box::new(invoice.parse()?)),
        (Some(_), Some(_)) => return Err(wrong("allocations", "`to` or `coin`, not both")),
    })
}

struct Reader<'a> {
    schema: &'a Schema,
    precision: u8,
}

impl Reader<'_> {
    /// The values of one global: one, or a list of them.
    fn global(&self, name: &str, value: &Value) -> Result<Vec<Vec<u8>>> {
        match value {
            Value::Array(values) => values.iter().map(|one| self.value(name, one)).collect(),
            one => Ok(vec![self.value(name, one)?]),
        }
    }

    fn value(&self, name: &str, value: &Value) -> Result<Vec<u8>> {
        let field = format!("globals.{name}");
        let number = self.schema.global_number(name);
        let def = number.and_then(|number| self.schema.globals.get(&number));
        let Some(def) = def else {
            return Err(wrong(&field, "a global that the schema declares"));
        };
        let amounts = [global::SUPPLY, global::CAP, global::REPLACEABLE];
        match (def.ty, value) {
            (ValueType::Number, value) if amounts.iter().any(|role| role.name == name) => {
                Ok(self.amount(&field, value)?.to_le_bytes().to_vec())
            }
            (ValueType::Number, Value::Integer(number)) => {
                let number = u64::try_from(*number).map_err(|_| wrong(&field, "0 or more"))?;
                Ok(number.to_le_bytes().to_vec())
            }
            (ValueType::Number, Value::Boolean(flag)) => {
                Ok(u64::from(*flag).to_le_bytes().to_vec())
            }
            (ValueType::Text, Value::String(text)) => Ok(text.as_bytes().to_vec()),
            (ValueType::Hash | ValueType::Key, Value::String(text)) => {
                let bytes = <[u8; 32]>::from_hex(text);
                Ok(bytes.map_err(|_| wrong(&field, "64 hex digits"))?.to_vec())
            }
            (ValueType::Bytes, Value::String(text)) => {
                Vec::from_hex(text).map_err(|_| wrong(&field, "hex digits"))
            }
            (ValueType::Number, _) => Err(wrong(&field, "a number")),
            _ => Err(wrong(&field, "a text")),
        }
    }

    /// A text with decimals. A bare number could mean units or smallest units, so it is taken only
    /// where both are the same.
    fn amount(&self, field: &str, value: &Value) -> Result<u64> {
        match value {
            Value::String(text) => Ok(Amount::parse(text, self.precision)?.units()),
            Value::Integer(units) if self.precision == 0 => {
                u64::try_from(*units).map_err(|_| wrong(field, "0 or more"))
            }
            _ => Err(wrong(field, "a text with decimals, such as \"1000.00\"")),
        }
    }

    fn state(&self, allocation: &AllocationText) -> Result<State> {
        let field = format!("allocations of {}", allocation.owned);
        let number = self.schema.owned_number(&allocation.owned);
        let def = number.and_then(|number| self.schema.owned.get(&number));
        let Some(def) = def else {
            return Err(wrong(&field, "an owned type that the schema declares"));
        };
        match (def.kind, &allocation.amount, allocation.token) {
            (StateKind::Amount, Some(amount), None) => {
                let counted = allocation.owned == owned::LEFT.name;
                let reader = Reader {
                    precision: if counted { 0 } else { self.precision },
                    ..*self
                };
                Ok(State::Amount(reader.amount(&field, amount)?))
            }
            (StateKind::Token, None, Some(id)) => {
                let fraction = allocation.fraction.unwrap_or(1);
                Ok(State::Token(Token { id, fraction }))
            }
            (StateKind::Right, None, None) => Ok(State::Right),
            (StateKind::Amount, ..) => Err(wrong(&field, "an `amount`")),
            (StateKind::Token, ..) => Err(wrong(&field, "a `token`, and its `fraction` or none")),
            _ => Err(wrong(&field, "no `amount` and no `token`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(text: &str) -> Result<NewContract> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("contract.toml");
        std::fs::write(&path, text).unwrap();
        let schema = |name: &str| Ok(bulla_schemas::by_name(name).unwrap());
        read(&path, &schema).map(|(issue, _)| issue)
    }

    const GROW: &str = r#"
        schema = "inflatable"
        timestamp = 7
        [globals]
        ticker = "GROW"
        name = "Growing"
        precision = 2
        supply = "10.5"
        cap = "20.00"
        [[allocations]]
        owned = "asset"
        amount = "10.50"
        [[allocations]]
        owned = "allowance"
        amount = "9.50"
    "#;

    #[test]
    fn amounts_are_read_with_decimals() {
        let issue = issue(GROW).unwrap();
        let states: Vec<_> = issue.allocations.iter().map(|a| a.state.clone()).collect();
        assert_eq!(states, [State::Amount(1_050), State::Amount(950)]);
        let supply = issue.globals.iter().find(|(name, _)| name == "supply");
        assert_eq!(supply.unwrap().1, 1_050_u64.to_le_bytes());
        assert_eq!(issue.timestamp, Some(7));
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        for (from, to) in [
            ("\"10.5\"", "1050"),
            ("\"10.50\"", "1050"),
            ("\"10.50\"", "10.5"),
            ("\"10.50\"", "\"10.505\""),
            ("owned = \"allowance\"", "owned = \"gold\""),
            ("cap =", "limit ="),
            ("timestamp = 7", "time = 7"),
            ("precision = 2", "precision = -1"),
        ] {
            assert!(GROW.contains(from));
            assert!(issue(&GROW.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
