//! Between core's objects and the store's rows.

use amplify::confinement::Confined;
use bulla_core::OperationId;
use bulla_core::bundle::BundleProof;
use bulla_core::frame::{KeySignature, Signatures};
use bulla_core::operation::{Input, Transition};
use bulla_core::outputs::{Outputs, Shown};
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::state::{State, StateKind, Token};

use crate::store::StoreError;
use crate::store::operations::LeafRow;

/// Something in the own file that no version of this program writes.
pub(crate) fn damaged(what: impl ToString) -> StoreError {
    StoreError::Damaged {
        what: what.to_string(),
    }
}

/// A column that holds an encoded object.
pub(crate) fn decode<T>(
    what: &str,
    found: Result<T, bulla_core::DecodeError>,
) -> Result<T, StoreError> {
    found.map_err(|cause| damaged(format!("{what}: {cause}")))
}

pub(crate) fn transition(bytes: &[u8]) -> Result<Transition, StoreError> {
    decode("an operation", Transition::decode(bytes))
}

pub(crate) fn bundle(bytes: &[u8]) -> Result<BundleProof, StoreError> {
    decode("a bundle", BundleProof::decode(bytes))
}

/// The rows of every shown leaf, with the seals that are shown.
pub(crate) fn leaf_rows(operation: OperationId, outputs: &Outputs) -> Vec<LeafRow> {
    let row = |(owned_type, shown): (u16, Shown)| {
        let (amount, token, data) = match &shown.state {
            State::Amount(amount) => (*amount, None, None),
            State::Token(token) => (token.fraction, Some(token.id), None),
            State::Right => (0, None, None),
            State::Data(bytes) => (0, None, Some(bytes.to_vec())),
        };
        LeafRow {
            operation,
            ty: owned_type,
            index: shown.index,
            kind: shown.state.kind().number(),
            amount,
            token,
            data,
            secret: shown.seal.conceal(),
            seal: match &shown.seal {
                AssignedSeal::Secret(_) => None,
                AssignedSeal::Revealed(seal) => Some(seal.encode()),
            },
        }
    };
    outputs.shown().map(row).collect()
}

/// The leaf of a row, its state, and its seal if it is known.
pub(crate) fn leaf(row: &LeafRow) -> Result<(Input, State, Option<Seal>), StoreError> {
    let state = match (StateKind::from_number(row.kind), row.token, &row.data) {
        (Some(StateKind::Amount), ..) => State::Amount(row.amount),
        (Some(StateKind::Token), Some(id), _) => State::Token(Token {
            id,
            fraction: row.amount,
        }),
        (Some(StateKind::Right), ..) => State::Right,
        (Some(StateKind::Data), _, Some(bytes)) => {
            State::Data(Confined::try_from(bytes.clone()).map_err(damaged)?)
        }
        _ => return Err(damaged("the state of a leaf")),
    };
    let seal = match &row.seal {
        None => None,
        Some(bytes) => Some(decode("a seal", Seal::decode(bytes))?),
    };
    let leaf = Input {
        operation: row.operation,
        owned_type: row.ty,
        index: row.index,
    };
    Ok((leaf, state, seal))
}

/// Signatures as they stand in a column: key number and 64 bytes each.
pub(crate) fn signature_bytes(signatures: &Signatures) -> Vec<u8> {
    let bytes = |one: &KeySignature| [&[one.key][..], &one.signature].concat();
    signatures.iter().flat_map(bytes).collect()
}

pub(crate) fn signatures(bytes: &[u8]) -> Result<Signatures, StoreError> {
    let (parts, rest) = bytes.as_chunks::<65>();
    if !rest.is_empty() {
        return Err(damaged("the signatures of an operation"));
    }
    let read = |part: &[u8; 65]| {
        let (key, signature) = part.split_first()?;
        Some(KeySignature {
            key: *key,
            signature: signature.try_into().ok()?,
        })
    };
    let list: Option<Vec<_>> = parts.iter().map(read).collect();
    list.and_then(|list| Confined::try_from(list).ok())
        .ok_or_else(|| damaged("the signatures of an operation"))
}
