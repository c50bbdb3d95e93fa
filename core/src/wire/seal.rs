//! Assigned seals in the wire form: as in their encoding, but for the output number.

use bitcoin::Txid;
use bitcoin::hashes::Hash;

use super::varint;
use crate::SecretSeal;
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::seal::{AssignedSeal, Blinding, Seal};

const WITNESS: u8 = 0;
const OUTPOINT: u8 = 1;
const SECRET: u8 = 0xff;

/// Bytes of the smallest assigned seal.
pub(super) const MIN_BYTES: usize = 18;

pub(super) fn put(out: &mut Vec<u8>, seal: &AssignedSeal) {
    match seal {
        AssignedSeal::Revealed(seal) => put_revealed(out, seal),
        AssignedSeal::Secret(secret) => {
            out.push(SECRET);
            secret.encode_to(out);
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<AssignedSeal, DecodeError> {
    match reader.u8("seal tag")? {
        SECRET => SecretSeal::decode_from(reader).map(AssignedSeal::Secret),
        tag => read_revealed(tag, reader).map(AssignedSeal::Revealed),
    }
}

/// A seal, or `ff` alone for one that is not revealed.
pub(crate) fn put_option(out: &mut Vec<u8>, seal: Option<&Seal>) {
    match seal {
        Some(seal) => put_revealed(out, seal),
        None => out.push(SECRET),
    }
}

/// Reads what [`put_option`] writes.
pub(crate) fn read_option(reader: &mut Reader<'_>) -> Result<Option<Seal>, DecodeError> {
    match reader.u8("seal tag")? {
        SECRET => Ok(None),
        tag => read_revealed(tag, reader).map(Some),
    }
}

fn put_revealed(out: &mut Vec<u8>, seal: &Seal) {
    let (vout, blinding) = match seal {
        Seal::Witness { vout, blinding } => {
            out.push(WITNESS);
            (vout, blinding)
        }
        Seal::Outpoint {
            txid,
            vout,
            blinding,
        } => {
            out.push(OUTPOINT);
            out.extend_from_slice(txid.as_byte_array());
            (vout, blinding)
        }
    };
    varint::put(out, *vout);
    blinding.encode_to(out);
}

fn read_revealed(tag: u8, reader: &mut Reader<'_>) -> Result<Seal, DecodeError> {
    let txid = match tag {
        WITNESS => None,
        OUTPOINT => Some(Txid::from_byte_array(reader.array("txid of a seal")?)),
        tag => return Err(DecodeError::unsupported("seal tag", tag)),
    };
    let vout = reader.number("vout of a seal")?;
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
