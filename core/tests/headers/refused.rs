//! Each rule for a header, broken, with its exact error.

use bitcoin::block::Header;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, Target, TxMerkleNode};
use bulla_core::headers::{ChainParams, HeaderChain, HeaderError};

use crate::kit::{
    EASY, NOW, START, USUAL, after, begun, first, grown, mined, raw, row, small, small_testnet4,
};

/// The error of headers that a chain refuses; the chain must not change.
fn refused(chain: &HeaderChain, headers: &[Header], now: u64) -> HeaderError {
    let mut after = chain.clone();
    let error = after.extend(headers, now).expect_err("refused");
    assert_eq!(&after, chain);
    error
}

fn bits(bits: u32) -> CompactTarget {
    CompactTarget::from_consensus(bits)
}

#[test]
fn a_header_that_follows_no_known_block_is_unconnected() {
    let headers = row(&first(), 3, 1);
    let error = refused(&begun(small()), &headers[1..], NOW);
    let parent = headers[0].block_hash();
    assert_eq!(error, HeaderError::Unconnected { parent });
}

#[test]
fn another_first_block_is_unconnected() {
    let other = mined(raw(
        BlockHash::all_zeros(),
        START + 1,
        USUAL,
        TxMerkleNode::all_zeros(),
    ));
    let parent = BlockHash::all_zeros();
    let error = refused(&begun(small()), &[other], NOW);
    assert_eq!(error, HeaderError::Unconnected { parent });
    let (expected, found) = (first().block_hash(), other.block_hash());
    assert_eq!(
        HeaderChain::begin(small(), 0, other),
        Err(HeaderError::Checkpoint {
            height: 0,
            expected,
            found
        })
    );
}

#[test]
fn a_header_that_skips_one_breaks_the_link() {
    let headers = row(&first(), 3, 1);
    let error = refused(&begun(small()), &[headers[0], headers[2]], NOW);
    let (expected, found) = (headers[0].block_hash(), headers[1].block_hash());
    assert_eq!(
        error,
        HeaderError::Link {
            height: 2,
            expected,
            found
        }
    );
}

#[test]
fn k06_a_header_with_an_easier_target_is_refused() {
    let easy = after(&first(), START + 600, EASY, 1);
    let (expected, found) = (bits(USUAL), bits(EASY));
    assert_eq!(
        refused(&begun(small()), &[easy], NOW),
        HeaderError::Bits {
            height: 1,
            expected,
            found
        }
    );
}

#[test]
fn k06_a_header_with_a_harder_target_is_refused() {
    let hard = after(&first(), START + 600, 0x2007_ffff, 1);
    let (expected, found) = (bits(USUAL), bits(0x2007_ffff));
    assert_eq!(
        refused(&begun(small()), &[hard], NOW),
        HeaderError::Bits {
            height: 1,
            expected,
            found
        }
    );
}

#[test]
fn hostile_targets_are_refused_by_the_rule_not_by_a_panic() {
    // Zero, negative, beyond 256 bits, and a second spelling of the right one.
    for hostile in [0, 0x0480_0000, 0xff7f_ffff, 0x2100_0fff, u32::MAX] {
        let header = raw(
            first().block_hash(),
            START + 600,
            hostile,
            TxMerkleNode::all_zeros(),
        );
        let (expected, found) = (bits(USUAL), bits(hostile));
        assert_eq!(
            refused(&begun(small()), &[header], NOW),
            HeaderError::Bits {
                height: 1,
                expected,
                found
            }
        );
    }
}

#[test]
fn k06_a_header_without_the_work_it_claims_is_refused() {
    let mut header = after(&first(), START + 600, USUAL, 1);
    while header.target().is_met_by(header.block_hash()) {
        header.nonce += 1;
    }
    assert_eq!(
        refused(&begun(small()), &[header], NOW),
        HeaderError::Work {
            height: 1,
            hash: header.block_hash(),
            target: Target::from_compact(bits(USUAL)),
        }
    );
}

#[test]
fn k06_a_header_that_is_not_the_checkpoint_is_refused() {
    let real = row(&first(), 3, 1);
    let fake = row(&first(), 3, 2);
    let mut params = small();
    params.checkpoints.insert(2, real[1].block_hash());
    let (expected, found) = (real[1].block_hash(), fake[1].block_hash());
    assert_eq!(
        refused(&begun(params.clone()), &fake, NOW),
        HeaderError::Checkpoint {
            height: 2,
            expected,
            found
        }
    );
    assert_eq!(grown(params, &real).height(), 3);
}

