//! `contract.toml`: a whole contract in a file that a person can read.
//! What it looks like: docs/issuing.md.

mod page;
mod value;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bitcoin::OutPoint;
use bulla_core::schema::Schema;
use bulla_schemas::roles::global;
use bulla_wallet::MAX_PRECISION;
use bulla_wallet::api::{AllocateTo, Issue as NewContract};
use serde::Deserialize;
use toml::{Spanned, Value};

pub use self::page::Lines;
use self::page::Page;
use self::value::Reader;
use crate::error::Error;
use crate::subcommand::Result;
use crate::{file, media};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    schema: Spanned<String>,
    timestamp: Option<u64>,
    coin: Option<Spanned<OutPoint>>,
    #[serde(default)]
    media: Vec<Spanned<PathBuf>>,
    #[serde(default)]
    globals: BTreeMap<String, Spanned<Value>>,
    allocations: Vec<Spanned<AllocationText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllocationText {
    owned: Spanned<String>,
    amount: Option<Spanned<Value>>,
    token: Option<u32>,
    fraction: Option<u64>,
    to: Option<Spanned<String>>,
    coin: Option<OutPoint>,
}

/// A contract that a file describes.
#[derive(Debug)]
pub struct Described {
    /// The contract.
    pub issue: NewContract,
    /// The bytes of its media.
    pub files: Vec<Vec<u8>>,
    /// Where the file says what.
    pub lines: Lines,
}

/// Reads a description.
///
/// # Errors
/// [`Error::Described`], naming file, line and field, what was found and what was expected there.
pub fn read(path: &Path, schema: &dyn Fn(&str) -> Result<Schema>) -> Result<Described> {
    let text = file::read_text(path)?;
    let page = Page { path, text: &text };
    let said: Description = toml::from_str(&text).map_err(|cause| page.not_toml(cause))?;
    let named = &said.schema;
    let schema =
        schema(named.get_ref()).map_err(|cause| page.wrong(&named.span(), "`schema`", cause))?;
    let reader = Reader {
        schema: &schema,
        precision: precision(&page, &said.globals)?,
    };
    let mut issue = NewContract::new(schema.id());
    issue.timestamp = said.timestamp;
    issue.coin = said.coin.as_ref().map(|coin| *coin.get_ref());
    for (name, value) in &said.globals {
        let values = reader.global(name, value.get_ref());
        let part = format!("`globals.{name}`");
        for bytes in values.map_err(|cause| page.wrong(&value.span(), part, cause))? {
            issue = issue.value(name, bytes);
        }
    }
    let mut files = Vec::new();
    for (number, name) in (1..).zip(&said.media) {
        let beside = path.parent().unwrap_or(Path::new("."));
        let read = media::read(&beside.join(name.get_ref()));
        let part = format!("`media`, file {number},");
        let (media, bytes) = read.map_err(|cause| page.wrong(&name.span(), part, cause))?;
        issue = issue.media(&media);
        files.push(bytes);
    }
    for (number, text) in (1..).zip(&said.allocations) {
        issue = allocate(issue, &page, &reader, number, text)?;
    }
    let lines = said.lines(&page);
    Ok(Described {
        issue,
        files,
        lines,
    })
}

impl Description {
    fn lines(self, page: &Page<'_>) -> Lines {
        let globals = self.globals.into_iter();
        let allocations = self.allocations.into_iter();
        Lines {
            path: page.path.to_owned(),
            coin: self.coin.map(|coin| page.line(&coin.span())),
            globals: globals
                .map(|(name, value)| (name, page.line(&value.span())))
                .collect(),
            allocations: allocations
                .map(|one| {
                    let line = page.line(&one.span());
                    (one.into_inner().owned.into_inner(), line)
                })
                .collect(),
        }
    }
}

fn unexpected(found: impl Into<String>, expected: impl Into<String>) -> Error {
    Error::Unexpected {
        found: found.into(),
        expected: expected.into(),
    }
}

/// The decimals, which the amounts depend on.
fn precision(page: &Page<'_>, globals: &BTreeMap<String, Spanned<Value>>) -> Result<u8> {
    let Some(value) = globals.get(global::PRECISION.name) else {
        return Ok(0);
    };
    let found = value
        .get_ref()
        .as_integer()
        .and_then(|found| u8::try_from(found).ok())
        .filter(|found| *found <= MAX_PRECISION);
    found.ok_or_else(|| {
        let cause = unexpected(value::shown(value.get_ref()), "0 to 18 decimals");
        page.wrong(&value.span(), "`globals.precision`", cause)
    })
}

