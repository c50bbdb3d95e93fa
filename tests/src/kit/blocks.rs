//! A chain of headers whose blocks hold given witnesses.

use std::collections::BTreeMap;

use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::{Network, TxMerkleNode, Txid, merkle_tree};
use bulla_core::frame::{BlockProof, Frame};
use bulla_core::headers::{Change, HeaderChain, prove};

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

impl Blocks {
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
            let coinbase = Txid::from_byte_array(bytes(&format!("coinbase {height} {salt}")));
            let all: Vec<Txid> = std::iter::once(coinbase).chain(txids.clone()).collect();
            for txid in txids {
                let proof = prove(height, &all, *txid).expect("it is in the block");
                self.proofs.insert(*txid, proof);
            }
            last = after(&last, &all);
            headers.push(last);
        }
        self.chain.extend(&headers, CLOCK).expect("valid headers")
    }
}

fn after(parent: &Header, txids: &[Txid]) -> Header {
    let leaves = txids
        .iter()
        .map(|txid| TxMerkleNode::from_byte_array(txid.to_byte_array()));
    let mut header = Header {
        version: Version::TWO,
        prev_blockhash: parent.block_hash(),
        merkle_root: merkle_tree::calculate_root(leaves).expect("a coinbase"),
        time: parent.time + 600,
        bits: parent.bits,
        nonce: 0,
    };
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
