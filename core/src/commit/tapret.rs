//! Tapret: the commitment is a leaf of the script tree of a P2TR output (the form of bp-dbc 0.12,
//! filler `OP_NOP`). The form of RGB 0.11, filler `OP_RESERVED`, is never accepted: in tapscript that
//! byte is `OP_SUCCESS80` (BIP-342), and whoever knows the leaf could spend the output.
//!
//! The leaf is the whole tree, or one of the two children of its root; then the other is its
//! *partner*. Of two leaves that look like commitments only the right one, the larger hash, can
//! be proven, so an output carries one commitment (PROTOCOL.md §7.5).

use bitcoin::hashes::{Hash as _, HashEngine as _};
use bitcoin::hex::DisplayHex;
use bitcoin::key::{Parity, XOnlyPublicKey};
use bitcoin::secp256k1::Scalar;
use bitcoin::taproot::{LeafVersion, TapNodeHash, TapTweakHash};
use bitcoin::{Script, ScriptBuf};
use thiserror::Error;

use super::Commitment;
use super::tweak::{TweakError, tweaked};
use crate::limits::PARTNER_SCRIPT;

/// `OP_NOP` 29 times, `OP_RETURN`, `OP_PUSHBYTES_33`: how every commitment leaf begins.
const PREFIX: [u8; 31] = {
    let mut prefix = [0x61; 31];
    prefix[29] = 0x6a;
    prefix[30] = 0x21;
    prefix
};

/// Length of the script of a commitment leaf: prefix, commitment, nonce.
const SCRIPT_LEN: usize = 64;

/// `OP_PUSHNUM_1 OP_PUSHBYTES_32`: how a P2TR script begins.
const P2TR_PREFIX: [u8; 2] = [0x51, 0x20];

/// The side of the root on which the partner stands; the smaller hash is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The partner is not larger than the commitment leaf.
    Left,
    /// The partner is not smaller than the commitment leaf.
    Right,
}

impl Side {
    fn fits(self, partner: TapNodeHash, leaf: TapNodeHash) -> bool {
        let (partner, leaf) = (partner.to_byte_array(), leaf.to_byte_array());
        match self {
            Self::Left => partner <= leaf,
            Self::Right => leaf <= partner,
        }
    }
}

/// Why an output does not carry the commitment.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TapretError {
    /// The partner leaf is itself a commitment.
    #[error("the partner leaf is a tapret commitment too; one output carries one commitment")]
    LeafIsCommitment {
        /// Leaf version of the partner.
        version: LeafVersion,
    },
    /// The first hash of the partner branch begins as a commitment does.
    #[error("the partner branch begins with the prefix of a tapret commitment")]
    BranchIsCommitment,
    /// The two hashes of the partner branch are swapped.
    #[error("the hashes of the partner branch are not in ascending order; swap them")]
    BranchOrder,
    /// The script of the partner leaf is too long.
    #[error("partner script of {found} bytes, expected at most {PARTNER_SCRIPT}")]
    ScriptSize {
        /// Its length in bytes.
        found: usize,
    },
    /// The partner is on the other side of the commitment leaf than the proof claims.
    #[error("partner {partner} is not {side:?} of the commitment leaf {leaf}")]
    PartnerOrder {
        /// The side the proof claims.
        side: Side,
        /// Hash of the commitment leaf.
        leaf: TapNodeHash,
        /// Hash of the partner.
        partner: TapNodeHash,
    },
    /// No nonce brings the commitment leaf to the right of this partner.
    #[error("no nonce puts the commitment leaf right of {partner}; give the partner in full")]
    NoNonce {
        /// Hash of the partner.
        partner: TapNodeHash,
    },
    /// The internal key is no x coordinate of a point of the curve.
    #[error("internal key {}, expected the x coordinate of a point", .found.as_hex())]
    InternalKey {
        /// What the proof has.
        found: [u8; 32],
    },
    /// The tweak is no scalar, or the tweaked key no point (BIP341); nobody can make that happen.
    #[error("the tweak of the internal key is out of range; take another internal key")]
    Tweak,
    /// The output is not P2TR.
    #[error("a script of {len} bytes is not a p2tr output, expected 5120 and 32 bytes")]
    NotP2tr {
        /// Length of the script in bytes.
        len: usize,
    },
    /// The output has another key: another commitment, internal key, partner or nonce.
    #[error("output key {}, expected {expected} from the proof", .found.as_hex())]
    OutputKey {
        /// The key that the proof gives.
        expected: XOnlyPublicKey,
        /// The key of the output.
        found: [u8; 32],
    },
    /// The parity bit is not that of the output key.
    #[error("parity bit odd={found}, expected odd={expected}")]
    Parity {
        /// Whether the output key is odd.
        expected: bool,
        /// What the proof says.
        found: bool,
    },
}

