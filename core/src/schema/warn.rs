//! What the guard cannot see and a reader should know before allowing a schema.
//!
//! Not consensus: a schema with warnings is valid. The rules of a transition are read as equations
//! and inequalities over sums; a product too large to multiply out counts for nothing.

use std::collections::BTreeMap;

use super::rule::{Expr, Rule};
use super::types::{Schema, TransitionDef};
use crate::state::StateKind;

/// Something a schema lets happen that its author may not have meant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Warning {
    /// More can be created than inputs give, as in `in.asset + meta.more == out.asset`.
    #[error(
        "transition {transition}: no rule bounds out.{owned} by inputs, any amount can be created"
    )]
    Unbounded {
        /// The transition.
        transition: String,
        /// The Amount type.
        owned: String,
    },
    /// Inputs can vanish without a trace, as in `0 * in.asset == 0`.
    #[error("transition {transition}: no equality depends on in.{owned}, any amount can vanish")]
    Untraced {
        /// The transition.
        transition: String,
        /// The Amount type.
        owned: String,
    },
    /// The same token ids can be created again, as in `tokens(out.nft) == range(0, 1, 1)`.
    #[error(
        "transition {transition}: the ids of out.{owned} depend on no input, they can be created again"
    )]
    Repeatable {
        /// The transition.
        transition: String,
        /// The Token type.
        owned: String,
    },
}

/// A sum of products of names, each with a factor: what stands left of `== 0` or `>= 0`.
type Sum<'a> = BTreeMap<Vec<&'a Expr>, i128>;

/// Products in a sum beyond which it is not looked at.
const MOST_PRODUCTS: usize = 64;

impl Schema {
    /// What the guard cannot see, for whoever writes this schema or thinks of allowing it.
    ///
    /// No warning is no proof of soundness.
    pub fn warnings(&self) -> Vec<Warning> {
        let transitions = self.transitions.values();
        transitions.flat_map(|def| self.warnings_of(def)).collect()
    }

    fn warnings_of(&self, def: &TransitionDef) -> Vec<Warning> {
        let named = |owned: &u16| {
            let name = self.owned.get(owned).map(|def| def.name.clone());
            (def.name.clone(), name.unwrap_or_default())
        };
        let kind = |owned: &u16| self.owned.get(owned).map(|def| def.kind);
        let mut warnings = Vec::new();
        for owned in def.inputs.keys() {
            if kind(owned) == Some(StateKind::Amount) && !traced(&def.rules, *owned) {
                let (transition, owned) = named(owned);
                warnings.push(Warning::Untraced { transition, owned });
            }
        }
        for owned in def.outputs.keys() {
            if kind(owned) == Some(StateKind::Amount) && !bounded(&def.rules, *owned) {
                let (transition, owned) = named(owned);
                warnings.push(Warning::Unbounded { transition, owned });
            }
            if kind(owned) == Some(StateKind::Token) && repeatable(&def.rules, *owned) {
                let (transition, owned) = named(owned);
                warnings.push(Warning::Repeatable { transition, owned });
            }
        }
        warnings
    }
}

/// Whether an equality really depends on the inputs of a type.
fn traced(rules: &[Rule], owned: u16) -> bool {
    let depends = |sum: Sum<'_>| sum.keys().flatten().any(|name| **name == Expr::In(owned));
    rules.iter().any(|rule| match rule {
        Rule::Equal(left, right) => difference(left, right).is_some_and(depends),
        Rule::TokensRange { .. } => rule.operands().any(|expr| sum(expr).is_some_and(depends)),
        _ => false,
    })
}

/// Whether a rule keeps the outputs of a type below something that grows with inputs alone.
fn bounded(rules: &[Rule], owned: u16) -> bool {
    let out = Expr::Out(owned);
    let bounds = |larger: &Expr, smaller: &Expr| {
        difference(larger, smaller).is_some_and(|sum| {
            let mut above = sum.iter().filter(|(_, factor)| **factor > 0);
            factor(&sum, &out) < 0 && above.all(|(product, _)| given(product))
        })
    };
    rules.iter().any(|rule| {
        let stated = match rule {
            Rule::Equal(left, right) => bounds(left, right) || bounds(right, left),
            Rule::AtMost(left, right) | Rule::Less(left, right) => bounds(right, left),
            _ => false,
        };
        stated || rule.operands().any(|expr| subtracts(expr, &bounds))
    })
}

/// Whether a difference in `expr`, which must not be negative, is a bound.
fn subtracts(expr: &Expr, bounds: &impl Fn(&Expr, &Expr) -> bool) -> bool {
    match expr {
        Expr::Sub(left, right) => {
            bounds(left, right) || subtracts(left, bounds) || subtracts(right, bounds)
        }
        Expr::Add(left, right) | Expr::Mul(left, right) => {
            subtracts(left, bounds) || subtracts(right, bounds)
        }
        _ => false,
    }
}

/// Whether ids of a Token type are created that no input decides.
fn repeatable(rules: &[Rule], of: u16) -> bool {
    let kept = rules.contains(&Rule::TokensKept(of));
    let decided = |rule: &Rule| match rule {
        Rule::TokensRange { owned, first, .. } if *owned == of => {
            sum(first).is_some_and(|sum| sum.keys().any(|product| given(product)))
        }
        _ => false,
    };
    !kept && !rules.iter().any(decided)
}

/// Whether a product grows with what is spent, which cannot be had again, and with nothing that
/// whoever makes the transition is free to choose.
fn given(product: &[&Expr]) -> bool {
    let spent = |name: &Expr| matches!(name, Expr::In(_) | Expr::CountIn(_));
    let mut names = product.iter();
    let fixed = names.all(|name| spent(name) || matches!(name, Expr::Genesis(_)));
    fixed && product.iter().any(|name| spent(name))
}

fn factor(sum: &Sum<'_>, name: &Expr) -> i128 {
    let alone = sum.iter().find(|(product, _)| **product == [name]);
    alone.map_or(0, |(_, factor)| *factor)
}

fn difference<'a>(left: &'a Expr, right: &'a Expr) -> Option<Sum<'a>> {
    add(sum(left)?, &sum(right)?, -1)
}

/// The expression multiplied out, if that is not too much.
fn sum(expr: &Expr) -> Option<Sum<'_>> {
    match expr {
        Expr::Const(value) => Some(Sum::from([(Vec::new(), i128::from(*value))])),
        Expr::Add(left, right) => add(sum(left)?, &sum(right)?, 1),
        Expr::Sub(left, right) => difference(left, right),
        Expr::Mul(left, right) => multiply(&sum(left)?, &sum(right)?),
        name => Some(Sum::from([(vec![name], 1)])),
    }
}

fn add<'a>(mut left: Sum<'a>, right: &Sum<'a>, times: i128) -> Option<Sum<'a>> {
    for (product, factor) in right {
        let sum = left.entry(product.clone()).or_default();
        *sum = sum.checked_add(factor.checked_mul(times)?)?;
    }
    left.retain(|_, factor| *factor != 0);
    Some(left)
}

fn multiply<'a>(left: &Sum<'a>, right: &Sum<'a>) -> Option<Sum<'a>> {
    let mut all = Sum::new();
    for (one, times) in left {
        let mut products = Sum::new();
        for (other, factor) in right {
            let mut product = [one.as_slice(), other.as_slice()].concat();
            product.sort();
            products.insert(product, *factor);
        }
        all = add(all, &products, *times)?;
        if all.len() > MOST_PRODUCTS {
            return None;
        }
    }
    Some(all)
}
