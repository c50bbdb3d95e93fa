//! Schemas as TOML files that a person can read.
//!
//! ```toml
//! name = "fixed"                 # printable ASCII
//! version = 0                    # of the rules
//!
//! [globals]                      # values operations publish: number, text, bytes, hash or key
//! supply = { number = 0, type = "number" }
//!
//! [metadata]                     # values transitions carry for their rules, same types
//!
//! [owned]                        # what can be owned: amount, token, right or data
//! asset = { number = 0, state = "amount" }
//!
//! [genesis]                      # how many of each: "1", "0..1", "2..5", "1.." (both ends included)
//! globals = { supply = "1" }
//! outputs = { asset = "1.." }
//! rules = ["out.asset == global.supply"]
//!
//! [transitions.transfer]
//! number = 0
//! inputs = { asset = "1.." }
//! outputs = { asset = "1.." }
//! rules = ["in.asset == out.asset"]
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::error::{Problem, SchemaError};
use super::parse;
use super::rule::Rule;
use super::toml_value::{
    Numbered, Read, Table, array, choose, join, line_of, number, occurs, string, supported,
    wrong_toml,
};
use super::types::{
    GenesisDef, GlobalDef, MetaDef, Occurs, OwnedDef, Schema, TransitionDef, ValueType,
};
use crate::limits::{INPUTS, VALUES, leaves};
use crate::state::StateKind;

const KINDS: [(&str, StateKind); 4] = [
    ("amount", StateKind::Amount),
    ("token", StateKind::Token),
    ("right", StateKind::Right),
    ("data", StateKind::Data),
];

impl Schema {
    /// The schema that a TOML text says; see `schemas/fixed.toml` for the form.
    ///
    /// Tables may be written in any order; the id depends on the numbers in the text, the names
    /// and the rules, not on how they are laid out. `"1.."` means up to the consensus limit.
    ///
    /// # Errors
    /// With the line and field: if the text is not TOML, has a key that means nothing or lacks
    /// one, a rule cannot be read, or [`Schema::check`] refuses the whole.
    pub fn from_toml(text: &str) -> Result<Self, SchemaError> {
        let mut reader = Reader {
            text,
            lines: BTreeMap::new(),
        };
        let read = reader.schema().and_then(|schema| {
            schema.check()?;
            Ok(schema)
        });
        read.map_err(|error| reader.with_line(error))
    }
}

