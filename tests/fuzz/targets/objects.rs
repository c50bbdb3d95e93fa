//! Each decoder on its own: the first byte chooses it, the rest is what it reads.
#![no_main]

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
use bulla_fuzz::one_encoding;
use libfuzzer_sys::fuzz_target;

macro_rules! decoders {
    ($($object:ty),* $(,)?) => {
        const DECODERS: &[fn(&[u8])] = &[
            $(|bytes| one_encoding(bytes, <$object>::decode, <$object>::encode)),*
        ];
    };
}

decoders! {
    Seal, AssignedSeal, Input, Genesis, Transition, Bundle, BundleProof, Witness, MpcProof, mpc::Proof,
    Partner, TapretProof, DbcProof, Anchor, Frame, Schema, Header,
}

fuzz_target!(|input: &[u8]| {
    if let Some((first, bytes)) = input.split_first() {
        let at = usize::from(*first) % DECODERS.len();
        DECODERS[at](bytes);
    }
});
