//! The rules for a transaction: its form, its values, its locks.

use std::collections::HashSet;

use bdk_wallet::rusqlite::{self, Connection};
use bitcoin::blockdata::locktime::absolute::LOCK_TIME_THRESHOLD;
use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::relative::LockTime;
use bitcoin::{Amount, OutPoint, Script, Sequence, Transaction, TxOut, Weight};

use super::ledger::{self, Coin};
use super::{Fault, Rejection};

/// Bytes of the longest script that is run.
const MAX_SCRIPT_SIZE: usize = 10_000;

/// Where a transaction is to be mined: the height, and the median time past of the block before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub height: u32,
    pub median_time: u32,
}

/// Whether no transaction can ever spend such an output, so that it is no coin (Core:
/// `IsUnspendable`).
pub(super) fn is_unspendable(script: &Script) -> bool {
    script.is_op_return() || script.len() > MAX_SCRIPT_SIZE
}

/// Bytes of a transaction without its witnesses.
pub(super) fn stripped_size(tx: &Transaction) -> usize {
    tx.base_size()
}

/// The rules that need no context (Core: `CheckTransaction`).
pub(super) fn check_form(tx: &Transaction) -> Result<(), Rejection> {
    if tx.input.is_empty() {
        return Err(Rejection::NoInputs);
    }
    if tx.output.is_empty() {
        return Err(Rejection::NoOutputs);
    }
    if Weight::from_non_witness_data_size(stripped_size(tx) as u64) > Weight::MAX_BLOCK {
        return Err(Rejection::Oversize);
    }
    check_output_values(tx)?;
    let mut seen = HashSet::new();
    if !tx
        .input
        .iter()
        .all(|input| seen.insert(input.previous_output))
    {
        return Err(Rejection::DuplicateInputs);
    }
    if tx.is_coinbase() {
        let length = tx.input.first().map_or(0, |input| input.script_sig.len());
        if !(2..=100).contains(&length) {
            return Err(Rejection::CoinbaseLength);
        }
    } else if seen.contains(&OutPoint::null()) {
        return Err(Rejection::NullInput);
    }
    Ok(())
}

fn check_output_values(tx: &Transaction) -> Result<(), Rejection> {
    let mut total = Amount::ZERO;
    for output in &tx.output {
        if i64::try_from(output.value.to_sat()).is_err() {
            return Err(Rejection::NegativeOutput);
        }
        if output.value > Amount::MAX_MONEY {
            return Err(Rejection::OutputTooLarge);
        }
        total = total
            .checked_add(output.value)
            .filter(|total| *total <= Amount::MAX_MONEY)
            .ok_or(Rejection::OutputsTooLarge)?;
    }
    Ok(())
}

/// Maturity and values (Core: `CheckTxInputs`). `coins` has one for each input, in order.
///
/// Returns the fee.
pub(super) fn check_values(
    tx: &Transaction,
    coins: &[Coin],
    height: u32,
) -> Result<Amount, Rejection> {
    let mut inputs = Amount::ZERO;
    for coin in coins {
        let depth = height.saturating_sub(coin.height);
        if coin.coinbase && depth < COINBASE_MATURITY {
            return Err(Rejection::ImmatureCoinbase { depth });
        }
        inputs += coin.output.value;
    }
    let outputs: Amount = tx.output.iter().map(|output| output.value).sum();
    inputs
        .checked_sub(outputs)
        .ok_or(Rejection::InBelowOut { inputs, outputs })
}

/// Whether the absolute lock has passed (Core: `IsFinalTx`, with the time of BIP 113).
pub(super) fn is_final(tx: &Transaction, place: Place) -> bool {
    let lock = tx.lock_time.to_consensus_u32();
    let reached = if lock < LOCK_TIME_THRESHOLD {
        place.height
    } else {
        place.median_time
    };
    lock == 0 || lock < reached || tx.input.iter().all(|input| input.sequence == Sequence::MAX)
}

/// Whether the relative locks have passed (BIP 68; Core: `SequenceLocks`).
pub(super) fn relative_locks_passed(
    db: &Connection,
    tx: &Transaction,
    coins: &[Coin],
    place: Place,
) -> rusqlite::Result<bool> {
    // Core reads the version as unsigned.
    if tx.version.0 == 0 || tx.version.0 == 1 {
        return Ok(true);
    }
    for (input, coin) in tx.input.iter().zip(coins) {
        let passed = match input.sequence.to_relative_lock_time() {
            None => true,
            Some(LockTime::Blocks(lock)) => {
                place.height >= coin.height.saturating_add(u32::from(lock.value()))
            }
            Some(LockTime::Time(lock)) => {
                let before = coin.height.saturating_sub(1);
                let hash =
                    ledger::hash_at(db, before)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
                let since = ledger::median_time_past(db, &hash)?;
                let wait = u32::from(lock.value()) * 512;
                place.median_time >= since.saturating_add(wait)
            }
        };
        if !passed {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The coins a transaction spends, in the order of its inputs.
pub(super) fn coins_of(
    tx: &Transaction,
    mut find: impl FnMut(&OutPoint) -> rusqlite::Result<Option<Coin>>,
) -> Result<Vec<Coin>, Fault> {
    tx.input
        .iter()
        .map(|input| Ok(find(&input.previous_output)?.ok_or(Rejection::MissingOrSpent)?))
        .collect()
}

/// The outputs of coins, for the script interpreter.
pub(super) fn outputs_of(coins: &[Coin]) -> Vec<TxOut> {
    coins.iter().map(|coin| coin.output.clone()).collect()
}
