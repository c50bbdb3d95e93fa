//! Token ids that could be made twice.
//!
//! New ids are those that a counter gives up: from what goes in of an Amount type, which is in one
//! hand and never grows, to what comes out of it; and those of a transition that can be made once,
//! where nothing else makes the same.

use std::collections::{BTreeMap, BTreeSet};

use super::Warning;
use super::bounds::fixed;
use super::sum::{Sum, add, born, factor, implied, not_negative, own, sum};
use crate::schema::rule::{Expr, Rule, Side};
use crate::schema::types::{Occurs, Schema, TransitionDef};
use crate::state::StateKind;

/// How a counter numbers tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Numbering {
    counter: u16,
    /// Whether ids are `base + out` to below `base + in`, as the counter falls; else `base - in` to
    /// below `base - out`.
    downwards: bool,
    /// The same in each operation.
    base: Sum,
}

/// The ids that an operation makes, from `first` to below `end`.
struct Range {
    first: Sum,
    end: Sum,
}

impl Schema {
    /// Warns of what numbers tokens, then of each transition that makes some.
    pub(super) fn warn_of_ids(&self, warnings: &mut Vec<Warning>) {
        for counter in self.counters() {
            self.warn_of_split(counter, warnings);
            self.warn_of_growth(counter, warnings);
        }
        let mut numberings = BTreeMap::new();
        for def in self.transitions.values() {
            for owned in def.outputs.keys() {
                let token = self.kind(*owned) == Some(StateKind::Token);
                if token && !kept(&def.rules, *owned) {
                    self.warn_of_new(def, *owned, &mut numberings, warnings);
                }
            }
        }
    }

    /// The Amount types that decide which token ids are made.
    fn counters(&self) -> BTreeSet<u16> {
        let mut counters = BTreeSet::new();
        for def in self.transitions.values() {
            for rule in &def.rules {
                if let Rule::TokensRange {
                    side: Side::Output,
                    owned,
                    first,
                    count,
                    ..
                } = rule
                    && !kept(&def.rules, *owned)
                {
                    let names = first.leaves().chain(count.leaves());
                    counters.extend(names.filter_map(|name| match name {
                        Expr::In(owned) | Expr::Out(owned) => Some(*owned),
                        _ => None,
                    }));
                }
            }
        }
        counters
    }

    fn warn_of_split(&self, counter: u16, warnings: &mut Vec<Warning>) {
        let many = |outputs: &BTreeMap<u16, Occurs>| {
            outputs.get(&counter).is_some_and(|occurs| occurs.max > 1)
        };
        let mut warn = |operation| {
            let owned = self.name_of(counter);
            warnings.push(Warning::SplitCounter { operation, owned });
        };
        if many(&self.genesis.outputs) {
            warn("genesis".to_owned());
        }
        for def in self.transitions.values() {
            let inputs = def.inputs.get(&counter);
            let touched = inputs.is_some() || def.outputs.contains_key(&counter);
            if touched && (inputs != Some(&Occurs::ONCE) || many(&def.outputs)) {
                warn(format!("transition {}", def.name));
            }
        }
    }

    fn warn_of_growth(&self, counter: u16, warnings: &mut Vec<Warning>) {
        let made = |def: &&TransitionDef| def.outputs.contains_key(&counter);
        for def in self.transitions.values().filter(made) {
            let falls = falls(counter);
            if !falls.is_some_and(|falls| implied(&falls, &not_negative(&def.rules))) {
                warnings.push(Warning::GrowingCounter {
                    transition: def.name.clone(),
                    owned: self.name_of(counter),
                });
            }
        }
    }

    /// All that makes tokens of one type must number them by one counter in one way.
    fn warn_of_new(
        &self,
        def: &TransitionDef,
        owned: u16,
        numberings: &mut BTreeMap<u16, Numbering>,
        warnings: &mut Vec<Warning>,
    ) {
        let (transition, name) = (def.name.clone(), self.name_of(owned));
        let ranges = made(&def.rules, owned);
        let fractions = ranges.iter().filter_map(|(_, fraction)| sum(fraction));
        if fractions
            .into_iter()
            .all(|sum| !sum.keys().all(|product| fixed(product)))
        {
            warnings.push(Warning::Fractions {
                transition: transition.clone(),
                owned: name.clone(),
            });
        }
        let known = not_negative(&def.rules);
        let ranges = ranges.iter().filter_map(|(range, _)| range.as_ref());
        let mut numbered = ranges.filter_map(|range| numbering(range, &known));
        let new = numbered.any(|numbering| {
            let same = numberings.entry(owned).or_insert_with(|| numbering.clone());
            *same == numbering && self.after_genesis(owned, &numbering)
        });
        if !new && !self.made_once(def, owned) {
            let owned = name;
            warnings.push(Warning::Repeatable { transition, owned });
        }
    }

    /// Whether a transition can be made once, and all else that makes this type makes other ids.
    fn made_once(&self, def: &TransitionDef, owned: u16) -> bool {
        let genesis = &self.genesis;
        let born_with = genesis.outputs.contains_key(&owned);
        let born_with = born_with.then(|| told(&genesis.rules, owned, own));
        let others = self.transitions.values().filter(|other| {
            other.name != def.name
                && other.outputs.contains_key(&owned)
                && !kept(&other.rules, owned)
        });
        let others = others.map(|other| told(&other.rules, owned, Some));
        let (ranges, known) = (told(&def.rules, owned, Some), born(&genesis.rules));
        let mut others = born_with.into_iter().chain(others);
        self.is_once(def) && others.all(|others| apart(&ranges, &others, &known))
    }

