//! Who gets into the mempool, what is replaced, and how the mempool follows the best chain.
//!
//! The order of the checks is that of Bitcoin Core (`MemPoolAccept`), so that a transaction with
//! two faults is refused for the same one. Simplified: a replacement must beat the fee rate of each
//! transaction it directly replaces, where Core since version 31 compares fee rate diagrams; the
//! topology rules for version 3 are not enforced; nothing is dropped for size or age; of what scripts
//! may do beyond consensus only the common part is judged (see `relay`).

use std::collections::{BTreeSet, HashSet};

use bdk_wallet::rusqlite::Connection;
use bitcoin::{Amount, Block, OutPoint, Transaction, Txid};

use super::ledger::{self, Coin};
use super::policy::{self, MAX_TX_SIGOPS_COST, relay_fee_for};
use super::pool::{self, Entry};
use super::transaction::{
    Place, check_form, check_values, coins_of, is_final, outputs_of, relative_locks_passed,
};
use super::{Fault, Rejection, relay, script};

/// Direct conflicts in distinct clusters that one transaction may replace.
const MAX_REPLACED_CLUSTERS: usize = 100;
const MAX_CLUSTER_COUNT: usize = 64;
const MAX_CLUSTER_VSIZE: u64 = 101_000;
const VBYTES_PER_SIGOP: u64 = 20;

/// Whether fees are looked at: not for what comes back from a dropped block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Peer,
    DroppedBlock,
}

/// A transaction that passed all checks, not yet in the mempool.
pub(super) struct Candidate {
    pub entry: Entry,
    coins: Vec<Coin>,
    /// All that leave when it enters.
    pub replaced: BTreeSet<Txid>,
}

/// Checks a transaction against the best chain, the mempool and its policy.
pub(super) fn check(db: &Connection, tx: &Transaction, origin: Origin) -> Result<Candidate, Fault> {
    check_form(tx)?;
    if tx.is_coinbase() {
        return Err(Rejection::LooseCoinbase.into());
    }
    policy::check_standard(tx)?;
    let tip = ledger::tip(db)?;
    let median_time = ledger::median_time_past(db, &tip.hash)?;
    let place = Place {
        height: tip.height + 1,
        median_time,
    };
    if !is_final(tx, place) {
        return Err(Rejection::NonFinal.into());
    }
    check_new(db, tx)?;
    let (coins, fee) = check_coins(db, tx, place)?;
    policy::check_inputs(tx, &coins)?;
    let vsize = virtual_size(tx, &coins)?;
    policy::check_ephemeral_dust(tx, fee)?;
    let required = relay_fee_for(vsize);
    if origin == Origin::Peer && fee < required {
        return Err(Rejection::MinRelayFee { fee, required }.into());
    }
    let entry = Entry {
        tx: tx.clone(),
        fee,
        vsize,
    };
    let replaced = check_replacement(db, &entry)?;
    let spent = outputs_of(&coins);
    script::verify(tx, &spent)
        .and_then(|()| relay::check(tx, &spent))
        .map_err(|input| Rejection::MempoolScript { input })?;
    Ok(Candidate {
        entry,
        coins,
        replaced,
    })
}

fn check_new(db: &Connection, tx: &Transaction) -> Result<(), Fault> {
    match pool::get(db, &tx.compute_txid())? {
        Some(known) if known == *tx => Err(Rejection::InMempool.into()),
        Some(_) => Err(Rejection::InMempoolOtherWitness.into()),
        None => Ok(()),
    }
}

/// The coins it spends, of the chain or of the mempool, and its fee.
fn check_coins(
    db: &Connection,
    tx: &Transaction,
    place: Place,
) -> Result<(Vec<Coin>, Amount), Fault> {
    let found = coins_of(tx, |outpoint| match ledger::coin(db, outpoint)? {
        Some(coin) => Ok(Some(coin)),
        None => pool::coin(db, outpoint, place.height),
    });
    let coins = match found {
        Err(Fault::Rejected(Rejection::MissingOrSpent)) if has_coins(db, tx)? => {
            return Err(Rejection::AlreadyKnown.into());
        }
        found => found?,
    };
    if !relative_locks_passed(db, tx, &coins, place)? {
        return Err(Rejection::NonBip68Final.into());
    }
    let fee = check_values(tx, &coins, place.height)?;
    Ok((coins, fee))
}

