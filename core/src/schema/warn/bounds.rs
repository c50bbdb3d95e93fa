//! Whether what is made is bounded: rules added up until what stands above is given.

use std::collections::BTreeSet;

use super::sum::{Product, Sum, add, born, factor, implied, not_negative, without};
use crate::schema::rule::{Expr, Rule};
use crate::schema::types::{Schema, TransitionDef};
use crate::state::StateKind;

/// Products looked at for one operation, beyond which its questions have no answer.
const MOST_PRODUCTS: usize = 100_000;

/// What is known of an operation.
pub(super) struct Bounds<'a> {
    /// Sums that are not negative.
    known: Vec<Sum>,
    /// What is used up by each such operation, and how much of it at least.
    used_up: Vec<(Expr, u32)>,
    /// Whether a product is one that nobody can make as large as he likes.
    given: &'a dyn Fn(&Product) -> bool,
    left: usize,
}

/// Whether there is a sum as it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    Yes,
    No,
    /// There are too many sums to look at.
    TooMany,
}

/// One search for a sum that bounds all of `goals`.
struct Search<'a, 'b> {
    bounds: &'a Bounds<'b>,
    goals: &'a [Expr],
    left: usize,
    seen: BTreeSet<Sum>,
    accept: &'a mut dyn FnMut(&Sum) -> bool,
}

/// What may not come back on the way to a sum, for it would come back for ever.
#[derive(Clone, Default)]
struct Path {
    /// Products that were replaced for the last goal.
    replaced: Vec<Product>,
    /// Which of the goals were bounded before.
    bounded: Vec<Vec<bool>>,
}

impl<'a> Bounds<'a> {
    /// What rules and occurrences say of a transition.
    pub(super) fn of(
        schema: &Schema,
        def: &TransitionDef,
        given: &'a dyn Fn(&Product) -> bool,
    ) -> Self {
        let mut known = not_negative(&def.rules);
        let factors = schema.factors(&def.rules);
        for (owned, made) in &def.outputs {
            let out = Expr::Out(*owned);
            known.extend(factors.iter().map(|factor| {
                let product = vec![out.clone(), factor.clone()];
                Sum::from([(product, 1), (vec![out.clone()], -1)])
            }));
            if schema.kind(*owned) == Some(StateKind::Right) {
                let spent = least(def, *owned);
                let made_at_most = |above| Sum::from([above, (vec![Expr::CountOut(*owned)], -1)]);
                if spent >= made.max {
                    known.push(made_at_most((vec![Expr::CountIn(*owned)], 1)));
                }
                known.push(made_at_most((Vec::new(), i128::from(made.max))));
            }
        }
        let gone = def.inputs.keys();
        let gone = gone.filter(|owned| !def.outputs.contains_key(owned));
        let used_up = gone.filter_map(|owned| {
            let name = match schema.kind(*owned)? {
                StateKind::Amount => Expr::In(*owned),
                StateKind::Right | StateKind::Token => Expr::CountIn(*owned),
                StateKind::Data => return None,
            };
            Some((name, least(def, *owned))).filter(|(_, least)| *least > 0)
        });
        Self {
            used_up: used_up.collect(),
            ..Self::new(known, given)
        }
    }

    /// Of an operation that uses nothing up.
    pub(super) fn new(known: Vec<Sum>, given: &'a dyn Fn(&Product) -> bool) -> Self {
        Self {
            known,
            used_up: Vec::new(),
            given,
            left: MOST_PRODUCTS,
        }
    }
}

impl Bounds<'_> {
    /// Adds up what is known to sums that are not negative, in which each goal is subtracted and
    /// only what is given is added, until one is accepted.
    pub(super) fn find(&mut self, goals: &[Expr], accept: &mut dyn FnMut(&Sum) -> bool) -> Found {
        let mut search = Search {
            bounds: self,
            goals,
            left: self.left,
            seen: BTreeSet::new(),
            accept,
        };
        let found = search.from(Sum::new(), &Path::default());
        self.left = search.left;
        match (found, self.left) {
            (true, _) => Found::Yes,
            (false, 0) => Found::TooMany,
            (false, _) => Found::No,
        }
    }

    /// Sums that are not negative, from which `product` is subtracted; first those that add the
    /// least that is not given.
    fn below(&self, product: &Product) -> Vec<Sum> {
        let known = self.known.iter();
        let known = known.filter(|sum| sum.get(product).is_some_and(|factor| *factor < 0));
        let mut below: Vec<_> = known.cloned().collect();
        if fixed(product) {
            below.extend(self.used_up.iter().map(|(used, least)| {
                let mut times = product.clone();
                times.push(used.clone());
                times.sort();
                Sum::from([(times, 1), (product.clone(), -i128::from(*least))])
            }));
        }
        below.sort_by_key(|sum| self.not_given(sum).count());
        below
    }

    fn not_given<'s>(&self, sum: &'s Sum) -> impl Iterator<Item = &'s Product> {
        let above = sum.iter().filter(|(_, factor)| **factor > 0);
        let above = above.map(|(product, _)| product);
        above.filter(|product| !(self.given)(product))
    }
}

