//! What the guard cannot see and a reader should know before allowing a schema.
//!
//! Not consensus: a schema with warnings is valid. The rules of a transition are read as equations
//! and inequalities over sums; a product too large to multiply out counts for nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Expr, Rule, Side};
use super::types::{Occurs, Schema, TransitionDef};
use crate::state::StateKind;

/// Something a schema lets happen that its author may not have meant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Warning {
    /// Declared, but neither the genesis nor a transition has it as an output.
    #[error(
        "no operation makes {owned}: nobody can receive it, nor make a transition that needs it"
    )]
    NeverMade {
        /// The owned type.
        owned: String,
    },
    /// Made, but an input of nothing.
    #[error("no transition consumes {owned}: whoever receives it can neither use nor move it")]
    NeverConsumed {
        /// The owned type.
        owned: String,
    },
    /// No transition takes this type alone and gives it back, with nothing else needed.
    #[error(
        "no transition moves {owned} alone: it cannot be handed on, nor saved from a coin that must be spent"
    )]
    NotMovable {
        /// The owned type.
        owned: String,
    },
    /// What numbers tokens can be in two hands, which would make the same tokens.
    #[error(
        "{operation}: {owned} numbers the tokens that are made and must stay in one hand, expected exactly one input and at most one output of it"
    )]
    SplitCounter {
        /// `genesis`, or `transition NAME`.
        operation: String,
        /// The Amount type.
        owned: String,
    },
    /// More rights come out than went in.
    #[error("transition {transition}: no rule bounds count(out.{owned}), rights can be multiplied")]
    Multiplied {
        /// The transition.
        transition: String,
        /// The Right type.
        owned: String,
    },
    /// One transition asks for signatures, another takes the same type without.
    #[error(
        "transition {transition}: consumes {owned} without the signatures that transition {signed} asks for"
    )]
    Unsigned {
        /// The transition that asks for none.
        transition: String,
        /// The owned type.
        owned: String,
        /// The one that asks.
        signed: String,
    },
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
        let mut warnings = Vec::new();
        for (owned, def) in &self.owned {
            self.warn_of_owned(*owned, &def.name, &mut warnings);
        }
        for owned in self.counters() {
            self.warn_of_counter(owned, &mut warnings);
        }
        for def in self.transitions.values() {
            self.warn_of_amounts(def, &mut warnings);
            self.warn_of_unsigned(def, &mut warnings);
        }
        warnings
    }

    fn name_of(&self, owned: u16) -> String {
        let def = self.owned.get(&owned);
        def.map(|def| def.name.clone()).unwrap_or_default()
    }

    fn warn_of_owned(&self, number: u16, name: &str, warnings: &mut Vec<Warning>) {
        let owned = name.to_owned();
        let mut transitions = self.transitions.values();
        let made = self.genesis.outputs.contains_key(&number)
            || transitions.any(|def| def.outputs.contains_key(&number));
        let mut transitions = self.transitions.values();
        let consumed = transitions.any(|def| def.inputs.contains_key(&number));
        let mut transitions = self.transitions.values();
        if !made {
            warnings.push(Warning::NeverMade { owned });
        } else if !consumed {
            warnings.push(Warning::NeverConsumed { owned });
        } else if !transitions.any(|def| moves_alone(def, number)) {
            warnings.push(Warning::NotMovable { owned });
        }
    }

    /// The Amount types that decide which token ids are made.
    fn counters(&self) -> BTreeSet<u16> {
        let rules = self.transitions.values().flat_map(|def| &def.rules);
        let firsts = rules.filter_map(|rule| match rule {
            Rule::TokensRange {
                side: Side::Output,
                first,
                ..
            } => Some(first),
            _ => None,
        });
        let names = firsts.flat_map(Expr::leaves);
        let counters = names.filter_map(|name| match name {
            Expr::In(owned) => Some(*owned),
            _ => None,
        });
        counters.collect()
    }

    fn warn_of_counter(&self, number: u16, warnings: &mut Vec<Warning>) {
        let many = |outputs: &BTreeMap<u16, Occurs>| {
            outputs.get(&number).is_some_and(|occurs| occurs.max > 1)
        };
        let mut warn = |operation| {
            let owned = self.name_of(number);
            warnings.push(Warning::SplitCounter { operation, owned });
        };
        if many(&self.genesis.outputs) {
            warn("genesis".to_owned());
        }
        for def in self.transitions.values() {
            let inputs = def.inputs.get(&number);
            let touched = inputs.is_some() || def.outputs.contains_key(&number);
            if touched && (inputs != Some(&Occurs::ONCE) || many(&def.outputs)) {
                warn(format!("transition {}", def.name));
            }
        }
    }

    fn warn_of_unsigned(&self, def: &TransitionDef, warnings: &mut Vec<Warning>) {
        let signed = |def: &&TransitionDef| {
            let mut rules = def.rules.iter();
            rules.any(|rule| matches!(rule, Rule::Signed { .. }))
        };
        if signed(&def) {
            return;
        }
        for owned in def.inputs.keys() {
            let mut others = self.transitions.values().filter(signed);
            if let Some(signed) = others.find(|other| other.inputs.contains_key(owned)) {
                warnings.push(Warning::Unsigned {
                    transition: def.name.clone(),
                    owned: self.name_of(*owned),
                    signed: signed.name.clone(),
                });
            }
        }
    }

    fn warn_of_amounts(&self, def: &TransitionDef, warnings: &mut Vec<Warning>) {
        let named = |owned: &u16| (def.name.clone(), self.name_of(*owned));
        let kind = |owned: &u16| self.owned.get(owned).map(|def| def.kind);
        for owned in def.inputs.keys() {
            if kind(owned) == Some(StateKind::Amount) && !traced(&def.rules, *owned) {
                let (transition, owned) = named(owned);
                warnings.push(Warning::Untraced { transition, owned });
            }
        }
        for (owned, occurs) in &def.outputs {
            let (transition, name) = named(owned);
            let inputs = def.inputs.get(owned).copied().unwrap_or(Occurs::NEVER);
            match kind(owned) {
                Some(StateKind::Amount) if !bounded(&def.rules, &Expr::Out(*owned)) => {
                    let owned = name;
                    warnings.push(Warning::Unbounded { transition, owned });
                }
                Some(StateKind::Token) if repeatable(&def.rules, *owned) => {
                    let owned = name;
                    warnings.push(Warning::Repeatable { transition, owned });
                }
                Some(StateKind::Right)
                    if occurs.max > inputs.min && !bounded(&def.rules, &Expr::CountOut(*owned)) =>
                {
                    let owned = name;
                    warnings.push(Warning::Multiplied { transition, owned });
                }
                _ => {}
            }
        }
    }
}

