//! Blocks: what both refuse, and why.

use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::absolute::LockTime;
use bitcoin::block::Version;
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction,
    TxMerkleNode, Witness,
};

use crate::coins::{Coin, Lock, commitment, data, pass_on, signed, spend, unsigned};
use crate::draft::{
    commit_to_witnesses, draft, draft_with, height_script, mine, seal, subsidy, work,
};
use crate::pair::{FEE, Pair, Verdict};
use crate::state::assert_same;

const SATS: u64 = 1_000_000;
/// Blocks after which a coinbase can be spent.
const MATURITY: u32 = 100;

/// Asserts that both refuse this block for this reason, and that nothing changes.
fn refused(pair: &Pair, name: &str, block: &Block, reason: &str) {
    let before = pair.tip().hash;
    let verdict = pair.judge_block(name, block);
    assert_eq!(verdict, Verdict::refused(reason), "{name}");
    assert_eq!(pair.tip().hash, before, "{name}");
}

/// Asserts that both take this block as the best.
fn taken(pair: &Pair, name: &str, block: &Block) {
    assert_eq!(pair.judge_block(name, block), Verdict::Best, "{name}");
}

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

/// A spend of this coin with a signature for another fee.
fn badly_signed(coin: &Coin) -> Transaction {
    let mut tx = pass_on(coin, FEE);
    tx.output[0].value -= Amount::ONE_SAT;
    tx
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
    refused(&pair, "no work", &idle, "high-hash");

    let easy = CompactTarget::from_consensus(0x2100_ffff);
    let block = reworked(plain(), |block| block.header.bits = easy);
    refused(&pair, "too easy a target", &block, "high-hash");

    let hard = CompactTarget::from_consensus(0x207f_fffe);
    let block = reworked(plain(), |block| block.header.bits = hard);
    refused(&pair, "another difficulty", &block, "bad-diffbits");

    let block = reworked(plain(), |block| block.header.time = parent.median_time);
    refused(&pair, "at the median time", &block, "time-too-old");

    let block = reworked(plain(), |block| block.header.time = now() + 3 * 60 * 60);
    refused(&pair, "three hours ahead", &block, "time-too-new");

    for (version, reason) in [
        (1, "bad-version(0x00000001)"),
        (2, "bad-version(0x00000002)"),
        (3, "bad-version(0x00000003)"),
        (-1, "bad-version(0xffffffff)"),
    ] {
        let version = Version::from_consensus(version);
        let block = reworked(plain(), |block| block.header.version = version);
        refused(&pair, "an old version", &block, reason);
    }

    let orphan = BlockHash::from_byte_array([9; 32]);
    let block = reworked(plain(), |block| block.header.prev_blockhash = orphan);
    refused(&pair, "no parent", &block, "prev-blk-not-found");

    taken(&pair, "the earliest time", &plain());
    let last = now() + 60 * 60;
    let block = draft_with(pair.tip(), &[], |block| block.header.time = last);
    taken(&pair, "an hour ahead", &block);
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
    refused(&pair, "another merkle root", &block, "bad-txnmrklroot");

    let block = reworked(plain(), |block| block.txdata.clear());
    refused(&pair, "no transaction", &block, "bad-txnmrklroot");

    let whole = plain();
    let mut twice = whole.clone();
    twice.txdata.push(second.clone());
    assert_eq!(twice.block_hash(), whole.block_hash(), "CVE-2012-2459");
    refused(&pair, "the last one twice", &twice, "bad-txns-duplicate");

    let mut block = plain();
    commit_to_witnesses(&mut block, [1; 32]);
    work(&mut block);
    let reason = "bad-witness-merkle-match";
    refused(&pair, "another witness commitment", &block, reason);

    let mut block = plain();
    block.txdata[1].input[0].witness = Witness::from_slice(&[[2; 64]]);
    refused(&pair, "another witness", &block, reason);

    let mut block = plain();
    block.txdata[0].input[0].witness = Witness::from_slice(&[[0; 31]]);
    let reason = "bad-witness-nonce-size";
    refused(&pair, "a short reserved value", &block, reason);

    let mut block = plain();
    block.txdata[0].input[0].witness = Witness::from_slice(&[[0; 32], [0; 32]]);
    refused(&pair, "two reserved values", &block, reason);

    let mut block = plain();
    block.txdata[0].output.pop();
    work(&mut block);
    refused(&pair, "no commitment", &block, "unexpected-witness");

    taken(&pair, "the block that was refused with one more", &whole);

    let block = draft_with(pair.tip(), &[], |block| {
        let coinbase = &mut block.txdata[0];
        coinbase.output.pop();
        coinbase.input[0].witness = Witness::new();
    });
    taken(&pair, "no witness and no commitment", &block);
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
    refused(&pair, "one sat too much", &block, "bad-cb-amount");
    refused(&pair, "the same again", &block, "duplicate-invalid");
    let child = draft(
        crate::draft::Parent {
            hash: block.block_hash(),
            height,
            median_time: parent.median_time + 1,
        },
        &[],
    );
    refused(&pair, "on an invalid block", &child, "bad-prevblk");

    let block = saying(height_script(height + 1, 0));
    refused(&pair, "the next height", &block, "bad-cb-height");
    let block = saying(ScriptBuf::from_bytes(vec![0x51, 0x51]));
    refused(&pair, "no height", &block, "bad-cb-height");
    let long = [height_script(height, 0).into_bytes(), vec![0x51; 96]].concat();
    let block = saying(ScriptBuf::from_bytes(long));
    refused(&pair, "101 bytes and more", &block, "bad-cb-length");
    let block = saying(ScriptBuf::from_bytes(vec![0x51]));
    refused(&pair, "one byte", &block, "bad-cb-length");

    let block = draft_with(parent, &[], |block| {
        block.txdata = vec![payment.clone()];
    });
    refused(&pair, "no coinbase", &block, "bad-cb-missing");
    let block = draft_with(parent, &[], |block| {
        let mut second = block.txdata[0].clone();
        second.input[0].script_sig = height_script(height, u32::MAX);
        block.txdata.push(second);
    });
    refused(&pair, "two coinbases", &block, "bad-cb-multiple");

    taken(&pair, "all that is allowed", &taking(allowed));
    let payment = pass_on(&other, FEE);
    let block = draft(pair.tip(), &[payment]);
    taken(&pair, "less than allowed", &block);
    assert_same(&pair);
}

