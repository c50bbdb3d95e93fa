//! Whether what a schema says makes sense (PROTOCOL.md §9.2).

use std::collections::BTreeMap;

use super::error::{Problem, SchemaError};
use super::guard;
use super::scope::Scope;
use super::types::{Occurs, RULE_VERSION, Schema, TransitionDef};
use crate::limits::{
    DECLARED, INPUTS, NAME_BYTES, RULE_NODES, SCHEMA_BYTES, SCHEMA_RULES, VALUES, leaves,
};

type Checked = Result<(), SchemaError>;

impl Schema {
    /// Whether this is a schema: within the limits, with names that can be told apart, rules that
    /// refer to what is declared, and an `==` rule for whatever can be lost or created.
    ///
    /// The last is the *guard*, and no more than that: it sees that a rule mentions the amount, not
    /// that the rule means anything. It does not see `0 * in.asset == 0 * out.asset`,
    /// `in.asset - in.asset == 0`, nor `in.asset + meta.more == out.asset`. Whoever allows a
    /// schema id reads its rules first.
    ///
    /// # Errors
    /// Of the first problem: the header, the declarations, the genesis, the transitions by number,
    /// the size.
    pub fn check(&self) -> Result<(), SchemaError> {
        if self.version != RULE_VERSION {
            let found = u64::from(self.version);
            let expected = RULE_VERSION;
            return fail("version", Problem::Version { found, expected });
        }
        let printable = self.name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !printable || !named(&self.name) {
            let found = self.name.clone();
            let expected = "1 to 255 printable ASCII characters";
            return fail("name", Problem::BadName { found, expected });
        }
        names("globals", &self.globals, |def| &def.name)?;
        names("metadata", &self.metadata, |def| &def.name)?;
        names("owned", &self.owned, |def| &def.name)?;
        names("transitions", &self.transitions, |def| &def.name)?;
        self.check_sizes()?;
        self.check_genesis()?;
        for def in self.transitions.values() {
            self.check_transition(def)?;
        }
        limit("", "bytes of schema", self.encode().len(), SCHEMA_BYTES)
    }

    fn check_sizes(&self) -> Checked {
        let genesis = std::iter::once(("genesis".to_owned(), &self.genesis.rules));
        let transitions = self.transitions.values();
        let transitions = transitions.map(|def| (place(def), &def.rules));
        let mut total = 0;
        for (place, rules) in genesis.chain(transitions) {
            for (index, rule) in rules.iter().enumerate() {
                let field = format!("{place}.rules[{index}]");
                limit(&field, "nodes of rule", rule.nodes(), RULE_NODES)?;
                total += 1;
                limit(&field, "rules", total, SCHEMA_RULES)?;
            }
        }
        Ok(())
    }

    fn check_genesis(&self) -> Checked {
        let genesis = &self.genesis;
        self.check_globals("genesis", &genesis.globals)?;
        self.check_outputs("genesis", &genesis.outputs)?;
        let scope = Scope {
            schema: self,
            genesis: true,
            globals: &genesis.globals,
            metadata: &BTreeMap::new(),
        };
        scope.check_rules("genesis", &genesis.rules)?;
        guard::check(
            self,
            "genesis",
            &guard::Flow {
                inputs: &BTreeMap::new(),
                outputs: &genesis.outputs,
                rules: &genesis.rules,
            },
        )
    }

    fn check_transition(&self, def: &TransitionDef) -> Checked {
        let place = place(def);
        if def.inputs.is_empty() {
            return fail(&place, Problem::NoInputs);
        }
        let inputs = Occurrences {
            field: format!("{place}.inputs"),
            what: "owned type",
            all: ("inputs", Some(INPUTS)),
        };
        inputs.check(&def.inputs, |number| {
            self.owned
                .get(&number)
                .map(|def| (def.name.as_str(), INPUTS))
        })?;
        self.check_outputs(&place, &def.outputs)?;
        self.check_globals(&place, &def.globals)?;
        let metadata = Occurrences {
            field: format!("{place}.metadata"),
            what: "metadata",
            all: ("metadata values", Some(VALUES)),
        };
        metadata.check(&def.metadata, |number| {
            let def = self.metadata.get(&number);
            def.map(|def| (def.name.as_str(), VALUES))
        })?;
        let scope = Scope {
            schema: self,
            genesis: false,
            globals: &def.globals,
            metadata: &def.metadata,
        };
        scope.check_rules(&place, &def.rules)?;
        let flow = guard::Flow {
            inputs: &def.inputs,
            outputs: &def.outputs,
            rules: &def.rules,
        };
        guard::check(self, &place, &flow)
    }

