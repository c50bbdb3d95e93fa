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
        Self::bare(Transaction {
            input,
            ..transaction.clone()
        })
    }

    /// Reads a transaction in bitcoin's encoding without witness data. Reserves a small multiple of the bytes.
    ///
    /// # Errors
    /// If the bytes are not one transaction, or hold witness data.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let transaction = transaction(&mut reader)?;
        reader.end(Self::NAME)?;
        let txid = Txid::from_raw_hash(sha256d::Hash::hash(bytes));
        Ok(Self { transaction, txid })
    }

    /// Takes a transaction that has no witness data.
    pub(crate) fn bare(transaction: Transaction) -> Self {
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
        Self::read(reader.blob(Self::NAME, MIN_TRANSACTION, FRAME_BYTES)?)
    }
}

/// Bytes of the smallest transaction.
const MIN_TRANSACTION: usize = 10;
/// Bytes of the smallest input and output.
const MIN_INPUT: usize = 41;
const MIN_OUTPUT: usize = 9;

/// A transaction in bitcoin's encoding without witness data. Read here and not by the `bitcoin`
/// crate, which reserves up to a megabyte for what a length prefix claims.
fn transaction(reader: &mut Reader<'_>) -> Result<Transaction, DecodeError> {
    let version = Version(i32::from_le_bytes(
        reader.array("version of a transaction")?,
    ));
    let inputs = compact_size(reader, "number of inputs")?;
    if inputs == 0 {
        let expected = "at least 1, and no witness data";
        return Err(DecodeError::value(
            "inputs of the witness transaction",
            expected,
            0,
        ));
    }
    let mut input = Vec::with_capacity(inputs.min(reader.left() / MIN_INPUT));
    for _ in 0..inputs {
        let txid = Txid::from_byte_array(reader.array("txid of an input")?);
        input.push(TxIn {
            previous_output: OutPoint {
                txid,
                vout: reader.u32("vout of an input")?,
            },
            script_sig: script(reader)?,
            sequence: Sequence(reader.u32("sequence of an input")?),
            witness: InputWitness::new(),
        });
    }
    let outputs = compact_size(reader, "number of outputs")?;
    let mut output = Vec::with_capacity(outputs.min(reader.left() / MIN_OUTPUT));
    for _ in 0..outputs {
        let value = Amount::from_sat(reader.u64("value of an output")?);
        output.push(TxOut {
            value,
            script_pubkey: script(reader)?,
        });
    }
    let lock_time = LockTime::from_consensus(reader.u32("locktime")?);
    Ok(Transaction {
        version,
        lock_time,
        input,
        output,
    })
}

fn script(reader: &mut Reader<'_>) -> Result<ScriptBuf, DecodeError> {
    let length = compact_size(reader, "length of a script")?;
    Ok(ScriptBuf::from_bytes(
        reader.take("script", length)?.to_vec(),
    ))
}

/// Bitcoin's variable-length integer; only the shortest form.
fn compact_size(reader: &mut Reader<'_>, what: &'static str) -> Result<usize, DecodeError> {
    let (value, least) = match reader.u8(what)? {
        0xfd => (reader.u16(what)?.into(), 0xfd),
        0xfe => (reader.u32(what)?.into(), 0x1_0000),
        0xff => (reader.u64(what)?, 0x1_0000_0000),
        byte => (byte.into(), 0),
    };
    if value < least {
        return Err(DecodeError::not_canonical(
            "a compact size is not in its shortest form",
        ));
    }
    usize::try_from(value).map_err(|_| DecodeError::value(what, "at most 2^32 - 1", value))
}

objects!(Witness);

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Transaction {
        let spend = |n: u32| TxIn {
            previous_output: OutPoint {
                txid: Txid::from_byte_array([7; 32]),
                vout: n,
            },
            sequence: Sequence(n),
            ..TxIn::default()
        };
        let pay = |n: usize| TxOut {
            value: Amount::from_sat(5),
            script_pubkey: ScriptBuf::from_bytes(vec![0x51; n]),
        };
        Transaction {
            version: Version::TWO,
            lock_time: LockTime::from_consensus(9),
            input: (0..300).map(spend).collect(),
            output: [0, 34, 252, 253, 70_000].map(pay).into(),
        }
    }

    #[test]
    fn a_transaction_reads_as_the_bitcoin_crate_reads_it() {
        let witness = Witness::new(&sample());
        assert_eq!(Witness::decode(&witness.encode()), Ok(witness.clone()));
        assert_eq!(witness.txid(), sample().compute_txid());
        assert_eq!(*witness.transaction(), sample());
    }

    #[test]
    fn witness_data_does_not_change_the_witness() {
        let mut signed = sample();
        signed.input[0].witness.push([1, 2, 3]);
        assert_eq!(Witness::new(&signed), Witness::new(&sample()));
    }

    #[test]
    fn a_transaction_with_witness_data_is_refused() {
        let mut signed = sample();
        signed.input[0].witness.push([1, 2, 3]);
        let mut bytes = Vec::new();
        put_blob(&mut bytes, &serialize(&signed), FRAME_BYTES);
        let expected = "at least 1, and no witness data";
        let error = DecodeError::value("inputs of the witness transaction", expected, 0);
        assert_eq!(Witness::decode(&bytes), Err(error));
    }

    #[test]
    fn a_long_form_of_a_compact_size_is_not_canonical() {
        let mut raw = serialize(&sample());
        assert_eq!(
            raw.splice(4..7, [0xfe, 0x2c, 1, 0, 0]).collect::<Vec<_>>(),
            [0xfd, 0x2c, 1]
        );
        let mut bytes = Vec::new();
        put_blob(&mut bytes, &raw, FRAME_BYTES);
        let what = "a compact size is not in its shortest form";
        assert_eq!(
            Witness::decode(&bytes),
            Err(DecodeError::NotCanonical { what })
        );
    }
}