#[test]
fn a_block_that_spends_what_it_must_not_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let [coin, other] = pair.coins(SATS, [Lock::KeyPath, Lock::KeyPath]);
    let parent = pair.tip();
    let check = |name: &str, transactions: &[Transaction], reason: &str| {
        refused(&pair, name, &draft(parent, transactions), reason);
    };
    let missing = "bad-txns-inputs-missingorspent";

    let [first, second] = [pass_on(&coin, FEE), pass_on(&coin, FEE + 1)];
    check("a coin spent twice", &[first.clone(), second], missing);
    check(
        "a child before its parent",
        &[child_of(&first), first.clone()],
        missing,
    );
    let mut nowhere = coin.clone();
    nowhere.outpoint = OutPoint::new(first.compute_txid(), 7);
    check("a coin that never was", &[pass_on(&nowhere, FEE)], missing);

    // Mature in the block after the next.
    let young = pair.coinbase_at(parent.height + 2 - MATURITY);
    let reason = "bad-txns-premature-spend-of-coinbase";
    check("a coinbase 99 deep", &[pass_on(&young, FEE)], reason);

    let more = spend(&[coin.clone()], vec![Lock::KeyPath.output(SATS + 1)]);
    check("more out than in", &[more], "bad-txns-in-belowout");
    let twice = [coin.clone(), coin.clone()];
    let doubled = spend(&twice, vec![Lock::KeyPath.output(SATS)]);
    check("one input twice", &[doubled], "bad-txns-inputs-duplicate");
    let much = spend(
        &[coin.clone()],
        vec![Lock::KeyPath.output(21_000_000_0000_0001)],
    );
    check("21 million and a sat", &[much], "bad-txns-vout-toolarge");
    let most = Lock::KeyPath.output(21_000_000_0000_0000);
    let sum = spend(&[coin.clone()], vec![most, Lock::KeyPath.output(1)]);
    check("together too much", &[sum], "bad-txns-txouttotal-toolarge");
    let negative = spend(&[coin.clone()], vec![Lock::KeyPath.output(u64::MAX)]);
    check("a negative output", &[negative], "bad-txns-vout-negative");

    let block = draft(
        parent,
        &[first.clone(), child_of(&first), pass_on(&other, FEE)],
    );
    taken(&pair, "a parent, its child and another", &block);
    taken(
        &pair,
        "a coinbase 100 deep",
        &draft(pair.tip(), &[pass_on(&young, FEE)]),
    );
    assert_same(&pair);
}

fn child_of(tx: &Transaction) -> Transaction {
    pass_on(&Coin::of(tx, 0, &Lock::KeyPath), FEE)
}

#[test]
fn a_block_with_a_wrong_signature_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let locks = [
        Lock::KeyPath,
        Lock::Tapret(commitment(1)),
        Lock::KeyHash,
        Lock::LegacyKeyHash,
    ];
    let coins = pair.coins(SATS, locks);
    let parent = pair.tip();
    let reason = "block-script-verify-flag-failed";
    for coin in &coins {
        let name = format!("{:?}", coin.lock);
        refused(&pair, &name, &draft(parent, &[badly_signed(coin)]), reason);
        let mut bare = pass_on(coin, FEE);
        bare.input[0].witness = Witness::new();
        bare.input[0].script_sig = ScriptBuf::new();
        refused(&pair, &name, &draft(parent, &[bare]), reason);
    }
    let [plain, tapret, ..] = &coins;
    for (coin, wrong) in [
        (tapret, Lock::Tapret(commitment(2))),
        (tapret, Lock::KeyPath),
        (plain, Lock::Tapret(commitment(1))),
    ] {
        let signed_as = Coin {
            lock: wrong,
            ..coin.clone()
        };
        let tx = with_witness_of(coin, &signed_as);
        refused(&pair, "another tweak", &draft(parent, &[tx]), reason);
    }
    let good: Vec<_> = coins.iter().map(|coin| pass_on(coin, FEE)).collect();
    taken(&pair, "all of them well signed", &draft(parent, &good));
    assert_same(&pair);
}

