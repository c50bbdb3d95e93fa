//! A transition in the wire form: an input whose leaf is open is its running number.

use super::{outputs, varint};
use crate::codec::{Decode, DecodeError, Encode, Reader, confine};
use crate::frame::{KeySignature, Signatures, ascend};
use crate::limits::{INPUTS, SIGNATURES, VALUE_BYTES, VALUES};
use crate::operation::Input;
use crate::outputs::Outputs;
use crate::value::{Value, Values};

/// A transition with the signatures beside it. Contract and format are those of the genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transition {
    /// Which transition of the schema.
    pub kind: u16,
    /// What it consumes.
    pub inputs: Inputs,
    /// Globals.
    pub globals: Values,
    /// Metadata.
    pub metadata: Values,
    /// Outputs.
    pub outputs: Outputs,
    /// Signatures.
    pub signatures: Signatures,
}

/// The inputs of a transition, 1 to 65,535 in all. On the wire the explicit ones come first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inputs {
    /// Those whose leaf is not open, ascending.
    pub explicit: Vec<Input>,
    /// The running numbers of those whose leaf is open, ascending.
    pub numbers: Vec<u64>,
}

impl Inputs {
    fn put(&self, out: &mut Vec<u8>) {
        varint::put_count(out, self.explicit.len() + self.numbers.len());
        for input in &self.explicit {
            out.push(0);
            input.encode_to(out);
        }
        for number in &self.numbers {
            varint::put(out, number.saturating_add(1));
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count("inputs", 1, INPUTS)?;
        let mut inputs = Self {
            explicit: Vec::new(),
            numbers: Vec::with_capacity(count.min(reader.left())),
        };
        for _ in 0..count {
            let in_order = if let Some(number) = reader.varint("input")?.checked_sub(1) {
                let in_order = inputs.numbers.last().is_none_or(|last| *last < number);
                inputs.numbers.push(number);
                in_order
            } else {
                let input = Input::decode_from(reader)?;
                let in_order = inputs.explicit.last().is_none_or(|last| *last < input);
                inputs.explicit.push(input);
                in_order && inputs.numbers.is_empty()
            };
            if !in_order {
                return Err(DecodeError::not_canonical("inputs do not ascend"));
            }
        }
        Ok(inputs)
    }
}

impl Transition {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, self.kind);
        self.inputs.put(out);
        put_values(out, &self.globals);
        put_values(out, &self.metadata);
        outputs::put(out, &self.outputs);
        varint::put_count(out, self.signatures.len());
        for signature in &self.signatures {
            signature.encode_to(out);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            kind: reader.number("kind of a transition")?,
            inputs: Inputs::read(reader)?,
            globals: read_values(reader)?,
            metadata: read_values(reader)?,
            outputs: outputs::read(reader)?,
            signatures: read_signatures(reader)?,
        })
    }
}

fn put_values(out: &mut Vec<u8>, values: &Values) {
    varint::put_count(out, values.0.len());
    for value in &values.0 {
        varint::put(out, value.number);
        varint::put_bytes(out, &value.bytes);
    }
}

fn read_values(reader: &mut Reader<'_>) -> Result<Values, DecodeError> {
    let what = "values of an operation";
    let values = reader.items(what, (0, VALUES), 2, |reader| {
        let number = reader.number("number of a value")?;
        let bytes = reader.bytes("bytes of a value", VALUE_BYTES)?.to_vec();
        confine("bytes of a value", bytes).map(|bytes| Value { number, bytes })
    })?;
    Values::from_list(confine(what, values)?)
}

fn read_signatures(reader: &mut Reader<'_>) -> Result<Signatures, DecodeError> {
    let (what, least) = (KeySignature::NAME, KeySignature::MIN_BYTES);
    let list = reader.items(what, (0, SIGNATURES), least, KeySignature::decode_from)?;
    if !ascend(list.iter().map(|signature| signature.key)) {
        let what = "key numbers of signatures do not ascend";
        return Err(DecodeError::not_canonical(what));
    }
    confine(what, list)
}
