//! Rules multiplied out, and what they say is not negative.

use std::collections::BTreeMap;

use crate::schema::rule::{Expr, Rule};

/// Names multiplied with each other, in order; of a plain number, none.
pub(super) type Product = Vec<Expr>;

/// A sum of products, each with a factor that is not 0.
pub(super) type Sum = BTreeMap<Product, i128>;

/// Products in a sum beyond which it is not looked at.
const MOST_PRODUCTS: usize = 64;

/// Every sum of which the rules say that it is not negative: both ways of an equality, one of an
/// inequality, and each difference, for a negative one breaks its rule.
///
/// What is too large to multiply out is left out.
pub(super) fn not_negative(rules: &[Rule]) -> Vec<Sum> {
    let mut known = Vec::new();
    for rule in rules {
        match rule {
            Rule::Equal(left, right) => {
                known.extend([difference(left, right), difference(right, left)]);
            }
            Rule::AtMost(left, right) => known.push(difference(right, left)),
            Rule::Less(left, right) => {
                let one = Sum::from([(Vec::new(), 1)]);
                known.push(difference(right, left).and_then(|sum| add(sum, &one, -1)));
            }
            _ => {}
        }
        for expr in rule.operands() {
            differences(expr, &mut known);
        }
    }
    let known = known.into_iter().flatten();
    known.filter(|sum| !sum.is_empty()).map(reduced).collect()
}

/// The same of the rules of a genesis, as transitions see it.
pub(super) fn born(rules: &[Rule]) -> Vec<Sum> {
    not_negative(rules).into_iter().filter_map(own).collect()
}

fn differences(expr: &Expr, known: &mut Vec<Option<Sum>>) {
    if let Expr::Sub(left, right) = expr {
        known.push(difference(left, right));
    }
    if let Expr::Add(left, right) | Expr::Sub(left, right) | Expr::Mul(left, right) = expr {
        differences(left, known);
        differences(right, known);
    }
}

/// Without what all factors can be divided by.
fn reduced(mut sum: Sum) -> Sum {
    let divisor = sum.values().copied().fold(0, common_divisor);
    for factor in sum.values_mut() {
        *factor = factor.checked_div(divisor).unwrap_or(*factor);
    }
    sum
}

fn common_divisor(mut a: i128, mut b: i128) -> i128 {
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    a.saturating_abs()
}

/// The factor of a name that stands alone.
pub(super) fn factor(sum: &Sum, name: &Expr) -> i128 {
    sum.get(std::slice::from_ref(name)).copied().unwrap_or(0)
}

pub(super) fn difference(left: &Expr, right: &Expr) -> Option<Sum> {
    add(sum(left)?, &sum(right)?, -1)
}

/// The expression multiplied out, if that is not too much.
pub(super) fn sum(expr: &Expr) -> Option<Sum> {
    match expr {
        Expr::Const(0) => Some(Sum::new()),
        Expr::Const(value) => Some(Sum::from([(Vec::new(), i128::from(*value))])),
        Expr::Add(left, right) => add(sum(left)?, &sum(right)?, 1),
        Expr::Sub(left, right) => difference(left, right),
        Expr::Mul(left, right) => multiply(&sum(left)?, &sum(right)?),
        name => Some(Sum::from([(vec![name.clone()], 1)])),
    }
}

pub(super) fn add(mut left: Sum, right: &Sum, times: i128) -> Option<Sum> {
    for (product, factor) in right {
        let sum = left.entry(product.clone()).or_default();
        *sum = sum.checked_add(factor.checked_mul(times)?)?;
    }
    left.retain(|_, factor| *factor != 0);
    Some(left)
}

fn multiply(left: &Sum, right: &Sum) -> Option<Sum> {
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

/// Adds of `other` as much that `product`, which is positive in one and negative in the other, is
/// gone.
pub(super) fn without(sum: &Sum, product: &Product, other: &Sum) -> Option<Sum> {
    let (above, below) = (*sum.get(product)?, *other.get(product)?);
    let divisor = common_divisor(above, below);
    let own = below.checked_neg()?.checked_div(divisor)?;
    let others = above.checked_div(divisor)?;
    add(add(Sum::new(), sum, own)?, other, others)
}

/// Whether what is known not to be negative says, in one sum, that `sum` is not.
pub(super) fn implied(sum: &Sum, known: &[Sum]) -> bool {
    let nothing = Sum::new();
    let mut known = std::iter::once(&nothing).chain(known);
    known.any(|known| {
        let rest = add(sum.clone(), known, -1);
        rest.is_some_and(|rest| rest.values().all(|factor| *factor > 0))
    })
}

/// A sum of the genesis as transitions write it.
pub(super) fn own(sum: Sum) -> Option<Sum> {
    sum.into_iter()
        .try_fold(Sum::new(), |own, (mut product, factor)| {
            for name in &mut product {
                if let Expr::Global(number) = *name {
                    *name = Expr::Genesis(number);
                }
            }
            product.sort();
            add(own, &Sum::from([(product, factor)]), 1)
        })
}
