//! What no validator can do without: the curve operations of libsecp256k1, and SHA-256 compressions.

use std::hint::black_box;

use bitcoin::hashes::{Hash, HashEngine, sha256};
use bitcoin::key::{Secp256k1, XOnlyPublicKey};
use bitcoin::secp256k1::{Scalar, VerifyOnly};

/// Internal keys and tweaks.
pub struct Tweaks {
    secp: Secp256k1<VerifyOnly>,
    list: Vec<([u8; 32], Scalar)>,
}

impl Tweaks {
    pub fn new(count: u32) -> Self {
        let hash = |n: u32| sha256::Hash::hash(&n.to_le_bytes()).to_byte_array();
        let keys = (0..)
            .map(hash)
            .filter(|key| XOnlyPublicKey::from_slice(key).is_ok());
        let tweaks = (0..count).map(|n| Scalar::from_be_bytes(hash(!n)).expect("a scalar"));
        Self {
            secp: Secp256k1::verification_only(),
            list: keys.zip(tweaks).collect(),
        }
    }

    /// One `lift_x` and one tweak addition for each.
    pub fn run(&self) {
        for (key, tweak) in &self.list {
            let key = XOnlyPublicKey::from_slice(key).expect("a point");
            let tweaked = key.add_tweak(&self.secp, tweak).expect("a point");
            black_box(tweaked);
        }
    }

    /// One `lift_x` for each.
    pub fn lift(&self) {
        for (key, _) in &self.list {
            black_box(XOnlyPublicKey::from_slice(key).expect("a point"));
        }
    }
}

/// Compressions for a message of this length after a tag, whose block is computed beforehand.
const fn tagged(length: u32) -> u32 {
    (length + 9).div_ceil(64)
}

/// Compressions that a transfer of a line must cost (PROTOCOL.md §4 to §7): one input, two amounts
/// with revealed seals.
pub const fn compressions(transaction: u32) -> u32 {
    let txid = (transaction + 9).div_ceil(64) + 1;
    let id = tagged(125);
    let outputs = tagged(53) + tagged(21) + 2 * tagged(41) + tagged(88);
    let bundle = tagged(38) + tagged(70);
    let tree = tagged(65) + 7 * tagged(13) + 7 * tagged(98) + tagged(35);
    txid + id + outputs + bundle + tree
}

/// Compressions of the leaf and the tweak.
pub const TAPRET: u32 = tagged(66) + tagged(64);

/// Compresses as many blocks.
pub fn compress(blocks: u32) {
    let mut engine = sha256::HashEngine::default();
    for _ in 0..blocks {
        engine.input(black_box(&[7; 64]));
    }
    black_box(engine.midstate());
}
