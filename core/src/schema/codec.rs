//! The canonical bytes of a schema and its id.

use std::collections::BTreeMap;

use bitcoin::hashes::{Hash as _, HashEngine as _, sha256};

use super::cursor::{
    DecodeError, put_length, put_text, take_text, take_u8, take_u16, take_u32, take_u64,
};
use super::error::SchemaError;
use super::limits::{RULE_NODES, SCHEMA_BYTES, SCHEMA_RULES};
use super::rule::{Expr, Rule, Threshold};
use super::standin::{SchemaId, StateKind};
use super::types::{
    GenesisDef, GlobalDef, MetaDef, Occurs, OwnedDef, RULE_VERSION, Schema, TransitionDef,
    ValueType,
};

const TAG: sha256::Midstate = sha256::Midstate::hash_tag(b"bulla:schema#1");
/// Bytes of a tagged hash's prefix, the tag's hash twice.
const TAG_BYTES: usize = 64;

type Decoded<T> = Result<T, DecodeError>;

impl Schema {
    /// The canonical bytes: what is hashed and sent.
    ///
    /// Of a schema that [`Schema::check`] refuses for a limit they decode to nothing.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.version];
        put_text(&mut out, &self.name);
        put_map(&mut out, &self.globals, |out, def| {
            put_text(out, &def.name);
            put_value_type(out, def.ty);
        });
        put_map(&mut out, &self.metadata, |out, def| {
            put_text(out, &def.name);
            put_value_type(out, def.ty);
        });
        put_map(&mut out, &self.owned, |out, def| {
            put_text(out, &def.name);
            out.push(kind_tag(def.kind));
        });
        put_occurs(&mut out, &self.genesis.globals);
        put_occurs(&mut out, &self.genesis.outputs);
        put_rules(&mut out, &self.genesis.rules);
        put_map(&mut out, &self.transitions, |out, def| {
            put_text(out, &def.name);
            put_occurs(out, &def.inputs);
            put_occurs(out, &def.outputs);
            put_occurs(out, &def.globals);
            put_occurs(out, &def.metadata);
            put_rules(out, &def.rules);
        });
        out
    }

    /// The schema that `bytes` encode, checked.
    ///
    /// # Errors
    /// [`Problem::Decode`](super::Problem::Decode) if they encode none, with
    /// [`DecodeError::Unsupported`] for a rule version or tag of a later version; any other
    /// problem if [`Schema::check`] refuses what they encode.
    pub fn decode(bytes: &[u8]) -> Result<Self, SchemaError> {
        let schema =
            Self::decode_unchecked(bytes).map_err(|error| SchemaError::new("", error.into()))?;
        schema.check()?;
        Ok(schema)
    }

    /// The schema that `bytes` encode, whatever it says.
    ///
    /// # Errors
    /// If they encode none, are not canonical, or exceed a limit.
    pub fn decode_unchecked(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = bytes;
        let version = take_u8(&mut input)?;
        if version != RULE_VERSION {
            return Err(DecodeError::Unsupported {
                what: "rule version",
                found: version,
            });
        }
        within("bytes of schema", bytes.len(), SCHEMA_BYTES)?;
        let schema = take_schema(&mut input, version)?;
        if input.is_empty() {
            Ok(schema)
        } else {
            Err(DecodeError::Trailing(input.len()))
        }
    }

    /// The id: the hash of the canonical bytes under the tag `bulla:schema#1`.
    pub fn id(&self) -> SchemaId {
        Self::id_of(&self.encode())
    }

    /// The id of the schema that `bytes` encode, which are not looked at.
    pub fn id_of(bytes: &[u8]) -> SchemaId {
        let mut engine = sha256::HashEngine::from_midstate(TAG, TAG_BYTES);
        engine.input(bytes);
        SchemaId(sha256::Hash::from_engine(engine).to_byte_array())
    }
}

fn within(what: &'static str, found: usize, max: usize) -> Decoded<()> {
    if found > max {
        return Err(DecodeError::Limit { what, found, max });
    }
    Ok(())
}

fn put_map<D>(out: &mut Vec<u8>, map: &BTreeMap<u16, D>, put: impl Fn(&mut Vec<u8>, &D)) {
    put_length(out, map.len());
    for (number, def) in map {
        out.extend_from_slice(&number.to_le_bytes());
        put(out, def);
    }
}

