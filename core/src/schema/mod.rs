//! Schemas: the rules of a kind of contract, as data.
//!
//! A [`Schema`] declares the values an operation may carry, the types it may own and, for the
//! genesis and each transition, how many of each and which [`Rule`]s hold. Schemas are written in
//! TOML with the rules as text ([`Schema::from_toml`]), travel in a canonical binary form
//! ([`Schema::encode`], [`Schema::decode`]) and are known by the hash of that form
//! ([`Schema::id`]). Evaluation is a pure function over [`Facts`] that the validator collects.

mod check;
mod codec;
mod counts;
mod error;
mod eval;
mod explain;
mod facts;
mod guard;
mod lex;
mod locktime;
mod parse;
mod rule;
mod rule_codec;
mod scope;
mod signers;
#[cfg(test)]
mod tests;
mod toml;
mod toml_value;
mod types;
mod warn;

pub use counts::{CountFailure, Part, TypeFailure};
pub use error::{Problem, SchemaError};
pub use eval::{Broken, RuleFailure};
pub use explain::{Explained, ExplainedRule};
pub use facts::{Facts, Totals, TypeTotals, Value};
pub use locktime::LockTime;
pub use rule::{Expr, Rule, Side, Threshold};
pub use signers::{SignatureRule, SignerFailure};
pub use types::{
    GenesisDef, GlobalDef, MetaDef, Occurs, OwnedDef, RULE_VERSION, Schema, TransitionDef,
    ValueType,
};
pub use warn::Warning;
