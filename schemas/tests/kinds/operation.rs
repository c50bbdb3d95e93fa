//! Operations as rules see them, written by name.

use std::collections::BTreeSet;

use bulla_core::schema::{
    Broken, Facts, LockTime, Part, Rule, Schema, Totals, TransitionDef, Value,
};
use bulla_core::state::StateKind;

/// Why an operation is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Too few or too many of something.
    Counts(Part),
    /// A value or leaf of another type.
    Types,
    /// The signers of a genesis.
    Signers,
    /// A rule, as it is written.
    Rule(String, Broken),
}

/// An operation of a schema.
#[derive(Clone)]
pub struct Operation<'s> {
    schema: &'s Schema,
    name: &'s str,
    inputs: Totals,
    outputs: Totals,
    globals: Vec<(u16, Vec<u8>)>,
    metadata: Vec<(u16, Vec<u8>)>,
    genesis: Vec<(u16, Vec<u8>)>,
    locktime: LockTime,
}

/// A transition of this name, or the genesis.
pub fn operation<'s>(schema: &'s Schema, name: &'s str) -> Operation<'s> {
    Operation {
        schema,
        name,
        inputs: Totals::new(),
        outputs: Totals::new(),
        globals: Vec::new(),
        metadata: Vec::new(),
        genesis: Vec::new(),
        locktime: LockTime::NONE,
    }
}

/// A genesis with the claims that its schema asks for.
pub fn genesis(schema: &Schema) -> Operation<'_> {
    let claims = operation(schema, "genesis")
        .says("ticker", b"T")
        .says("name", b"N");
    if schema.global_number("precision").is_some() {
        claims.counts("precision", 0)
    } else {
        claims
    }
}

impl Operation<'_> {
    fn owned(&self, name: &str) -> u16 {
        self.schema.owned_number(name).expect("declared")
    }

    fn global(&self, name: &str) -> u16 {
        self.schema.global_number(name).expect("declared")
    }

    /// Consumes an amount.
    pub fn takes(mut self, owned: &str, amount: u64) -> Self {
        self.inputs.add_amount(self.owned(owned), amount);
        self
    }

    /// Makes an amount.
    pub fn makes(mut self, owned: &str, amount: u64) -> Self {
        self.outputs.add_amount(self.owned(owned), amount);
        self
    }

    /// Consumes fractions of a token.
    pub fn takes_token(mut self, id: u32, fraction: u64) -> Self {
        self.inputs.add_token(self.owned("nft"), id, fraction);
        self
    }

    /// Makes fractions of a token.
    pub fn makes_token(mut self, id: u32, fraction: u64) -> Self {
        self.outputs.add_token(self.owned("nft"), id, fraction);
        self
    }

    /// Makes a right where something else is declared.
    pub fn makes_right(mut self, owned: &str) -> Self {
        let owned = self.owned(owned);
        self.outputs.add_root(owned, StateKind::Right, 1, 0);
        self
    }

    /// Publishes a value.
    pub fn says(mut self, global: &str, value: &[u8]) -> Self {
        self.globals.push((self.global(global), value.to_vec()));
        self.globals.sort_by_key(|(number, _)| *number);
        self
    }

    /// Publishes a number.
    pub fn counts(self, global: &str, value: u64) -> Self {
        self.says(global, &value.to_le_bytes())
    }

    /// States a number for the rules.
    pub fn states(mut self, meta: &str, value: u64) -> Self {
        let meta = self.schema.meta_number(meta).expect("declared");
        self.metadata.push((meta, value.to_le_bytes().to_vec()));
        self
    }

    /// The genesis published a number.
    pub fn born(mut self, global: &str, value: u64) -> Self {
        let value = value.to_le_bytes().to_vec();
        self.genesis.push((self.global(global), value));
        self.genesis.sort_by_key(|(number, _)| *number);
        self
    }

    /// The witness has this locktime.
    pub fn locked_until(mut self, locktime: u32) -> Self {
        let input = bitcoin::TxIn {
            sequence: bitcoin::Sequence::ENABLE_LOCKTIME_NO_RBF,
            ..bitcoin::TxIn::default()
        };
        self.locktime = LockTime::of(&bitcoin::Transaction {
            version: bitcoin::transaction::Version::TWO,
            lock_time: bitcoin::absolute::LockTime::from_consensus(locktime),
            input: vec![input],
            output: Vec::new(),
        });
        self
    }

    /// What the schema says of it, signatures aside.
    pub fn judge(&self) -> Result<(), Refusal> {
        let globals = borrowed(&self.globals);
        let metadata = borrowed(&self.metadata);
        let born = borrowed(&self.genesis);
        let rule =
            |failure: bulla_core::schema::RuleFailure| Refusal::Rule(failure.text, failure.broken);
        if self.name == "genesis" {
            let facts = Facts::of_genesis(&self.outputs, &globals);
            let def = &self.schema.genesis;
            let counted = def.check_counts(&facts, self.schema);
            counted.map_err(|failure| Refusal::Counts(failure.part))?;
            let typed = self.schema.check_types(&facts);
            typed.map_err(|_| Refusal::Types)?;
            def.check_rules(&facts, self.schema).map_err(rule)?;
            let signers = self.schema.check_signers(&globals);
            return signers.map_err(|_| Refusal::Signers);
        }
        let facts = Facts {
            inputs: &self.inputs,
            outputs: &self.outputs,
            globals: &globals,
            metadata: &metadata,
            genesis: &born,
            locktime: self.locktime,
        };
        let def = transition(self.schema, self.name);
        let counted = def.check_counts(&facts, self.schema);
        counted.map_err(|failure| Refusal::Counts(failure.part))?;
        let typed = self.schema.check_types(&facts);
        typed.map_err(|_| Refusal::Types)?;
        def.check_rules(&facts, self.schema).map_err(rule)
    }
}

