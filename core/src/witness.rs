//! Witness transactions, without their witness data (PROTOCOL.md §7.1).

use std::fmt;

use bitcoin::absolute::LockTime;
use bitcoin::consensus::serialize;
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness as InputWitness,
};

use crate::codec::{Decode, DecodeError, Encode, Reader, objects, put_blob};
use crate::limits::FRAME_BYTES;

/// A transaction that closes seals. Its witness data is left out: the txid does not depend on it.
#[derive(Clone, PartialEq, Eq)]
pub struct Witness {
    transaction: Transaction,
    txid: Txid,
}

impl Witness {
    /// Takes a transaction, without its witness data.
    pub fn new(transaction: &Transaction) -> Self {
        let input = transaction
            .input
            .iter()
            .map(|input| TxIn {
                witness: InputWitness::new(),
                ..input.clone()
            })
            .collect();
        let transaction = Transaction {
            input,
            ..transaction.clone()
        };
        let txid = transaction.compute_txid();
        Self { transaction, txid }
    }

    /// The transaction.
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// Its id, computed once.
    pub const fn txid(&self) -> Txid {
        self.txid
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Witness({})", self.txid)
    }
}

impl Encode for Witness {
    fn encode_to(&self, out: &mut Vec<u8>) {
        put_blob(out, &serialize(&self.transaction), FRAME_BYTES);
    }
}

impl Decode for Witness {
    const NAME: &'static str = "witness transaction";
    const MIN_BYTES: usize = 3;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.blob(Self::NAME, 1, FRAME_BYTES)?;
        let mut reader = Reader::new(bytes);
        let transaction = transaction(&mut reader)?;
        reader.end(Self::NAME)?;
        let txid = Txid::from_raw_hash(sha256d::Hash::hash(bytes));
        Ok(Self { transaction, txid })
    }
}

/// The serialization of the bitcoin protocol, without witness data: read here and not by the
/// `bitcoin` crate, whose decoder reserves up to a megabyte for a count alone.
fn transaction(reader: &mut Reader<'_>) -> Result<Transaction, DecodeError> {
    let version = Version(i32::from_le_bytes(reader.array("transaction version")?));
    let count = compact_size(reader, "inputs of the witness transaction")?;
    if count == 0 {
        return Err(no_inputs(reader));
    }
    let mut input = reader.list::<TxIn>(count);
    for _ in 0..count {
        input.push(TxIn::decode_from(reader)?);
    }
    let count = compact_size(reader, "outputs of the witness transaction")?;
    let mut output = reader.list::<TxOut>(count);
    for _ in 0..count {
        output.push(TxOut::decode_from(reader)?);
    }
    Ok(Transaction {
        version,
        lock_time: LockTime::from_consensus(reader.u32("locktime")?),
        input,
        output,
    })
}

/// A count of 0 and the flag 1 mark the form with witness data (BIP-144).
fn no_inputs(reader: &mut Reader<'_>) -> DecodeError {
    match reader.u8("witness flag") {
        Ok(1) => DecodeError::not_canonical("the witness transaction carries witness data"),
        _ => DecodeError::value("inputs of the witness transaction", "at least 1", 0),
    }
}

/// A compact size in its shortest form.
fn compact_size(reader: &mut Reader<'_>, what: &'static str) -> Result<usize, DecodeError> {
    let (least, found) = match reader.u8(what)? {
        0xfd => (0xfd, reader.u16(what)?.into()),
        0xfe => (0x1_0000, reader.u32(what)?.into()),
        0xff => (0x1_0000_0000, reader.u64(what)?),
        short => (0, short.into()),
    };
    if found < least {
        let what = "a compact size is not in its shortest form";
        return Err(DecodeError::not_canonical(what));
    }
    usize::try_from(found).map_err(|_| DecodeError::limit(what, 0, FRAME_BYTES, found))
}

fn script(reader: &mut Reader<'_>, what: &'static str) -> Result<ScriptBuf, DecodeError> {
    let length = compact_size(reader, what)?;
    Ok(ScriptBuf::from_bytes(reader.take(what, length)?.to_vec()))
}

impl Decode for TxIn {
    const NAME: &'static str = "input of the witness transaction";
    const MIN_BYTES: usize = 41;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let txid = Txid::from_byte_array(reader.array("txid of an input")?);
        let vout = reader.u32("vout of an input")?;
        Ok(Self {
            previous_output: OutPoint { txid, vout },
            script_sig: script(reader, "script of an input")?,
            sequence: Sequence(reader.u32("sequence of an input")?),
            witness: InputWitness::new(),
        })
    }
}

impl Decode for TxOut {
    const NAME: &'static str = "output of the witness transaction";
    const MIN_BYTES: usize = 9;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            value: Amount::from_sat(reader.u64("value of an output")?),
            script_pubkey: script(reader, "script of an output")?,
        })
    }
}

objects!(Witness);
