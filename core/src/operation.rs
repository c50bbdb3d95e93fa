//! Operations: the genesis of a contract and its transitions (PROTOCOL.md §5).

use std::collections::BTreeSet;

use amplify::confinement::Confined;

use crate::codec::{Decode, DecodeError, Encode, Reader, objects, put_length};
use crate::hash::tags;
use crate::limits::INPUTS;
use crate::outputs::Outputs;
use crate::value::Values;
use crate::{ContractId, NetworkId, OperationId, SchemaId};

/// The format of operations that this software knows: the first byte of each, inside its id.
pub const OPERATION_FORMAT: u8 = 1;

/// The first state of a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Genesis {
    /// Format of the contract's operations.
    pub format: u8,
    /// The schema the contract lives under.
    pub schema: SchemaId,
    /// The chain it lives on.
    pub network: NetworkId,
    /// Seconds since 1970, as the issuer claims.
    pub timestamp: u64,
    /// Globals.
    pub globals: Values,
    /// Outputs.
    pub outputs: Outputs,
}

impl Genesis {
    /// The contract's id. It does not depend on which seals are revealed and which leaves shown.
    pub fn contract_id(&self) -> ContractId {
        let mut out = Vec::with_capacity(256);
        self.head_to(&mut out);
        self.outputs.commit_to(&mut out);
        ContractId::from_bytes(tags::GENESIS.hash(&out))
    }

    fn head_to(&self, out: &mut Vec<u8>) {
        out.push(self.format);
        self.schema.encode_to(out);
        self.network.encode_to(out);
        out.extend_from_slice(&self.timestamp.to_le_bytes());
        self.globals.encode_to(out);
    }
}

/// An allocation that a transition consumes.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Input {
    /// The operation that made it.
    pub operation: OperationId,
    /// Its owned type.
    pub owned_type: u16,
    /// Its number among that operation's leaves of the type.
    pub index: u32,
}

/// The inputs of a transition.
pub type Inputs = Confined<BTreeSet<Input>, 1, INPUTS>;

/// A change of state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transition {
    /// Format: that of the contract's genesis.
    pub format: u8,
    /// The contract.
    pub contract: ContractId,
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
}

impl Transition {
    /// The operation id. It does not depend on which seals are revealed and which leaves shown.
    pub fn id(&self) -> OperationId {
        let mut out = Vec::with_capacity(256);
        self.head_to(&mut out);
        self.outputs.commit_to(&mut out);
        OperationId::from_bytes(tags::TRANSITION.hash(&out))
    }

    fn head_to(&self, out: &mut Vec<u8>) {
        out.push(self.format);
        self.contract.encode_to(out);
        out.extend_from_slice(&self.kind.to_le_bytes());
        put_length(out, self.inputs.len(), INPUTS);
        for input in &self.inputs {
            input.encode_to(out);
        }
        self.globals.encode_to(out);
        self.metadata.encode_to(out);
    }
}

/// An operation begins with its format; one that is not known cannot be read further.
fn format(reader: &mut Reader<'_>) -> Result<u8, DecodeError> {
    match reader.u8("format of an operation")? {
        OPERATION_FORMAT => Ok(OPERATION_FORMAT),
        found => Err(DecodeError::Unsupported {
            what: "format of an operation",
            found: found.into(),
        }),
    }
}

impl Encode for Genesis {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.head_to(out);
        self.outputs.encode_to(out);
    }
}

impl Decode for Genesis {
    const NAME: &'static str = "genesis";
    const MIN_BYTES: usize = 75;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            format: format(reader)?,
            schema: SchemaId::decode_from(reader)?,
            network: NetworkId::decode_from(reader)?,
            timestamp: reader.u64("timestamp")?,
            globals: Values::decode_from(reader)?,
            outputs: Outputs::decode_from(reader)?,
        })
    }
}

impl Encode for Input {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.operation.encode_to(out);
        out.extend_from_slice(&self.owned_type.to_le_bytes());
        out.extend_from_slice(&self.index.to_le_bytes());
    }
}

impl Decode for Input {
    const NAME: &'static str = "input";
    const MIN_BYTES: usize = 38;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            operation: OperationId::decode_from(reader)?,
            owned_type: reader.u16("owned type of an input")?,
            index: reader.u32("leaf number of an input")?,
        })
    }
}

fn inputs(reader: &mut Reader<'_>) -> Result<Inputs, DecodeError> {
    let length = reader.length("inputs", 1, INPUTS)?;
    let mut inputs = BTreeSet::new();
    for _ in 0..length {
        let input = Input::decode_from(reader)?;
        if inputs.last().is_some_and(|last| *last >= input) {
            return Err(DecodeError::not_canonical("inputs do not ascend"));
        }
        inputs.insert(input);
    }
    let found = inputs.len() as u64;
    let max = INPUTS as u64;
    Confined::try_from(inputs).map_err(|_| DecodeError::Limit {
        what: "inputs",
        min: 1,
        max,
        found,
    })
}

impl Encode for Transition {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.head_to(out);
        self.outputs.encode_to(out);
    }
}

impl Decode for Transition {
    const NAME: &'static str = "transition";
    const MIN_BYTES: usize = 78;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            format: format(reader)?,
            contract: ContractId::decode_from(reader)?,
            kind: reader.u16("kind of a transition")?,
            inputs: inputs(reader)?,
            globals: Values::decode_from(reader)?,
            metadata: Values::decode_from(reader)?,
            outputs: Outputs::decode_from(reader)?,
        })
    }
}

objects!(Genesis, Transition, Input);
