//! The best chain: blocks are put on, taken off, and the branch with the most work wins.

use bdk_wallet::chain::BlockId;
use bdk_wallet::rusqlite::Connection;
use bitcoin::{Amount, Block, BlockHash, OutPoint, Transaction};

use super::block::{MAX_SIGOPS_COST, check_form_of_block, check_place_of_block, subsidy};
use super::ledger::{self, Node};
use super::transaction::{Place, check_values, coins_of, outputs_of, relative_locks_passed};
use super::{Fault, Rejection, mempool, script};

/// Takes a block: stores it, and makes its branch the best chain if it is the longest. All blocks
/// have the same difficulty, so the longest has the most work; of two, the first seen stays.
///
/// # Errors
/// A rejection, after which the block may be stored and marked as invalid; the best chain and the
/// mempool are as before.
pub(super) fn submit(db: &Connection, block: &Block, now: u64) -> Result<(), Fault> {
    let hash = block.block_hash();
    if let Some(known) = ledger::node(db, &hash)? {
        let rejection = if known.invalid {
            Rejection::DuplicateInvalidBlock
        } else {
            Rejection::DuplicateBlock
        };
        return Err(rejection.into());
    }
    check_form_of_block(block)?;
    let parent = check_place_of_block(db, block, now)?;
    let id = BlockId {
        height: parent.id.height + 1,
        hash,
    };
    ledger::store_block(db, block, id.height)?;
    if id.height <= ledger::tip(db)?.height {
        Ok(())
    } else {
        activate(db, id)
    }
}

/// Makes the branch that ends here the best chain, or leaves everything and marks what is invalid.
fn activate(db: &Connection, target: BlockId) -> Result<(), Fault> {
    let branch = branch_to(db, target)?;
    db.execute_batch("SAVEPOINT activation")?;
    match switch_to(db, &branch) {
        Ok(()) => Ok(db.execute_batch("RELEASE activation")?),
        Err((failed, error)) => {
            db.execute_batch("ROLLBACK TO activation; RELEASE activation")?;
            if matches!(error, Fault::Rejected(_)) {
                let mut bad = branch.iter().skip_while(|node| node.id.hash != failed);
                bad.try_for_each(|node| ledger::mark_invalid(db, &node.id.hash))?;
            }
            Err(error)
        }
    }
}

/// The blocks from the best chain (exclusive) to the target (inclusive), oldest first.
fn branch_to(db: &Connection, target: BlockId) -> Result<Vec<Node>, Fault> {
    let mut branch = Vec::new();
    let mut hash = target.hash;
    while let Some(node) = ledger::node(db, &hash)? {
        if ledger::is_best(db, node.id)? {
            break;
        }
        hash = node.prev;
        branch.push(node);
    }
    branch.reverse();
    Ok(branch)
}

/// Takes blocks off down to the fork and puts the branch on; then the mempool follows.
fn switch_to(db: &Connection, branch: &[Node]) -> Result<(), (BlockHash, Fault)> {
    let Some(first) = branch.first() else {
        return Ok(());
    };
    let mut dropped = Vec::new();
    let at_fork = |error: Fault| (first.id.hash, error);
    while ledger::tip(db)
        .map_err(|error| at_fork(error.into()))?
        .height
        >= first.id.height
    {
        dropped.push(ledger::drop_tip(db).map_err(|error| at_fork(error.into()))?);
    }
    let mut added = Vec::new();
    for node in branch {
        let connected =
            load(db, &node.id.hash).and_then(|block| connect(db, &block, node.id).map(|()| block));
        added.push(connected.map_err(|error| (node.id.hash, error))?);
    }
    dropped.reverse();
    mempool::follow(db, &dropped, &added).map_err(at_fork)
}

fn load(db: &Connection, hash: &BlockHash) -> Result<Block, Fault> {
    let missing = bdk_wallet::rusqlite::Error::QueryReturnedNoRows;
    Ok(ledger::block(db, hash)?.ok_or(missing)?)
}

/// Puts a block on the best chain if its transactions are valid there (Core: `ConnectBlock`).
pub(super) fn connect(db: &Connection, block: &Block, id: BlockId) -> Result<(), Fault> {
    let median_time = ledger::median_time_past(db, &block.header.prev_blockhash)?;
    let place = Place {
        height: id.height,
        median_time,
    };
    let mut fees = Amount::ZERO;
    let mut sigops = 0;
    for tx in &block.txdata {
        if !tx.is_coinbase() {
            fees += check_in_block(db, tx, place)?;
        }
        sigops += sigops_of(db, tx)?;
        if sigops > MAX_SIGOPS_COST {
            return Err(Rejection::BlockSigops.into());
        }
        ledger::apply(db, tx, id.height)?;
    }
    let allowed = subsidy(id.height) + fees;
    let outputs = block
        .coinbase()
        .map(|coinbase| coinbase.output.as_slice())
        .unwrap_or_default();
    let taken: Amount = outputs.iter().map(|output| output.value).sum();
    if taken > allowed {
        return Err(Rejection::CoinbaseAmount { taken, allowed }.into());
    }
    Ok(ledger::extend_chain(db, id)?)
}

/// One ordinary transaction of a block; returns its fee.
fn check_in_block(db: &Connection, tx: &Transaction, place: Place) -> Result<Amount, Fault> {
    let coins = coins_of(tx, |outpoint| ledger::coin(db, outpoint))?;
    let fee = check_values(tx, &coins, place.height)?;
    let txid = tx.compute_txid();
    if !relative_locks_passed(db, tx, &coins, place)? {
        return Err(Rejection::BlockNonFinal { txid }.into());
    }
    script::verify(tx, &outputs_of(&coins))
        .map_err(|input| Rejection::BlockScript { txid, input })?;
    Ok(fee)
}

fn sigops_of(db: &Connection, tx: &Transaction) -> Result<usize, Fault> {
    let mut failure = None;
    let cost = tx.total_sigop_cost(|outpoint: &OutPoint| {
        ledger::coin(db, outpoint).map_or_else(
            |error| {
                failure = Some(error);
                None
            },
            |coin| coin.map(|coin| coin.output),
        )
    });
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(cost),
    }
}
