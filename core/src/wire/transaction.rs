//! A witness transaction in the wire form: a spent txid that a seal of an input tells is a
//! reference.

use std::collections::BTreeMap;

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, TxIn, TxOut, Txid, Witness as InputWitness};

use super::varint;
use crate::codec::{DecodeError, Reader};
use crate::limits::{FRAME_BYTES, TRANSACTION_BYTES, TRANSACTION_INPUTS, TRANSACTION_OUTPUTS};

/// A transaction without its witness data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// The version, its bits as a number without sign.
    pub version: u32,
    /// What it spends.
    pub inputs: Vec<Spend>,
    /// What it pays.
    pub outputs: Vec<TxOut>,
    /// `nLockTime`.
    pub locktime: u32,
}

/// An input of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spend {
    /// The transaction that it spends an output of.
    pub txid: SpentTxid,
    /// The number of that output.
    pub vout: u32,
    /// The script.
    pub script_sig: ScriptBuf,
    /// The sequence.
    pub sequence: u32,
}

/// A txid, or where in the frame it is known from.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum SpentTxid {
    /// The txid itself.
    Explicit(Txid),
    /// That of the output that closes the seal of this input, counted over the frame from 0.
    Input(u64),
}

/// The txids that the seals of a frame's inputs tell.
#[derive(Clone, Debug, Default)]
pub(super) struct SealTxids {
    /// Of each input, none where its leaf is not open or its seal secret.
    inputs: Vec<Option<Txid>>,
    /// The lowest input that tells each.
    lowest: BTreeMap<Txid, u64>,
}

impl SealTxids {
    /// The next input of the frame.
    pub(super) fn push(&mut self, closed: Option<OutPoint>) {
        let txid = closed.map(|outpoint| outpoint.txid);
        if let Some(txid) = txid {
            let number = self.inputs.len() as u64;
            self.lowest.entry(txid).or_insert(number);
        }
        self.inputs.push(txid);
    }

    fn resolve(&self, spent: SpentTxid) -> Result<Txid, DecodeError> {
        match spent {
            SpentTxid::Explicit(txid) if self.lowest.contains_key(&txid) => {
                let what = "a txid that the seal of an input tells is written in full";
                Err(DecodeError::not_canonical(what))
            }
            SpentTxid::Explicit(txid) => Ok(txid),
            SpentTxid::Input(number) => {
                let at = usize::try_from(number)
                    .ok()
                    .and_then(|at| self.inputs.get(at));
                let Some(txid) = at.copied().flatten() else {
                    let expected = "an input of this frame with an open leaf and a revealed seal";
                    return Err(DecodeError::value(
                        "input of a spent txid",
                        expected,
                        number,
                    ));
                };
                if self.lowest.get(&txid) == Some(&number) {
                    return Ok(txid);
                }
                let what = "a spent txid refers to an input that is not the lowest to tell it";
                Err(DecodeError::not_canonical(what))
            }
        }
    }

    fn reduce(&self, txid: Txid) -> SpentTxid {
        let number = self.lowest.get(&txid);
        number.map_or(SpentTxid::Explicit(txid), |number| {
            SpentTxid::Input(*number)
        })
    }
}

impl Transaction {
    /// The wire form of a transaction beside inputs that tell these txids.
    pub(super) fn reduce(transaction: &bitcoin::Transaction, known: &SealTxids) -> Self {
        let inputs = transaction.input.iter().map(|input| Spend {
            txid: known.reduce(input.previous_output.txid),
            vout: input.previous_output.vout,
            script_sig: input.script_sig.clone(),
            sequence: input.sequence.0,
        });
        Self {
            version: u32::from_le_bytes(transaction.version.0.to_le_bytes()),
            inputs: inputs.collect(),
            outputs: transaction.output.clone(),
            locktime: transaction.lock_time.to_consensus_u32(),
        }
    }

    /// The transaction beside inputs that tell these txids.
    pub(super) fn resolve(self, known: &SealTxids) -> Result<bitcoin::Transaction, DecodeError> {
        let input = self.inputs.into_iter().map(|input| {
            let (txid, vout) = (known.resolve(input.txid)?, input.vout);
            Ok(TxIn {
                previous_output: OutPoint { txid, vout },
                script_sig: input.script_sig,
                sequence: Sequence(input.sequence),
                witness: InputWitness::new(),
            })
        });
        let transaction = bitcoin::Transaction {
            version: Version(i32::from_le_bytes(self.version.to_le_bytes())),
            lock_time: LockTime::from_consensus(self.locktime),
            input: input.collect::<Result<_, DecodeError>>()?,
            output: self.outputs,
        };
        let (what, found) = ("bytes of a witness transaction", transaction.base_size());
        if found > TRANSACTION_BYTES {
            return Err(DecodeError::limit(
                what,
                10,
                TRANSACTION_BYTES,
                found as u64,
            ));
        }
        Ok(transaction)
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, self.version);
        varint::put_count(out, self.inputs.len());
        for input in &self.inputs {
            input.put(out);
        }
        varint::put_count(out, self.outputs.len());
        for output in &self.outputs {
            varint::put(out, output.value.to_sat());
            varint::put_bytes(out, output.script_pubkey.as_bytes());
        }
        varint::put(out, self.locktime);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = reader.number("version of a transaction")?;
        let what = "inputs of the witness transaction";
        let inputs = reader.items(what, (1, TRANSACTION_INPUTS), 4, Spend::read)?;
        let what = "outputs of the witness transaction";
        let outputs = reader.items(what, (0, TRANSACTION_OUTPUTS), 2, |reader| {
            Ok(TxOut {
                value: Amount::from_sat(reader.varint("value of an output")?),
                script_pubkey: script(reader)?,
            })
        })?;
        Ok(Self {
            version,
            inputs,
            outputs,
            locktime: reader.number("locktime")?,
        })
    }
}

impl Spend {
    fn put(&self, out: &mut Vec<u8>) {
        match self.txid {
            SpentTxid::Input(number) => varint::put(out, number.saturating_add(1)),
            SpentTxid::Explicit(txid) => {
                out.push(0);
                out.extend_from_slice(txid.as_byte_array());
            }
        }
        varint::put(out, self.vout);
        varint::put_bytes(out, self.script_sig.as_bytes());
        varint::put(out, !self.sequence);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let txid = match reader.varint("txid of an input")?.checked_sub(1) {
            None => SpentTxid::Explicit(Txid::from_byte_array(reader.array("txid of an input")?)),
            Some(number) => SpentTxid::Input(number),
        };
        Ok(Self {
            txid,
            vout: reader.number("vout of an input")?,
            script_sig: script(reader)?,
            sequence: reader
                .number("sequence of an input")
                .map(|flipped: u32| !flipped)?,
        })
    }
}

fn script(reader: &mut Reader<'_>) -> Result<ScriptBuf, DecodeError> {
    let bytes = reader.bytes("bytes of a script", FRAME_BYTES)?;
    Ok(ScriptBuf::from_bytes(bytes.to_vec()))
}