struct Reader<'a> {
    text: &'a str,
    /// Where each field stands, to name the line of a problem that is found later.
    lines: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn schema(&mut self) -> Read<Schema> {
        let root = DeTable::parse(self.text).map_err(|error| self.not_toml(&error))?;
        let root = self.table(String::new(), root.get_ref());
        root.keys("name version globals metadata owned genesis transitions")?;
        let version = root.required("version", "the rule version, 0")?;
        let version = number(&root.field("version"), version, u64::MAX)?;
        let version = supported(version).map_err(|problem| root.error("version", problem))?;
        let name = root.required("name", "the name of the schema")?;
        let mut schema = Schema {
            version,
            name: string(&root.field("name"), name)?.to_owned(),
            globals: BTreeMap::new(),
            metadata: BTreeMap::new(),
            owned: BTreeMap::new(),
            genesis: GenesisDef::default(),
            transitions: BTreeMap::new(),
        };
        schema.globals = self.values(&root, "globals", |name, ty| GlobalDef { name, ty })?;
        schema.metadata = self.values(&root, "metadata", |name, ty| MetaDef { name, ty })?;
        schema.owned = self.owned(&root)?;
        schema.genesis = self.genesis(&root, &schema)?;
        schema.transitions = self.transitions(&root, &schema)?;
        Ok(schema)
    }

    fn values<D>(
        &mut self,
        root: &Table<'_>,
        section: &str,
        def: impl Fn(String, ValueType) -> D,
    ) -> Read<BTreeMap<u16, D>> {
        let expected = "number, text, bytes, hash, key";
        let mut numbered = Numbered::default();
        for (name, entry) in self.section(root, section)? {
            entry.keys("number type")?;
            let word = entry.required("type", "the type of its values")?;
            let word = string(&entry.field("type"), word)?;
            let ty = choose(&ValueType::ALL, word, expected);
            let ty = ty.map_err(|problem| entry.error("type", problem))?;
            let number = entry.own_number()?;
            numbered.add(&entry, number, name, def(name.to_owned(), ty))?;
        }
        Ok(numbered.map)
    }

    fn owned(&mut self, root: &Table<'_>) -> Read<BTreeMap<u16, OwnedDef>> {
        let expected = "amount, token, right, data";
        let mut numbered = Numbered::default();
        for (name, entry) in self.section(root, "owned")? {
            entry.keys("number state")?;
            let word = entry.required("state", "what it carries")?;
            let word = string(&entry.field("state"), word)?;
            let kind = choose(&KINDS, word, expected);
            let kind = kind.map_err(|problem| entry.error("state", problem))?;
            let number = entry.own_number()?;
            let name = name.to_owned();
            numbered.add(&entry, number, &name.clone(), OwnedDef { name, kind })?;
        }
        Ok(numbered.map)
    }

    fn genesis(&mut self, root: &Table<'_>, schema: &Schema) -> Read<GenesisDef> {
        let value = root.required("genesis", "a table with outputs and rules")?;
        let genesis = self.subtable(&root.field("genesis"), value)?;
        genesis.keys("globals outputs rules")?;
        Ok(GenesisDef {
            globals: self.globals_of(&genesis, schema)?,
            outputs: self.outputs_of(&genesis, schema)?,
            rules: self.rules_of(&genesis, schema)?,
        })
    }

    fn transitions(
        &mut self,
        root: &Table<'_>,
        schema: &Schema,
    ) -> Read<BTreeMap<u16, TransitionDef>> {
        let mut numbered = Numbered::default();
        for (name, entry) in self.section(root, "transitions")? {
            entry.keys("number inputs outputs globals metadata rules")?;
            let number = entry.own_number()?;
            let owned = |name: &str| schema.owned_number(name);
            let meta = |name: &str| schema.meta_number(name).map(|number| (number, VALUES));
            let input = |name: &str| owned(name).map(|number| (number, INPUTS));
            let def = TransitionDef {
                name: name.to_owned(),
                inputs: self.occurs(&entry, "inputs", ("owned type", "owned"), &input)?,
                outputs: self.outputs_of(&entry, schema)?,
                globals: self.globals_of(&entry, schema)?,
                metadata: self.occurs(&entry, "metadata", ("metadata", "metadata"), &meta)?,
                rules: self.rules_of(&entry, schema)?,
            };
            numbered.add(&entry, number, name, def)?;
        }
        Ok(numbered.map)
    }

    fn globals_of(&mut self, of: &Table<'_>, schema: &Schema) -> Read<BTreeMap<u16, Occurs>> {
        let find = |name: &str| schema.global_number(name).map(|number| (number, VALUES));
        self.occurs(of, "globals", ("global", "globals"), &find)
    }

    fn outputs_of(&mut self, of: &Table<'_>, schema: &Schema) -> Read<BTreeMap<u16, Occurs>> {
        let find = |name: &str| {
            let number = schema.owned_number(name)?;
            let kind = schema.owned.get(&number)?.kind;
            Some((number, leaves(kind)))
        };
        self.occurs(of, "outputs", ("owned type", "owned"), &find)
    }

    /// How many of each name; `find` gives its number and the most an operation can have.
    fn occurs(
        &mut self,
        of: &Table<'_>,
        key: &str,
        (what, section): (&'static str, &'static str),
        find: &dyn Fn(&str) -> Option<(u16, usize)>,
    ) -> Read<BTreeMap<u16, Occurs>> {
        let Some(value) = of.get(key) else {
            return Ok(BTreeMap::new());
        };
        let table = self.subtable(&of.field(key), value)?;
        let mut map = BTreeMap::new();
        for (name, value) in &table.entries {
            let (number, most) = find(name).ok_or_else(|| {
                let problem = Problem::UnknownName {
                    what,
                    name: (*name).to_owned(),
                    section,
                };
                table.error(name, problem)
            })?;
            let text = string(&table.field(name), value)?;
            let occurs = occurs(text, most).map_err(|problem| table.error(name, problem))?;
            map.insert(number, occurs);
        }
        Ok(map)
    }

    fn rules_of(&mut self, of: &Table<'_>, schema: &Schema) -> Read<Vec<Rule>> {
        let Some(value) = of.get("rules") else {
            return Ok(Vec::new());
        };
        let field = of.field("rules");
        let texts = array(&field, value)?;
        let mut rules = Vec::new();
        for text in texts {
            let field = format!("{field}[{}]", rules.len());
            self.note(&field, text.span());
            let parsed = parse::rules(string(&field, text)?, schema);
            for rule in parsed.map_err(|problem| SchemaError::new(&field, problem))? {
                self.note(
                    &format!("{}[{}]", of.field("rules"), rules.len()),
                    text.span(),
                );
                rules.push(rule);
            }
        }
        Ok(rules)
    }

    /// The tables of a section, which may be absent.
    fn section<'t>(&mut self, root: &Table<'t>, section: &str) -> Read<Vec<(&'t str, Table<'t>)>> {
        let Some(value) = root.get(section) else {
            return Ok(Vec::new());
        };
        let table = self.subtable(&root.field(section), value)?;
        let entries = table.entries.iter();
        entries
            .map(|(name, value)| Ok((*name, self.subtable(&table.field(name), value)?)))
            .collect()
    }

    fn table<'t>(&mut self, path: String, table: &'t DeTable<'t>) -> Table<'t> {
        let mut entries = Vec::new();
        for (key, value) in table {
            let key_text = key.get_ref().as_ref();
            let field = join(&path, key_text);
            self.note(&field, key.span());
            entries.push((key_text, value));
        }
        Table { path, entries }
    }

    fn subtable<'t>(&mut self, field: &str, value: &'t Spanned<DeValue<'t>>) -> Read<Table<'t>> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(self.table(field.to_owned(), table)),
            _ => Err(wrong_toml(field, value, "a table")),
        }
    }

    fn note(&mut self, field: &str, span: Range<usize>) {
        self.lines
            .insert(field.to_owned(), line_of(self.text, span.start));
    }

    fn not_toml(&self, error: &::toml::de::Error) -> SchemaError {
        let message = error.message().trim().replace('\n', ", ");
        let mut problem = SchemaError::new("", Problem::NotToml { message });
        problem.line = error.span().map(|span| line_of(self.text, span.start));
        problem
    }

    /// Adds the line of the field, or of what encloses it.
    fn with_line(&self, mut error: SchemaError) -> SchemaError {
        if error.line.is_some() {
            return error;
        }
        let mut field = error.field.as_str();
        while !field.is_empty() && error.line.is_none() {
            error.line = self.lines.get(field).copied();
            field = field.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
        error
    }
}