/// The other child of the root of the script tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Partner {
    /// Any node, left of the commitment leaf. Shows nothing about it.
    LeftNode([u8; 32]),
    /// A leaf, right of the commitment leaf, shown so that it cannot be a commitment.
    RightLeaf {
        /// Its leaf version (even, not 0x50: BIP341).
        version: LeafVersion,
        /// Its script, at most [`PARTNER_SCRIPT`] bytes.
        script: Vec<u8>,
    },
    /// An inner node, right of the commitment leaf. A leaf hash has no such preimage.
    RightBranch {
        /// The smaller hash below it.
        a: [u8; 32],
        /// The larger hash below it.
        b: [u8; 32],
    },
}

impl Partner {
    /// The side on which this partner has to stand.
    pub const fn side(&self) -> Side {
        match self {
            Self::LeftNode(_) => Side::Left,
            Self::RightLeaf { .. } | Self::RightBranch { .. } => Side::Right,
        }
    }

    /// Its hash in the tree.
    pub fn hash(&self) -> TapNodeHash {
        match self {
            Self::LeftNode(hash) => TapNodeHash::from_byte_array(*hash),
            Self::RightLeaf { version, script } => {
                TapNodeHash::from_script(Script::from_bytes(script), *version)
            }
            Self::RightBranch { a, b } => TapNodeHash::from_node_hashes(
                TapNodeHash::from_byte_array(*a),
                TapNodeHash::from_byte_array(*b),
            ),
        }
    }

    /// The rules that do not depend on the commitment.
    fn check(&self) -> Result<(), TapretError> {
        match self {
            Self::RightLeaf { script, .. } if script.len() > PARTNER_SCRIPT => {
                Err(TapretError::ScriptSize {
                    found: script.len(),
                })
            }
            Self::RightLeaf { version, script }
                if script.len() >= SCRIPT_LEN && script.starts_with(&PREFIX) =>
            {
                Err(TapretError::LeafIsCommitment { version: *version })
            }
            Self::RightBranch { a, b } if a > b => Err(TapretError::BranchOrder),
            Self::RightBranch { a, .. } if a.starts_with(&PREFIX) => {
                Err(TapretError::BranchIsCommitment)
            }
            Self::LeftNode(_) | Self::RightLeaf { .. } | Self::RightBranch { .. } => Ok(()),
        }
    }
}

/// The script of the commitment leaf, 64 bytes. Nobody can spend by it: no byte of it is an
/// `OP_SUCCESS` (the commitment is pushed data), and `OP_RETURN` fails.
pub fn leaf_script(commitment: Commitment, nonce: u8) -> ScriptBuf {
    ScriptBuf::from_bytes([PREFIX.as_slice(), commitment.as_byte_array(), &[nonce]].concat())
}

/// Hash of the commitment leaf (BIP341, leaf version 0xc0).
pub fn leaf_hash(commitment: Commitment, nonce: u8) -> TapNodeHash {
    let mut script = [0; SCRIPT_LEN];
    let bytes = PREFIX
        .iter()
        .chain(commitment.as_byte_array())
        .chain([&nonce]);
    script
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    TapNodeHash::from_script(Script::from_bytes(&script), LeafVersion::TapScript)
}

/// Internal key, partner and nonce of the output that carries the commitment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TapretProof {
    /// The other child of the root, if there is one.
    pub partner: Option<Partner>,
    /// Last byte of the leaf; moves it to the side where the partner lets it be.
    pub nonce: u8,
    /// The x coordinate of the key before the tweak; not yet known to be on the curve.
    pub internal_key: [u8; 32],
}

impl TapretProof {
    /// Puts a commitment beside an existing script tree, whose root is `partner`.
    ///
    /// Gives the proof, the output key and its parity. The partner is shown as a left node
    /// wherever a nonce allows it, since that says least about it; the lowest such nonce is
    /// taken, so the same input gives the same output.
    ///
    /// # Errors
    /// [`TapretError::NoNonce`] if only the hash of the partner is given and it is too large;
    /// otherwise the rules of [`TapretProof::tweak`].
    pub fn build(
        internal_key: XOnlyPublicKey,
        partner: Option<Partner>,
        commitment: Commitment,
    ) -> Result<(Self, XOnlyPublicKey, Parity), TapretError> {
        let (partner, nonce) = match partner {
            None => (None, 0),
            Some(partner) => {
                partner.check()?;
                let (partner, nonce) = place(partner, commitment)?;
                (Some(partner), nonce)
            }
        };
        let proof = Self {
            partner,
            nonce,
            internal_key: internal_key.serialize(),
        };
        let (key, parity) = proof.output_key(commitment)?;
        Ok((proof, key, parity))
    }

