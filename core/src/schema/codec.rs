//! The canonical bytes of a schema and its id.

use std::collections::BTreeMap;

use bitcoin::hashes::{Hash as _, HashEngine as _, sha256};

use super::cursor::{
    DecodeError, put_length, put_text, take_text, take_u8, take_u16, take_u32, within,
};
use super::error::SchemaError;
use super::limits::{SCHEMA_BYTES, SCHEMA_RULES};
use super::rule_codec::{put_rules, take_rules};
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
        SchemaId::from_bytes(sha256::Hash::from_engine(engine).to_byte_array())
    }
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
