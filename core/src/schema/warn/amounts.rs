//! Amounts and rights that can be created, multiplied or lost.

use std::collections::{BTreeMap, BTreeSet};

use super::Warning;
use super::bounds::{Bounds, Found, fixed};
use super::sum::{Product, Sum, difference, factor, not_negative, sum};
use crate::schema::rule::{Expr, Rule};
use crate::schema::types::{Schema, TransitionDef};
use crate::state::StateKind;

/// A factor that rules do not fix.
const MANY: i128 = i128::MAX;

/// What can be made of what, over any number of transitions.
type Ways = BTreeSet<(u16, u16)>;

/// What comes out of a transition and is bounded by what goes in.
struct Flow<'a> {
    def: &'a TransitionDef,
    bounded: BTreeMap<u16, Expr>,
}

impl Schema {
    /// Warns of the genesis, then of each transition.
    pub(super) fn warn_of_amounts(&self, warnings: &mut Vec<Warning>) {
        self.warn_of_issue(warnings);
        let mut flows = Vec::new();
        let mut ways = Ways::new();
        for def in self.transitions.values() {
            self.warn_of_loss(def, warnings);
            flows.push(self.warn_of_creation(def, &mut ways, warnings));
        }
        close(&mut ways);
        for flow in &flows {
            self.warn_of_gain(flow, &ways, warnings);
        }
    }

    fn warn_of_issue(&self, warnings: &mut Vec<Warning>) {
        let published = |name: &Expr| {
            matches!(
                name,
                Expr::Global(_) | Expr::Genesis(_) | Expr::CountGlobal(_)
            )
        };
        let given = |product: &Product| product.iter().all(published);
        let mut bounds = Bounds::new(not_negative(&self.genesis.rules), &given);
        for owned in self.genesis.outputs.keys() {
            if self.kind(*owned) != Some(StateKind::Amount) {
                continue;
            }
            let (operation, owned, goal) = ("genesis", self.name_of(*owned), Expr::Out(*owned));
            match bounds.find(&[goal], &mut |_| true) {
                Found::Yes => {}
                Found::No => warnings.push(Warning::Unissued { owned }),
                Found::TooMany => warnings.push(untold(operation, &[owned])),
            }
        }
    }

    fn warn_of_loss(&self, def: &TransitionDef, warnings: &mut Vec<Warning>) {
        for owned in def.inputs.keys() {
            if self.kind(*owned) == Some(StateKind::Amount) && !traced(&def.rules, *owned) {
                warnings.push(Warning::Untraced {
                    transition: def.name.clone(),
                    owned: self.name_of(*owned),
                });
            }
        }
    }

