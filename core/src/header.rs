//! The header of a consignment (PROTOCOL.md §8.1).

use crate::NetworkId;
use crate::codec::{Decode, DecodeError, Encode, Reader, objects, put_blob};
use crate::limits::SCHEMA_BYTES;
use crate::operation::Genesis;
use crate::schema::Schema;

/// The wire format that this software writes and reads: the first byte of a header.
pub const WIRE_FORMAT: u8 = 0;

/// What every frame stands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Wire format of the frames.
    pub format: u8,
    /// The chain; the genesis says the same.
    pub network: NetworkId,
    /// The schema; the genesis names its id.
    pub schema: Schema,
    /// The genesis.
    pub genesis: Genesis,
}

impl Header {
    /// A header for this contract.
    pub fn new(schema: Schema, genesis: Genesis) -> Self {
        Self {
            format: WIRE_FORMAT,
            network: genesis.network,
            schema,
            genesis,
        }
    }
}

impl Encode for Header {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(self.format);
        self.network.encode_to(out);
        put_blob(out, &self.schema.encode(), SCHEMA_BYTES);
        self.genesis.encode_to(out);
    }
}

impl Decode for Header {
    const NAME: &'static str = "header";
    const MIN_BYTES: usize = 110;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let format = reader.u8("wire format")?;
        if format != WIRE_FORMAT {
            return Err(DecodeError::unsupported("wire format", format));
        }
        let network = NetworkId::decode_from(reader)?;
        let schema = Schema::decode(reader.blob("schema", 1, SCHEMA_BYTES)?)?;
        Ok(Self {
            format,
            network,
            schema,
            genesis: Genesis::decode_from(reader)?,
        })
    }
}

objects!(Header);