/// Adds an allocation.
fn allocate(
    issue: NewContract,
    page: &Page<'_>,
    reader: &Reader<'_>,
    number: usize,
    text: &Spanned<AllocationText>,
) -> Result<NewContract> {
    let said = text.get_ref();
    let part = |field: &str| format!("allocation {number}, `{field}`");
    let kind = reader.kind(said.owned.get_ref());
    let kind = kind.map_err(|cause| page.wrong(&said.owned.span(), part("owned"), cause))?;
    let state = match (&said.amount, reader.state(said, kind)) {
        (Some(amount), Err(cause)) => {
            return Err(page.wrong(&amount.span(), part("amount"), cause));
        }
        (None, Err(cause)) => {
            let part = format!("allocation {number}");
            return Err(page.wrong(&text.span(), part, cause));
        }
        (_, Ok(state)) => state,
    };
    let to = match (&said.to, said.coin) {
        (None, None) => AllocateTo::Own,
        (None, Some(coin)) => AllocateTo::Coin(coin),
        (Some(invoice), None) => {
            let parsed = invoice.get_ref().parse().map_err(Error::Invoice);
            let parsed = parsed.map_err(|cause| page.wrong(&invoice.span(), part("to"), cause))?;
            AllocateTo::Invoice(Box::new(parsed))
        }
        (Some(invoice), Some(_)) => {
            let cause = unexpected("`to` and `coin`", "one of them, or neither");
            return Err(page.wrong(&invoice.span(), part("to"), cause));
        }
    };
    Ok(issue.allocate(said.owned.get_ref(), state, to))
}

#[cfg(test)]
mod tests {
    use bulla_core::state::State;

    use super::*;

    const GROW: &str = r#"schema = "inflatable"
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

