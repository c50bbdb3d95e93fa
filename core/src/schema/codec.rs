//! The canonical bytes of a schema and its id (PROTOCOL.md §9.1).

use std::collections::BTreeMap;

use super::rule_codec::{put_rules, take_rules};
use super::types::{
    GenesisDef, GlobalDef, MetaDef, Occurs, OwnedDef, RULE_VERSION, Schema, TransitionDef,
    ValueType,
};
use crate::SchemaId;
use crate::codec::{Decode, DecodeError, Encode, Reader, objects, put_blob, put_length};
use crate::hash::tags;
use crate::limits::{DECLARED, NAME_BYTES, SCHEMA_BYTES, SCHEMA_RULES};
use crate::state::StateKind;

type Decoded<T> = Result<T, DecodeError>;

impl Schema {
    /// The id: the hash of the canonical bytes under the tag `bulla:schema#1`.
    ///
    /// It means something only of a schema that [`Schema::check`] accepts: one beyond a limit has
    /// no encoding, and `encode` gives bytes that no schema has.
    pub fn id(&self) -> SchemaId {
        Self::id_of(&self.encode())
    }

    /// The id of the schema that `bytes` encode, which are not looked at.
    pub fn id_of(bytes: &[u8]) -> SchemaId {
        SchemaId::from_bytes(tags::SCHEMA.hash(bytes))
    }
}

impl Encode for Schema {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(self.version);
        put_text(out, &self.name);
        put_map(out, &self.globals, |out, def| {
            put_text(out, &def.name);
            out.push(def.ty as u8);
        });
        put_map(out, &self.metadata, |out, def| {
            put_text(out, &def.name);
            out.push(def.ty as u8);
        });
        put_map(out, &self.owned, |out, def| {
            put_text(out, &def.name);
            out.push(def.kind.number());
        });
        put_occurs(out, &self.genesis.globals);
        put_occurs(out, &self.genesis.outputs);
        put_rules(out, &self.genesis.rules);
        put_map(out, &self.transitions, |out, def| {
            put_text(out, &def.name);
            put_occurs(out, &def.inputs);
            put_occurs(out, &def.outputs);
            put_occurs(out, &def.globals);
            put_occurs(out, &def.metadata);
            put_rules(out, &def.rules);
        });
    }
}

/// Takes whatever the bytes say, to the end of the reader; [`Schema::check`] says whether that
/// makes sense.
impl Decode for Schema {
    const NAME: &'static str = "schema";
    const MIN_BYTES: usize = 9;

    fn decode_from(reader: &mut Reader<'_>) -> Decoded<Self> {
        let found = reader.left() as u64;
        let version = reader.u8("rule version")?;
        if version != RULE_VERSION {
            return Err(DecodeError::unsupported("rule version", version));
        }
        if found > SCHEMA_BYTES as u64 {
            let what = "bytes of a schema";
            return Err(DecodeError::limit(what, 1, SCHEMA_BYTES, found));
        }
        take_schema(reader, version)
    }
}

objects!(Schema);

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_blob(out, text.as_bytes(), NAME_BYTES);
}

fn put_map<D>(out: &mut Vec<u8>, map: &BTreeMap<u16, D>, put: impl Fn(&mut Vec<u8>, &D)) {
    put_length(out, map.len(), DECLARED);
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

fn take_schema(reader: &mut Reader<'_>, version: u8) -> Decoded<Schema> {
    let name = take_text(reader)?;
    let globals = take_map(reader, |reader| {
        Ok(GlobalDef {
            name: take_text(reader)?,
            ty: take_value_type(reader)?,
        })
    })?;
    let metadata = take_map(reader, |reader| {
        Ok(MetaDef {
            name: take_text(reader)?,
            ty: take_value_type(reader)?,
        })
    })?;
    let owned = take_map(reader, |reader| {
        Ok(OwnedDef {
            name: take_text(reader)?,
            kind: take_kind(reader)?,
        })
    })?;
    let mut rules = SCHEMA_RULES;
    let genesis = GenesisDef {
        globals: take_occurs(reader)?,
        outputs: take_occurs(reader)?,
        rules: take_rules(reader, &mut rules)?,
    };
    let transitions = take_map(reader, |reader| take_transition(reader, &mut rules))?;
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

fn take_transition(reader: &mut Reader<'_>, rules: &mut usize) -> Decoded<TransitionDef> {
    Ok(TransitionDef {
        name: take_text(reader)?,
        inputs: take_occurs(reader)?,
        outputs: take_occurs(reader)?,
        globals: take_occurs(reader)?,
        metadata: take_occurs(reader)?,
        rules: take_rules(reader, rules)?,
    })
}

fn take_text(reader: &mut Reader<'_>) -> Decoded<String> {
    let bytes = reader.blob("name in a schema", 0, NAME_BYTES)?;
    let text = std::str::from_utf8(bytes)
        .map_err(|error| DecodeError::value("name in a schema", "UTF-8", error))?;
    Ok(text.to_owned())
}

fn take_map<D>(
    reader: &mut Reader<'_>,
    mut take: impl FnMut(&mut Reader<'_>) -> Decoded<D>,
) -> Decoded<BTreeMap<u16, D>> {
    let length = reader.length("declarations of a schema", 0, DECLARED)?;
    let mut map = BTreeMap::new();
    for _ in 0..length {
        let number = reader.u16("number of a declaration")?;
        if map
            .last_key_value()
            .is_some_and(|(last, _)| *last >= number)
        {
            let what = "numbers of declarations do not ascend";
            return Err(DecodeError::not_canonical(what));
        }
        map.insert(number, take(reader)?);
    }
    Ok(map)
}

fn take_occurs(reader: &mut Reader<'_>) -> Decoded<BTreeMap<u16, Occurs>> {
    take_map(reader, |reader| {
        Ok(Occurs {
            min: reader.u32("least occurrences")?,
            max: reader.u32("most occurrences")?,
        })
    })
}

fn take_value_type(reader: &mut Reader<'_>) -> Decoded<ValueType> {
    match reader.u8("type of a value")? {
        0 => Ok(ValueType::Number),
        1 => Ok(ValueType::Text),
        2 => Ok(ValueType::Bytes),
        3 => Ok(ValueType::Hash),
        4 => Ok(ValueType::Key),
        found => Err(DecodeError::value("type of a value", "0 to 4", found)),
    }
}

fn take_kind(reader: &mut Reader<'_>) -> Decoded<StateKind> {
    let found = reader.u8("kind of state")?;
    StateKind::from_number(found)
        .ok_or_else(|| DecodeError::value("kind of state", "0 to 3", found))
}
