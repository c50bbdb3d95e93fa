//! The header of a consignment (PROTOCOL.md §8.1).

use crate::codec::{Decode, DecodeError, Encode, Reader, objects, put_blob};
use crate::limits::SCHEMA_BYTES;
use crate::operation::Genesis;
use crate::schema::Schema;

/// The wire format that this software writes and reads: the first byte of a header.
pub const WIRE_FORMAT: u8 = 1;

/// What every frame stands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The schema; the genesis names its id.
    pub schema: Schema,
    /// The genesis.
    pub genesis: Genesis,
}

impl Header {
    /// A header for this contract.
    pub const fn new(schema: Schema, genesis: Genesis) -> Self {
        Self { schema, genesis }
    }
}

impl Encode for Header {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(WIRE_FORMAT);
        put_blob(out, &self.schema.encode(), SCHEMA_BYTES);
        self.genesis.encode_to(out);
    }
}

impl Decode for Header {
    const NAME: &'static str = "header";
    const MIN_BYTES: usize = 78;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let format = reader.u8("wire format")?;
        if format != WIRE_FORMAT {
            return Err(DecodeError::unsupported("wire format", format));
        }
        Ok(Self {
            schema: Schema::decode(reader.blob("schema", 1, SCHEMA_BYTES)?)?,
            genesis: Genesis::decode_from(reader)?,
        })
    }
}

objects!(Header);
