//! Every decoder of core in one table.

use bulla_core::DecodeError;
use bulla_core::anchor::Anchor;
use bulla_core::bundle::{Bundle, BundleProof};
use bulla_core::commit::mpc::{self, MpcProof};
use bulla_core::commit::{DbcProof, Partner, TapretProof};
use bulla_core::header::Header;
use bulla_core::operation::{Genesis, Input, Transition};
use bulla_core::schema::Schema;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::wire::Frame;
use bulla_core::witness::Witness;
use proptest::prelude::*;

/// Every strategy.
mod any_of {
    pub use super::super::arbitrary::*;
    pub use super::super::frames::wire_frame;
}

/// A decoder, and objects that it reads.
pub struct Codec {
    pub name: &'static str,
    /// Decodes, and drops what was decoded.
    pub decode: fn(&[u8]) -> Result<(), DecodeError>,
    /// Decodes, and encodes what was decoded.
    pub reencode: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
    /// Encodings of objects of the kind.
    pub encodings: fn() -> BoxedStrategy<Vec<u8>>,
}

macro_rules! codecs {
    ($($object:ty = $strategy:ident),* $(,)?) => {
        pub const CODECS: &[Codec] = &[$(Codec {
            name: stringify!($object),
            decode: |bytes| <$object>::decode(bytes).map(drop),
            reencode: |bytes| <$object>::decode(bytes).map(|object| object.encode()),
            encodings: || any_of::$strategy().prop_map(|object| object.encode()).boxed(),
        }),*];
    };
}

codecs! {
    Seal = seal,
    AssignedSeal = assigned_seal,
    Input = input,
    Genesis = genesis,
    Transition = transition,
    Bundle = bundle,
    BundleProof = bundle_proof,
    Witness = witness,
    MpcProof = mpc_path,
    mpc::Proof = mpc_proof,
    Partner = partner,
    TapretProof = tapret_proof,
    DbcProof = dbc_proof,
    Anchor = anchor,
    Frame = wire_frame,
    Schema = schema,
    Header = header,
}