/// Whether a transition can take a type alone and give it back, and needs nothing else.
fn moves_alone(def: &TransitionDef, owned: u16) -> bool {
    let listed = |occurs: Option<&Occurs>| occurs.is_some_and(|occurs| occurs.max > 0);
    let optional = |occurs: &BTreeMap<u16, Occurs>| {
        let mut others = occurs.iter();
        others.all(|(other, occurs)| *other == owned || occurs.min == 0)
    };
    let unneeded = |occurs: &BTreeMap<u16, Occurs>| occurs.values().all(|occurs| occurs.min == 0);
    listed(def.inputs.get(&owned))
        && listed(def.outputs.get(&owned))
        && optional(&def.inputs)
        && optional(&def.outputs)
        && unneeded(&def.globals)
        && unneeded(&def.metadata)
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

/// Whether a rule keeps what goes out below something that grows with inputs alone.
fn bounded(rules: &[Rule], out: &Expr) -> bool {
    let bounds = |larger: &Expr, smaller: &Expr| {
        difference(larger, smaller).is_some_and(|sum| {
            let mut above = sum.iter().filter(|(_, factor)| **factor > 0);
            factor(&sum, out) < 0 && above.all(|(product, _)| given(product))
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
        Rule::TokensRange {
            side: Side::Output,
            owned,
            first,
            ..
        } if *owned == of => sum(first).is_some_and(|sum| sum.keys().any(|product| given(product))),
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
