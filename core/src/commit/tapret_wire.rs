//! The bytes of a tapret proof, those of rgb-consensus, in one form each.

use bitcoin::key::XOnlyPublicKey;
use bitcoin::taproot::LeafVersion;

use super::tapret::{MAX_SCRIPT, Partner, TapretProof};
use super::wire::{WireError, take, take_byte, take_slice};

const LEFT_NODE: u8 = 0;
const RIGHT_LEAF: u8 = 1;
const RIGHT_BRANCH: u8 = 2;

impl TapretProof {
    /// Appends `00`, or `01` and the partner; then nonce and internal key.
    pub fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.partner.is_some()));
        if let Some(partner) = &self.partner {
            partner.encode_to(out);
        }
        out.push(self.nonce);
        out.extend(self.internal_key.serialize());
    }

    /// Takes a proof off the cursor.
    ///
    /// # Errors
    /// [`WireError`]; `Invalid` if the internal key is not on the curve.
    pub fn decode_from(cursor: &mut &[u8]) -> Result<Self, WireError> {
        let partner = match take_byte(cursor, "tapret partner")? {
            0 => None,
            1 => Some(Partner::decode_from(cursor)?),
            found => {
                return Err(WireError::UnknownTag {
                    what: "tapret partner",
                    found,
                });
            }
        };
        let nonce = take_byte(cursor, "tapret nonce")?;
        let key: [u8; 32] = take(cursor, "tapret internal key")?;
        let internal_key = XOnlyPublicKey::from_slice(&key).map_err(|_| WireError::Invalid {
            what: "an internal key (a point on the curve)",
        })?;
        Ok(Self {
            partner,
            nonce,
            internal_key,
        })
    }
}

impl Partner {
    /// Appends the tag and the fields.
    ///
    /// A script beyond the limit gives bytes that no decoder takes.
    pub fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::LeftNode(hash) => {
                out.push(LEFT_NODE);
                out.extend(hash);
            }
            Self::RightLeaf { version, script } => {
                out.extend([RIGHT_LEAF, version.to_consensus()]);
                out.extend(
                    u32::try_from(script.len())
                        .unwrap_or(u32::MAX)
                        .to_le_bytes(),
                );
                out.extend(script);
            }
            Self::RightBranch { a, b } => {
                out.push(RIGHT_BRANCH);
                out.extend(a);
                out.extend(b);
            }
        }
    }

    /// Takes a partner off the cursor.
    ///
    /// # Errors
    /// [`WireError`]; `Limit` for a long script, `NotCanonical` for a swapped branch, `Invalid`
    /// for a leaf version that BIP341 does not allow.
    pub fn decode_from(cursor: &mut &[u8]) -> Result<Self, WireError> {
        match take_byte(cursor, "tapret partner kind")? {
            LEFT_NODE => Ok(Self::LeftNode(take(cursor, "tapret partner")?)),
            RIGHT_LEAF => decode_leaf(cursor),
            RIGHT_BRANCH => decode_branch(cursor),
            found => Err(WireError::UnknownTag {
                what: "tapret partner kind",
                found,
            }),
        }
    }
}

fn decode_leaf(cursor: &mut &[u8]) -> Result<Partner, WireError> {
    let version =
        LeafVersion::from_consensus(take_byte(cursor, "leaf version")?).map_err(|_| {
            WireError::Invalid {
                what: "a leaf version (even and not 80)",
            }
        })?;
    let found = u32::from_le_bytes(take(cursor, "partner script length")?);
    let limit = WireError::Limit {
        what: "partner script length",
        max: u64::try_from(MAX_SCRIPT).unwrap_or(u64::MAX),
        found: found.into(),
    };
    let len = usize::try_from(found)
        .ok()
        .filter(|len| *len <= MAX_SCRIPT)
        .ok_or(limit)?;
    let script = take_slice(cursor, len, "partner script")?.to_vec();
    Ok(Partner::RightLeaf { version, script })
}

fn decode_branch(cursor: &mut &[u8]) -> Result<Partner, WireError> {
    let a: [u8; 32] = take(cursor, "tapret partner")?;
    let b: [u8; 32] = take(cursor, "tapret partner")?;
    if a > b {
        return Err(WireError::NotCanonical {
            what: "tapret partner branch (ascending hashes)",
        });
    }
    Ok(Partner::RightBranch { a, b })
}
