//! Tagged SHA-256 with the tag's midstate computed at compile time (shape of BIP-340).

use bitcoin::hashes::sha256::{self, HashEngine, Midstate};
use bitcoin::hashes::{Hash, HashEngine as _};

/// A domain separator: `SHA256(SHA256(tag) || SHA256(tag) || message)`.
#[derive(Copy, Clone)]
pub(crate) struct Tag(Midstate);

impl Tag {
    pub(crate) const fn new(tag: &str) -> Self {
        Self(Midstate::hash_tag(tag.as_bytes()))
    }

    /// An engine that takes the message piece by piece.
    pub(crate) fn engine(self) -> HashEngine {
        HashEngine::from_midstate(self.0, 64)
    }

    /// Hashes the message.
    pub(crate) fn hash(self, message: &[u8]) -> [u8; 32] {
        let mut engine = self.engine();
        engine.input(message);
        finish(engine)
    }
}

/// The hash of what the engine was given.
pub(crate) fn finish(engine: HashEngine) -> [u8; 32] {
    sha256::Hash::from_engine(engine).to_byte_array()
}

/// Every tag of the protocol (PROTOCOL.md §2.1); none is used twice.
pub(crate) mod tags {
    use super::Tag;

    pub(crate) const NETWORK: Tag = Tag::new("bulla:network#1");
    pub(crate) const SCHEMA: Tag = Tag::new("bulla:schema#1");
    pub(crate) const GENESIS: Tag = Tag::new("bulla:genesis#1");
    pub(crate) const TRANSITION: Tag = Tag::new("bulla:transition#1");
    pub(crate) const SEAL: Tag = Tag::new("bulla:seal#1");
    pub(crate) const OUTPUT_LEAF: Tag = Tag::new("bulla:output:leaf#1");
    pub(crate) const OUTPUT_NODE: Tag = Tag::new("bulla:output:node#1");
    pub(crate) const BUNDLE_KEY: Tag = Tag::new("bulla:bundle:key#1");
    pub(crate) const BUNDLE_LEAF: Tag = Tag::new("bulla:bundle:leaf#1");
    pub(crate) const BUNDLE_NODE: Tag = Tag::new("bulla:bundle:node#1");
    pub(crate) const SIGNATURE: Tag = Tag::new("bulla:signature#1");
    /// Of LNPBP-4, as `commit_verify` and RGB run it.
    pub(crate) const MPC_NODE: Tag = Tag::new("urn:ubideco:merkle:node#2024-01-31");
    /// Of LNPBP-4, as `commit_verify` and RGB run it.
    pub(crate) const MPC_COMMITMENT: Tag = Tag::new("urn:ubideco:mpc:commitment#2024-01-31");
}