fn put_occurs(out: &mut Vec<u8>, map: &BTreeMap<u16, Occurs>) {
    put_map(out, map, |out, occurs| {
        out.extend_from_slice(&occurs.min.to_le_bytes());
        out.extend_from_slice(&occurs.max.to_le_bytes());
    });
}

fn put_value_type(out: &mut Vec<u8>, ty: ValueType) {
    out.push(match ty {
        ValueType::Number => 0,
        ValueType::Text => 1,
        ValueType::Bytes => 2,
        ValueType::Hash => 3,
        ValueType::Key => 4,
    });
}

fn kind_tag(kind: StateKind) -> u8 {
    match kind {
        StateKind::Amount => 0,
        StateKind::Token => 1,
        StateKind::Right => 2,
        StateKind::Data => 3,
    }
}

fn put_rules(out: &mut Vec<u8>, rules: &[Rule]) {
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

fn take_schema(input: &mut &[u8], version: u8) -> Decoded<Schema> {
    let name = take_text(input)?;
    let globals = take_map(input, "global", |input| {
        Ok(GlobalDef {
            name: take_text(input)?,
            ty: take_value_type(input)?,
        })
    })?;
    let metadata = take_map(input, "metadata", |input| {
        Ok(MetaDef {
            name: take_text(input)?,
            ty: take_value_type(input)?,
        })
    })?;
    let owned = take_map(input, "owned type", |input| {
        Ok(OwnedDef {
            name: take_text(input)?,
            kind: take_kind(input)?,
        })
    })?;
    let mut rules = SCHEMA_RULES;
    let genesis = GenesisDef {
        globals: take_occurs(input, "global")?,
        outputs: take_occurs(input, "owned type")?,
        rules: take_rules(input, &mut rules)?,
    };
    let transitions = take_map(input, "transition", |input| {
        take_transition(input, &mut rules)
    })?;
    Ok(Schema {
        version,
        name,
        globals,
        metadata,
        owned,
        genesis,
        transitions,
    })
}

fn take_transition(input: &mut &[u8], rules: &mut usize) -> Decoded<TransitionDef> {
    Ok(TransitionDef {
        name: take_text(input)?,
        inputs: take_occurs(input, "owned type")?,
        outputs: take_occurs(input, "owned type")?,
        globals: take_occurs(input, "global")?,
        metadata: take_occurs(input, "metadata")?,
        rules: take_rules(input, rules)?,
    })
}

fn take_map<D>(
    input: &mut &[u8],
    what: &'static str,
    mut take: impl FnMut(&mut &[u8]) -> Decoded<D>,
) -> Decoded<BTreeMap<u16, D>> {
    let length = take_u8(input)?;
    let mut map = BTreeMap::new();
    for _ in 0..length {
        let found = take_u16(input)?;
        if let Some((&previous, _)) = map.last_key_value()
            && found <= previous
        {
            return Err(DecodeError::Order {
                what,
                previous,
                found,
            });
        }
        map.insert(found, take(input)?);
    }
    Ok(map)
}

fn take_occurs(input: &mut &[u8], what: &'static str) -> Decoded<BTreeMap<u16, Occurs>> {
    take_map(input, what, |input| {
        Ok(Occurs {
            min: take_u32(input)?,
            max: take_u32(input)?,
        })
    })
}

fn take_value_type(input: &mut &[u8]) -> Decoded<ValueType> {
    match take_u8(input)? {
        0 => Ok(ValueType::Number),
        1 => Ok(ValueType::Text),
        2 => Ok(ValueType::Bytes),
        3 => Ok(ValueType::Hash),
        4 => Ok(ValueType::Key),
        found => Err(DecodeError::Tag {
            what: "value type",
            found,
            expected: 5,
        }),
    }
}

fn take_kind(input: &mut &[u8]) -> Decoded<StateKind> {
    match take_u8(input)? {
        0 => Ok(StateKind::Amount),
        1 => Ok(StateKind::Token),
        2 => Ok(StateKind::Right),
        3 => Ok(StateKind::Data),
        found => Err(DecodeError::Tag {
            what: "state kind",
            found,
            expected: 4,
        }),
    }
}

/// The rules of one operation, of which the whole schema may have only `left` more.
fn take_rules(input: &mut &[u8], left: &mut usize) -> Decoded<Vec<Rule>> {
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
