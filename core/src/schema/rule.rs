//! The rule algebra as a tree, and its text.

use super::types::Schema;

/// One condition an operation must meet.
///
/// Arithmetic is over checked u128: an overflow or a negative intermediate breaks the rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rule {
    /// `left == right`
    Equal(Expr, Expr),
    /// `left <= right`
    AtMost(Expr, Expr),
    /// `left < right`
    Less(Expr, Expr),
    /// `tokens(in.T) == tokens(out.T)`: each token id keeps its fraction total.
    TokensKept(u16),
    /// `tokens(in.T) == range(first, count, fraction)`, or of `out.T`: exactly the ids `first` to
    /// `first + count - 1`, each with this fraction total.
    TokensRange {
        /// Of which leaves.
        side: Side,
        /// The owned type.
        owned: u16,
        /// The lowest id.
        first: Expr,
        /// How many ids.
        count: Expr,
        /// The fraction total of each.
        fraction: Expr,
    },
    /// `signed(m, K)`: signatures of m of the keys that genesis global K lists.
    Signed {
        /// How many.
        threshold: Threshold,
        /// The genesis global with the keys.
        keys: u16,
    },
    /// `x <= witness.locktime`: not before height or time x.
    NotBefore(Expr),
}

/// What an operation consumes, or what it assigns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// `in`
    Input,
    /// `out`
    Output,
}

/// A number computed from an operation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Expr {
    /// A constant.
    Const(u64),
    /// `in.T`: the sum of the inputs of an Amount type; 0 if there are none.
    In(u16),
    /// `out.T`: the sum of the outputs of an Amount type; 0 if there are none.
    Out(u16),
    /// `count(in.T)`: how many inputs of a type of any kind.
    CountIn(u16),
    /// `count(out.T)`: how many outputs of a type of any kind.
    CountOut(u16),
    /// `count(global.G)`: how many values of G in this operation.
    CountGlobal(u16),
    /// `global.G`: a number that this operation publishes exactly once.
    Global(u16),
    /// `meta.M`: a number that this operation carries exactly once.
    Meta(u16),
    /// `genesis.G`: a number that the genesis publishes exactly once.
    Genesis(u16),
    /// `a + b`
    Add(Box<Expr>, Box<Expr>),
    /// `a - b`
    Sub(Box<Expr>, Box<Expr>),
    /// `a * b`
    Mul(Box<Expr>, Box<Expr>),
}

/// The m of `signed(m, K)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threshold {
    /// A constant.
    Const(u64),
    /// `genesis.M`: a number that the genesis publishes exactly once.
    Genesis(u16),
}

impl Rule {
    /// Nodes of the tree: the rule itself, and every constant, name and operator in it.
    pub fn nodes(&self) -> usize {
        1 + match self {
            Self::Equal(left, right) | Self::AtMost(left, right) | Self::Less(left, right) => {
                left.nodes() + right.nodes()
            }
            Self::TokensKept(_) => 0,
            Self::TokensRange {
                first,
                count,
                fraction,
                ..
            } => first.nodes() + count.nodes() + fraction.nodes(),
            Self::Signed { .. } => 1,
            Self::NotBefore(earliest) => earliest.nodes(),
        }
    }

    /// The rule as it is written, with the names of `schema`. Parsing it gives this rule again.
    pub fn text(&self, schema: &Schema) -> String {
        let text = String::new();
        let mut writer = Writer { schema, text };
        writer.rule(self);
        writer.text
    }

    /// The arithmetic operands, left to right.
    pub(super) fn operands(&self) -> impl Iterator<Item = &Expr> {
        let operands = match self {
            Self::Equal(left, right) | Self::AtMost(left, right) | Self::Less(left, right) => {
                [Some(left), Some(right), None]
            }
            Self::TokensRange {
                first,
                count,
                fraction,
                ..
            } => [Some(first), Some(count), Some(fraction)],
            Self::NotBefore(earliest) => [Some(earliest), None, None],
            Self::TokensKept(_) | Self::Signed { .. } => [None, None, None],
        };
        operands.into_iter().flatten()
    }
}

impl Side {
    /// As rules write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Input => "in",
            Self::Output => "out",
        }
    }
}

impl Expr {
    /// Nodes of the tree.
    pub fn nodes(&self) -> usize {
        self.leaves().count() * 2 - 1
    }

    /// The constants and names, left to right.
    pub(super) fn leaves(&self) -> impl Iterator<Item = &Expr> {
        let mut rest = vec![self];
        std::iter::from_fn(move || {
            loop {
                match rest.pop()? {
                    Self::Add(left, right) | Self::Sub(left, right) | Self::Mul(left, right) => {
                        rest.push(right);
                        rest.push(left);
                    }
                    leaf => return Some(leaf),
                }
            }
        })
    }

