//! Mines small chains at regtest difficulty.

use amplify::confinement::Confined;
use std::collections::BTreeMap;

use bitcoin::block::{Header, Version};
use bitcoin::consensus::deserialize;
use bitcoin::hashes::Hash;
use bitcoin::hex::FromHex;
use bitcoin::{BlockHash, CompactTarget, Target, TxMerkleNode};
use bulla_core::frame::BlockProof;
use bulla_core::headers::{ChainParams, HeaderChain};

/// The clock of the tests: 2033, in seconds since 1970.
pub const NOW: u64 = 2_000_000_000;
/// Time of the first block of the tests' own chains.
pub const START: u32 = 1_700_000_000;
/// The easiest target of regtest.
pub const EASY: u32 = 0x207f_ffff;
/// An eighth of it: where the tests' own chains begin.
pub const USUAL: u32 = 0x200f_ffff;

/// The first nonce that meets the header's target.
pub fn mined(mut header: Header) -> Header {
    while !header.target().is_met_by(header.block_hash()) {
        header.nonce += 1;
    }
    header
}

/// A header without its work.
pub fn raw(parent: BlockHash, time: u32, bits: u32, root: TxMerkleNode) -> Header {
    Header {
        version: Version::TWO,
        prev_blockhash: parent,
        merkle_root: root,
        time,
        bits: CompactTarget::from_consensus(bits),
        nonce: 0,
    }
}

/// A mined header after another; the salt makes branches differ.
pub fn after(parent: &Header, time: u32, bits: u32, salt: u8) -> Header {
    let root = TxMerkleNode::from_byte_array([salt; 32]);
    mined(raw(parent.block_hash(), time, bits, root))
}

/// Headers after another, each one spacing of 600 seconds later, with its bits.
pub fn row(parent: &Header, count: usize, salt: u8) -> Vec<Header> {
    steps(parent, &vec![600; count], salt)
}

/// Headers after another, each so many seconds later, with its bits.
pub fn steps(parent: &Header, seconds: &[u32], salt: u8) -> Vec<Header> {
    let mut last = *parent;
    let step = |seconds: &u32| {
        let bits = last.bits.to_consensus();
        last = after(&last, last.time.wrapping_add(*seconds), bits, salt);
        last
    };
    seconds.iter().map(step).collect()
}

/// The first block of the tests' own chains.
pub fn first() -> Header {
    let root = TxMerkleNode::from_byte_array([7; 32]);
    mined(raw(BlockHash::all_zeros(), START, USUAL, root))
}

/// Rules like those of the main chain, with periods of eight blocks.
pub fn small() -> ChainParams {
    ChainParams {
        limit: Target::MAX_ATTAINABLE_REGTEST,
        interval: 8,
        spacing: 600,
        retargets: true,
        easy_when_late: false,
        bip94: false,
        checkpoints: BTreeMap::from([(0, first().block_hash())]),
    }
}

/// Rules like those of testnet4, with periods of eight blocks.
pub fn small_testnet4() -> ChainParams {
    ChainParams {
        easy_when_late: true,
        bip94: true,
        ..small()
    }
}

/// A chain of these rules that holds the first block.
pub fn begun(params: ChainParams) -> HeaderChain {
    HeaderChain::begin(params, 0, first()).expect("the first block is the checkpoint at 0")
}

/// A chain of these rules with these headers after the first block.
pub fn grown(params: ChainParams, headers: &[Header]) -> HeaderChain {
    let mut chain = begun(params);
    chain.extend(headers, NOW).expect("valid headers");
    chain
}

/// The tip of a chain.
pub fn tip(chain: &HeaderChain) -> Header {
    *chain.headers().last().expect("a chain is never empty")
}

/// A header from its bytes in hex.
pub fn header(hex: &str) -> Header {
    deserialize(&Vec::from_hex(hex).expect("hex")).expect("a header")
}

/// A block proof.
pub fn proof(height: u32, position: u32, branch: &[[u8; 32]]) -> BlockProof {
    BlockProof {
        height,
        position,
        branch: Confined::try_from(branch.to_vec()).expect("at most 25 hashes"),
    }
}
