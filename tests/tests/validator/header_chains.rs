//! Rows K07 and K16 of the attack catalogue as files: chains of headers under rules of their own, with periods of eight
//! blocks at the difficulty of regtest, each from both sides of the rule that it is about.

use bitcoin::Network;
use bitcoin::block::Header;
use bitcoin::consensus::{deserialize, serialize};
use bulla_core::headers::{ChainParams, Proven};
use bulla_core::validator::Settlement;
use bulla_tests::kit::blocks::{Blocks, mined, small};
use bulla_tests::kit::record::{Headers, Judged, Whose};
use bulla_tests::kit::{History, View, judge, record};

/// A transfer, and blocks of these rules, the first of which holds it.
fn transfer(params: ChainParams) -> (History, Blocks) {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let mut blocks = Blocks::small(params);
    blocks.mine_after(600, &[history.txid(0)]);
    (history, blocks)
}

fn bytes(history: &History, blocks: &Blocks) -> Vec<u8> {
    let mut consignment = history.consignment(View::Leaves);
    consignment.prove(&blocks.proofs);
    consignment.encode()
}

/// Requires that headers settle the transfer at this depth.
#[track_caller]
fn settles(bytes: &[u8], headers: &Headers<'_>, depth: u32) {
    let chain = headers.read().expect("headers that keep the rules");
    let consistent = judge(bytes).expect("consistent");
    let content = consistent.get().clone();
    let settlement = consistent.settle(&Proven::new(&chain, &content.proofs), headers.min_depth);
    record::proven(&content, bytes, headers, Judged::of(&settlement));
    let Ok(Settlement::Settled(settled)) = settlement else {
        panic!("not settled: {settlement:?}");
    };
    assert_eq!(settled.depth(), Some(depth));
}

/// Requires that headers break this rule of PROTOCOL.md §14.1, the header at this height first.
#[track_caller]
fn breaks(bytes: &[u8], headers: &Headers<'_>, height: u32, rule: u8) {
    let error = headers.read().expect_err("headers that break a rule");
    assert_eq!(error.rule(), Some((height, rule)), "{error:?}");
    let content = judge(bytes).expect("consistent").get().clone();
    record::proven(&content, bytes, headers, Judged::refused(&error));
}

fn under<'a>(params: &'a ChainParams, file: &'a [u8]) -> Headers<'a> {
    Headers {
        whose: Whose::Other(params),
        ..Headers::regtest(file, 1)
    }
}

/// A file with its last header changed and mined anew.
fn with_last(blocks: &Blocks, change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut file = blocks.chain.encode();
    let at = file.len() - 80;
    let mut header: Header = deserialize(&file[at..]).expect("a header");
    change(&mut header);
    file.splice(at.., serialize(&mined(header)));
    file
}

fn bip94() -> ChainParams {
    ChainParams {
        bip94: true,
        ..small()
    }
}

fn late_is_easy() -> ChainParams {
    ChainParams {
        easy_when_late: true,
        ..small()
    }
}

/// The times of a period creep, its last header jumps two days ahead, and the next period begins with a creeping
/// one again: each period seems long, and its target gets easier. The rules of the main chain allow it up to the
/// clock; BIP-94 binds the first header of a period to the one before.
#[test]
fn k07_a_timewarp_is_refused_where_bip94_is_asked_for() {
    let (history, mut blocks) = transfer(small());
    for _ in 0..5 {
        blocks.mine_after(1, &[]);
    }
    blocks.mine_after(200_000, &[]);
    blocks.mine_after(0_u32.wrapping_sub(199_999), &[]);
    let bytes = bytes(&history, &blocks);
    let file = blocks.chain.encode();
    let (first, last) = (&blocks.chain.headers()[1], &blocks.chain.headers()[8]);
    assert!(last.target() > first.target() && last.time < first.time + 10);
    settles(&bytes, &under(&small(), &file), 8);
    breaks(&bytes, &under(&bip94(), &file), 8, 6);
}

