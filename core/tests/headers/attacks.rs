//! Chains that an attacker would make (rows K05 to K07 and K14 of the attack catalogue).

use bitcoin::block::Header;
use bitcoin::hashes::Hash;
use bitcoin::{CompactTarget, TxMerkleNode, Txid};
use bulla_core::headers::{Change, HeaderChain, HeaderError, ProofError};
use bulla_core::validator::Position;

use crate::kit::{
    EASY, NOW, START, USUAL, after, begun, first, grown, proof, row, small, small_testnet4, steps,
};

#[test]
fn k06_a_chain_at_the_easiest_target_is_refused_at_its_first_header() {
    let mut fake = vec![after(&first(), START + 600, EASY, 1)];
    fake.extend(row(&fake[0], 50, 1));
    let mut chain = begun(small());
    assert_eq!(
        chain.extend(&fake, NOW),
        Err(HeaderError::Bits {
            height: 1,
            expected: CompactTarget::from_consensus(USUAL),
            found: CompactTarget::from_consensus(EASY),
        })
    );
}

#[test]
fn k06_easy_blocks_of_a_testnet_count_for_little() {
    let trunk = row(&first(), 2, 1);
    let mut branch: Vec<Header> = Vec::new();
    let mut last = first();
    for _ in 0..7 {
        last = after(&last, last.time + 1_201, EASY, 2);
        branch.push(last);
    }
    let mut chain = grown(small_testnet4(), &trunk);
    let change = chain.extend(&branch, NOW).expect("valid headers");
    assert!(
        matches!(change, Change::Weaker { fork: 0, .. }),
        "{change:?}"
    );
    assert_eq!(chain, grown(small_testnet4(), &trunk));
}

/// Blocks of a fake chain whose times creep up by a second, and whose periods end as far ahead as
/// the clock allows, so that each period seems long.
fn warped(periods: usize) -> Vec<Header> {
    let mut headers = steps(&first(), &[1; 6], 1);
    for period in 0..periods {
        let last = headers[headers.len() - 1];
        let creeping = last.time;
        let bits = last.bits.to_consensus();
        headers.push(after(&last, START + 200_000, bits, 1));
        if period + 1 == periods {
            break;
        }
        let ahead = headers[headers.len() - 1];
        let begins = after(&ahead, creeping + 1, next_bits(&headers), 1);
        headers.push(begins);
        headers.extend(steps(&begins, &[1; 6], 1));
    }
    headers
}

fn next_bits(headers: &[Header]) -> u32 {
    let last = headers[headers.len() - 1];
    let from = headers.len() - 7;
    let begun = if from == 0 {
        first()
    } else {
        headers[from - 1]
    };
    let bits = small().retarget(last.bits, begun.time, last.time);
    bits.to_consensus()
}

/// What the main chain's rules allow, and why a checkpoint is asked for there: the target gets four
/// times easier though hardly any time passes. Only the clock stops it.
#[test]
fn k07_timewarp_is_possible_by_the_rules_of_the_main_chain_alone() {
    let headers = warped(2);
    let chain = grown(small(), &headers);
    assert_eq!(chain.headers()[8].bits.to_consensus(), 0x203f_fffc);
    assert!(chain.headers()[8].time < START + 10);
    let now = u64::from(START) + 1_000;
    assert_eq!(
        begun(small()).extend(&headers, now),
        Err(HeaderError::Future {
            height: 7,
            most: now + 7_200,
            found: START + 200_000,
        })
    );
}

#[test]
fn k07_timewarp_is_refused_by_bip94() {
    let mut params = small_testnet4();
    params.easy_when_late = false;
    assert_eq!(
        begun(params).extend(&warped(2), NOW),
        Err(HeaderError::Timewarp {
            height: 8,
            least: i64::from(START) + 200_000 - 600,
            found: START + 7,
        })
    );
}

#[test]
fn k07_a_timewarp_that_goes_below_the_median_is_refused() {
    let headers = row(&first(), 6, 1);
    let back = after(&headers[5], START + 1_800, USUAL, 1);
    assert_eq!(
        grown(small(), &headers).extend(&[back], NOW),
        Err(HeaderError::Median {
            height: 7,
            median: START + 1_800,
            found: START + 1_800,
        })
    );
}

/// The only transaction of a block is its root.
fn only(header: &Header) -> Txid {
    Txid::from_byte_array(header.merkle_root.to_byte_array())
}

#[test]
fn k05_a_proof_for_a_block_that_is_not_in_the_best_chain_shows_nothing() {
    let trunk = row(&first(), 3, 1);
    let stale = after(&trunk[1], trunk[1].time + 600, USUAL, 2);
    let chain = grown(small(), &trunk);
    assert_eq!(
        chain.position(only(&stale), &proof(3, 0, &[])),
        Err(ProofError::Root {
            expected: trunk[2].merkle_root,
            found: stale.merkle_root,
        })
    );
}

#[test]
fn k14_a_proof_made_before_a_reorganisation_shows_nothing_after_it() {
    let trunk = row(&first(), 3, 1);
    let branch = row(&trunk[1], 2, 2);
    let mut chain = grown(small(), &trunk);
    let (lost, stays) = (proof(3, 0, &[]), proof(2, 0, &[]));
    let mined = |height| Ok(Position::Mined { height });
    assert_eq!(chain.position(only(&trunk[2]), &lost), mined(3));
    chain.extend(&branch, NOW).expect("valid headers");
    assert_eq!(
        chain.position(only(&trunk[2]), &lost),
        Err(ProofError::Root {
            expected: branch[0].merkle_root,
            found: trunk[2].merkle_root,
        })
    );
    assert_eq!(chain.position(only(&trunk[1]), &stays), mined(2));
}

#[test]
fn k08_a_wrong_height_is_refused() {
    let mut headers = row(&first(), 1, 1);
    headers.extend(row(&headers[0], 1, 2));
    let chain = grown(small(), &headers);
    let txid = only(&headers[0]);
    let at = |height| chain.position(txid, &proof(height, 0, &[]));
    assert_eq!(at(1), Ok(Position::Mined { height: 1 }));
    assert_eq!(
        at(2),
        Err(ProofError::Root {
            expected: headers[1].merkle_root,
            found: headers[0].merkle_root,
        })
    );
    for height in [3, u32::MAX] {
        let (base, tip) = (0, 2);
        assert_eq!(at(height), Err(ProofError::Height { height, base, tip }));
    }
}

#[test]
fn k08_a_height_below_the_first_header_is_refused() {
    let chain = crate::files::from_checkpoint();
    let (height, base, tip) = (7, 8, 20);
    assert_eq!(
        chain.position(only(&first()), &proof(7, 0, &[])),
        Err(ProofError::Height { height, base, tip })
    );
}

#[test]
fn k15_the_first_block_is_a_block_like_any_other() {
    let chain = HeaderChain::of_network(bitcoin::Network::Regtest);
    let root: TxMerkleNode = chain.headers()[0].merkle_root;
    let coinbase = Txid::from_raw_hash(root.to_raw_hash());
    let mined = chain.position(coinbase, &proof(0, 0, &[]));
    assert_eq!(mined, Ok(Position::Mined { height: 0 }));
    let (position, depth) = (1, 0);
    assert_eq!(
        chain.position(coinbase, &proof(0, 1, &[])),
        Err(ProofError::Position { position, depth })
    );
}