    fn described(text: &str) -> Result<Described> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("contract.toml");
        std::fs::write(&path, text).unwrap();
        let schema = |name: &str| {
            let found = name.to_owned();
            bulla_schemas::by_name(name).ok_or(Error::NoSuchSchema { found })
        };
        read(&path, &schema)
    }

    #[test]
    fn amounts_are_read_with_decimals() {
        let issue = described(GROW).unwrap().issue;
        let states: Vec<_> = issue.allocations.iter().map(|a| a.state.clone()).collect();
        assert_eq!(states, [State::Amount(1_050), State::Amount(950)]);
        let supply = issue.globals.iter().find(|(name, _)| name == "supply");
        assert_eq!(supply.unwrap().1, 1_050_u64.to_le_bytes());
        assert_eq!(issue.timestamp, Some(7));
    }

    /// A change of the file, the line and part that is wrong, and why.
    const WRONG: [(&str, &str, usize, &str, &str); 22] = [
        (
            "\"inflatable\"",
            "\"gold\"",
            1,
            "`schema`",
            "there is no standard schema `gold`",
        ),
        (
            "timestamp = 7",
            "time = 7",
            2,
            "`time`",
            "unknown field `time`, expected one of `schema`, `timestamp`, `coin`, `media`, `globals`, `allocations`",
        ),
        (
            "timestamp = 7",
            "timestamp = \"now\"",
            2,
            "`timestamp`",
            "invalid type: string \"now\", expected u64",
        ),
        (
            "timestamp = 7",
            "coin = \"abc\"",
            2,
            "`coin`",
            "OutPoint not in <txid>:<vout> format",
        ),
        (
            "timestamp = 7",
            "timestamp = ",
            2,
            "`timestamp`",
            "string values must be quoted, expected literal string",
        ),
        (
            "timestamp = 7",
            "media = [\"gone.png\"]",
            2,
            "`media`, file 1,",
            "cannot read ",
        ),
        (
            "\"GROW\"",
            "7",
            4,
            "`globals.ticker`",
            "found 7, expected a text",
        ),
        (
            "precision = 2",
            "precision = -1",
            6,
            "`globals.precision`",
            "found -1, expected 0 to 18 decimals",
        ),
        (
            "precision = 2",
            "precision = 19",
            6,
            "`globals.precision`",
            "found 19, expected 0 to 18 decimals",
        ),
        (
            "\"10.5\"",
            "1050",
            7,
            "`globals.supply`",
            "found 1050, expected a text with decimals, such as \"1000.00\"",
        ),
        (
            "\"10.5\"",
            "\"10.505\"",
            7,
            "`globals.supply`",
            "`10.505` has 3 decimals; this asset has 2",
        ),
        (
            "cap =",
            "limit =",
            8,
            "`globals.limit`",
            "found `limit`, expected ticker, name, precision, details, terms, supply, cap, issuer",
        ),
        (
            "cap =",
            "issuer =",
            8,
            "`globals.issuer`",
            "found \"20.00\", expected 64 hex digits",
        ),
        (
            "owned = \"asset\"",
            "own = \"asset\"",
            11,
            "allocation 1, `own`",
            "unknown field `own`, expected one of `owned`, `amount`, `token`, `fraction`, `to`, `coin`",
        ),
        (
            "\"10.50\"",
            "\"1,000\"",
            12,
            "allocation 1, `amount`",
            "`1,000` is not an amount; expected digits with at most one decimal dot, like `1000` or `0.3`, without separators, signs or exponents",
        ),
        (
            "amount = \"10.50\"",
            "token = 1",
            10,
            "allocation 1",
            "found `token`, expected an `amount` alone",
        ),
        (
            "\"10.50\"",
            "\"10.50\"\nfraction = 2",
            12,
            "allocation 1, `amount`",
            "found `amount` and `fraction`, expected an `amount` alone",
        ),
        (
            "\"allowance\"",
            "\"gold\"",
            15,
            "allocation 2, `owned`",
            "found `gold`, expected asset, allowance",
        ),
        (
            "\"9.50\"",
            "9.50",
            16,
            "allocation 2, `amount`",
            "found 9.5, expected a text, such as \"1000\"",
        ),
        (
            "\"9.50\"",
            "\"9.50\"\ntoken = -1",
            17,
            "allocation 2, `token`",
            "invalid value: integer `-1`, expected u32",
        ),
        (
            "\"9.50\"",
            "\"9.50\"\nto = \"bulla:x\"",
            17,
            "allocation 2, `to`",
            "the invoice has no field `sum`",
        ),
        (
            "\"9.50\"",
            "\"9.50\"\nto = \"bulla:x\"\ncoin = \"0000000000000000000000000000000000000000000000000000000000000001:0\"",
            17,
            "allocation 2, `to`",
            "found `to` and `coin`, expected one of them, or neither",
        ),
    ];

    #[test]
    fn every_error_names_line_part_what_was_found_and_what_was_expected() {
        for (from, to, expected_line, expected_part, expected_cause) in WRONG {
            assert!(GROW.contains(from), "{from}");
            let error = described(&GROW.replacen(from, to, 1)).unwrap_err();
            let Error::Described {
                line, part, cause, ..
            } = &error
            else {
                panic!("{to}: {error}");
            };
            assert_eq!(
                (*line, &**part),
                (Some(expected_line), expected_part),
                "{to}"
            );
            let cause = cause.to_string();
            assert!(cause.starts_with(expected_cause), "{to}: {cause}");
            let message = error.to_string();
            let end = format!("contract.toml, line {expected_line}: {expected_part} is wrong");
            assert!(message.ends_with(&end), "{message}");
        }
    }

    #[test]
    fn what_the_wallet_refuses_is_found_in_the_file() {
        use bulla_wallet::transfer::error::TransferError;
        let lines = described(GROW).unwrap().lines;
        let genesis = |reason: &str| TransferError::Genesis {
            reason: reason.to_owned(),
        };
        let field = TransferError::Field {
            field: "name",
            found: "` x`".to_owned(),
            expected: "no space",
        };
        let allocation = TransferError::Allocation {
            number: 2,
            cause: Box::new(TransferError::NoFeeRate),
        };
        for (cause, line, part) in [
            (field, Some(5), "`globals.name`"),
            (allocation, Some(14), "allocation 2"),
            (
                genesis("rules[1] `out.asset == global.supply`"),
                Some(7),
                "`globals.supply`",
            ),
            (
                genesis("`allowance` occurs 0 times"),
                Some(14),
                "allocation 2",
            ),
            (genesis("`details` occurs 0 times"), None, "the contract"),
        ] {
            let Error::Described {
                line: at, part: of, ..
            } = lines.explain(cause.into())
            else {
                panic!("{part}");
            };
            assert_eq!((at, &*of), (line, part));
        }
    }
}
