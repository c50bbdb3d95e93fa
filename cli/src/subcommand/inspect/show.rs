//! Objects of a consignment as JSON.

use bitcoin::Txid;
use bitcoin::hex::DisplayHex;
use bulla_core::bundle::BundleProof;
use bulla_core::commit::Method;
use bulla_core::frame::{Frame, Signed, Terminal, WitnessFrame};
use bulla_core::header::{Header, WIRE_FORMAT};
use bulla_core::operation::Input;
use bulla_core::outputs::{Leaves, Outputs, Shown};
use bulla_core::schema::ValueType;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::state::State;
use bulla_core::value::Values;
use bulla_core::{ContractId, NetworkId, OperationId, SchemaId, SecretSeal};
use bulla_wallet::AllowList;
use bulla_wallet::time::rfc3339;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::denomination::Denomination;
use crate::unbacked::Unbacked;

/// What `inspect` answers.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Bytes of the consignment.
    pub bytes: usize,
    /// Its header.
    pub header: HeaderOutput,
    /// Its frames, in order.
    pub frames: Vec<FrameOutput>,
}

/// A header.
#[derive(Debug, Serialize)]
pub struct HeaderOutput {
    /// Wire format.
    pub format: u8,
    /// The chain.
    pub network: NetworkId,
    /// The contract, computed from the genesis.
    pub contract: ContractId,
    /// The schema, computed from its content.
    pub schema: SchemaId,
    /// Its name, if it is a standard one.
    pub schema_name: Option<String>,
    /// How much of the contract can be reissued, in smallest units, and is unbacked by its history; none if
    /// nothing can.
    pub unbacked: Option<Unbacked>,
    /// When it was issued, as the issuer claims.
    pub issued: String,
    /// Globals of the genesis, by name.
    pub globals: Vec<NamedValue>,
    /// Outputs of the genesis.
    pub outputs: Vec<OutputsOutput>,
}

/// A global or metadata value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NamedValue {
    /// Its number in the schema.
    pub number: u16,
    /// Its name in the schema, if it declares one.
    pub name: Option<String>,
    /// Text, a number as a string, or hex.
    pub value: String,
}

/// A frame.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FrameOutput {
    /// A witness and what the contract does in it.
    Witness {
        /// The transaction.
        txid: Txid,
        /// How it commits: `tapret` or `opret`.
        method: &'static str,
        /// Steps of the proof that the bundle holds the transitions.
        bundle_steps: usize,
        /// The transitions shown.
        transitions: Vec<TransitionOutput>,
    },
    /// Where the witness before was mined, as the sender claims.
    BlockProof {
        /// Height.
        height: u32,
        /// Number of the transaction in the block.
        position: u32,
    },
    /// What a delta builds on.
    Base {
        /// The leaves.
        leaves: Vec<InputOutput>,
    },
    /// What is handed over.
    Terminals {
        /// Leaves, or operations shown as evidence.
        terminals: Vec<TerminalOutput>,
    },
}

/// A transition.
#[derive(Debug, Serialize)]
pub struct TransitionOutput {
    /// Its id, computed from its content.
    pub operation: OperationId,
    /// Its number in the schema.
    pub transition: u16,
    /// Its name in the schema, if it declares one.
    pub name: Option<String>,
    /// What it consumes.
    pub inputs: Vec<InputOutput>,
    /// Globals.
    pub globals: Vec<NamedValue>,
    /// Metadata.
    pub metadata: Vec<NamedValue>,
    /// Outputs.
    pub outputs: Vec<OutputsOutput>,
    /// Numbers of the keys that signed.
    pub signatures: Vec<u8>,
}

/// A leaf by its place.
#[derive(Debug, Serialize)]
pub struct InputOutput {
    /// Its operation.
    pub operation: OperationId,
    /// Owned type.
    #[serde(rename = "type")]
    pub owned_type: u16,
    /// Its number.
    pub index: u32,
}

/// A terminal.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum TerminalOutput {
    /// A leaf.
    Leaf(InputOutput),
    /// An operation shown as evidence.
    Evidence {
        /// The operation.
        evidence: OperationId,
    },
}

/// The leaves of one owned type.
#[derive(Debug, Serialize)]
pub struct OutputsOutput {
    /// Owned type.
    #[serde(rename = "type")]
    pub owned_type: u16,
    /// Its name in the schema, if it declares one.
    pub name: Option<String>,
    /// Leaves, shown or not.
    pub count: u32,
    /// Sum of all leaves, shown or not, in smallest units; 0 for kinds without amounts.
    pub aggregate: String,
    /// The leaves that are shown.
    pub leaves: Vec<LeafOutput>,
}

/// A shown leaf.
#[derive(Debug, Serialize)]
pub struct LeafOutput {
    /// Its number.
    pub index: u32,
    /// What it holds.
    pub state: Json,
    /// The hash of its seal.
    pub secret_seal: SecretSeal,
    /// The output, where the seal is revealed.
    pub seal: Option<String>,
}

impl HeaderOutput {
    /// Of a header.
    pub fn of(header: &Header) -> Self {
        let standard = AllowList::new([]);
        Self {
            schema_name: standard.name(&header.schema),
            unbacked: Denomination::of(header, &standard).unbacked(),
            format: WIRE_FORMAT,
            network: header.genesis.network,
            contract: header.genesis.contract_id(),
            schema: header.schema.id(),
            issued: rfc3339(header.genesis.timestamp),
            globals: globals(&header.genesis.globals, header),
            outputs: outputs(&header.genesis.outputs, header),
        }
    }
}

