//! What a schema says, in words for whoever writes or allows it.

use std::collections::BTreeMap;

use super::rule::{Expr, Rule, Side, Threshold};
use super::types::{Occurs, Schema, TransitionDef};
use crate::limits::{INPUTS, VALUES, leaves};

/// An operation in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explained {
    /// `genesis`, or the name of the transition.
    pub operation: String,
    /// The number of the transition; none for the genesis.
    pub kind: Option<u16>,
    /// What it consumes, makes, publishes and states, with how many of each.
    pub parts: Vec<String>,
    /// Its rules.
    pub rules: Vec<ExplainedRule>,
}

/// A rule in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExplainedRule {
    /// As it is written.
    pub text: String,
    /// What it means.
    pub words: String,
}

impl Schema {
    /// The genesis, then each transition by number.
    pub fn explain(&self) -> Vec<Explained> {
        let genesis = Explained {
            operation: "genesis".to_owned(),
            kind: None,
            parts: [
                self.made(&self.genesis.outputs),
                self.published(&self.genesis.globals),
            ]
            .concat(),
            rules: self.explain_rules(&self.genesis.rules),
        };
        let transitions = self.transitions.iter();
        let transitions = transitions.map(|(kind, def)| self.explain_transition(*kind, def));
        std::iter::once(genesis).chain(transitions).collect()
    }

    fn explain_transition(&self, kind: u16, def: &TransitionDef) -> Explained {
        let named = |number: &u16| self.owned.get(number).map(|def| def.name.as_str());
        let consumed = def.inputs.iter().filter_map(|(number, occurs)| {
            Some(format!(
                "consumes {} {}",
                many(*occurs, INPUTS),
                named(number)?
            ))
        });
        let stated = def.metadata.iter().filter_map(|(number, occurs)| {
            let meta = self.metadata.get(number)?;
            let how_many = many(*occurs, VALUES);
            Some(format!("states {how_many} `{}` ({})", meta.name, meta.ty))
        });
        Explained {
            operation: def.name.clone(),
            kind: Some(kind),
            parts: consumed
                .chain(self.made(&def.outputs))
                .chain(self.published(&def.globals))
                .chain(stated)
                .collect(),
            rules: self.explain_rules(&def.rules),
        }
    }

    fn made(&self, outputs: &BTreeMap<u16, Occurs>) -> Vec<String> {
        let made = outputs.iter().filter_map(|(number, occurs)| {
            let def = self.owned.get(number)?;
            Some(format!(
                "makes {} {}",
                many(*occurs, leaves(def.kind)),
                def.name
            ))
        });
        made.collect()
    }

    fn published(&self, globals: &BTreeMap<u16, Occurs>) -> Vec<String> {
        let published = globals.iter().filter_map(|(number, occurs)| {
            let def = self.globals.get(number)?;
            let how_many = many(*occurs, VALUES);
            Some(format!("publishes {how_many} `{}` ({})", def.name, def.ty))
        });
        published.collect()
    }

    fn explain_rules(&self, rules: &[Rule]) -> Vec<ExplainedRule> {
        let explained = rules.iter().map(|rule| ExplainedRule {
            text: rule.text(self),
            words: rule.words(self),
        });
        explained.collect()
    }
}

/// How many, of which an operation can have `most`.
fn many(occurs: Occurs, most: usize) -> String {
    let Occurs { min, max } = occurs;
    let open = usize::try_from(max).is_ok_and(|max| max >= most);
    match (min, max) {
        (0, _) if open => "any number of".to_owned(),
        _ if min == max => format!("exactly {min}"),
        _ if open => format!("{min} or more"),
        (0, _) => format!("at most {max}"),
        _ => format!("{min} to {max}"),
    }
}