    /// Root of the script tree.
    ///
    /// # Errors
    /// [`TapretError`] if the partner breaks a rule or is on the wrong side.
    pub fn merkle_root(&self, commitment: Commitment) -> Result<TapNodeHash, TapretError> {
        let leaf = leaf_hash(commitment, self.nonce);
        let Some(partner) = &self.partner else {
            return Ok(leaf);
        };
        partner.check()?;
        let (side, partner) = (partner.side(), partner.hash());
        if !side.fits(partner, leaf) {
            return Err(TapretError::PartnerOrder {
                side,
                leaf,
                partner,
            });
        }
        Ok(TapNodeHash::from_node_hashes(leaf, partner))
    }

    /// The scalar by which the internal key is tweaked (BIP341): every check but the curve's.
    ///
    /// # Errors
    /// As [`TapretProof::merkle_root`], and [`TapretError::Tweak`].
    pub fn tweak(&self, commitment: Commitment) -> Result<Scalar, TapretError> {
        let root = self.merkle_root(commitment)?;
        let mut engine = TapTweakHash::engine();
        engine.input(&self.internal_key);
        engine.input(root.as_ref());
        let tweak = TapTweakHash::from_engine(engine).to_byte_array();
        Scalar::from_be_bytes(tweak).map_err(|_| TapretError::Tweak)
    }

    /// The key of the output that carries the commitment, and its parity.
    ///
    /// # Errors
    /// As [`TapretProof::tweak`], and [`TapretError::InternalKey`].
    pub fn output_key(
        &self,
        commitment: Commitment,
    ) -> Result<(XOnlyPublicKey, Parity), TapretError> {
        output_key(&self.internal_key, &self.tweak(commitment)?)
    }

    /// Does every check but the curve's and gives what is left of the verification.
    ///
    /// # Errors
    /// As [`TapretProof::tweak`], and [`TapretError::NotP2tr`].
    pub fn curve_check(
        &self,
        commitment: Commitment,
        odd: bool,
        script_pubkey: &Script,
    ) -> Result<CurveCheck, TapretError> {
        let bytes = script_pubkey.as_bytes();
        let output_key = bytes
            .strip_prefix(&P2TR_PREFIX)
            .and_then(|key| key.try_into().ok())
            .ok_or(TapretError::NotP2tr { len: bytes.len() })?;
        let tweak = self.tweak(commitment)?;
        Ok(CurveCheck {
            internal_key: self.internal_key,
            tweak,
            output_key,
            odd,
        })
    }

    /// Requires that the output carries the commitment.
    ///
    /// # Errors
    /// As [`TapretProof::curve_check`] and [`CurveCheck::verify`].
    pub fn verify(
        &self,
        commitment: Commitment,
        odd: bool,
        script_pubkey: &Script,
    ) -> Result<(), TapretError> {
        self.curve_check(commitment, odd, script_pubkey)?.verify()
    }
}

/// Chooses the form of the partner and the nonce.
fn place(partner: Partner, commitment: Commitment) -> Result<(Partner, u8), TapretError> {
    let hash = partner.hash();
    let nonce = (0..=u8::MAX).find(|nonce| Side::Left.fits(hash, leaf_hash(commitment, *nonce)));
    match (nonce, partner.side()) {
        (Some(nonce), _) => Ok((Partner::LeftNode(hash.to_byte_array()), nonce)),
        (None, Side::Right) => Ok((partner, 0)),
        (None, Side::Left) => Err(TapretError::NoNonce { partner: hash }),
    }
}

fn output_key(
    internal_key: &[u8; 32],
    tweak: &Scalar,
) -> Result<(XOnlyPublicKey, Parity), TapretError> {
    tweaked(internal_key, tweak).map_err(|error| match error {
        TweakError::Key => TapretError::InternalKey {
            found: *internal_key,
        },
        TweakError::Sum => TapretError::Tweak,
    })
}

/// What is left of a tapret verification after all hashing: the even point over `internal_key`
/// plus `tweak * G` is the point with x coordinate `output_key` and this parity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurveCheck {
    /// The x coordinate of the key before the tweak; not yet known to be on the curve.
    pub internal_key: [u8; 32],
    /// The scalar.
    pub tweak: Scalar,
    /// The x coordinate in the output; not yet known to be on the curve.
    pub output_key: [u8; 32],
    /// Whether the output point is claimed to be odd.
    pub odd: bool,
}

impl CurveCheck {
    /// Does this one check.
    ///
    /// # Errors
    /// [`TapretError::InternalKey`], [`TapretError::OutputKey`], [`TapretError::Parity`] or
    /// [`TapretError::Tweak`].
    pub fn verify(&self) -> Result<(), TapretError> {
        let (expected, parity) = output_key(&self.internal_key, &self.tweak)?;
        if expected.serialize() != self.output_key {
            return Err(TapretError::OutputKey {
                expected,
                found: self.output_key,
            });
        }
        let odd = parity == Parity::Odd;
        if odd != self.odd {
            return Err(TapretError::Parity {
                expected: odd,
                found: self.odd,
            });
        }
        Ok(())
    }
}
