//! What a consistent consignment hands over, in the words of its schema where that is accepted by its id:
//! else by numbers, for a name is a claim.

use std::collections::{BTreeMap, BTreeSet};

use bulla_core::DecodeError;
use bulla_core::OperationId;
use bulla_core::consignment::Explicit;
use bulla_core::frame::Frame;
use bulla_core::operation::Transition;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::validator::{Consignment, TerminalState};
use bulla_schemas::roles::{global, meta};
use bulla_wallet::AllowList;
use bulla_wallet::transfer::plan::quantity;
use serde::Serialize;

use crate::claim;
use crate::denomination::Denomination;
use crate::subcommand::inspect::{NamedValue, globals, metadata};
use crate::unbacked::Unbacked;

/// What a consignment says to whoever accepts these schemas.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    /// The schema's name, if it is accepted by its id.
    pub schema_name: Option<String>,
    /// How much of the contract is unbacked by its history.
    pub unbacked: Option<Unbacked>,
    /// What is handed over.
    pub terminals: Vec<Terminal>,
}

/// Something that is handed over.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Terminal {
    /// The output that holds it, where the seal is revealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outpoint: Option<String>,
    /// The seal, where the output is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_seal: Option<String>,
    /// The owned type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub owned_type: Option<u16>,
    /// Its name, if the schema is accepted by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned: Option<String>,
    /// The token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<u32>,
    /// Amount in smallest units, a fraction of a token, 1 for a right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// An operation that is only shown: its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What that operation is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
}

/// An operation that is shown as evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Operation {
    /// The number of its transition in the schema.
    pub kind: u16,
    /// The transition's name, if the schema is accepted by its id.
    pub transition: Option<String>,
    /// What it states for its rules.
    pub metadata: Vec<Value>,
    /// What it publishes.
    pub globals: Vec<Value>,
}

/// A value of an operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Value {
    /// Its number, its name if the schema is accepted by its id, and what it is.
    #[serde(flatten)]
    pub value: NamedValue,
    /// An amount with decimals and ticker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
}

impl Said {
    /// Of a consignment, and the operations that it shows as evidence.
    pub fn of(
        content: &Consignment,
        shown: BTreeMap<OperationId, Transition>,
        allowed: &AllowList,
    ) -> Self {
        let reader = Reader {
            denomination: Denomination::of(&content.header, allowed),
            named: allowed.contains(content.header.genesis.schema),
            shown,
            content,
        };
        let terminals = content.terminals.iter();
        Self {
            schema_name: allowed.name(&content.header.schema),
            unbacked: reader.denomination.unbacked(),
            terminals: terminals.map(|state| reader.terminal(state)).collect(),
        }
    }
}

/// The operations that these parts of a consignment show as evidence.
pub fn evidence<P: AsRef<[u8]>>(
    content: &Consignment,
    parts: impl IntoIterator<Item = std::result::Result<P, DecodeError>>,
) -> BTreeMap<OperationId, Transition> {
    let named = content
        .terminals
        .iter()
        .filter_map(|terminal| match terminal {
            TerminalState::Evidence(operation) => Some(*operation),
            TerminalState::Leaf { .. } => None,
        });
    let mut wanted: BTreeSet<OperationId> = named.collect();
    let mut found = BTreeMap::new();
    let mut explicit = Explicit::new(&content.header);
    for part in parts.into_iter().skip(1) {
        if wanted.is_empty() {
            break;
        }
        let frame = part.and_then(|part| explicit.frame(part.as_ref()));
        let Ok(Frame::Witness(frame)) = frame else {
            continue;
        };
        for signed in frame.transitions {
            let id = signed.transition.id();
            if wanted.remove(&id) {
                found.insert(id, signed.transition);
            }
        }
    }
    found
}

struct Reader<'a> {
    content: &'a Consignment,
    denomination: Denomination,
    /// Whether the schema's names count.
    named: bool,
    shown: BTreeMap<OperationId, Transition>,
}

impl Reader<'_> {
    fn terminal(&self, state: &TerminalState) -> Terminal {
        match state {
            TerminalState::Leaf {
                leaf,
                state,
                seal,
                outpoint,
                ..
            } => {
                let (ty, units) = (leaf.owned_type, quantity(state));
                let token = match state {
                    State::Token(token) => Some(token.id),
                    _ => None,
                };
                let owned = self.owned(ty);
                let called = owned.clone().unwrap_or_else(|| format!("type {ty}"));
                Terminal {
                    outpoint: outpoint.map(|outpoint| outpoint.to_string()),
                    secret_seal: secret(seal, outpoint.is_none()),
                    owned_type: Some(ty),
                    owned,
                    token,
                    amount: Some(units.to_string()),
                    display: Some(self.denomination.show_owned(&called, token, units)),
                    ..Terminal::default()
                }
            }
            TerminalState::Evidence(operation) => Terminal {
                evidence: Some(operation.to_string()),
                operation: self.shown.get(operation).map(|shown| self.operation(shown)),
                ..Terminal::default()
            },
        }
    }

    fn owned(&self, ty: u16) -> Option<String> {
        let def = self.content.header.schema.owned.get(&ty);
        def.filter(|_| self.named).map(|def| def.name.clone())
    }

    fn operation(&self, transition: &Transition) -> Operation {
        let header = &self.content.header;
        let def = header.schema.transitions.get(&transition.kind);
        let values = |values: Vec<NamedValue>| values.into_iter().map(|one| self.value(one));
        Operation {
            kind: transition.kind,
            transition: def.filter(|_| self.named).map(|def| def.name.clone()),
            metadata: values(metadata(&transition.metadata, header)).collect(),
            globals: values(globals(&transition.globals, header)).collect(),
        }
    }

    fn value(&self, value: NamedValue) -> Value {
        let amounts = [
            meta::BURNED,
            meta::RENOUNCED,
            meta::HANDED,
            global::SUPPLY,
            global::CAP,
            global::REPLACEABLE,
        ];
        let name = value.name.filter(|_| self.named);
        let is_amount = |name: &String| amounts.iter().any(|role| role.name == *name);
        let units = name.as_ref().filter(|name| is_amount(name));
        let units = units.and_then(|_| value.value.parse::<u64>().ok());
        Value {
            display: units.map(|units| self.denomination.show(units)),
            value: NamedValue { name, ..value },
        }
    }
}

fn secret(seal: &AssignedSeal, wanted: bool) -> Option<String> {
    wanted.then(|| seal.conceal().to_string())
}

impl Terminal {
    /// A line, and one for each value of an operation.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let Some(evidence) = &self.evidence else {
            let place = [&self.outpoint, &self.secret_seal];
            let place = place.into_iter().flatten().next().map_or("", |text| text);
            let display = self.display.as_deref().unwrap_or_default();
            return vec![("terminal", format!("{display} on {place}"))];
        };
        let operation = self.operation.as_ref();
        let called = operation.map(|operation| match &operation.transition {
            Some(name) => format!(": {name}"),
            None => format!(": transition {}", operation.kind),
        });
        let called = called.unwrap_or_default();
        let mut rows = vec![("evidence", format!("{evidence}{called}"))];
        let values = operation.into_iter();
        let values =
            values.flat_map(|operation| operation.metadata.iter().chain(&operation.globals));
        rows.extend(values.map(|value| ("  says", value.line())));
        rows
    }
}

impl Value {
    fn line(&self) -> String {
        let number = self.value.number.to_string();
        let name = self.value.name.as_ref().unwrap_or(&number);
        let raw = claim::shown(&self.value.value);
        format!("{name} = {}", self.display.as_ref().unwrap_or(&raw))
    }
}
