//! Block proofs: an arbitrary one against an arbitrary header, and a good one that was changed.
//!
//! The first byte is the number of transactions of a block, the second the place of one of them; the rest is a frame,
//! and what is changed in the good proof.
#![no_main]

use bitcoin::hashes::Hash;
use bitcoin::{TxMerkleNode, Txid, merkle_tree};
use bulla_core::frame::BlockProof;
use bulla_core::headers::{check_proof, prove};
use bulla_core::wire::Frame;
use bulla_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fn proof(frame: &[u8]) -> Option<BlockProof> {
    match Frame::decode(frame) {
        Ok(Frame::BlockProof(proof)) => Some(proof),
        _ => None,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [count, place, rest @ ..] = bytes else {
        return;
    };
    let txids: Vec<Txid> = (0..=*count).map(|n| Txid::hash(&[n])).collect();
    let at = usize::from(*place) % txids.len();
    let txid = txids[at];
    let nodes = txids.iter().map(|txid| txid.to_raw_hash());
    let root = merkle_tree::calculate_root(nodes).expect("a transaction");
    let root = TxMerkleNode::from_raw_hash(root);
    let good = prove(1, &txids, txid).expect("it is in the block");
    assert_eq!(check_proof(txid, &good, root), Ok(()));
    let mut changed = Frame::BlockProof(good.clone()).encode();
    for (byte, change) in changed.iter_mut().zip(rest) {
        *byte ^= change;
    }
    for other in [proof(&changed), proof(rest)].into_iter().flatten() {
        let same = (other.position, &other.branch) == (good.position, &good.branch);
        let found = bounded(bytes, || check_proof(txid, &other, root));
        assert_eq!(found.is_ok(), same, "{other:?}: {found:?}");
    }
});
