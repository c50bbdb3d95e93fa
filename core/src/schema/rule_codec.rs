//! The canonical bytes of rules: trees in prefix form, one tag byte a node.

use super::cursor::{DecodeError, put_length, take_u8, take_u16, take_u64, within};
use super::limits::{RULE_NODES, SCHEMA_RULES};
use super::rule::{Expr, Rule, Threshold};

type Decoded<T> = Result<T, DecodeError>;

pub(super) fn put_rules(out: &mut Vec<u8>, rules: &[Rule]) {
    put_length(out, rules.len());
    for rule in rules {
        put_rule(out, rule);
    }
}

fn put_rule(out: &mut Vec<u8>, rule: &Rule) {
    let (tag, number) = match rule {
        Rule::Equal(..) => (0, None),
        Rule::AtMost(..) => (1, None),
        Rule::Less(..) => (2, None),
        Rule::TokensKept(owned) => (3, Some(owned)),
        Rule::TokensRange { owned, .. } => (4, Some(owned)),
        Rule::Signed { .. } => (5, None),
        Rule::NotBefore(_) => (6, None),
    };
    out.push(tag);
    if let Some(number) = number {
        out.extend_from_slice(&number.to_le_bytes());
    }
    if let Rule::Signed { threshold, keys } = rule {
        match threshold {
            Threshold::Const(m) => put_const(out, *m),
            Threshold::Genesis(m) => put_name(out, 1, *m),
        }
        out.extend_from_slice(&keys.to_le_bytes());
    }
    for operand in rule.operands() {
        put_expr(out, operand);
    }
}

fn put_const(out: &mut Vec<u8>, value: u64) {
    out.push(0);
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_name(out: &mut Vec<u8>, tag: u8, number: u16) {
    out.push(tag);
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_expr(out: &mut Vec<u8>, expr: &Expr) {
    let (tag, left, right) = match expr {
        Expr::Const(value) => return put_const(out, *value),
        Expr::In(owned) => return put_name(out, 1, *owned),
        Expr::Out(owned) => return put_name(out, 2, *owned),
        Expr::CountIn(owned) => return put_name(out, 3, *owned),
        Expr::CountOut(owned) => return put_name(out, 4, *owned),
        Expr::CountGlobal(global) => return put_name(out, 5, *global),
        Expr::Global(global) => return put_name(out, 6, *global),
        Expr::Meta(meta) => return put_name(out, 7, *meta),
        Expr::Genesis(global) => return put_name(out, 8, *global),
        Expr::Add(left, right) => (9, left, right),
        Expr::Sub(left, right) => (10, left, right),
        Expr::Mul(left, right) => (11, left, right),
    };
    out.push(tag);
    put_expr(out, left);
    put_expr(out, right);
}

/// The rules of one operation, of which the whole schema may have only `left` more.
pub(super) fn take_rules(input: &mut &[u8], left: &mut usize) -> Decoded<Vec<Rule>> {
    let length = usize::from(take_u8(input)?);
    let used = SCHEMA_RULES - *left;
    within("rules", used + length, SCHEMA_RULES)?;
    *left -= length;
    let mut rules = Vec::new();
    for _ in 0..length {
        rules.push(take_rule(input)?);
    }
    Ok(rules)
}

fn take_rule(input: &mut &[u8]) -> Decoded<Rule> {
    let mut nodes = 1;
    let mut pair = |input: &mut &[u8]| -> Decoded<(Expr, Expr)> {
        Ok((take_expr(input, &mut nodes)?, take_expr(input, &mut nodes)?))
    };
    Ok(match take_u8(input)? {
        0 => pair(input).map(|(left, right)| Rule::Equal(left, right))?,
        1 => pair(input).map(|(left, right)| Rule::AtMost(left, right))?,
        2 => pair(input).map(|(left, right)| Rule::Less(left, right))?,
        3 => Rule::TokensKept(take_u16(input)?),
        4 => Rule::TokensRange {
            owned: take_u16(input)?,
            first: take_expr(input, &mut nodes)?,
            count: take_expr(input, &mut nodes)?,
            fraction: take_expr(input, &mut nodes)?,
        },
        5 => Rule::Signed {
            threshold: take_threshold(input)?,
            keys: take_u16(input)?,
        },
        6 => Rule::NotBefore(take_expr(input, &mut nodes)?),
        found => {
            return Err(DecodeError::Unsupported {
                what: "rule tag",
                found,
            });
        }
    })
}

fn take_threshold(input: &mut &[u8]) -> Decoded<Threshold> {
    match take_u8(input)? {
        0 => take_u64(input).map(Threshold::Const),
        1 => take_u16(input).map(Threshold::Genesis),
        found => Err(DecodeError::Unsupported {
            what: "threshold tag",
            found,
        }),
    }
}

/// Recurses no deeper than the nodes a rule may have.
fn take_expr(input: &mut &[u8], nodes: &mut usize) -> Decoded<Expr> {
    *nodes += 1;
    within("nodes of rule", *nodes, RULE_NODES)?;
    Ok(match take_u8(input)? {
        0 => Expr::Const(take_u64(input)?),
        1 => Expr::In(take_u16(input)?),
        2 => Expr::Out(take_u16(input)?),
        3 => Expr::CountIn(take_u16(input)?),
        4 => Expr::CountOut(take_u16(input)?),
        5 => Expr::CountGlobal(take_u16(input)?),
        6 => Expr::Global(take_u16(input)?),
        7 => Expr::Meta(take_u16(input)?),
        8 => Expr::Genesis(take_u16(input)?),
        tag @ 9..=11 => {
            let left = Box::new(take_expr(input, nodes)?);
            let right = Box::new(take_expr(input, nodes)?);
            match tag {
                9 => Expr::Add(left, right),
                10 => Expr::Sub(left, right),
                _ => Expr::Mul(left, right),
            }
        }
        found => {
            return Err(DecodeError::Unsupported {
                what: "expression tag",
                found,
            });
        }
    })
}
