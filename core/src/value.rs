//! Global and metadata values: numbered byte strings that the schema gives a type.

use amplify::confinement::Confined;

use crate::codec::{Decode, DecodeError, Encode, Reader, confine, put_blob};
use crate::limits::{VALUE_BYTES, VALUES};

/// Bytes of a value.
pub type ValueBytes = Confined<Vec<u8>, 0, VALUE_BYTES>;

/// One value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// Its number in the schema.
    pub number: u16,
    /// Its bytes.
    pub bytes: ValueBytes,
}

/// The globals, or the metadata, of one operation: numbers never descend, values of one number
/// keep their order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Values(pub Confined<Vec<Value>, 0, VALUES>);

impl Values {
    /// Makes a list of values out of (number, bytes), sorted by number, order within kept.
    ///
    /// # Errors
    /// If there are more than 255 values, or one is longer than 65,535 bytes.
    pub fn new(values: impl IntoIterator<Item = (u16, Vec<u8>)>) -> Result<Self, DecodeError> {
        let mut list = Vec::new();
        for (number, bytes) in values {
            list.push(Value {
                number,
                bytes: confine("bytes of a value", bytes)?,
            });
        }
        list.sort_by_key(|value| value.number);
        confine("values of an operation", list).map(Self)
    }

    /// A list as it was read.
    pub(crate) fn from_list(list: Confined<Vec<Value>, 0, VALUES>) -> Result<Self, DecodeError> {
        let mut pairs = list.iter().zip(list.iter().skip(1));
        if pairs.any(|(a, b)| a.number > b.number) {
            return Err(DecodeError::not_canonical("numbers of values descend"));
        }
        Ok(Self(list))
    }

    /// The values with this number.
    pub fn of(&self, number: u16) -> impl Iterator<Item = &[u8]> + '_ {
        self.0
            .iter()
            .filter(move |value| value.number == number)
            .map(|value| value.bytes.as_slice())
    }
}

impl Encode for Value {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.number.to_le_bytes());
        put_blob(out, &self.bytes, VALUE_BYTES);
    }
}

impl Decode for Value {
    const NAME: &'static str = "values of an operation";
    const MIN_BYTES: usize = 4;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = reader.u16("number of a value")?;
        let bytes = reader.blob("bytes of a value", 0, VALUE_BYTES)?;
        Ok(Self {
            number,
            bytes: confine("bytes of a value", bytes.to_vec())?,
        })
    }
}

impl Encode for Values {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.0.encode_to(out);
    }
}

impl Decode for Values {
    const NAME: &'static str = "values";
    const MIN_BYTES: usize = 1;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_list(Confined::decode_from(reader)?)
    }
}