impl Rule {
    /// What the rule means, with the names of `schema`.
    pub fn words(&self, schema: &Schema) -> String {
        let words = |expr: &Expr| expr.words(schema);
        let told = match self {
            Self::Equal(left, right) => equality(left, right, schema),
            Self::AtMost(Expr::Const(least), expr) => {
                format!("{} is at least {least}", words(expr))
            }
            Self::AtMost(left, right) => format!("{} is at most {}", words(left), words(right)),
            Self::Less(left, right) => format!("{} is less than {}", words(left), words(right)),
            Self::TokensKept(owned) => format!(
                "each {} consumed is made again with all its fractions: none appears, none is lost, none is doubled",
                owned_name(schema, *owned)
            ),
            Self::TokensRange {
                side,
                owned,
                first,
                count,
                fraction,
            } => {
                let name = owned_name(schema, *owned);
                let done = done(*side);
                let fraction = words(fraction);
                if *count == Expr::Const(1) {
                    let first = words(first);
                    format!("exactly one {name} is {done}, whole: id {first}, fractions {fraction}")
                } else {
                    let (first, count) = (words(first), words(count));
                    format!(
                        "exactly these {name} ids are {done}, each whole: from {first} on, as many as {count}, fractions {fraction}"
                    )
                }
            }
            Self::Signed { threshold, keys } => {
                let m = match threshold {
                    Threshold::Const(m) => m.to_string(),
                    Threshold::Genesis(m) => words(&Expr::Genesis(*m)),
                };
                let keys = words(&Expr::Genesis(*keys));
                format!("signed by as many as {m} of the keys {keys}; until then it is unsigned")
            }
            Self::NotBefore(earliest) => format!(
                "the witness cannot be mined before {}, a height or a time",
                words(earliest)
            ),
        };
        if self.operands().any(subtracts) {
            told + "; no difference may be negative"
        } else {
            told
        }
    }
}

fn equality(left: &Expr, right: &Expr, schema: &Schema) -> String {
    let words = |expr: &Expr| expr.words(schema);
    match (left, right) {
        (Expr::In(a), Expr::Out(b)) | (Expr::Out(a), Expr::In(b)) if a == b => format!(
            "as much {} is made as is consumed: none appears, none is lost",
            owned_name(schema, *a)
        ),
        (Expr::In(_), Expr::Add(..)) if parts(right).is_some() => {
            let parts: Vec<_> = parts(right).unwrap_or_default();
            let parts: Vec<_> = parts.into_iter().map(words).collect();
            format!(
                "{} goes, to the last unit, into {}",
                words(left),
                parts.join(" and ")
            )
        }
        _ => format!("{} equals {}", words(left), words(right)),
    }
}

/// The terms of a sum of what is made or stated.
fn parts(expr: &Expr) -> Option<Vec<&Expr>> {
    match expr {
        Expr::Out(_) | Expr::Meta(_) => Some(vec![expr]),
        Expr::Add(left, right) => {
            let mut all = parts(left)?;
            all.extend(parts(right)?);
            Some(all)
        }
        _ => None,
    }
}

fn subtracts(expr: &Expr) -> bool {
    match expr {
        Expr::Sub(..) => true,
        Expr::Add(left, right) | Expr::Mul(left, right) => subtracts(left) || subtracts(right),
        _ => false,
    }
}

const fn done(side: Side) -> &'static str {
    match side {
        Side::Input => "consumed",
        Side::Output => "made",
    }
}

fn owned_name(schema: &Schema, number: u16) -> String {
    let name = schema.owned.get(&number).map(|def| def.name.clone());
    name.unwrap_or_else(|| format!("#{number}"))
}

impl Expr {
    /// The operand in words, with the names of `schema`.
    fn words(&self, schema: &Schema) -> String {
        let owned = |number: &u16| owned_name(schema, *number);
        let global = |number: &u16| {
            let name = schema.globals.get(number).map(|def| def.name.clone());
            name.unwrap_or_else(|| format!("#{number}"))
        };
        let operator = |left: &Self, sign: &str, right: &Self| {
            format!("{} {sign} {}", left.operand(schema), right.operand(schema))
        };
        match self {
            Self::Const(value) => value.to_string(),
            Self::In(number) => format!("the {} consumed", owned(number)),
            Self::Out(number) => format!("the {} made", owned(number)),
            Self::CountIn(number) => {
                format!("the number of {} allocations consumed", owned(number))
            }
            Self::CountOut(number) => format!("the number of {} allocations made", owned(number)),
            Self::CountGlobal(number) => format!("the number of `{}` published", global(number)),
            Self::Global(number) => format!("the `{}` published", global(number)),
            Self::Meta(number) => {
                let name = schema.metadata.get(number).map(|def| def.name.clone());
                format!(
                    "the `{}` stated",
                    name.unwrap_or_else(|| format!("#{number}"))
                )
            }
            Self::Genesis(number) => format!("`{}` of the genesis", global(number)),
            Self::Add(left, right) => operator(left, "plus", right),
            Self::Sub(left, right) => operator(left, "minus", right),
            Self::Mul(left, right) => operator(left, "times", right),
        }
    }

    /// In words, in parentheses if it is not a single thing.
    fn operand(&self, schema: &Schema) -> String {
        let words = self.words(schema);
        match self {
            Self::Add(..) | Self::Sub(..) | Self::Mul(..) => format!("({words})"),
            _ => words,
        }
    }
}