    /// Whether a transition uses up a leaf of a type of which there is never more than one.
    fn is_once(&self, def: &TransitionDef) -> bool {
        let most = |outputs: &BTreeMap<u16, Occurs>, owned: &u16| {
            outputs.get(owned).map_or(0, |occurs| occurs.max)
        };
        let least =
            |def: &TransitionDef, owned: &u16| def.inputs.get(owned).map_or(0, |occurs| occurs.min);
        let mut taken = def.inputs.keys();
        taken.any(|owned| {
            let mut all = self.transitions.values();
            least(def, owned) > most(&def.outputs, owned)
                && most(&self.genesis.outputs, owned) <= 1
                && all.all(|other| most(&other.outputs, owned) <= least(other, owned))
        })
    }

    /// Whether the genesis makes only ids that its counter gives up.
    fn after_genesis(&self, owned: u16, numbering: &Numbering) -> bool {
        if !self.genesis.outputs.contains_key(&owned) {
            return true;
        }
        let known = born(&self.genesis.rules);
        let ranges = made(&self.genesis.rules, owned);
        let mut ranges = ranges.into_iter().filter_map(|(range, _)| range);
        ranges.any(|Range { first, end }| {
            let out = Sum::from([(vec![Expr::Out(numbering.counter)], 1)]);
            let base = numbering.base.clone();
            let spare = if numbering.downwards {
                own(first).and_then(|first| add(first, &add(base, &out, 1)?, -1))
            } else {
                own(end).and_then(|end| add(add(base, &out, -1)?, &end, -1))
            };
            spare.is_some_and(|spare| implied(&spare, &known))
        })
    }
}

/// Whether the tokens of a type that come out are those that go in.
fn kept(rules: &[Rule], of: u16) -> bool {
    let ranges = |wanted: Side| {
        rules.iter().filter_map(move |rule| match rule {
            Rule::TokensRange {
                side,
                owned,
                first,
                count,
                fraction,
            } if *owned == of && *side == wanted => Some((first, count, fraction)),
            _ => None,
        })
    };
    let same = |made| ranges(Side::Input).any(|taken| taken == made);
    rules.contains(&Rule::TokensKept(of)) || ranges(Side::Output).any(same)
}

/// The ids and fractions of a type that rules say are made; the ids unless they are too much to
/// multiply out.
fn made(rules: &[Rule], of: u16) -> Vec<(Option<Range>, &Expr)> {
    let made = rules.iter().filter_map(|rule| match rule {
        Rule::TokensRange {
            side: Side::Output,
            owned,
            first,
            count,
            fraction,
        } if *owned == of => {
            let range = sum(first).and_then(|first| {
                let end = add(first.clone(), &sum(count)?, 1)?;
                Some(Range { first, end })
            });
            Some((range, fraction))
        }
        _ => None,
    });
    made.collect()
}

/// The first and the end of the ids of a type that are made, where the genesis or a constant says both.
fn told(rules: &[Rule], of: u16, read: impl Fn(Sum) -> Option<Sum>) -> Vec<[Sum; 2]> {
    let ranges = made(rules, of).into_iter();
    let ranges = ranges.filter_map(|(range, _)| {
        let Range { first, end } = range?;
        Some([read(first)?, read(end)?])
    });
    let told = |edge: &Sum| edge.keys().all(|product| fixed(product));
    ranges.filter(|edges| edges.iter().all(told)).collect()
}

/// Whether one of the ranges that each has lies beside one of the other.
fn apart(ranges: &[[Sum; 2]], others: &[[Sum; 2]], known: &[Sum]) -> bool {
    let below = |end: &Sum, first: &Sum| {
        add(first.clone(), end, -1).is_some_and(|spare| implied(&spare, known))
    };
    ranges.iter().any(|[first, end]| {
        let mut others = others.iter();
        others.any(|[from, to]| below(end, from) || below(to, first))
    })
}

/// How much a counter falls.
fn falls(counter: u16) -> Option<Sum> {
    let taken = Sum::from([(vec![Expr::In(counter)], 1)]);
    add(taken, &Sum::from([(vec![Expr::Out(counter)], 1)]), -1)
}

/// The counter that gives up as many ids as are made, and either their first or their end.
fn numbering(range: &Range, known: &[Sum]) -> Option<Numbering> {
    let named = range.first.keys().chain(range.end.keys()).flatten();
    let mut counters: Vec<_> = named
        .filter_map(|name| match name {
            Expr::In(owned) | Expr::Out(owned) => Some(*owned),
            _ => None,
        })
        .collect();
    counters.dedup();
    counters.into_iter().find_map(|counter| {
        let count = add(range.end.clone(), &range.first, -1)?;
        let spare = add(falls(counter)?, &count, -1)?;
        if !implied(&spare, known) {
            return None;
        }
        let edges = [
            (false, &range.first, Expr::In(counter), 1),
            (false, &range.end, Expr::Out(counter), 1),
            (true, &range.first, Expr::Out(counter), -1),
            (true, &range.end, Expr::In(counter), -1),
        ];
        edges
            .into_iter()
            .find_map(|(downwards, edge, name, times)| {
                if factor(edge, &name) != -times {
                    return None;
                }
                let base = add(edge.clone(), &Sum::from([(vec![name], 1)]), times)?;
                base.keys()
                    .all(|product| fixed(product))
                    .then_some(Numbering {
                        counter,
                        downwards,
                        base,
                    })
            })
    })
}
