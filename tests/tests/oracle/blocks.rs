//! Blocks: what both refuse, and why.

use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::block::Version;
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, ScriptBuf, Transaction, TxMerkleNode, Witness,
};

use crate::coins::{FEE, Lock, SATS, data, pass_on, spend};
use crate::draft::{
    commit_to_witnesses, draft, draft_with, height_script, mine, seal, subsidy, work,
};
use crate::pair::{Pair, Verdict};
use crate::state::assert_same;

fn now() -> u32 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    u32::try_from(elapsed.expect("after 1970").as_secs()).expect("before 2106")
}

/// The block with this change after its commitments were made; only its work is done again.
fn reworked(mut block: Block, change: impl FnOnce(&mut Block)) -> Block {
    change(&mut block);
    mine(&mut block);
    block
}

#[test]
fn a_block_with_a_wrong_header_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let parent = pair.tip();
    let plain = || draft(parent, &[]);

    let mut idle = plain();
    while idle.header.target().is_met_by(idle.block_hash()) {
        idle.header.nonce += 1;
    }
    pair.refuses_block("no work", &idle, "high-hash");

    let easy = CompactTarget::from_consensus(0x2100_ffff);
    let block = reworked(plain(), |block| block.header.bits = easy);
    pair.refuses_block("too easy a target", &block, "high-hash");

    let hard = CompactTarget::from_consensus(0x207f_fffe);
    let block = reworked(plain(), |block| block.header.bits = hard);
    pair.refuses_block("another difficulty", &block, "bad-diffbits");

    let block = reworked(plain(), |block| block.header.time = parent.median_time);
    pair.refuses_block("at the median time", &block, "time-too-old");

    let block = reworked(plain(), |block| block.header.time = now() + 3 * 60 * 60);
    pair.refuses_block("three hours ahead", &block, "time-too-new");

    for (version, reason) in [
        (1, "bad-version(0x00000001)"),
        (2, "bad-version(0x00000002)"),
        (3, "bad-version(0x00000003)"),
        (-1, "bad-version(0xffffffff)"),
    ] {
        let version = Version::from_consensus(version);
        let block = reworked(plain(), |block| block.header.version = version);
        pair.refuses_block("an old version", &block, reason);
    }

    let orphan = BlockHash::from_byte_array([9; 32]);
    let block = reworked(plain(), |block| block.header.prev_blockhash = orphan);
    pair.refuses_block("no parent", &block, "prev-blk-not-found");

    pair.takes_block("the earliest time", &plain());
    let last = now() + 60 * 60;
    let block = draft_with(pair.tip(), &[], |block| block.header.time = last);
    pair.takes_block("an hour ahead", &block);
    assert_same(&pair);
}

#[test]
fn a_block_with_wrong_commitments_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let [first, second] = pair.coins(SATS, [Lock::KeyPath, Lock::KeyPath]);
    let [first, second] = [pass_on(&first, FEE), pass_on(&second, FEE)];
    let parent = pair.tip();
    let plain = || draft(parent, &[first.clone(), second.clone()]);

    let root = TxMerkleNode::from_byte_array([1; 32]);
    let block = reworked(plain(), |block| block.header.merkle_root = root);
    pair.refuses_block("another merkle root", &block, "bad-txnmrklroot");

    let block = reworked(plain(), |block| block.txdata.clear());
    pair.refuses_block("no transaction", &block, "bad-txnmrklroot");

    let whole = plain();
    let mut twice = whole.clone();
    twice.txdata.push(second.clone());
    assert_eq!(twice.block_hash(), whole.block_hash(), "CVE-2012-2459");
    pair.refuses_block("the last one twice", &twice, "bad-txns-duplicate");

    let mut block = plain();
    commit_to_witnesses(&mut block, [1; 32]);
    work(&mut block);
    let reason = "bad-witness-merkle-match";
    pair.refuses_block("another witness commitment", &block, reason);

    let mut block = plain();
    block.txdata[1].input[0].witness = Witness::from_slice(&[[2; 64]]);
    pair.refuses_block("another witness", &block, reason);

    let mut block = plain();
    block.txdata[0].input[0].witness = Witness::from_slice(&[[0; 31]]);
    let reason = "bad-witness-nonce-size";
    pair.refuses_block("a short reserved value", &block, reason);

    let mut block = plain();
    block.txdata[0].input[0].witness = Witness::from_slice(&[[0; 32], [0; 32]]);
    pair.refuses_block("two reserved values", &block, reason);

    let mut block = plain();
    block.txdata[0].output.pop();
    work(&mut block);
    pair.refuses_block("no commitment", &block, "unexpected-witness");

    pair.takes_block("the block that was refused with one more", &whole);

    let block = draft_with(pair.tip(), &[], |block| {
        let coinbase = &mut block.txdata[0];
        coinbase.output.pop();
        coinbase.input[0].witness = Witness::new();
    });
    pair.takes_block("no witness and no commitment", &block);
    assert_same(&pair);
}

