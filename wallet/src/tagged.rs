//! The wallet's own tagged SHA-256 (shape of BIP-340); nothing of it decides on a consignment.

use bitcoin::hashes::sha256::{self, HashEngine, Midstate};
use bitcoin::hashes::{Hash, HashEngine as _};

/// Makes the id of a transfer.
pub(crate) const TRANSFER: Tag = Tag::new("bulla:wallet:transfer#1");
/// Hash of an invoice's text before its checksum.
pub(crate) const INVOICE: Tag = Tag::new("bulla:wallet:invoice#1");
/// What an acknowledgement signs.
pub(crate) const ACKNOWLEDGEMENT: Tag = Tag::new("bulla:wallet:ack#1");

/// What a statement about an issuer signs (PROTOCOL.md §15.1).
pub(crate) const STATEMENT: Tag = Tag::new("bulla:statement#1");

/// Stands for a transaction that nobody made.
pub(crate) const SPENDER: Tag = Tag::new("bulla:wallet:spender#1");

/// A domain separator.
#[derive(Copy, Clone)]
pub(crate) struct Tag(Midstate);

impl Tag {
    const fn new(tag: &str) -> Self {
        Self(Midstate::hash_tag(tag.as_bytes()))
    }

    /// Hashes the message.
    pub(crate) fn hash(self, message: &[u8]) -> [u8; 32] {
        let mut engine = HashEngine::from_midstate(self.0, 64);
        engine.input(message);
        sha256::Hash::from_engine(engine).to_byte_array()
    }
}
