//! A schema with a bit of everything, for tests only.

use bulla_core::schema::Schema;
use bulla_core::state::State;

use super::history::History;
use super::make::{coin, key, number, on, token, values};

/// Its text. Owned types: 0 asset, 1 allowance, 2 token, 3 right, 4 data.
pub const LAB: &str = r#"
name = "lab"
version = 0

[globals]
supply    = { number = 0, type = "number" }
keys      = { number = 1, type = "key" }
threshold = { number = 2, type = "number" }
note      = { number = 3, type = "text" }

[metadata]
burned = { number = 0, type = "number" }

[owned]
asset     = { number = 0, state = "amount" }
allowance = { number = 1, state = "amount" }
token     = { number = 2, state = "token" }
right     = { number = 3, state = "right" }
data      = { number = 4, state = "data" }

[genesis]
globals = { supply = "1", keys = "1..", threshold = "1", note = "0..1" }
outputs = { asset = "0..", allowance = "0..", token = "0..", right = "0..", data = "0.." }
rules = [
    "out.asset == global.supply",
    "out.allowance == 500",
    "tokens(out.token) == range(0, 2, 10)",
]

[transitions.transfer]
number = 0
inputs = { asset = "0..", allowance = "0..", token = "0..", right = "0..1", data = "0..1" }
outputs = { asset = "0..", allowance = "0..", token = "0..", right = "0..1", data = "0..1" }
rules = [
    "in.asset == out.asset",
    "in.allowance == out.allowance",
    "tokens(in.token) == tokens(out.token)",
    "count(in.right) == count(out.right)",
]

[transitions.issue]
number = 1
inputs = { allowance = "1.." }
outputs = { asset = "1..", allowance = "0.." }
globals = { note = "0..1" }
rules = ["in.allowance == out.allowance + out.asset", "1 <= out.asset"]

[transitions.burn]
number = 2
inputs = { asset = "1.." }
outputs = { asset = "0.." }
metadata = { burned = "1" }
rules = ["in.asset == out.asset + meta.burned", "1 <= meta.burned"]

[transitions.vouch]
number = 3
inputs = { asset = "1.." }
outputs = { asset = "1.." }
rules = ["in.asset == out.asset", "signed(genesis.threshold, keys)"]

[transitions.wait]
number = 4
inputs = { asset = "1.." }
outputs = { asset = "1.." }
rules = ["in.asset == out.asset", "100 <= witness.locktime"]
"#;

/// The schema.
pub fn schema() -> Schema {
    Schema::from_toml(LAB).expect("the schema of this file")
}

impl History {
    /// A contract of [`LAB`]: 1,000 on coin 0; an allowance of 500 on coin 1; tokens 0 and 1 with
    /// 10 fractions each on coins 2 and 3; a right on coin 4; data on coin 5. Two of the three
    /// keys 0, 1 and 2 must vouch.
    pub fn lab() -> Self {
        let globals = values(&[
            (0, number(1_000)),
            (1, key(0).serialize().to_vec()),
            (1, key(1).serialize().to_vec()),
            (1, key(2).serialize().to_vec()),
            (2, number(2)),
        ]);
        let data = amplify::confinement::Confined::try_from(vec![1, 2, 3]).expect("few bytes");
        let assignments = [
            (0, State::Amount(1_000), on(coin(0))),
            (1, State::Amount(500), on(coin(1))),
            (2, token(0, 10), on(coin(2))),
            (2, token(1, 10), on(coin(3))),
            (3, State::Right, on(coin(4))),
            (4, State::Data(data), on(coin(5))),
        ];
        Self::new(schema(), globals, &assignments)
    }
}
