//! Blocks that break one rule each.

use bitcoin::absolute::LockTime;
use bitcoin::block::Version;
use bitcoin::hashes::Hash;
use bitcoin::script::Builder;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, TxMerkleNode, Witness,
};
use bulla_wallet::sandbox::{Contents, Sandbox};

use super::pair::{Coin, Pair, data, one_of_three, output};

/// A valid block that neither has seen, to be changed.
struct Questions {
    pair: Pair,
    coin: Coin,
    template: Block,
}

impl Questions {
    fn new() -> Questions {
        let pair = Pair::new();
        let coin = pair.coins(1).remove(0);
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("copy");
        std::fs::copy(pair.sandbox.path(), &path).expect("copies");
        let copy = Sandbox::open(path).expect("opens");
        let contents = Contents::Only(vec![pair.spend(&coin, |_| {})]);
        let hash = copy.mine_block(&contents, &pair.script()).expect("mines");
        let template = copy.block(hash).expect("readable").expect("known");
        Questions {
            pair,
            coin,
            template,
        }
    }

    /// Changes the block and gives it to both.
    fn ask(&self, name: &str, expected: &str, change: impl FnOnce(&mut Block)) -> Block {
        let mut block = self.template.clone();
        change(&mut block);
        let theirs = self.pair.submit_to_node(&block);
        let mine = match self.pair.sandbox.submit_block(&block) {
            Ok(()) => String::new(),
            Err(error) => error.rejection().expect("a rejection").to_string(),
        };
        // Core names the script error behind the reason.
        let same = theirs == mine || (!mine.is_empty() && theirs.starts_with(&format!("{mine} (")));
        assert!(same, "{name}: the sandbox says `{mine}`, Core `{theirs}`");
        assert_eq!(mine, expected, "{name}");
        block
    }
}

#[test]
fn headers_are_judged_alike() {
    let q = Questions::new();
    q.ask("no work", "high-hash", |block| {
        while block.header.target().is_met_by(block.block_hash()) {
            block.header.nonce += 1;
        }
    });
    q.ask("other transactions", "bad-txnmrklroot", |block| {
        block.txdata.truncate(1);
    });
    q.ask("unknown parent", "prev-blk-not-found", |block| {
        block.header.prev_blockhash = BlockHash::from_byte_array([1; 32]);
        work(block);
    });
    q.ask("other difficulty", "bad-diffbits", |block| {
        block.header.bits = CompactTarget::from_consensus(0x207f_fffe);
        work(block);
    });
    q.ask("too easy", "high-hash", |block| {
        block.header.bits = CompactTarget::from_consensus(0x2100_ffff);
        work(block);
    });
    q.ask("early", "time-too-old", |block| {
        block.header.time -= 100_000;
        work(block);
    });
    q.ask("late", "time-too-new", |block| {
        block.header.time += 3 * 60 * 60;
        work(block);
    });
    q.ask("old version", "bad-version(0x00000003)", |block| {
        block.header.version = Version::from_consensus(3);
        work(block);
    });
}

#[test]
fn coinbases_are_judged_alike() {
    let q = Questions::new();
    q.ask("no coinbase", "bad-cb-missing", |block| {
        block.txdata.remove(0);
        seal(block);
    });
    q.ask("two coinbases", "bad-cb-multiple", |block| {
        let mut second = block.txdata[0].clone();
        second.output.pop();
        block.txdata.push(second);
        seal(block);
    });
    q.ask("greedy coinbase", "bad-cb-amount", |block| {
        block.txdata[0].output[0].value += Amount::from_sat(1);
        seal(block);
    });
    q.ask("other height", "bad-cb-height", |block| {
        block.txdata[0].input[0].script_sig =
            Builder::new().push_int(7).push_slice([1; 8]).into_script();
        seal(block);
    });
    q.ask("long coinbase script", "bad-cb-length", |block| {
        block.txdata[0].input[0].script_sig = ScriptBuf::from_bytes(vec![0; 101]);
        seal(block);
    });
    q.ask("no commitment", "unexpected-witness", |block| {
        block.txdata[0].output.pop();
        seal(block);
    });
    q.ask("other commitment", "bad-witness-merkle-match", |block| {
        let mut script = block.txdata[0].output[1].script_pubkey.to_bytes();
        script[20] ^= 1;
        block.txdata[0].output[1].script_pubkey = ScriptBuf::from_bytes(script);
        seal(block);
    });
    q.ask("other nonce", "bad-witness-nonce-size", |block| {
        block.txdata[0].input[0].witness = Witness::from_slice(&[[0; 31]]);
        seal(block);
    });
}

