//! Seals: outputs whose spending binds the next operation (PROTOCOL.md §4.1).

use std::fmt;

use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, Txid};

use crate::SecretSeal;
use crate::codec::{Decode, DecodeError, Encode, Reader, objects};
use crate::hash::tags;

const WITNESS: u8 = 0;
const OUTPOINT: u8 = 1;
const SECRET: u8 = 0xff;

/// What keeps a seal secret until its owner shows it: 16 bytes nobody else can guess.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blinding(pub [u8; 16]);

impl fmt::Debug for Blinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blinding(..)")
    }
}

/// A single-use seal over a transaction output.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Seal {
    /// An output of the witness transaction of the operation that defines the seal.
    Witness {
        /// Output number.
        vout: u32,
        /// Blinding.
        blinding: Blinding,
    },
    /// Any output.
    Outpoint {
        /// Its transaction.
        txid: Txid,
        /// Output number.
        vout: u32,
        /// Blinding.
        blinding: Blinding,
    },
}

impl Seal {
    /// A seal over any output.
    pub const fn outpoint(outpoint: OutPoint, blinding: Blinding) -> Self {
        Self::Outpoint {
            txid: outpoint.txid,
            vout: outpoint.vout,
            blinding,
        }
    }

    /// The tagged hash: what anyone but the owner sees.
    pub fn conceal(&self) -> SecretSeal {
        SecretSeal::from_bytes(tags::SEAL.hash(&self.encode()))
    }

    /// The output that has to be spent, given the witness of the defining operation
    /// (none for a genesis: a witness seal there never opens).
    ///
    /// The null outpoint is no output: every coinbase spends it, so a seal over it could be closed
    /// once in each block. It never opens.
    pub fn resolve(&self, witness: Option<Txid>) -> Option<OutPoint> {
        let outpoint = match *self {
            Self::Witness { vout, .. } => witness.map(|txid| OutPoint { txid, vout }),
            Self::Outpoint { txid, vout, .. } => Some(OutPoint { txid, vout }),
        };
        outpoint.filter(|outpoint| !outpoint.is_null())
    }
}

/// A seal in an assignment: revealed, or only its hash. Both forms give one operation id.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AssignedSeal {
    /// Only the owner knows the output.
    Secret(SecretSeal),
    /// The output is shown.
    Revealed(Seal),
}

impl AssignedSeal {
    /// The secret form.
    pub fn conceal(&self) -> SecretSeal {
        match self {
            Self::Secret(secret) => *secret,
            Self::Revealed(seal) => seal.conceal(),
        }
    }
}

impl Encode for Blinding {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

impl Encode for Seal {
    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Witness { vout, blinding } => {
                out.push(WITNESS);
                out.extend_from_slice(&vout.to_le_bytes());
                blinding.encode_to(out);
            }
            Self::Outpoint {
                txid,
                vout,
                blinding,
            } => {
                out.push(OUTPOINT);
                out.extend_from_slice(txid.as_byte_array());
                out.extend_from_slice(&vout.to_le_bytes());
                blinding.encode_to(out);
            }
        }
    }
}

fn revealed(tag: u8, reader: &mut Reader<'_>) -> Result<Seal, DecodeError> {
    let txid = match tag {
        WITNESS => None,
        OUTPOINT => Some(Txid::from_byte_array(reader.array("txid of a seal")?)),
        _ => {
            return Err(DecodeError::Unsupported {
                what: "seal tag",
                found: tag.into(),
            });
        }
    };
    let vout = reader.u32("vout of a seal")?;
    let blinding = Blinding(reader.array("blinding")?);
    Ok(match txid {
        None => Seal::Witness { vout, blinding },
        Some(txid) => Seal::Outpoint {
            txid,
            vout,
            blinding,
        },
    })
}

impl Decode for Seal {
    const NAME: &'static str = "seal";
    const MIN_BYTES: usize = 21;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let tag = reader.u8("seal tag")?;
        revealed(tag, reader)
    }
}

impl Encode for AssignedSeal {
    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Revealed(seal) => seal.encode_to(out),
            Self::Secret(secret) => {
                out.push(SECRET);
                secret.encode_to(out);
            }
        }
    }
}

impl Decode for AssignedSeal {
    const NAME: &'static str = "assigned seal";
    const MIN_BYTES: usize = 21;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("seal tag")? {
            SECRET => SecretSeal::decode_from(reader).map(Self::Secret),
            tag => revealed(tag, reader).map(Self::Revealed),
        }
    }
}

objects!(Seal, AssignedSeal);
