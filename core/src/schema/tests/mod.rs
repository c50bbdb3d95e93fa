//! Tests of the schema language; each file begins from the schema below and changes one thing.

mod bytes;
mod checks;
mod explain;
mod operations;
mod rules;
mod texts;
mod warned_amounts;
mod warned_ids;
mod warnings;

use super::{Problem, Schema, SchemaError};

/// Has one of everything that rules can name.
const LAB: &str = r#"
name = "lab"
version = 0

[globals]
supply = { number = 0, type = "number" }
ticker = { number = 1, type = "text" }
blob = { number = 2, type = "bytes" }
media = { number = 3, type = "hash" }
keys = { number = 4, type = "key" }
m = { number = 5, type = "number" }
note = { number = 6, type = "number" }

[metadata]
burned = { number = 0, type = "number" }
memo = { number = 1, type = "text" }

[owned]
asset = { number = 0, state = "amount" }
right = { number = 1, state = "right" }
nft = { number = 2, state = "token" }
file = { number = 3, state = "data" }

[genesis]
globals = { supply = "1", ticker = "0..1", keys = "1..", m = "1" }
outputs = { asset = "1..", nft = "0..9", right = "0..1" }
rules = ["out.asset == global.supply", "tokens(out.nft) == range(0, 9, 1)"]

[transitions.move]
number = 0
inputs = { asset = "1.." }
outputs = { asset = "1.." }
globals = { note = "0..3" }
rules = ["in.asset == out.asset"]

[transitions.burn]
number = 1
inputs = { asset = "1..", nft = "0.." }
outputs = { asset = "0..", nft = "0.." }
metadata = { burned = "1", memo = "0..1" }
rules = [
    "in.asset == out.asset + meta.burned and 1 <= meta.burned",
    "tokens(in.nft) == tokens(out.nft)",
    "signed(genesis.m, keys)",
]
"#;

fn lab() -> Schema {
    Schema::from_toml(LAB).expect("the lab is a schema")
}

/// The lab with one text in place of another.
fn lab_with(from: &str, to: &str) -> Result<Schema, SchemaError> {
    assert_eq!(
        LAB.matches(from).count(),
        1,
        "{from} stands once in the lab"
    );
    Schema::from_toml(&LAB.replacen(from, to, 1))
}

fn refused(line: usize, field: &str, problem: Problem) -> Result<Schema, SchemaError> {
    Err(SchemaError {
        line: Some(line),
        field: field.to_owned(),
        problem,
    })
}