    fn check_globals(&self, place: &str, globals: &BTreeMap<u16, Occurs>) -> Checked {
        let occurrences = Occurrences {
            field: format!("{place}.globals"),
            what: "global",
            all: ("global values", Some(VALUES)),
        };
        occurrences.check(globals, |number| {
            let def = self.globals.get(&number);
            def.map(|def| (def.name.as_str(), VALUES))
        })
    }

    fn check_outputs(&self, place: &str, outputs: &BTreeMap<u16, Occurs>) -> Checked {
        let occurrences = Occurrences {
            field: format!("{place}.outputs"),
            what: "owned type",
            all: ("outputs", None),
        };
        occurrences.check(outputs, |number| {
            let def = self.owned.get(&number);
            def.map(|def| (def.name.as_str(), leaves(def.kind)))
        })
    }
}

/// The path of a transition.
fn place(def: &TransitionDef) -> String {
    format!("transitions.{}", def.name)
}

fn fail<T>(field: &str, problem: Problem) -> Result<T, SchemaError> {
    Err(SchemaError::new(field, problem))
}

fn limit(field: &str, what: &'static str, found: usize, max: usize) -> Checked {
    if found > max {
        return fail(field, Problem::Limit { what, found, max });
    }
    Ok(())
}

fn named(name: &str) -> bool {
    (1..=NAME_BYTES).contains(&name.len())
}

/// Names must be words of the rule language, each once.
fn names<D>(section: &'static str, defs: &BTreeMap<u16, D>, of: impl Fn(&D) -> &String) -> Checked {
    limit(section, "declarations", defs.len(), DECLARED)?;
    let mut taken = BTreeMap::new();
    for (number, def) in defs {
        let name = of(def);
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let letter = name.starts_with(|first: char| first.is_ascii_alphabetic());
        if !letter || !named(name) || !name.bytes().all(word) {
            let found = name.clone();
            let expected = "a letter, then letters, digits and _, at most 255 in all";
            let field = format!("{section}.{}", name.escape_debug());
            return fail(&field, Problem::BadName { found, expected });
        }
        if let Some(first) = taken.insert(name, *number) {
            let name = name.clone();
            let field = format!("{section}.{name}");
            return fail(&field, Problem::DuplicateName { name, first });
        }
    }
    Ok(())
}

/// One map of occurrences: where it stands, what its numbers are, and how many there can be in all.
struct Occurrences {
    field: String,
    what: &'static str,
    all: (&'static str, Option<usize>),
}

impl Occurrences {
    /// `find` gives the name of a number and the most an operation can have of it.
    fn check<'s>(
        &self,
        map: &BTreeMap<u16, Occurs>,
        find: impl Fn(u16) -> Option<(&'s str, usize)>,
    ) -> Checked {
        let what = self.what;
        let mut least = 0_usize;
        for (&number, occurs) in map {
            let Some((name, most)) = find(number) else {
                return fail(&self.field, Problem::UnknownNumber { what, number });
            };
            let field = format!("{}.{name}", self.field);
            let Occurs { min, max } = *occurs;
            if min > max || max == 0 {
                return fail(&field, Problem::EmptyOccurs { min, max });
            }
            limit(&field, "occurrences", to_usize(max), most)?;
            least = least.saturating_add(to_usize(min));
        }
        let (what, most) = self.all;
        most.map_or(Ok(()), |most| limit(&self.field, what, least, most))
    }
}

fn to_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
