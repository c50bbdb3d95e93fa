//! Whether the rules hold of an operation (PROTOCOL.md §9.4).

use std::collections::BTreeMap;

use super::facts::{Facts, TypeTotals, Value, values_of};
use super::locktime::LockTime;
use super::rule::{Expr, Rule, Side};
use super::types::{GenesisDef, Schema, TransitionDef};
use crate::limits::OTHER_LEAVES;

/// The first rule that does not hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("rules[{rule}] `{text}`: {broken}")]
pub struct RuleFailure {
    /// Its place in the list of rules, from 0, as in [`SchemaError::field`](super::SchemaError::field).
    pub rule: usize,
    /// The rule as it is written.
    pub text: String,
    /// What was found.
    pub broken: Broken,
}

/// Why a rule does not hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    /// The sides do not compare as they should.
    #[error("left is {left}, right is {right}")]
    Compared {
        /// The left side.
        left: u128,
        /// The right side.
        right: u128,
    },
    /// A sum or product of 2^128 or more.
    #[error("a number exceeds 2^128 - 1")]
    Overflow,
    /// A difference below 0.
    #[error("{left} - {right} is negative")]
    Negative {
        /// What is subtracted from.
        left: u128,
        /// What is subtracted.
        right: u128,
    },
    /// A value that rules compute with does not stand there as one number of 8 bytes.
    #[error("{what} {number} is not one number")]
    NotANumber {
        /// A global, metadata or genesis global.
        what: &'static str,
        /// Its number in the schema.
        number: u16,
    },
    /// A token id whose fractions do not add up as they should.
    #[error("token {id}: fractions of {found}, expected {expected}")]
    Token {
        /// The id.
        id: u32,
        /// Fraction total of the outputs, or of the inputs if the rule is about them.
        found: u128,
        /// Fraction total the rule asks for.
        expected: u128,
    },
    /// A range longer than the tokens one operation can have.
    #[error("range of {count} ids, expected at most 4096")]
    RangeTooLong {
        /// How many ids.
        count: u128,
    },
    /// A range with ids that no token can have.
    #[error("range of {count} ids from {first}, expected ids below 2^32")]
    RangeTooHigh {
        /// The lowest id.
        first: u128,
        /// How many ids.
        count: u128,
    },
    /// The witness could be mined too early.
    #[error(
        "locktime of the witness is {locktime} (0 if disabled), expected {earliest} or later in the same unit, above 0"
    )]
    TooEarly {
        /// The least height or Unix time.
        earliest: u128,
        /// The witness's.
        locktime: u32,
    },
}

impl GenesisDef {
    /// Whether all rules hold, in their order.
    ///
    /// # Errors
    /// Of the first that does not.
    pub fn check_rules(&self, facts: &Facts<'_>, schema: &Schema) -> Result<(), RuleFailure> {
        check_rules(&self.rules, facts, schema)
    }
}

impl TransitionDef {
    /// Whether all rules hold, in their order, except `signed`, for which see
    /// [`TransitionDef::signature_rules`].
    ///
    /// # Errors
    /// Of the first that does not.
    pub fn check_rules(&self, facts: &Facts<'_>, schema: &Schema) -> Result<(), RuleFailure> {
        check_rules(&self.rules, facts, schema)
    }
}

fn check_rules(rules: &[Rule], facts: &Facts<'_>, schema: &Schema) -> Result<(), RuleFailure> {
    for (index, rule) in rules.iter().enumerate() {
        check_rule(rule, facts).map_err(|broken| RuleFailure {
            rule: index,
            text: rule.text(schema),
            broken,
        })?;
    }
    Ok(())
}

fn check_rule(rule: &Rule, facts: &Facts<'_>) -> Result<(), Broken> {
    match rule {
        Rule::Equal(left, right) => compare(facts, left, right, |left, right| left == right),
        Rule::AtMost(left, right) => compare(facts, left, right, |left, right| left <= right),
        Rule::Less(left, right) => compare(facts, left, right, |left, right| left < right),
        Rule::TokensKept(owned) => tokens_kept(facts, *owned),
        Rule::TokensRange {
            side,
            owned,
            first,
            count,
            fraction,
        } => {
            let first = number(first, facts)?;
            let count = number(count, facts)?;
            let fraction = number(fraction, facts)?;
            let totals = match side {
                Side::Input => facts.inputs.get(*owned),
                Side::Output => facts.outputs.get(*owned),
            };
            tokens_range(tokens(totals), first, count, fraction)
        }
        Rule::Signed { .. } => Ok(()),
        Rule::NotBefore(earliest) => not_before(number(earliest, facts)?, facts.locktime),
    }
}