impl FrameOutput {
    /// Of a frame below a header.
    pub fn of(frame: &Frame, header: &Header) -> Self {
        match frame {
            Frame::Witness(frame) => witness(frame, header),
            Frame::BlockProof(proof) => Self::BlockProof {
                height: proof.height,
                position: proof.position,
            },
            Frame::Base(base) => Self::Base {
                leaves: base.0.iter().map(|entry| input(&entry.leaf)).collect(),
            },
            Frame::Terminals(terminals) => Self::Terminals {
                terminals: terminals.0.iter().map(terminal).collect(),
            },
        }
    }
}

fn witness(frame: &WitnessFrame, header: &Header) -> FrameOutput {
    let BundleProof(steps) = &frame.bundle;
    FrameOutput::Witness {
        txid: frame.witness.txid(),
        method: method(frame.anchor.dbc.method()),
        bundle_steps: steps.len(),
        transitions: frame
            .transitions
            .iter()
            .map(|signed| transition(signed, header))
            .collect(),
    }
}

const fn method(method: Method) -> &'static str {
    match method {
        Method::Tapret => "tapret",
        Method::Opret => "opret",
    }
}

fn transition(signed: &Signed, header: &Header) -> TransitionOutput {
    let transition = &signed.transition;
    let defined = header.schema.transitions.get(&transition.kind);
    TransitionOutput {
        operation: transition.id(),
        transition: transition.kind,
        name: defined.map(|defined| defined.name.clone()),
        inputs: transition.inputs.iter().map(input).collect(),
        globals: globals(&transition.globals, header),
        metadata: metadata(&transition.metadata, header),
        outputs: outputs(&transition.outputs, header),
        signatures: signed
            .signatures
            .iter()
            .map(|signature| signature.key)
            .collect(),
    }
}

fn input(input: &Input) -> InputOutput {
    InputOutput {
        operation: input.operation,
        owned_type: input.owned_type,
        index: input.index,
    }
}

fn terminal(terminal: &Terminal) -> TerminalOutput {
    match terminal {
        Terminal::Leaf(leaf) => TerminalOutput::Leaf(input(leaf)),
        Terminal::Evidence(operation) => TerminalOutput::Evidence {
            evidence: *operation,
        },
    }
}

/// Globals with the names that the schema gives them.
pub fn globals(values: &Values, header: &Header) -> Vec<NamedValue> {
    named(values, |number| {
        let defined = header.schema.globals.get(&number)?;
        Some((defined.name.clone(), defined.ty))
    })
}

/// Metadata with the names that the schema gives them.
pub fn metadata(values: &Values, header: &Header) -> Vec<NamedValue> {
    named(values, |number| {
        let defined = header.schema.metadata.get(&number)?;
        Some((defined.name.clone(), defined.ty))
    })
}

fn named(values: &Values, defined: impl Fn(u16) -> Option<(String, ValueType)>) -> Vec<NamedValue> {
    let one = |value: &bulla_core::value::Value| {
        let found = defined(value.number);
        NamedValue {
            number: value.number,
            value: readable(&value.bytes, found.as_ref().map(|(_, ty)| *ty)),
            name: found.map(|(name, _)| name),
        }
    };
    values.0.iter().map(one).collect()
}

/// A value as its type says; hex where it does not fit its type, or has none.
fn readable(bytes: &[u8], ty: Option<ValueType>) -> String {
    let text = match ty {
        Some(ValueType::Number) => <[u8; 8]>::try_from(bytes)
            .ok()
            .map(|bytes| u64::from_le_bytes(bytes).to_string()),
        Some(ValueType::Text) => std::str::from_utf8(bytes).ok().map(str::to_owned),
        _ => None,
    };
    text.unwrap_or_else(|| bytes.to_lower_hex_string())
}

fn outputs(outputs: &Outputs, header: &Header) -> Vec<OutputsOutput> {
    let one = |(ty, leaves): (&u16, &Leaves)| OutputsOutput {
        owned_type: *ty,
        name: header
            .schema
            .owned
            .get(ty)
            .map(|defined| defined.name.clone()),
        count: leaves.count(),
        aggregate: leaves.aggregate().to_string(),
        leaves: leaves.shown().map(|shown| leaf(&shown)).collect(),
    };
    outputs.0.iter().map(one).collect()
}

fn leaf(shown: &Shown) -> LeafOutput {
    LeafOutput {
        index: shown.index,
        state: state(&shown.state),
        secret_seal: shown.seal.conceal(),
        seal: match shown.seal {
            AssignedSeal::Secret(_) => None,
            AssignedSeal::Revealed(Seal::Witness { vout, .. }) => Some(format!("witness:{vout}")),
            AssignedSeal::Revealed(Seal::Outpoint { txid, vout, .. }) => {
                Some(format!("{txid}:{vout}"))
            }
        },
    }
}

fn state(state: &State) -> Json {
    match state {
        State::Amount(amount) => json!({ "amount": amount.to_string() }),
        State::Token(token) => json!({ "token": token.id, "fraction": token.fraction.to_string() }),
        State::Right => json!({ "right": true }),
        State::Data(bytes) => json!({ "data": bytes.to_lower_hex_string() }),
    }
}