    /// The operand as it is written, with the names of `schema`.
    pub fn text(&self, schema: &Schema) -> String {
        let text = String::new();
        let mut writer = Writer { schema, text };
        writer.expr(self);
        writer.text
    }

    /// The tighter it binds its operands, the higher.
    fn strength(&self) -> u8 {
        match self {
            Self::Add(..) | Self::Sub(..) => 1,
            Self::Mul(..) => 2,
            _ => 3,
        }
    }
}

/// Writes rules and operands with the names of a schema.
struct Writer<'a> {
    schema: &'a Schema,
    text: String,
}

impl Writer<'_> {
    fn rule(&mut self, rule: &Rule) {
        match rule {
            Rule::Equal(left, right) => self.pair(left, " == ", right),
            Rule::AtMost(left, right) => self.pair(left, " <= ", right),
            Rule::Less(left, right) => self.pair(left, " < ", right),
            Rule::TokensKept(owned) => {
                let name = self.owned(*owned);
                self.push(&["tokens(in.", &name, ") == tokens(out.", &name, ")"]);
            }
            Rule::TokensRange {
                side,
                owned,
                first,
                count,
                fraction,
            } => {
                let name = self.owned(*owned);
                self.push(&["tokens(", side.word(), ".", &name, ") == range("]);
                self.pair(first, ", ", count);
                self.text += ", ";
                self.expr(fraction);
                self.text += ")";
            }
            Rule::Signed { threshold, keys } => {
                let keys = self.global(*keys);
                let threshold = match threshold {
                    Threshold::Const(m) => m.to_string(),
                    Threshold::Genesis(m) => format!("genesis.{}", self.global(*m)),
                };
                self.push(&["signed(", &threshold, ", ", &keys, ")"]);
            }
            Rule::NotBefore(earliest) => {
                self.expr(earliest);
                self.text += " <= witness.locktime";
            }
        }
    }

    fn push(&mut self, parts: &[&str]) {
        self.text.extend(parts.iter().copied());
    }

    fn pair(&mut self, left: &Expr, between: &str, right: &Expr) {
        self.expr(left);
        self.text += between;
        self.expr(right);
    }

    fn expr(&mut self, expr: &Expr) {
        let leaf = match expr {
            Expr::Const(value) => value.to_string(),
            Expr::In(owned) => format!("in.{}", self.owned(*owned)),
            Expr::Out(owned) => format!("out.{}", self.owned(*owned)),
            Expr::CountIn(owned) => format!("count(in.{})", self.owned(*owned)),
            Expr::CountOut(owned) => format!("count(out.{})", self.owned(*owned)),
            Expr::CountGlobal(global) => format!("count(global.{})", self.global(*global)),
            Expr::Global(global) => format!("global.{}", self.global(*global)),
            Expr::Meta(meta) => format!("meta.{}", self.meta(*meta)),
            Expr::Genesis(global) => format!("genesis.{}", self.global(*global)),
            Expr::Add(left, right) => return self.operator(expr, left, " + ", right),
            Expr::Sub(left, right) => return self.operator(expr, left, " - ", right),
            Expr::Mul(left, right) => return self.operator(expr, left, " * ", right),
        };
        self.text += &leaf;
    }

    /// Operators of one strength group to the left, so only a right operand needs parentheses.
    fn operator(&mut self, whole: &Expr, left: &Expr, sign: &str, right: &Expr) {
        self.operand(left, left.strength() < whole.strength());
        self.text += sign;
        self.operand(right, right.strength() <= whole.strength());
    }

    fn operand(&mut self, expr: &Expr, enclosed: bool) {
        if enclosed {
            self.text += "(";
        }
        self.expr(expr);
        if enclosed {
            self.text += ")";
        }
    }

    fn owned(&self, number: u16) -> String {
        let def = self.schema.owned.get(&number);
        name(number, def.map(|def| &def.name))
    }

    fn global(&self, number: u16) -> String {
        let def = self.schema.globals.get(&number);
        name(number, def.map(|def| &def.name))
    }

    fn meta(&self, number: u16) -> String {
        let def = self.schema.metadata.get(&number);
        name(number, def.map(|def| &def.name))
    }
}

/// A number without a name cannot be written in a rule, and is printed so that this is seen.
pub(super) fn name(number: u16, declared: Option<&String>) -> String {
    declared.map_or_else(|| format!("#{number}"), Clone::clone)
}
