//! Whether rules refer to what their operation has.

use std::collections::BTreeMap;

use super::error::{Problem, SchemaError};
use super::rule::{Expr, Rule, Side, Threshold};
use super::types::{Occurs, Schema, ValueType};
use crate::state::StateKind;

/// What the rules of one operation may refer to.
pub(super) struct Scope<'a> {
    pub(super) schema: &'a Schema,
    pub(super) genesis: bool,
    pub(super) globals: &'a BTreeMap<u16, Occurs>,
    pub(super) metadata: &'a BTreeMap<u16, Occurs>,
}

impl Scope<'_> {
    /// Whether every rule refers to what is there.
    pub(super) fn check_rules(&self, place: &str, rules: &[Rule]) -> Result<(), SchemaError> {
        let mut signed = 0;
        for (index, rule) in rules.iter().enumerate() {
            let field = || format!("{place}.rules[{index}]");
            let checked = self.check_rule(rule);
            checked.map_err(|problem| SchemaError::new(field(), problem))?;
            signed += usize::from(matches!(rule, Rule::Signed { .. }));
            if signed > 1 {
                return Err(SchemaError::new(field(), Problem::SecondSigned));
            }
        }
        Ok(())
    }

    fn check_rule(&self, rule: &Rule) -> Result<(), Problem> {
        match rule {
            Rule::TokensKept(owned) => {
                self.outside_genesis(|| rule.text(self.schema))?;
                self.kind(*owned, StateKind::Token, || rule.text(self.schema))?;
            }
            Rule::TokensRange { side, owned, .. } => {
                if *side == Side::Input {
                    self.outside_genesis(|| rule.text(self.schema))?;
                }
                self.kind(*owned, StateKind::Token, || rule.text(self.schema))?;
            }
            Rule::Signed { threshold, keys } => {
                self.outside_genesis(|| rule.text(self.schema))?;
                self.signed(*threshold, *keys)?;
            }
            Rule::NotBefore(_) => self.outside_genesis(|| rule.text(self.schema))?,
            Rule::Equal(..) | Rule::AtMost(..) | Rule::Less(..) => {}
        }
        let mut leaves = rule.operands().flat_map(Expr::leaves);
        leaves.try_for_each(|leaf| self.leaf(leaf))
    }

    fn leaf(&self, leaf: &Expr) -> Result<(), Problem> {
        let text = || leaf.text(self.schema);
        match leaf {
            Expr::In(owned) => {
                self.outside_genesis(text)?;
                self.kind(*owned, StateKind::Amount, text)
            }
            Expr::Out(owned) => self.kind(*owned, StateKind::Amount, text),
            Expr::CountIn(owned) => {
                self.outside_genesis(text)?;
                self.owned(*owned).map(|_| ())
            }
            Expr::CountOut(owned) => self.owned(*owned).map(|_| ()),
            Expr::CountGlobal(global) => self.global(*global).map(|_| ()),
            Expr::Global(global) => {
                number(self.global(*global)?, text)?;
                once(self.globals.get(global), "this operation", text)
            }
            Expr::Meta(meta) => {
                self.outside_genesis(text)?;
                number(self.meta(*meta)?, text)?;
                once(self.metadata.get(meta), "this operation", text)
            }
            Expr::Genesis(global) => self.genesis_number(*global, text),
            Expr::Const(_) | Expr::Add(..) | Expr::Sub(..) | Expr::Mul(..) => Ok(()),
        }
    }

    fn signed(&self, threshold: Threshold, keys: u16) -> Result<(), Problem> {
        if let Threshold::Genesis(global) = threshold {
            let text = || Expr::Genesis(global).text(self.schema);
            self.genesis_number(global, text)?;
        }
        let form = || format!("keys {}", Expr::Genesis(keys).text(self.schema));
        let found = self.global(keys)?;
        if found != ValueType::Key {
            return Err(wrong_type(form(), found, "key"));
        }
        let occurs = self.schema.genesis.globals.get(&keys);
        if occurs.is_none_or(|occurs| occurs.min == 0) {
            return Err(not_once(form(), occurs, "the genesis", "at least once"));
        }
        Ok(())
    }

    fn genesis_number(&self, global: u16, text: impl Fn() -> String) -> Result<(), Problem> {
        number(self.global(global)?, &text)?;
        once(
            self.schema.genesis.globals.get(&global),
            "the genesis",
            text,
        )
    }

    fn outside_genesis(&self, text: impl Fn() -> String) -> Result<(), Problem> {
        if self.genesis {
            return Err(Problem::NotInGenesis { form: text() });
        }
        Ok(())
    }

    fn kind(
        &self,
        owned: u16,
        expected: StateKind,
        text: impl Fn() -> String,
    ) -> Result<(), Problem> {
        let found = self.owned(owned)?;
        if found == expected {
            return Ok(());
        }
        Err(Problem::WrongKind {
            form: text(),
            found: word(found),
            expected: word(expected),
        })
    }

    fn owned(&self, number: u16) -> Result<StateKind, Problem> {
        let def = self.schema.owned.get(&number);
        def.map(|def| def.kind)
            .ok_or_else(|| unknown("owned type", number))
    }

    fn global(&self, number: u16) -> Result<ValueType, Problem> {
        let def = self.schema.globals.get(&number);
        def.map(|def| def.ty)
            .ok_or_else(|| unknown("global", number))
    }

    fn meta(&self, number: u16) -> Result<ValueType, Problem> {
        let def = self.schema.metadata.get(&number);
        def.map(|def| def.ty)
            .ok_or_else(|| unknown("metadata", number))
    }
}

fn unknown(what: &'static str, number: u16) -> Problem {
    Problem::UnknownNumber { what, number }
}

fn number(found: ValueType, text: impl Fn() -> String) -> Result<(), Problem> {
    if found == ValueType::Number {
        return Ok(());
    }
    Err(wrong_type(text(), found, "number"))
}

fn wrong_type(form: String, found: ValueType, expected: &'static str) -> Problem {
    let found = found.to_string();
    Problem::WrongType {
        form,
        found,
        expected,
    }
}

fn once(
    occurs: Option<&Occurs>,
    operation: &'static str,
    text: impl Fn() -> String,
) -> Result<(), Problem> {
    if occurs == Some(&Occurs::ONCE) {
        return Ok(());
    }
    Err(not_once(text(), occurs, operation, "exactly once"))
}

fn not_once(
    form: String,
    occurs: Option<&Occurs>,
    operation: &'static str,
    expected: &'static str,
) -> Problem {
    Problem::NotOnce {
        form,
        found: occurs.copied().unwrap_or(Occurs::NEVER).to_string(),
        operation,
        expected,
    }
}

fn word(kind: StateKind) -> &'static str {
    match kind {
        StateKind::Amount => "amount",
        StateKind::Token => "token",
        StateKind::Right => "right",
        StateKind::Data => "data",
    }
}