#[test]
fn the_transactions_of_blocks_are_judged_alike() {
    let q = Questions::new();
    q.ask("repeated transactions", "bad-txns-duplicate", |block| {
        let last = block.txdata[1].clone();
        block.txdata.extend([last.clone(), last]);
        seal(block);
    });
    q.ask(
        "a transaction twice",
        "bad-txns-inputs-missingorspent",
        |block| {
            let (coinbase, spend) = (block.txdata[0].clone(), block.txdata[1].clone());
            let onward = q.pair.spend(
                &(
                    OutPoint::new(spend.compute_txid(), 0),
                    spend.output[0].clone(),
                ),
                |_| {},
            );
            block.txdata = vec![coinbase, spend.clone(), onward, spend];
            recommit(block);
            seal(block);
        },
    );
    q.ask(
        "wrong signature",
        "block-script-verify-flag-failed",
        |block| {
            let mut signature = block.txdata[1].input[0].witness.to_vec().remove(0);
            signature[40] ^= 1;
            block.txdata[1].input[0].witness = Witness::from_slice(&[signature]);
            recommit(block);
            seal(block);
        },
    );
    q.ask("missing input", "bad-txns-inputs-missingorspent", |block| {
        block.txdata[1].input[0].previous_output.vout = 99;
        recommit(block);
        seal(block);
    });
    q.ask("locked", "bad-txns-nonfinal", |block| {
        block.txdata[1] = q.pair.spend(&q.coin, |tx| {
            tx.lock_time = LockTime::from_consensus(10_000);
        });
        recommit(block);
        seal(block);
    });
    q.ask("locked to its input", "bad-txns-nonfinal", |block| {
        block.txdata[1] = q.pair.spend(&q.coin, |tx| {
            tx.input[0].sequence = Sequence::from_height(100);
        });
        recommit(block);
        seal(block);
    });
}

#[test]
fn the_limits_of_blocks_are_judged_alike() {
    let q = Questions::new();
    q.ask("no transactions", "bad-blk-length", |block| {
        block.txdata.clear();
        block.header.merkle_root = TxMerkleNode::all_zeros();
        work(block);
    });
    q.ask("long", "bad-blk-length", |block| {
        block.txdata[1].output.extend((0..11).map(|_| data(95_000)));
        seal(block);
    });
    q.ask("heavy", "bad-blk-weight", |block| {
        block.txdata[1].input[0].witness.push(vec![0; 4_000_000]);
        recommit(block);
        seal(block);
    });
    q.ask("signature operations", "bad-blk-sigops", |block| {
        block.txdata[1] = q.pair.spend(&q.coin, |tx| {
            tx.output.extend(vec![output(0, one_of_three()); 1_001]);
        });
        recommit(block);
        seal(block);
    });
}

#[test]
fn known_blocks_are_judged_alike() {
    let q = Questions::new();
    let greedy = q.ask("greedy", "bad-cb-amount", |block| {
        block.txdata[0].output[0].value += Amount::from_sat(1);
        seal(block);
    });
    q.ask("as it was", "", |_| {});
    q.ask("once more", "duplicate", |_| {});
    q.ask("greedy again", "duplicate-invalid", |block| {
        *block = greedy.clone();
    });
    q.ask("on a greedy one", "bad-prevblk", |block| {
        block.header.prev_blockhash = greedy.block_hash();
        work(block);
    });
}

fn work(block: &mut Block) {
    block.header.nonce = 0;
    while !block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
}

fn seal(block: &mut Block) {
    block.header.merkle_root = block.compute_merkle_root().expect("not empty");
    work(block);
}

fn recommit(block: &mut Block) {
    let root = block.witness_root().expect("not empty");
    let commitment = Block::compute_witness_commitment(&root, &[0; 32]);
    let mut script = vec![0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
    script.extend(commitment.as_byte_array());
    block.txdata[0].output[1].script_pubkey = ScriptBuf::from_bytes(script);
}