#[test]
fn k07_a_period_begins_at_most_600_seconds_before_the_header_before() {
    let (history, mut blocks) = transfer(bip94());
    for _ in 0..6 {
        blocks.mine_after(1_000, &[]);
    }
    blocks.mine_after(0_u32.wrapping_sub(600), &[]);
    let bytes = bytes(&history, &blocks);
    settles(&bytes, &under(&bip94(), &blocks.chain.encode()), 8);
    let back = with_last(&blocks, |header| header.time -= 1);
    breaks(&bytes, &under(&bip94(), &back), 8, 6);
}

#[test]
fn k07_a_header_is_younger_than_the_median_of_eleven() {
    let (history, mut blocks) = transfer(small());
    for _ in 0..11 {
        blocks.mine_after(600, &[]);
    }
    let headers = blocks.chain.headers();
    let (median, tip) = (headers[7].time, headers[12].time);
    blocks.mine_after(median.wrapping_add(1).wrapping_sub(tip), &[]);
    let bytes = bytes(&history, &blocks);
    settles(&bytes, &under(&small(), &blocks.chain.encode()), 13);
    let back = with_last(&blocks, |header| header.time = median);
    breaks(&bytes, &under(&small(), &back), 13, 5);
}

#[test]
fn k07_a_header_is_at_most_two_hours_ahead_of_the_clock() {
    let (history, blocks) = transfer(small());
    let (params, file) = (small(), blocks.chain.encode());
    let bytes = bytes(&history, &blocks);
    let time = u64::from(blocks.chain.headers()[1].time);
    for (now, refused) in [(time - 7_200, false), (time - 7_201, true)] {
        let headers = Headers {
            now,
            ..under(&params, &file)
        };
        if refused {
            breaks(&bytes, &headers, 1, 7);
        } else {
            settles(&bytes, &headers, 1);
        }
    }
}

#[test]
fn k07_the_target_of_a_period_follows_from_the_times_of_the_one_before() {
    let (history, mut blocks) = transfer(small());
    for _ in 0..7 {
        blocks.mine_after(300, &[]);
    }
    let headers = blocks.chain.headers();
    assert!(headers[8].target() < headers[7].target());
    let bytes = bytes(&history, &blocks);
    settles(&bytes, &under(&small(), &blocks.chain.encode()), 8);
    let bits = headers[7].bits;
    let same = with_last(&blocks, |header| header.bits = bits);
    breaks(&bytes, &under(&small(), &same), 8, 2);
}

#[test]
fn k16_a_late_block_is_easy_where_a_testnet_says_so_and_nowhere_else() {
    let (history, mut blocks) = transfer(late_is_easy());
    blocks.mine_after(1_201, &[]);
    assert_eq!(blocks.chain.headers()[2].bits.to_consensus(), 0x207f_ffff);
    let bytes = bytes(&history, &blocks);
    let file = blocks.chain.encode();
    settles(&bytes, &under(&late_is_easy(), &file), 2);
    breaks(&bytes, &under(&small(), &file), 2, 2);
    let early = with_last(&blocks, |header| header.time -= 1);
    breaks(&bytes, &under(&late_is_easy(), &early), 2, 2);
}

#[test]
fn k16_a_chain_without_retargeting_keeps_its_target() {
    let still = ChainParams {
        retargets: false,
        ..small()
    };
    let (history, mut blocks) = transfer(still.clone());
    for _ in 0..7 {
        blocks.mine_after(1_100, &[]);
    }
    let bytes = bytes(&history, &blocks);
    let file = blocks.chain.encode();
    settles(&bytes, &under(&still, &file), 8);
    breaks(&bytes, &under(&small(), &file), 8, 2);
}

#[test]
fn k16_headers_of_one_network_are_none_of_another() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let mut blocks = Blocks::default();
    blocks.mine(&[history.txid(0)]);
    let bytes = bytes(&history, &blocks);
    let file = blocks.chain.encode();
    settles(&bytes, &Headers::regtest(&file, 1), 1);
    for network in [
        Network::Bitcoin,
        Network::Testnet,
        Network::Testnet4,
        Network::Signet,
    ] {
        let headers = Headers {
            whose: Whose::Network(network),
            ..Headers::regtest(&file, 1)
        };
        breaks(&bytes, &headers, 0, 4);
    }
}
