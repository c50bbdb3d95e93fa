//! Witness transactions, without their witness data (PROTOCOL.md §7.1).

use std::fmt;

use bitcoin::consensus::{deserialize, serialize};
use bitcoin::{Transaction, TxIn, Txid, Witness as InputWitness};

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

    fn bare(transaction: Transaction) -> Self {
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
        let bytes = reader.blob(Self::NAME, 10, FRAME_BYTES)?;
        let expected = "a bitcoin transaction without witness data";
        let transaction: Transaction =
            deserialize(bytes).map_err(|error| DecodeError::value(Self::NAME, expected, error))?;
        if transaction.input.is_empty() {
            return Err(DecodeError::value(
                "inputs of the witness transaction",
                "at least 1",
                0,
            ));
        }
        if transaction
            .input
            .iter()
            .any(|input| !input.witness.is_empty())
        {
            return Err(DecodeError::not_canonical(
                "the witness transaction carries witness data",
            ));
        }
        Ok(Self::bare(transaction))
    }
}

objects!(Witness);