/// A transition by its name.
pub fn transition<'s>(schema: &'s Schema, name: &str) -> &'s TransitionDef {
    schema.transition(name).expect("declared").1
}

fn borrowed(values: &[(u16, Vec<u8>)]) -> Vec<Value<'_>> {
    let values = values.iter();
    values
        .map(|(number, value)| (*number, value.as_slice()))
        .collect()
}

/// Both directions of a schema: what is good is accepted, what is bad breaks the rule named, and
/// no operation is without a good case, no rule without a bad one.
pub fn both_ways(schema: &Schema, good: &[Operation<'_>], bad: &[(Operation<'_>, &str, Broken)]) {
    let mut accepted = BTreeSet::new();
    for operation in good {
        assert_eq!(operation.judge(), Ok(()), "{}", operation.name);
        accepted.insert(operation.name.to_owned());
    }
    let mut broken = BTreeSet::new();
    for (operation, rule, reason) in bad {
        let refusal = Refusal::Rule((*rule).to_owned(), reason.clone());
        assert_eq!(operation.judge(), Err(refusal), "{}", operation.name);
        broken.insert((operation.name.to_owned(), (*rule).to_owned()));
    }
    let mut names = BTreeSet::from(["genesis".to_owned()]);
    let mut rules = texts("genesis", &schema.genesis.rules, schema);
    for def in schema.transitions.values() {
        names.insert(def.name.clone());
        rules.extend(texts(&def.name, &def.rules, schema));
    }
    assert_eq!(accepted, names);
    assert_eq!(broken, rules);
}

fn texts(operation: &str, rules: &[Rule], schema: &Schema) -> BTreeSet<(String, String)> {
    let evaluated = rules
        .iter()
        .filter(|rule| !matches!(rule, Rule::Signed { .. }));
    let texts = evaluated.map(|rule| (operation.to_owned(), rule.text(schema)));
    texts.collect()
}

/// Both sides were compared.
pub const fn compared(left: u128, right: u128) -> Broken {
    Broken::Compared { left, right }
}

/// A difference was negative.
pub const fn negative(left: u128, right: u128) -> Broken {
    Broken::Negative { left, right }
}

/// A token has other fractions than expected.
pub const fn token(id: u32, found: u128, expected: u128) -> Broken {
    Broken::Token {
        id,
        found,
        expected,
    }
}
