//! The canonical bytes of rules: trees in prefix form, one tag byte a node.

use super::rule::{Expr, Rule, Side, Threshold};
use crate::codec::{DecodeError, Reader, put_length};
use crate::limits::{RULE_NODES, SCHEMA_RULES};

type Decoded<T> = Result<T, DecodeError>;

pub(super) fn put_rules(out: &mut Vec<u8>, rules: &[Rule]) {
    put_length(out, rules.len(), SCHEMA_RULES);
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
        Rule::TokensRange { side, owned, .. } => match side {
            Side::Output => (4, Some(owned)),
            Side::Input => (7, Some(owned)),
        },
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
pub(super) fn take_rules(reader: &mut Reader<'_>, left: &mut usize) -> Decoded<Vec<Rule>> {
    let length = reader.length("rules of a schema", 0, *left)?;
    *left -= length;
    let mut rules = Vec::new();
    for _ in 0..length {
        rules.push(take_rule(reader)?);
    }
    Ok(rules)
}

fn take_rule(reader: &mut Reader<'_>) -> Decoded<Rule> {
    let mut nodes = 1;
    let mut pair = |reader: &mut Reader<'_>| -> Decoded<(Expr, Expr)> {
        Ok((
            take_expr(reader, &mut nodes)?,
            take_expr(reader, &mut nodes)?,
        ))
    };
    Ok(match reader.u8("tag of a rule")? {
        0 => pair(reader).map(|(left, right)| Rule::Equal(left, right))?,
        1 => pair(reader).map(|(left, right)| Rule::AtMost(left, right))?,
        2 => pair(reader).map(|(left, right)| Rule::Less(left, right))?,
        3 => Rule::TokensKept(take_number(reader)?),
        tag @ (4 | 7) => Rule::TokensRange {
            side: if tag == 4 { Side::Output } else { Side::Input },
            owned: take_number(reader)?,
            first: take_expr(reader, &mut nodes)?,
            count: take_expr(reader, &mut nodes)?,
            fraction: take_expr(reader, &mut nodes)?,
        },
        5 => Rule::Signed {
            threshold: take_threshold(reader)?,
            keys: take_number(reader)?,
        },
        6 => Rule::NotBefore(take_expr(reader, &mut nodes)?),
        found => return Err(DecodeError::unsupported("tag of a rule", found)),
    })
}

fn take_threshold(reader: &mut Reader<'_>) -> Decoded<Threshold> {
    match reader.u8("tag of a threshold")? {
        0 => reader.u64("constant").map(Threshold::Const),
        1 => take_number(reader).map(Threshold::Genesis),
        found => Err(DecodeError::unsupported("tag of a threshold", found)),
    }
}

fn take_number(reader: &mut Reader<'_>) -> Decoded<u16> {
    reader.u16("number of a declaration in a rule")
}

/// Recurses no deeper than the nodes a rule may have.
fn take_expr(reader: &mut Reader<'_>, nodes: &mut usize) -> Decoded<Expr> {
    *nodes += 1;
    if *nodes > RULE_NODES {
        let found = *nodes as u64;
        return Err(DecodeError::limit("nodes of a rule", 1, RULE_NODES, found));
    }
    Ok(match reader.u8("tag of an expression")? {
        0 => Expr::Const(reader.u64("constant")?),
        1 => Expr::In(take_number(reader)?),
        2 => Expr::Out(take_number(reader)?),
        3 => Expr::CountIn(take_number(reader)?),
        4 => Expr::CountOut(take_number(reader)?),
        5 => Expr::CountGlobal(take_number(reader)?),
        6 => Expr::Global(take_number(reader)?),
        7 => Expr::Meta(take_number(reader)?),
        8 => Expr::Genesis(take_number(reader)?),
        tag @ 9..=11 => {
            let left = Box::new(take_expr(reader, nodes)?);
            let right = Box::new(take_expr(reader, nodes)?);
            match tag {
                9 => Expr::Add(left, right),
                10 => Expr::Sub(left, right),
                _ => Expr::Mul(left, right),
            }
        }
        found => return Err(DecodeError::unsupported("tag of an expression", found)),
    })
}
