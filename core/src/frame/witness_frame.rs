//! A witness transaction and what the contract does in it, as far as it is shown.

use amplify::confinement::Confined;

use super::Signed;
use crate::anchor::Anchor;
use crate::bundle::BundleProof;
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
