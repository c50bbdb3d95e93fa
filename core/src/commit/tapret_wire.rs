//! The bytes of a tapret proof, those of rgb-consensus, in one form each.

use bitcoin::taproot::LeafVersion;

use super::tapret::{Partner, TapretProof};
use crate::codec::{Decode, DecodeError, Encode, Reader, objects};
use crate::limits::PARTNER_SCRIPT;

const LEFT_NODE: u8 = 0;
const RIGHT_LEAF: u8 = 1;
const RIGHT_BRANCH: u8 = 2;

impl Encode for TapretProof {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.partner.is_some()));
        if let Some(partner) = &self.partner {
            partner.encode_to(out);
        }
        out.push(self.nonce);
        out.extend(self.internal_key);
    }
}

impl Decode for TapretProof {
    const NAME: &'static str = "tapret proof";
    const MIN_BYTES: usize = 34;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let partner = match reader.u8("presence of a tapret partner")? {
            0 => None,
            1 => Some(Partner::decode_from(reader)?),
            found => {
                let what = "presence of a tapret partner";
                return Err(DecodeError::value(what, "0 or 1", found));
            }
        };
        Ok(Self {
            partner,
            nonce: reader.u8("tapret nonce")?,
            internal_key: reader.array("tapret internal key")?,
        })
    }
}

/// A script beyond the limit gives bytes that no decoder takes.
impl Encode for Partner {
    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::LeftNode(hash) => {
                out.push(LEFT_NODE);
                out.extend(hash);
            }
            Self::RightLeaf { version, script } => {
                let length = u32::try_from(script.len()).unwrap_or(u32::MAX);
                out.extend([RIGHT_LEAF, version.to_consensus()]);
                out.extend(length.to_le_bytes());
                out.extend(script);
            }
            Self::RightBranch { a, b } => {
                out.push(RIGHT_BRANCH);
                out.extend(a);
                out.extend(b);
            }
        }
    }
}

impl Decode for Partner {
    const NAME: &'static str = "tapret partner";
    const MIN_BYTES: usize = 6;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("kind of a tapret partner")? {
            LEFT_NODE => reader.array("tapret partner").map(Self::LeftNode),
            RIGHT_LEAF => decode_leaf(reader),
            RIGHT_BRANCH => decode_branch(reader),
            found => {
                let what = "kind of a tapret partner";
                Err(DecodeError::value(what, "0, 1 or 2", found))
            }
        }
    }
}

/// The length of the script takes 4 bytes, as in rgb-consensus, though the limit needs 2.
fn decode_leaf(reader: &mut Reader<'_>) -> Result<Partner, DecodeError> {
    let version = reader.u8("leaf version of a tapret partner")?;
    let version = LeafVersion::from_consensus(version).map_err(|_| {
        let what = "leaf version of a tapret partner";
        DecodeError::value(what, "an even number that is not 80", version)
    })?;
    let what = "script of a tapret partner";
    let found = reader.u32(what)?;
    let length = usize::try_from(found)
        .ok()
        .filter(|length| *length <= PARTNER_SCRIPT)
        .ok_or(DecodeError::limit(what, 0, PARTNER_SCRIPT, found.into()))?;
    let script = reader.take(what, length)?.to_vec();
    Ok(Partner::RightLeaf { version, script })
}

fn decode_branch(reader: &mut Reader<'_>) -> Result<Partner, DecodeError> {
    let a: [u8; 32] = reader.array("tapret partner")?;
    let b: [u8; 32] = reader.array("tapret partner")?;
    if a > b {
        let what = "the hashes of a tapret partner branch do not ascend";
        return Err(DecodeError::not_canonical(what));
    }
    Ok(Partner::RightBranch { a, b })
}

objects!(TapretProof, Partner);