fn compare(
    facts: &Facts<'_>,
    left: &Expr,
    right: &Expr,
    holds: impl Fn(u128, u128) -> bool,
) -> Result<(), Broken> {
    let left = number(left, facts)?;
    let right = number(right, facts)?;
    if holds(left, right) {
        Ok(())
    } else {
        Err(Broken::Compared { left, right })
    }
}

/// Recurses no deeper than the nodes a rule may have.
fn number(expr: &Expr, facts: &Facts<'_>) -> Result<u128, Broken> {
    let amount = |totals: Option<&TypeTotals>| totals.map_or(0, |totals| totals.amount);
    let count = |totals: Option<&TypeTotals>| totals.map_or(0, |totals| u128::from(totals.count));
    Ok(match expr {
        Expr::Const(value) => u128::from(*value),
        Expr::In(owned) => amount(facts.inputs.get(*owned)),
        Expr::Out(owned) => amount(facts.outputs.get(*owned)),
        Expr::CountIn(owned) => count(facts.inputs.get(*owned)),
        Expr::CountOut(owned) => count(facts.outputs.get(*owned)),
        Expr::CountGlobal(global) => {
            let values = values_of(*global, facts.globals);
            u128::try_from(values.len()).unwrap_or(u128::MAX)
        }
        Expr::Global(global) => value(facts.globals, "global", *global)?,
        Expr::Meta(meta) => value(facts.metadata, "metadata", *meta)?,
        Expr::Genesis(global) => value(facts.genesis, "genesis global", *global)?,
        Expr::Add(left, right) => {
            let (left, right) = (number(left, facts)?, number(right, facts)?);
            left.checked_add(right).ok_or(Broken::Overflow)?
        }
        Expr::Sub(left, right) => {
            let (left, right) = (number(left, facts)?, number(right, facts)?);
            let negative = Broken::Negative { left, right };
            left.checked_sub(right).ok_or(negative)?
        }
        Expr::Mul(left, right) => {
            let (left, right) = (number(left, facts)?, number(right, facts)?);
            left.checked_mul(right).ok_or(Broken::Overflow)?
        }
    })
}

/// The one number among `values` that is of `number`.
pub(super) fn value(values: &[Value<'_>], what: &'static str, of: u16) -> Result<u128, Broken> {
    let bytes = match values_of(of, values) {
        [(_, value)] => <[u8; 8]>::try_from(*value).ok(),
        _ => None,
    };
    let number = bytes.map(|bytes| u128::from(u64::from_le_bytes(bytes)));
    number.ok_or(Broken::NotANumber { what, number: of })
}

type Tokens = BTreeMap<u32, u128>;

static NO_TOKENS: Tokens = Tokens::new();

fn tokens(totals: Option<&TypeTotals>) -> &Tokens {
    totals.map_or(&NO_TOKENS, |totals| &totals.tokens)
}

fn tokens_kept(facts: &Facts<'_>, owned: u16) -> Result<(), Broken> {
    let expected = tokens(facts.inputs.get(owned));
    let found = tokens(facts.outputs.get(owned));
    if expected == found {
        return Ok(());
    }
    let ids = expected.keys().chain(found.keys());
    let total = |tokens: &Tokens, id| tokens.get(&id).copied().unwrap_or(0);
    let differing = ids.copied().filter(|id| expected.get(id) != found.get(id));
    differing.min().map_or(Ok(()), |id| {
        Err(Broken::Token {
            id,
            found: total(found, id),
            expected: total(expected, id),
        })
    })
}

fn tokens_range(found: &Tokens, first: u128, count: u128, fraction: u128) -> Result<(), Broken> {
    if count > OTHER_LEAVES as u128 {
        return Err(Broken::RangeTooLong { count });
    }
    let too_high = Broken::RangeTooHigh { first, count };
    let end = first.checked_add(count).ok_or(too_high.clone())?;
    let in_range = |id: u32| (first..end).contains(&u128::from(id));
    if let Some((&id, &found)) = found.iter().find(|(id, _)| !in_range(**id)) {
        let expected = 0;
        return Err(Broken::Token {
            id,
            found,
            expected,
        });
    }
    for id in first..end {
        let id = u32::try_from(id).map_err(|_| too_high.clone())?;
        let found = found.get(&id).copied();
        if found != Some(fraction) {
            return Err(Broken::Token {
                id,
                found: found.unwrap_or(0),
                expected: fraction,
            });
        }
    }
    Ok(())
}

fn not_before(earliest: u128, locktime: LockTime) -> Result<(), Broken> {
    if locktime.reaches(earliest) {
        return Ok(());
    }
    Err(Broken::TooEarly {
        earliest,
        locktime: locktime.value(),
    })
}