#[test]
fn k06_a_branch_below_a_checkpoint_is_final_whatever_its_work() {
    let real = row(&first(), 4, 1);
    let mut params = small();
    params.checkpoints.insert(3, real[2].block_hash());
    let chain = grown(params, &real);
    let (fork, checkpoint) = (2, 3);
    assert_eq!(
        refused(&chain, &row(&real[1], 5, 2), NOW),
        HeaderError::Final { fork, checkpoint }
    );
    let mut chain = chain;
    chain
        .extend(&row(&real[2], 2, 2), NOW)
        .expect("a branch at the checkpoint itself is free");
}

#[test]
fn a_time_not_above_the_median_of_eleven_is_refused() {
    let params = ChainParams {
        retargets: false,
        ..small()
    };
    // The last eleven of twelve blocks begin after the first; their middle is the sixth.
    let headers = row(&first(), 11, 1);
    let chain = grown(params, &headers);
    let median = headers[5].time;
    for found in [0, START, median] {
        let header = after(&headers[10], found, USUAL, 2);
        let error = HeaderError::Median {
            height: 12,
            median,
            found,
        };
        assert_eq!(refused(&chain, &[header], NOW), error);
    }
    let mut chain = chain;
    let header = after(&headers[10], median + 1, USUAL, 2);
    chain.extend(&[header], NOW).expect("above the median");
}

#[test]
fn the_median_of_a_short_chain_is_that_of_what_there_is() {
    // Of one block, itself; of two, the later one.
    let second = after(&first(), START + 600, USUAL, 1);
    let chain = grown(small(), &[second]);
    for (chain, parent, median) in [
        (begun(small()), first(), START),
        (chain, second, START + 600),
    ] {
        let header = after(&parent, median, USUAL, 2);
        let (height, found) = (chain.height() + 1, median);
        let error = HeaderError::Median {
            height,
            median,
            found,
        };
        assert_eq!(refused(&chain, &[header], NOW), error);
    }
}

#[test]
fn a_time_more_than_two_hours_ahead_of_the_clock_is_refused() {
    let now = u64::from(START) + 1_000;
    let [late, ahead] = [8_200, 8_201].map(|seconds| after(&first(), START + seconds, USUAL, 1));
    let error = HeaderError::Future {
        height: 1,
        most: now + 7_200,
        found: START + 8_201,
    };
    assert_eq!(refused(&begun(small()), &[ahead], now), error);
    begun(small()).extend(&[late], now).expect("two hours");
}

#[test]
fn a_period_that_begins_too_early_is_refused_by_bip94() {
    let headers = row(&first(), 7, 1);
    let last = headers[6].time;
    // 4,200 of 4,800 seconds: seven eighths of the target.
    let [early, edge] = [601, 600].map(|back| after(&headers[6], last - back, 0x200d_ffff, 2));
    let chain = grown(small_testnet4(), &headers);
    let error = HeaderError::Timewarp {
        height: 8,
        least: i64::from(last) - 600,
        found: last - 601,
    };
    assert_eq!(refused(&chain, &[early], NOW), error);
    chain.clone().extend(&[edge], NOW).expect("ten minutes");
    // The main chain has no such rule, and within a period testnet4 has none either.
    let mut main = grown(small(), &headers);
    main.extend(&[early], NOW).expect("above the median");
    let within = after(&headers[5], headers[5].time - 601, USUAL, 2);
    let mut chain = grown(small_testnet4(), &headers[..6]);
    chain
        .extend(&[within], NOW)
        .expect("not the first of a period");
}

#[test]
fn hostile_times_are_refused_by_a_rule_not_by_a_panic() {
    for time in [0, 1, START - 1] {
        let header = after(&first(), time, USUAL, 1);
        let error = HeaderError::Median {
            height: 1,
            median: START,
            found: time,
        };
        assert_eq!(refused(&begun(small()), &[header], u64::MAX), error);
    }
    // A clock at the end of time takes any time above the median.
    let last = after(&first(), u32::MAX, USUAL, 1);
    let mut chain = begun(small());
    chain.extend(&[last], u64::MAX).expect("above the median");
    let wrapped = after(&last, 0, USUAL, 1);
    let error = HeaderError::Median {
        height: 2,
        median: u32::MAX,
        found: 0,
    };
    assert_eq!(refused(&chain, &[wrapped], u64::MAX), error);
}
