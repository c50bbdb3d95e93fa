//! A witness frame in the wire form, and the way to the explicit one and back.

use std::collections::BTreeSet;

use amplify::confinement::Confined;

use super::open::{OpenLeaf, OpenLeaves};
use super::transaction::{SealTxids, Transaction};
use super::transition::{Inputs, Transition};
use super::varint;
use crate::ContractId;
use crate::anchor::Anchor;
use crate::bundle::{BundleProof, Step};
use crate::codec::{Decode, DecodeError, Encode, Reader, confine};
use crate::frame::{self, Signed};
use crate::limits::{BUNDLE_STEPS, INPUTS, TRANSITIONS};
use crate::operation::{self, Input, OPERATION_FORMAT};
use crate::witness::Witness;

/// Bytes of the smallest transition.
const MIN_TRANSITION: usize = 7;

/// A witness and what the contract does in it, with references to what is known before the frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WitnessFrame {
    /// The transitions shown, 1 to 65,535.
    pub transitions: Vec<Transition>,
    /// The witness transaction.
    pub transaction: Transaction,
    /// Proof that it commits to the bundle.
    pub anchor: Anchor,
    /// Proof that the bundle maps the inputs of the shown transitions to them.
    pub bundle: BundleProof,
}

/// The explicit form of a frame, and what its inputs took out of the open leaves.
pub(crate) struct Resolved<T> {
    pub(crate) frame: frame::WitnessFrame,
    /// For each transition its inputs, ascending.
    pub(crate) taken: Vec<Vec<Taken<T>>>,
}

/// An input with its leaf: none if it is not open.
pub(crate) type Taken<T> = (Input, Option<OpenLeaf<T>>);

impl WitnessFrame {
    /// The wire form of a frame that stands where these leaves are open.
    pub(crate) fn reduce<T>(frame: &frame::WitnessFrame, open: &OpenLeaves<T>) -> Self {
        let mut known = SealTxids::default();
        let transitions = frame
            .transitions
            .iter()
            .map(|signed| reduce(signed, open, &mut known))
            .collect();
        Self {
            transitions,
            transaction: Transaction::reduce(frame.witness.transaction(), &known),
            anchor: frame.anchor.clone(),
            bundle: frame.bundle.clone(),
        }
    }

    /// The explicit form; takes the inputs out of the open leaves.
    pub(crate) fn resolve<T>(
        self,
        contract: ContractId,
        open: &mut OpenLeaves<T>,
    ) -> Result<Resolved<T>, DecodeError> {
        let mut known = SealTxids::default();
        let mut transitions = Vec::with_capacity(self.transitions.len());
        let mut taken = Vec::with_capacity(self.transitions.len());
        for wire in self.transitions {
            let leaves = take(&wire.inputs, open, &mut known)?;
            let inputs: BTreeSet<Input> = leaves.iter().map(|(input, _)| *input).collect();
            let (what, found) = ("inputs", inputs.len() as u64);
            let inputs = Confined::try_from(inputs)
                .map_err(|_| DecodeError::limit(what, 1, INPUTS, found))?;
            transitions.push(Signed {
                transition: operation::Transition {
                    format: OPERATION_FORMAT,
                    contract,
                    kind: wire.kind,
                    inputs,
                    globals: wire.globals,
                    metadata: wire.metadata,
                    outputs: wire.outputs,
                },
                signatures: wire.signatures,
            });
            taken.push(leaves);
        }
        let frame = frame::WitnessFrame {
            witness: Witness::bare(self.transaction.resolve(&known)?),
            anchor: self.anchor,
            bundle: self.bundle,
            transitions: confine("transitions of a frame", transitions)?,
        };
        Ok(Resolved { frame, taken })
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        varint::put_count(out, self.transitions.len());
        for transition in &self.transitions {
            transition.put(out);
        }
        self.transaction.put(out);
        self.anchor.encode_to(out);
        varint::put_count(out, self.bundle.0.len());
        for step in &self.bundle.0 {
            step.encode_to(out);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (what, limits) = ("transitions of a frame", (1, TRANSITIONS));
        Ok(Self {
            transitions: reader.items(what, limits, MIN_TRANSITION, Transition::read)?,
            transaction: Transaction::read(reader)?,
            anchor: Anchor::decode_from(reader)?,
            bundle: read_bundle(reader)?,
        })
    }
}

/// A step takes up to 33 times the memory of its byte, so all are read once before a list is made.
fn read_bundle(reader: &mut Reader<'_>) -> Result<BundleProof, DecodeError> {
    let limits = (0, BUNDLE_STEPS);
    let mut ahead = reader.clone();
    for _ in 0..ahead.count(Step::NAME, limits.0, limits.1)? {
        Step::decode_from(&mut ahead)?;
    }
    let steps = reader.items(Step::NAME, limits, Step::MIN_BYTES, Step::decode_from)?;
    confine(Step::NAME, steps).map(BundleProof)
}

fn reduce<T>(signed: &Signed, open: &OpenLeaves<T>, known: &mut SealTxids) -> Transition {
    let transition = &signed.transition;
    let mut inputs = Inputs::default();
    for input in &transition.inputs {
        match open.number(input) {
            Some(number) => inputs.numbers.push(number),
            None => inputs.explicit.push(*input),
        }
    }
    inputs.numbers.sort_unstable();
    for _ in &inputs.explicit {
        known.push(None);
    }
    for number in &inputs.numbers {
        known.push(open.at(*number).and_then(OpenLeaf::outpoint));
    }
    Transition {
        kind: transition.kind,
        inputs,
        globals: transition.globals.clone(),
        metadata: transition.metadata.clone(),
        outputs: transition.outputs.clone(),
        signatures: signed.signatures.clone(),
    }
}

/// Takes the inputs of a transition out of the open leaves; ascending by input.
fn take<T>(
    inputs: &Inputs,
    open: &mut OpenLeaves<T>,
    known: &mut SealTxids,
) -> Result<Vec<Taken<T>>, DecodeError> {
    let mut taken = Vec::with_capacity(inputs.explicit.len() + inputs.numbers.len());
    for input in &inputs.explicit {
        if open.number(input).is_some() {
            let what = "an input whose leaf is open is written in full";
            return Err(DecodeError::not_canonical(what));
        }
        known.push(None);
        taken.push((*input, None));
    }
    for number in &inputs.numbers {
        let Some(leaf) = open.take(*number) else {
            let expected = "the number of an open leaf that no input of this frame took before";
            return Err(DecodeError::value("number of an input", expected, number));
        };
        known.push(leaf.outpoint());
        taken.push((leaf.input, Some(leaf)));
    }
    taken.sort_unstable_by_key(|(input, _)| *input);
    Ok(taken)
}
