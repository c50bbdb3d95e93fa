//! Blocks of a test's own making, right in all but what the test changes.

use std::sync::atomic::{AtomicU32, Ordering};

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::script::Builder;
use bitcoin::transaction;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn,
    TxMerkleNode, TxOut, Witness,
};

use crate::coins::{Lock, data};

/// Regtest's difficulty.
const BITS: u32 = 0x207f_ffff;
const HALVING_INTERVAL: u32 = 150;
const COMMITMENT_PREFIX: [u8; 4] = [0xaa, 0x21, 0xa9, 0xed];
const RESERVED: [u8; 32] = [0; 32];

/// Where a block goes.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    pub hash: BlockHash,
    pub height: u32,
    pub median_time: u32,
}

/// A valid block on this parent, without fees in its coinbase.
pub fn draft(parent: Parent, transactions: &[Transaction]) -> Block {
    let height = parent.height + 1;
    let mut txdata = vec![coinbase(height)];
    txdata.extend_from_slice(transactions);
    let header = Header {
        version: Version::from_consensus(0x2000_0000),
        prev_blockhash: parent.hash,
        merkle_root: TxMerkleNode::all_zeros(),
        time: parent.median_time + 1,
        bits: CompactTarget::from_consensus(BITS),
        nonce: 0,
    };
    let mut block = Block { header, txdata };
    seal(&mut block);
    block
}

/// As [`draft`], with one change before the commitments and the proof of work are made.
pub fn draft_with(
    parent: Parent,
    transactions: &[Transaction],
    change: impl FnOnce(&mut Block),
) -> Block {
    let mut block = draft(parent, transactions);
    change(&mut block);
    seal(&mut block);
    block
}

/// What a block of this height may take beside fees, in sat.
pub fn subsidy(height: u32) -> u64 {
    50_0000_0000 >> (height / HALVING_INTERVAL)
}

fn coinbase(height: u32) -> Transaction {
    static BLOCKS: AtomicU32 = AtomicU32::new(0);
    let number = BLOCKS.fetch_add(1, Ordering::Relaxed);
    let input = TxIn {
        previous_output: OutPoint::null(),
        script_sig: height_script(height, number),
        sequence: Sequence::MAX,
        witness: Witness::from_slice(&[RESERVED]),
    };
    let commitment = TxOut {
        value: Amount::ZERO,
        script_pubkey: ScriptBuf::new(),
    };
    Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![input],
        output: vec![Lock::KeyPath.output(subsidy(height)), commitment],
    }
}

/// BIP 34, and a number so that no two blocks are the same.
pub fn height_script(height: u32, number: u32) -> ScriptBuf {
    Builder::new()
        .push_int(i64::from(height))
        .push_slice(number.to_le_bytes())
        .into_script()
}

/// Makes witness commitment, merkle root and proof of work anew.
pub fn seal(block: &mut Block) {
    commit_to_witnesses(block, RESERVED);
    work(block);
}

/// Puts the commitment into the last output of the coinbase (BIP 141), if it has two.
pub fn commit_to_witnesses(block: &mut Block, reserved: [u8; 32]) {
    let root = block.witness_root().expect("a block with transactions");
    let commitment = Block::compute_witness_commitment(&root, &reserved);
    let payload = [COMMITMENT_PREFIX.as_slice(), commitment.as_byte_array()].concat();
    if let Some(output) = block.txdata[0].output.get_mut(1) {
        output.script_pubkey = data(payload);
    }
}

/// Makes merkle root and proof of work anew.
pub fn work(block: &mut Block) {
    block.header.merkle_root = block
        .compute_merkle_root()
        .expect("a block with transactions");
    mine(block);
}

/// Makes the proof of work anew.
pub fn mine(block: &mut Block) {
    block.header.nonce = 0;
    while !block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
}