impl Schema {
    pub(super) fn kind(&self, owned: u16) -> Option<StateKind> {
        self.owned.get(&owned).map(|def| def.kind)
    }

    /// Numbers of the genesis that rules multiply with and that cannot be 0.
    fn factors(&self, rules: &[Rule]) -> BTreeSet<Expr> {
        let mut factors = BTreeSet::new();
        for product in not_negative(rules).iter().flat_map(Sum::keys) {
            if product.len() > 1 {
                let names = product.iter();
                factors.extend(
                    names
                        .filter(|name| fixed(std::slice::from_ref(name)))
                        .cloned(),
                );
            }
        }
        if !factors.is_empty() {
            let known = born(&self.genesis.rules);
            factors.retain(|name| {
                let rest = Sum::from([(vec![name.clone()], 1), (Vec::new(), -1)]);
                implied(&rest, &known)
            });
        }
        factors
    }

    /// The type of what is spent, which cannot be had again. Data can: it is copied at will. An
    /// input of an amount is at least 1, so they are no more than the amount.
    pub(super) fn spent(&self, name: &Expr) -> Option<u16> {
        let (Expr::In(owned) | Expr::CountIn(owned)) = name else {
            return None;
        };
        Some(*owned).filter(|owned| self.kind(*owned) != Some(StateKind::Data))
    }

    /// Whether a product grows with what is spent, and with nothing that whoever makes the
    /// transition is free to choose.
    pub(super) fn given(&self, product: &Product) -> bool {
        let spent = |name: &Expr| self.spent(name).is_some();
        let mut names = product.iter();
        names.all(|name| spent(name) || matches!(name, Expr::Genesis(_)))
            && product.iter().any(spent)
    }
}

impl Search<'_, '_> {
    fn below(&mut self, product: &Product) -> Vec<Sum> {
        let below = self.bounds.below(product);
        let work = below.iter().map(Sum::len).sum();
        self.left = self.left.saturating_sub(work);
        below
    }

    fn from(&mut self, sum: Sum, path: &Path) -> bool {
        let work = sum.len().saturating_add(self.bounds.known.len());
        self.left = self.left.saturating_sub(work.max(1));
        if self.left == 0 || !self.seen.insert(sum.clone()) {
            return false;
        }
        let mut path = path.clone();
        if let Some(product) = self.bounds.not_given(&sum).next() {
            path.replaced.push(product.clone());
            let below = self.below(product);
            let next = below
                .iter()
                .filter_map(|other| without(&sum, product, other));
            let mut next = next.filter(|sum| {
                let mut back = self.bounds.not_given(sum);
                !back.any(|product| path.replaced.contains(product))
            });
            return next.any(|sum| self.from(sum, &path));
        }
        let bounded = self.goals.iter().map(|goal| factor(&sum, goal) < 0);
        let bounded: Vec<bool> = bounded.collect();
        let mut open = self.goals.iter().zip(&bounded);
        let Some((goal, _)) = open.find(|(_, bounded)| !**bounded) else {
            return (self.accept)(&sum);
        };
        if path.bounded.contains(&bounded) {
            return false;
        }
        path.bounded.push(bounded);
        path.replaced.clear();
        let below = self.below(&vec![goal.clone()]);
        let mut next = below.iter().filter_map(|other| add(sum.clone(), other, 1));
        next.any(|sum| self.from(sum, &path))
    }
}

/// Whether a product is the same in each operation of a contract.
pub(super) fn fixed(product: &[Expr]) -> bool {
    product.iter().all(|name| matches!(name, Expr::Genesis(_)))
}

/// How many inputs of a type a transition has at least; it has one of some type.
fn least(def: &TransitionDef, owned: u16) -> u32 {
    let min = def.inputs.get(&owned).map_or(0, |occurs| occurs.min);
    let only = def.inputs.keys().all(|other| *other == owned);
    min.max(u32::from(only))
}