    /// Each type that is made must be bounded by what is spent; `ways` learns by what.
    fn warn_of_creation<'a>(
        &self,
        def: &'a TransitionDef,
        ways: &mut Ways,
        warnings: &mut Vec<Warning>,
    ) -> Flow<'a> {
        let given = |product: &Product| self.given(product);
        let mut bounds = Bounds::of(self, def, &given);
        let mut bounded = BTreeMap::new();
        for owned in def.outputs.keys() {
            let goal = match self.kind(*owned) {
                Some(StateKind::Amount) => Expr::Out(*owned),
                Some(StateKind::Right) => Expr::CountOut(*owned),
                _ => continue,
            };
            let learn = &mut |sum: &Sum| {
                let from = self.charges(sum).into_keys();
                ways.extend(from.map(|from| (from, *owned)));
                true
            };
            let found = bounds.find(std::slice::from_ref(&goal), learn);
            let (transition, name) = (def.name.clone(), self.name_of(*owned));
            match (found, &goal) {
                (Found::Yes, _) => {
                    bounded.insert(*owned, goal);
                }
                (Found::TooMany, _) => warnings.push(untold(&place(def), &[name])),
                (Found::No, Expr::CountOut(_)) => {
                    let owned = name;
                    warnings.push(Warning::Multiplied { transition, owned });
                }
                (Found::No, _) => {
                    let owned = name;
                    warnings.push(Warning::Unbounded { transition, owned });
                }
            }
        }
        Flow { def, bounded }
    }

    /// All that is made together must not be worth more than what is spent.
    fn warn_of_gain(&self, flow: &Flow<'_>, ways: &Ways, warnings: &mut Vec<Warning>) {
        let given = |product: &Product| self.given(product);
        let mut bounds = Bounds::of(self, flow.def, &given);
        let goals: Vec<_> = flow.bounded.values().cloned().collect();
        let mut first = None;
        let found = bounds.find(&goals, &mut |sum| {
            let gain = self.gain(flow, sum, ways);
            let balanced = gain.is_none();
            first = first.take().or(gain);
            balanced
        });
        if found != Found::Yes {
            let made: Vec<_> = flow
                .bounded
                .keys()
                .map(|owned| self.name_of(*owned))
                .collect();
            warnings.push(first.unwrap_or_else(|| untold(&place(flow.def), &made)));
        }
    }

    /// The first of what is spent that comes back more than once.
    fn gain(&self, flow: &Flow<'_>, sum: &Sum, ways: &Ways) -> Option<Warning> {
        self.charges(sum).into_iter().find_map(|(spent, times)| {
            let over = |goal: &Expr| times > factor(sum, goal).saturating_neg();
            let token = self.kind(spent) == Some(StateKind::Token);
            let stays = token && flow.def.outputs.contains_key(&spent);
            let transition = flow.def.name.clone();
            if stays || flow.bounded.get(&spent).is_some_and(over) {
                let made: BTreeSet<_> = flow.bounded.keys().copied().chain([spent]).collect();
                let made: Vec<_> = made.into_iter().map(|owned| self.name_of(owned)).collect();
                let spent = self.name_of(spent);
                let made = outputs(&made);
                return Some(Warning::Gain {
                    transition,
                    spent,
                    made,
                });
            }
            let mut others = flow.bounded.iter();
            let (made, _) =
                others.find(|(made, goal)| ways.contains(&(**made, spent)) && over(goal))?;
            let (spent, made) = (self.name_of(spent), self.name_of(*made));
            Some(Warning::RoundTrip {
                transition,
                spent,
                made,
            })
        })
    }

    /// How many times what is spent of each type stands in a sum.
    fn charges(&self, sum: &Sum) -> BTreeMap<u16, i128> {
        let mut charges = BTreeMap::<_, i128>::new();
        for (product, factor) in sum.iter().filter(|(_, factor)| **factor > 0) {
            let times = if product.len() == 1 { *factor } else { MANY };
            for owned in product.iter().filter_map(|name| self.spent(name)) {
                let charge = charges.entry(owned).or_default();
                *charge = charge.saturating_add(times);
            }
        }
        charges
    }
}

fn place(def: &TransitionDef) -> String {
    format!("transition {}", def.name)
}

fn untold(operation: &str, made: &[String]) -> Warning {
    Warning::Untold {
        operation: operation.to_owned(),
        made: outputs(made),
    }
}

/// Such as `out.allowance and out.asset together`.
fn outputs(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("out.{name}")).collect();
    let together = if names.len() > 1 { " together" } else { "" };
    names.join(" and ") + together
}

/// Adds the ways that lead over another type.
fn close(ways: &mut Ways) {
    loop {
        let longer: Ways = ways
            .iter()
            .flat_map(|(from, over)| {
                let next = ways.range((*over, 0)..=(*over, u16::MAX));
                next.map(|(_, to)| (*from, *to))
            })
            .collect();
        let before = ways.len();
        ways.extend(longer);
        if ways.len() == before {
            return;
        }
    }
}

/// Whether an equality really accounts for the inputs of a type: whatever the maker chooses.
fn traced(rules: &[Rule], owned: u16) -> bool {
    let accounts = |sum: Sum| {
        sum.keys().any(|product| {
            let mut others = product.clone();
            others.retain(|name| *name != Expr::In(owned));
            others.len() < product.len() && fixed(&others)
        })
    };
    rules.iter().any(|rule| match rule {
        Rule::Equal(left, right) => difference(left, right).is_some_and(accounts),
        Rule::TokensRange { .. } => rule.operands().any(|expr| sum(expr).is_some_and(accounts)),
        _ => false,
    })
}
