//! A witness transaction and what the contract does in it, as far as it is shown.

use amplify::confinement::Confined;

use super::Signed;
use crate::anchor::Anchor;
use crate::bundle::BundleProof;
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::limits::TRANSITIONS;
use crate::witness::Witness;

/// A witness, its anchor, and the transitions shown, ascending by operation id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WitnessFrame {
    /// The witness transaction.
    pub witness: Witness,
    /// Proof that it commits to the bundle.
    pub anchor: Anchor,
    /// Proof that the bundle maps the inputs of the shown transitions to them.
    pub bundle: BundleProof,
    /// The transitions shown.
    pub transitions: Confined<Vec<Signed>, 1, TRANSITIONS>,
}

impl Encode for WitnessFrame {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.witness.encode_to(out);
        self.anchor.encode_to(out);
        self.bundle.encode_to(out);
        self.transitions.encode_to(out);
    }
}

impl Decode for WitnessFrame {
    const NAME: &'static str = "witness frame";
    const MIN_BYTES: usize = 150;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            witness: Witness::decode_from(reader)?,
            anchor: Anchor::decode_from(reader)?,
            bundle: BundleProof::decode_from(reader)?,
            transitions: Confined::decode_from(reader)?,
        })
    }
}
