//! A chain of headers whose blocks hold given witnesses.

use std::collections::BTreeMap;

use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, Network, Target, TxMerkleNode, Txid, merkle_tree};
use bulla_core::frame::{BlockProof, Frame};
use bulla_core::headers::{ChainParams, Change, HeaderChain, HeaderError, prove};

use super::Consignment;
use super::make::bytes;

/// The clock of these chains: 2033, in seconds since 1970.
pub const CLOCK: u64 = 2_000_000_000;

/// Headers of regtest, and the block proofs of what its blocks hold.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// The headers.
    pub chain: HeaderChain,
    /// Where the witnesses are.
    pub proofs: BTreeMap<Txid, BlockProof>,
}

impl Default for Blocks {
    fn default() -> Self {
        let chain = HeaderChain::of_network(Network::Regtest);
        let proofs = BTreeMap::new();
        Self { chain, proofs }
    }
}

/// Rules like those of the main chain, with periods of eight blocks at the difficulty of regtest.
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

/// The first block of [`small`], at an eighth of the easiest target.
fn first() -> Header {
    mined(Header {
        version: Version::TWO,
        prev_blockhash: BlockHash::all_zeros(),
        merkle_root: TxMerkleNode::from_byte_array([7; 32]),
        time: 1_700_000_000,
        bits: CompactTarget::from_consensus(0x200f_ffff),
        nonce: 0,
    })
}

impl Blocks {
    /// A chain of these rules, of [`small`] with changes.
    pub fn small(params: ChainParams) -> Self {
        let chain = HeaderChain::begin(params, 0, first()).expect("the first block");
        Self {
            chain,
            proofs: BTreeMap::new(),
        }
    }

    /// Mines a block with these transactions beside a coinbase, so many seconds after the tip, at the target that
    /// the rules ask for.
    pub fn mine_after(&mut self, seconds: u32, txids: &[Txid]) {
        let height = self.chain.height();
        let tip = *self.chain.header(height).expect("the tip");
        let all = self.hold(height + 1, txids, 0);
        let next = |bits| {
            let time = tip.time.wrapping_add(seconds);
            mined(Header {
                time,
                bits,
                ..after(&tip, &all)
            })
        };
        let change = match self.chain.extend(&[next(tip.bits)], CLOCK) {
            Err(HeaderError::Bits { expected, .. }) => self.chain.extend(&[next(expected)], CLOCK),
            other => other,
        };
        assert_eq!(change, Ok(Change::Extended { added: 1 }));
    }

    /// Mines a block with these transactions beside a coinbase.
    pub fn mine(&mut self, txids: &[Txid]) {
        let fork = self.chain.height();
        let change = self.branch(fork, &[txids.to_vec()], 0);
        assert_eq!(change, Change::Extended { added: 1 });
    }

    /// Mines empty blocks.
    pub fn grow(&mut self, blocks: usize) {
        for _ in 0..blocks {
            self.mine(&[]);
        }
    }

    /// Mines a branch after a block, with these transactions in its blocks.
    pub fn branch(&mut self, fork: u32, blocks: &[Vec<Txid>], salt: u8) -> Change {
        let mut last = *self.chain.header(fork).expect("a block of the chain");
        let mut headers = Vec::new();
        for (txids, height) in blocks.iter().zip(fork + 1..) {
            let all = self.hold(height, txids, salt);
            last = after(&last, &all);
            headers.push(last);
        }
        self.chain.extend(&headers, CLOCK).expect("valid headers")
    }

    /// What a block holds: a coinbase, and transactions that are proven to be there.
    fn hold(&mut self, height: u32, txids: &[Txid], salt: u8) -> Vec<Txid> {
        let coinbase = Txid::from_byte_array(bytes(&format!("coinbase {height} {salt}")));
        let all: Vec<Txid> = std::iter::once(coinbase).chain(txids.to_vec()).collect();
        for txid in txids {
            let proof = prove(height, &all, *txid).expect("it is in the block");
            self.proofs.insert(*txid, proof);
        }
        all
    }
}

fn after(parent: &Header, txids: &[Txid]) -> Header {
    let leaves = txids
        .iter()
        .map(|txid| TxMerkleNode::from_byte_array(txid.to_byte_array()));
    mined(Header {
        version: Version::TWO,
        prev_blockhash: parent.block_hash(),
        merkle_root: merkle_tree::calculate_root(leaves).expect("a coinbase"),
        time: parent.time + 600,
        bits: parent.bits,
        nonce: 0,
    })
}

/// With the first nonce that meets its target.
pub fn mined(mut header: Header) -> Header {
    while !header.target().is_met_by(header.block_hash()) {
        header.nonce += 1;
    }
    header
}

impl Consignment {
    /// Puts a block proof behind the frame of each witness that has one.
    pub fn prove(&mut self, proofs: &BTreeMap<Txid, BlockProof>) {
        let mut frames = Vec::new();
        for frame in self.frames.drain(..) {
            let txid = match &frame {
                Frame::Witness(frame) => Some(frame.witness.txid()),
                _ => None,
            };
            frames.push(frame);
            let proof = txid.and_then(|txid| proofs.get(&txid));
            frames.extend(proof.map(|proof| Frame::BlockProof(proof.clone())));
        }
        self.frames = frames;
    }
}
