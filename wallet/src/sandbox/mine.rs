//! Mining: from the mempool, or exactly what a test wants in a block.

use std::collections::{HashMap, HashSet};

use bdk_wallet::chain::BlockId;
use bdk_wallet::rusqlite::Connection;
use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::transaction;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, Script, ScriptBuf, Sequence, Transaction,
    TxIn, TxMerkleNode, TxOut, Txid, Weight, Witness,
};

use super::block::{BITS, subsidy};
use super::{Fault, connect, ledger, pool};

/// Kept free for the coinbase and the header.
const RESERVED: Weight = Weight::from_wu(8_000);
/// The witness of a coinbase (BIP 141).
const WITNESS_RESERVED: [u8; 32] = [0; 32];

/// What a mined block holds besides its coinbase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// What waits in the mempool, as far as it fits.
    Mempool,
    /// What waits in the mempool, but not these, nor what depends on them. They keep waiting.
    Without(Vec<Txid>),
    /// Exactly these, in this order, past the mempool's policy.
    Only(Vec<Transaction>),
    /// Nothing.
    Nothing,
}

impl Contents {
    /// What the blocks after the first one hold.
    pub(super) fn rest(&self) -> Contents {
        match self {
            Contents::Only(_) => Contents::Nothing,
            other => other.clone(),
        }
    }
}

/// Mines one block on the best chain.
pub(super) fn mine(
    db: &Connection,
    contents: &Contents,
    to: &Script,
    now: u64,
) -> Result<BlockHash, Fault> {
    let transactions = choose(db, contents)?;
    let fees = total_fees(db, &transactions)?;
    let tip = ledger::tip(db)?;
    let coinbase = coinbase(db, tip.height + 1, fees, to)?;
    let block = assemble(db, tip, coinbase, transactions, now)?;
    connect::submit(db, &block, now)?;
    Ok(block.block_hash())
}

fn choose(db: &Connection, contents: &Contents) -> Result<Vec<Transaction>, Fault> {
    let left_out: HashSet<Txid> = match contents {
        Contents::Only(transactions) => return Ok(transactions.clone()),
        Contents::Nothing => return Ok(Vec::new()),
        Contents::Mempool => HashSet::new(),
        Contents::Without(txids) => pool::descendants(db, txids.iter().copied())?
            .into_iter()
            .collect(),
    };
    let mut left_out = left_out;
    let mut weight = RESERVED;
    let mut chosen = Vec::new();
    for entry in pool::all(db)? {
        let txid = entry.tx.compute_txid();
        let orphan = entry
            .tx
            .input
            .iter()
            .any(|i| left_out.contains(&i.previous_output.txid));
        let fits = weight + entry.tx.weight() <= Weight::MAX_BLOCK;
        if left_out.contains(&txid) || orphan || !fits {
            left_out.insert(txid);
            continue;
        }
        weight += entry.tx.weight();
        chosen.push(entry.tx);
    }
    Ok(chosen)
}

/// Inputs minus outputs. What spends a coin that is not there counts nothing: connecting refuses it.
fn total_fees(db: &Connection, transactions: &[Transaction]) -> Result<Amount, Fault> {
    let mut inside: HashMap<OutPoint, Amount> = HashMap::new();
    let mut fees = Amount::ZERO;
    for tx in transactions {
        let mut inputs = Amount::ZERO;
        for input in &tx.input {
            let value = match inside.get(&input.previous_output) {
                Some(value) => Some(*value),
                None => ledger::coin(db, &input.previous_output)?.map(|coin| coin.output.value),
            };
            inputs += value.unwrap_or(Amount::ZERO);
        }
        let txid = tx.compute_txid();
        for (vout, output) in (0u32..).zip(&tx.output) {
            inside.insert(OutPoint { txid, vout }, output.value);
            inputs = inputs.checked_sub(output.value).unwrap_or(Amount::ZERO);
        }
        fees += inputs;
    }
    Ok(fees)
}

/// A coinbase that no other block of this sandbox has, even at the same height.
fn coinbase(db: &Connection, height: u32, fees: Amount, to: &Script) -> Result<Transaction, Fault> {
    let tag = PushBytesBuf::from(ledger::blocks_ever(db)?.to_le_bytes());
    let script_sig = Builder::new()
        .push_int(i64::from(height))
        .push_slice(tag)
        .into_script();
    let input = TxIn {
        previous_output: OutPoint::null(),
        script_sig,
        sequence: Sequence::MAX,
        witness: Witness::from_slice(&[WITNESS_RESERVED]),
    };
    let reward = TxOut {
        value: subsidy(height) + fees,
        script_pubkey: to.to_owned(),
    };
    Ok(Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![input],
        output: vec![reward],
    })
}

/// Puts the commitments into coinbase and header, and finds a proof of work.
fn assemble(
    db: &Connection,
    parent: BlockId,
    coinbase: Transaction,
    transactions: Vec<Transaction>,
    now: u64,
) -> Result<Block, Fault> {
    let earliest = ledger::median_time_past(db, &parent.hash)? + 1;
    let time = u32::try_from(now).unwrap_or(u32::MAX).max(earliest);
    let mut txdata = vec![coinbase];
    txdata.extend(transactions);
    let header = Header {
        version: Version::from_consensus(0x2000_0000),
        prev_blockhash: parent.hash,
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: CompactTarget::from_consensus(BITS),
        nonce: 0,
    };
    let mut block = Block { header, txdata };
    commit_to_witnesses(&mut block);
    block.header.merkle_root = block
        .compute_merkle_root()
        .expect("a block with a coinbase has a merkle root");
    while !block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
    Ok(block)
}

/// BIP 141: the coinbase's own witness id counts as zero, so its outputs may still change.
fn commit_to_witnesses(block: &mut Block) {
    let root = block
        .witness_root()
        .expect("a block with a coinbase has a witness root");
    let commitment = Block::compute_witness_commitment(&root, &WITNESS_RESERVED);
    let mut payload = PushBytesBuf::from([0xaa, 0x21, 0xa9, 0xed]);
    payload
        .extend_from_slice(commitment.as_byte_array())
        .expect("36 bytes are a push");
    let script_pubkey = ScriptBuf::new_op_return(payload);
    if let Some(coinbase) = block.txdata.first_mut() {
        coinbase.output.push(TxOut {
            value: Amount::ZERO,
            script_pubkey,
        });
    }
}