#[test]
fn a_block_with_a_wrong_coinbase_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let [coin, other] = pair.coins(SATS, [Lock::KeyPath, Lock::KeyPath]);
    let payment = pass_on(&coin, FEE);
    let parent = pair.tip();
    let height = parent.height + 1;
    let allowed = subsidy(height) + FEE;
    let with = |change: &dyn Fn(&mut Transaction)| {
        let payment = std::slice::from_ref(&payment);
        draft_with(parent, payment, |block| change(&mut block.txdata[0]))
    };
    let taking = |sats: u64| with(&|coinbase| coinbase.output[0].value = Amount::from_sat(sats));
    let saying =
        |script: ScriptBuf| with(&|coinbase| coinbase.input[0].script_sig = script.clone());

    let block = taking(allowed + 1);
    pair.refuses_block("one sat too much", &block, "bad-cb-amount");
    pair.refuses_block("the same again", &block, "duplicate-invalid");
    let child = draft(
        crate::draft::Parent {
            hash: block.block_hash(),
            height,
            median_time: parent.median_time + 1,
        },
        &[],
    );
    pair.refuses_block("on an invalid block", &child, "bad-prevblk");

    let block = saying(height_script(height + 1, 0));
    pair.refuses_block("the next height", &block, "bad-cb-height");
    let block = saying(ScriptBuf::from_bytes(vec![0x51, 0x51]));
    pair.refuses_block("no height", &block, "bad-cb-height");
    let long = [height_script(height, 0).into_bytes(), vec![0x51; 96]].concat();
    let block = saying(ScriptBuf::from_bytes(long));
    pair.refuses_block("101 bytes and more", &block, "bad-cb-length");
    let block = saying(ScriptBuf::from_bytes(vec![0x51]));
    pair.refuses_block("one byte", &block, "bad-cb-length");

    let block = draft_with(parent, &[], |block| {
        block.txdata = vec![payment.clone()];
    });
    pair.refuses_block("no coinbase", &block, "bad-cb-missing");
    let block = draft_with(parent, &[], |block| {
        let mut second = block.txdata[0].clone();
        second.input[0].script_sig = height_script(height, u32::MAX);
        block.txdata.push(second);
    });
    pair.refuses_block("two coinbases", &block, "bad-cb-multiple");

    pair.takes_block("all that is allowed", &taking(allowed));
    let payment = pass_on(&other, FEE);
    let block = draft(pair.tip(), &[payment]);
    pair.takes_block("less than allowed", &block);
    assert_same(&pair);
}

#[test]
fn a_block_that_is_too_large_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let parent = pair.tip();
    let paying = |script: ScriptBuf| {
        let mut output = Lock::Bare(script).output(0);
        output.value = Amount::ZERO;
        spend(std::slice::from_ref(&coin), vec![output])
    };

    let block = draft(parent, &[paying(data(vec![0; 1_000_000]))]);
    pair.refuses_block("a megabyte without witnesses", &block, "bad-blk-length");

    let mut heavy = pass_on(&coin, FEE);
    heavy.input[0].witness.push(vec![0x50; 4_000_000]);
    let block = draft(parent, &[heavy]);
    pair.refuses_block("four million weight units", &block, "bad-blk-weight");

    let checks = ScriptBuf::from_bytes(vec![0xac; 20_001]);
    let block = draft(parent, &[paying(checks)]);
    pair.refuses_block("20,001 signature checks", &block, "bad-blk-sigops");

    let checks = ScriptBuf::from_bytes(vec![0xac; 20_000]);
    let block = draft(parent, &[paying(checks)]);
    pair.takes_block("20,000 signature checks", &block);
    assert_same(&pair);
}

#[test]
fn a_block_of_another_branch_is_stored_and_a_known_one_is_a_duplicate() {
    let pair = Pair::start();
    let parent = pair.tip();
    let [first, second] = [draft(parent, &[]), draft(parent, &[])];
    pair.takes_block("the first", &first);
    assert_eq!(pair.judge_block("the second", &second), Verdict::Stored);
    pair.refuses_block("the first again", &first, "duplicate");
    pair.refuses_block("the second again", &second, "duplicate");
    let mut child = draft(pair.parent(second.block_hash()), &[]);
    seal(&mut child);
    pair.takes_block("one on the second", &child);
    assert_same(&pair);
}
