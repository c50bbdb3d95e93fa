//! The rules for a block that need no coins: header, proof of work, coinbase, commitments.

use bdk_wallet::rusqlite::Connection;
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::script::Builder;
use bitcoin::{Amount, Block, CompactTarget, Transaction, TxMerkleNode, Weight};

use super::ledger::{self, Node};
use super::transaction::{Place, check_form, is_final};
use super::{Fault, Rejection};

/// Regtest's difficulty, which never changes: every second hash is a proof of work.
pub(super) const BITS: u32 = 0x207f_ffff;
/// Blocks between halvings on regtest.
const HALVING_INTERVAL: u32 = 150;
/// Seconds a block may be ahead of the clock.
const MAX_FUTURE: u64 = 2 * 60 * 60;
/// Signature operations a block may hold, in the unit of BIP 141.
pub(super) const MAX_SIGOPS_COST: usize = 80_000;
/// A witness commitment's output script starts with this (BIP 141).
const COMMITMENT_PREFIX: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
const COMMITMENT_LENGTH: usize = 38;

/// New bitcoin in a block of this height.
pub(super) fn subsidy(height: u32) -> Amount {
    let halvings = height / HALVING_INTERVAL;
    Amount::from_sat(
        Amount::from_int_btc(50)
            .to_sat()
            .checked_shr(halvings)
            .unwrap_or(0),
    )
}

/// The rules that need no context (Core: `CheckBlock`).
pub(super) fn check_form_of_block(block: &Block) -> Result<(), Rejection> {
    check_work(block)?;
    // The root of no transactions is zero.
    let root = block
        .compute_merkle_root()
        .unwrap_or_else(TxMerkleNode::all_zeros);
    if root != block.header.merkle_root {
        return Err(Rejection::MerkleRoot);
    }
    if repeats_nodes(block) {
        return Err(Rejection::DuplicateTransactions);
    }
    let stripped = block
        .txdata
        .iter()
        .map(Transaction::base_size)
        .sum::<usize>()
        + 80;
    let Some((coinbase, others)) = block.txdata.split_first() else {
        return Err(Rejection::BlockLength);
    };
    if stripped > 1_000_000 {
        return Err(Rejection::BlockLength);
    }
    if !coinbase.is_coinbase() {
        return Err(Rejection::CoinbaseMissing);
    }
    if others.iter().any(Transaction::is_coinbase) {
        return Err(Rejection::CoinbaseMultiple);
    }
    block.txdata.iter().try_for_each(check_form)
}

/// Whether two neighbours in the merkle tree are the same, so that the tree of a shorter block has
/// the same root (CVE-2012-2459).
fn repeats_nodes(block: &Block) -> bool {
    let mut level: Vec<_> = block
        .txdata
        .iter()
        .map(|tx| tx.compute_txid().to_raw_hash())
        .collect();
    while level.len() > 1 {
        if level.chunks_exact(2).any(|pair| pair[0] == pair[1]) {
            return true;
        }
        level = level
            .chunks(2)
            .map(|pair| {
                let (left, right) = (pair[0], pair[pair.len() - 1]);
                sha256d::Hash::hash(&[left.to_byte_array(), right.to_byte_array()].concat())
            })
            .collect();
    }
    false
}

/// Whether the hash meets the target in the header, and the target is regtest's.
fn check_work(block: &Block) -> Result<(), Rejection> {
    let bits = block.header.bits;
    let limit = CompactTarget::from_consensus(BITS);
    let target = bits.into();
    if bitcoin::Target::from(limit) < target || !block.header.target().is_met_by(block.block_hash())
    {
        return Err(Rejection::HighHash);
    }
    Ok(())
}

/// The rules for a block on its parent (Core: `AcceptBlockHeader`, `ContextualCheckBlock`).
pub(super) fn check_place_of_block(
    db: &Connection,
    block: &Block,
    now: u64,
) -> Result<Node, Fault> {
    let parent = ledger::node(db, &block.header.prev_blockhash)?.ok_or(Rejection::UnknownParent)?;
    if parent.invalid {
        return Err(Rejection::InvalidParent.into());
    }
    let height = parent.id.height + 1;
    let median_time = ledger::median_time_past(db, &parent.id.hash)?;
    check_header(block, median_time, now)?;
    let place = Place {
        height,
        median_time,
    };
    if let Some(tx) = block.txdata.iter().find(|tx| !is_final(tx, place)) {
        return Err(Rejection::BlockNonFinal {
            txid: tx.compute_txid(),
        }
        .into());
    }
    check_coinbase_height(block, height)?;
    check_witness_commitment(block)?;
    if block.weight() > Weight::MAX_BLOCK {
        return Err(Rejection::BlockWeight.into());
    }
    Ok(parent)
}

fn check_header(block: &Block, median_time: u32, now: u64) -> Result<(), Rejection> {
    let header = &block.header;
    if header.bits.to_consensus() != BITS {
        return Err(Rejection::Difficulty);
    }
    if header.time <= median_time {
        return Err(Rejection::TimeTooOld);
    }
    if u64::from(header.time) > now + MAX_FUTURE {
        return Err(Rejection::TimeTooNew);
    }
    if header.version.to_consensus() < 4 {
        return Err(Rejection::BlockVersion(header.version.to_consensus()));
    }
    Ok(())
}

fn check_coinbase_height(block: &Block, height: u32) -> Result<(), Rejection> {
    let expected = Builder::new().push_int(i64::from(height)).into_script();
    let found = block
        .coinbase()
        .and_then(|tx| tx.input.first())
        .map(|input| &input.script_sig);
    match found {
        Some(script) if script.as_bytes().starts_with(expected.as_bytes()) => Ok(()),
        _ => Err(Rejection::CoinbaseHeight),
    }
}

/// BIP 141: the last matching output of the coinbase commits to all witnesses.
fn check_witness_commitment(block: &Block) -> Result<(), Rejection> {
    let commitment = block.coinbase().and_then(|coinbase| {
        let scripts = coinbase
            .output
            .iter()
            .map(|output| output.script_pubkey.as_bytes());
        scripts.rev().find(|script| {
            script.len() >= COMMITMENT_LENGTH && script.starts_with(&COMMITMENT_PREFIX)
        })
    });
    let Some(commitment) = commitment else {
        let witnessed = |tx: &Transaction| tx.input.iter().any(|input| !input.witness.is_empty());
        let bare = !block.txdata.iter().any(witnessed);
        return if bare {
            Ok(())
        } else {
            Err(Rejection::UnexpectedWitness)
        };
    };
    let witness = block
        .coinbase()
        .and_then(|tx| tx.input.first())
        .map(|input| &input.witness);
    let reserved = witness
        .filter(|witness| witness.len() == 1)
        .and_then(|witness| witness.nth(0))
        .filter(|reserved| reserved.len() == 32)
        .ok_or(Rejection::WitnessNonce)?;
    let expected = block
        .witness_root()
        .map(|root| Block::compute_witness_commitment(&root, reserved).to_byte_array());
    match expected {
        Some(expected) if commitment[6..COMMITMENT_LENGTH] == expected => Ok(()),
        _ => Err(Rejection::WitnessCommitment),
    }
}
