//! Whether an output is spent, as a question that every source answers.

use bitcoin::consensus::encode::serialize;
use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, ScriptBuf, Txid};

use super::Sought;
use crate::tagged;

/// The question after a transaction that cannot be, which would spend this output with this script: it is
/// *conflicted* exactly if a mined transaction spends the output. To be asked together with the
/// transaction that makes the output, by which some sources look.
pub(crate) fn spender_of(outpoint: OutPoint, script: ScriptBuf) -> Sought {
    Sought {
        txid: Txid::from_byte_array(tagged::SPENDER.hash(&serialize(&outpoint))),
        script: Some(script),
        inputs: vec![outpoint],
    }
}