/// Whether it is mined and an output of it unspent; only then Core says that it knows it.
fn has_coins(db: &Connection, tx: &Transaction) -> Result<bool, Fault> {
    let txid = tx.compute_txid();
    for (vout, _) in (0u32..).zip(&tx.output) {
        if ledger::coin(db, &OutPoint { txid, vout })?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Virtual bytes, at least twenty for each signature operation.
fn virtual_size(tx: &Transaction, coins: &[Coin]) -> Result<u64, Rejection> {
    let output_at = |outpoint: &OutPoint| {
        let at = tx
            .input
            .iter()
            .position(|input| input.previous_output == *outpoint)?;
        coins.get(at).map(|coin| coin.output.clone())
    };
    let sigops = tx.total_sigop_cost(output_at);
    if sigops > MAX_TX_SIGOPS_COST {
        return Err(Rejection::TooManySigops);
    }
    let weight = tx.weight().to_wu().max(sigops as u64 * VBYTES_PER_SIGOP);
    Ok(weight.div_ceil(4))
}

/// The rules for replacing and for the size of a cluster; returns what leaves.
fn check_replacement(db: &Connection, entry: &Entry) -> Result<BTreeSet<Txid>, Fault> {
    let mut direct = BTreeSet::new();
    for input in &entry.tx.input {
        direct.extend(pool::spender(db, &input.previous_output)?);
    }
    if count_clusters(db, &direct)? > MAX_REPLACED_CLUSTERS {
        return Err(Rejection::TooManyReplacements.into());
    }
    let replaced = pool::descendants(db, direct.iter().copied())?;
    check_replacement_fee(db, entry, &replaced)?;
    check_cluster(db, entry, &replaced)?;
    check_fee_rate(db, entry, &direct)?;
    check_ancestors(db, entry, &direct)?;
    Ok(replaced)
}

fn count_clusters(db: &Connection, direct: &BTreeSet<Txid>) -> Result<usize, Fault> {
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for txid in direct {
        if !seen.contains(txid) {
            count += 1;
            seen.extend(pool::cluster(db, [*txid], &BTreeSet::new())?);
        }
    }
    Ok(count)
}

/// BIP 125 rules 3 and 4: it pays what it replaces and its own relay.
fn check_replacement_fee(
    db: &Connection,
    entry: &Entry,
    replaced: &BTreeSet<Txid>,
) -> Result<(), Fault> {
    if replaced.is_empty() {
        return Ok(());
    }
    let mut required = relay_fee_for(entry.vsize);
    for txid in replaced {
        required += pool::cost(db, txid)?.0;
    }
    if entry.fee < required {
        return Err(Rejection::InsufficientFee {
            fee: entry.fee,
            required,
        }
        .into());
    }
    Ok(())
}

fn check_cluster(db: &Connection, entry: &Entry, replaced: &BTreeSet<Txid>) -> Result<(), Fault> {
    let mut parents = Vec::new();
    for input in &entry.tx.input {
        let parent = input.previous_output.txid;
        if !replaced.contains(&parent) && pool::contains(db, &parent)? {
            parents.push(parent);
        }
    }
    let cluster = pool::cluster(db, parents, replaced)?;
    let mut vsize = entry.vsize;
    for txid in &cluster {
        vsize += pool::cost(db, txid)?.1;
    }
    if cluster.len() + 1 > MAX_CLUSTER_COUNT || vsize > MAX_CLUSTER_VSIZE {
        return Err(Rejection::TooLargeCluster.into());
    }
    Ok(())
}

fn check_fee_rate(db: &Connection, entry: &Entry, direct: &BTreeSet<Txid>) -> Result<(), Fault> {
    for txid in direct {
        let (fee, vsize) = pool::cost(db, txid)?;
        let mine = u128::from(entry.fee.to_sat()) * u128::from(vsize);
        let theirs = u128::from(fee.to_sat()) * u128::from(entry.vsize);
        if mine <= theirs {
            return Err(Rejection::ReplacementFailed.into());
        }
    }
    Ok(())
}

/// It must not depend on what it replaces.
fn check_ancestors(db: &Connection, entry: &Entry, direct: &BTreeSet<Txid>) -> Result<(), Fault> {
    let mut parents = Vec::new();
    for input in &entry.tx.input {
        if pool::contains(db, &input.previous_output.txid)? {
            parents.push(input.previous_output.txid);
        }
    }
    let ancestors = pool::ancestors(db, parents)?;
    match ancestors.intersection(direct).next() {
        Some(replaced) => Err(Rejection::SpendsConflicting {
            replaced: *replaced,
        }
        .into()),
        None => Ok(()),
    }
}

/// Checks and adds a transaction.
pub(super) fn accept(
    db: &Connection,
    tx: &Transaction,
    origin: Origin,
) -> Result<Candidate, Fault> {
    let candidate = check(db, tx, origin)?;
    for txid in &candidate.replaced {
        pool::remove(db, txid)?;
    }
    pool::insert(db, &candidate.entry, &outputs_of(&candidate.coins))?;
    Ok(candidate)
}

/// Removes a transaction and all that depend on it; returns what was removed.
pub(super) fn evict(db: &Connection, txid: Txid) -> Result<BTreeSet<Txid>, Fault> {
    if !pool::contains(db, &txid)? {
        return Ok(BTreeSet::new());
    }
    let gone = pool::descendants(db, [txid])?;
    for txid in &gone {
        pool::remove(db, txid)?;
    }
    Ok(gone)
}

/// Follows a change of the best chain: blocks that were taken off and blocks that were put on, both
/// oldest first.
pub(super) fn follow(db: &Connection, dropped: &[Block], added: &[Block]) -> Result<(), Fault> {
    if dropped.is_empty() {
        added.iter().try_for_each(|block| remove_mined(db, block))
    } else {
        rebuild(db, dropped)
    }
}

/// What is mined leaves, and what conflicts with it.
fn remove_mined(db: &Connection, block: &Block) -> Result<(), Fault> {
    for tx in block.txdata.iter().filter(|tx| !tx.is_coinbase()) {
        pool::remove(db, &tx.compute_txid())?;
        for input in &tx.input {
            if let Some(conflict) = pool::spender(db, &input.previous_output)? {
                evict(db, conflict)?;
            }
        }
    }
    Ok(())
}

/// What was in dropped blocks comes back before what waited; what is no longer valid leaves.
fn rebuild(db: &Connection, dropped: &[Block]) -> Result<(), Fault> {
    let returning = dropped
        .iter()
        .flat_map(|block| &block.txdata)
        .filter(|tx| !tx.is_coinbase());
    let waiting = pool::all(db)?;
    pool::clear(db)?;
    let mut seen = HashSet::new();
    for tx in returning.chain(waiting.iter().map(|entry| &entry.tx)) {
        let txid = tx.compute_txid();
        if !seen.insert(txid) || ledger::mined_at(db, &txid)?.is_some() {
            continue;
        }
        match accept(db, tx, Origin::DroppedBlock) {
            Ok(_) | Err(Fault::Rejected(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