/// A spend of this coin signed by the tweak of another lock, over the right message.
fn with_witness_of(coin: &Coin, signer: &Coin) -> Transaction {
    let tx = unsigned(
        std::slice::from_ref(coin),
        vec![Lock::KeyPath.output(SATS - FEE)],
    );
    let root = match signer.lock {
        Lock::Tapret(commitment) => Some(bulla_core::commit::tapret::leaf_hash(commitment, 0)),
        _ => None,
    };
    let spent = [coin.lock.output(coin.sats)];
    let witness = crate::coins::key_path(&tx, 0, &spent, root);
    let mut tx = tx;
    tx.input[0].witness = witness;
    tx
}

#[test]
fn a_block_with_a_transaction_before_its_time_is_refused_for_the_same_reason() {
    let pair = Pair::start();
    let [coin] = pair.coins(SATS, [Lock::KeyPath]);
    let mined = pair.tip().height;
    for _ in 0..3 {
        pair.mine(&[]);
    }
    let parent = pair.tip();
    let height = parent.height + 1;
    let age = height - mined;
    let reason = "bad-txns-nonfinal";
    let locked = |lock: LockTime, sequence: Sequence| {
        let mut tx = unsigned(
            std::slice::from_ref(&coin),
            vec![Lock::KeyPath.output(SATS - FEE)],
        );
        tx.lock_time = lock;
        tx.input[0].sequence = sequence;
        signed(tx, std::slice::from_ref(&coin))
    };
    let until = |height: u32| LockTime::from_height(height).expect("a height");
    let at = |time: u32| LockTime::from_time(time).expect("a time");
    let rbf = Sequence::ENABLE_RBF_NO_LOCKTIME;
    let age = u16::try_from(age).expect("a few blocks");
    for (name, lock, sequence) in [
        ("until this height", until(height), rbf),
        ("until this time", at(parent.median_time), rbf),
        (
            "one block too young",
            LockTime::ZERO,
            Sequence::from_height(age + 1),
        ),
        (
            "512 seconds too young",
            LockTime::ZERO,
            Sequence::from_512_second_intervals(1),
        ),
    ] {
        let block = draft(parent, &[locked(lock, sequence)]);
        refused(&pair, name, &block, reason);
    }
    // Each of these is valid here; the last one is mined.
    for (name, lock, sequence) in [
        ("until the height before", until(height - 1), rbf),
        ("until the time before", at(parent.median_time - 1), rbf),
        (
            "until later without effect",
            until(height + 9),
            Sequence::MAX,
        ),
        (
            "just old enough",
            LockTime::ZERO,
            Sequence::from_height(age),
        ),
        (
            "old enough in time",
            LockTime::ZERO,
            Sequence::from_512_second_intervals(0),
        ),
    ] {
        let verdict = pair.judge(name, &locked(lock, sequence));
        assert!(
            matches!(verdict, Verdict::Enters { .. }),
            "{name}: {verdict:?}"
        );
    }
    let old = locked(until(height - 1), Sequence::from_height(age));
    taken(&pair, "both locks have just passed", &draft(parent, &[old]));
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
    refused(
        &pair,
        "a megabyte without witnesses",
        &block,
        "bad-blk-length",
    );

    let mut heavy = pass_on(&coin, FEE);
    heavy.input[0].witness.push(vec![0x50; 4_000_000]);
    let block = draft(parent, &[heavy]);
    refused(&pair, "four million weight units", &block, "bad-blk-weight");

    let checks = ScriptBuf::from_bytes(vec![0xac; 20_001]);
    let block = draft(parent, &[paying(checks)]);
    refused(&pair, "20,001 signature checks", &block, "bad-blk-sigops");

    let checks = ScriptBuf::from_bytes(vec![0xac; 20_000]);
    let block = draft(parent, &[paying(checks)]);
    taken(&pair, "20,000 signature checks", &block);
    assert_same(&pair);
}

#[test]
fn a_block_of_another_branch_is_stored_and_a_known_one_is_a_duplicate() {
    let pair = Pair::start();
    let parent = pair.tip();
    let [first, second] = [draft(parent, &[]), draft(parent, &[])];
    taken(&pair, "the first", &first);
    assert_eq!(pair.judge_block("the second", &second), Verdict::Stored);
    refused(&pair, "the first again", &first, "duplicate");
    refused(&pair, "the second again", &second, "duplicate");
    let mut child = draft(pair.parent(second.block_hash()), &[]);
    seal(&mut child);
    taken(&pair, "one on the second", &child);
    assert_same(&pair);
}
