//! The target from period to period, at regtest difficulty. The expected targets are computed by
//! hand: the old one, times the seconds spent, by 4,800.

use bitcoin::CompactTarget;
use bitcoin::block::Header;
use bulla_core::headers::{ChainParams, HeaderChain, HeaderError};

use crate::kit::{
    EASY, NOW, START, USUAL, after, begun, first, grown, row, small, small_testnet4, steps,
};

/// The target that the rules ask of the next block at a time.
fn asked(chain: &HeaderChain, time: u32) -> u32 {
    let parent = chain.headers().last().expect("never empty");
    let mut wrong = after(parent, time, EASY, 9);
    wrong.bits = CompactTarget::from_consensus(1);
    match chain.clone().extend(&[wrong], NOW) {
        Err(HeaderError::Bits { expected, .. }) => expected.to_consensus(),
        other => panic!("{other:?}"),
    }
}

/// What is asked of the first block of a period after one whose seven steps took that long each.
fn after_period(params: ChainParams, seconds: u32) -> u32 {
    let headers = steps(&first(), &[seconds; 7], 1);
    let time = headers[6].time + 600;
    asked(&grown(params, &headers), time)
}

#[test]
fn a_period_that_took_as_long_as_its_seven_steps_gets_harder() {
    // Bitcoin counts the steps between eight blocks, seven: 4,200 of 4,800 seconds.
    assert_eq!(after_period(small(), 600), 0x200d_ffff);
}

#[test]
fn fast_periods_get_harder_and_slow_ones_easier() {
    assert_eq!(after_period(small(), 300), 0x2006_ffff);
    assert_eq!(after_period(small(), 1_200), 0x201b_fffe);
}

#[test]
fn a_step_is_at_most_four_times() {
    assert_eq!(after_period(small(), 1), 0x2003_ffff);
    assert_eq!(after_period(small(), 171), 0x2003_ffff);
    assert_eq!(after_period(small(), 172), 0x2004_0369);
    assert_eq!(after_period(small(), 2_743), after_period(small(), 9_000));
    assert_eq!(after_period(small(), 9_000), 0x203f_fffc);
}

#[test]
fn no_target_is_easier_than_the_limit() {
    let quick = |bits: u32, spent: u32| {
        let bits = CompactTarget::from_consensus(bits);
        small().retarget(bits, START, START + spent).to_consensus()
    };
    // Twice an eighth of the limit fits; four times a half of it would wrap around 2^256.
    assert_eq!(quick(USUAL, 9_600), 0x201f_fffe);
    assert_eq!(quick(0x203f_ffff, 19_200), EASY);
    assert_eq!(quick(EASY, 19_200), EASY);
    assert_eq!(quick(EASY, 4_801), EASY);
    assert_eq!(quick(EASY, 4_800), EASY);
}

#[test]
fn a_period_that_runs_backwards_took_no_time() {
    let bits = CompactTarget::from_consensus(USUAL);
    for (first, last) in [(u32::MAX, 0), (START, START - 1), (START, START)] {
        let found = small().retarget(bits, first, last);
        assert_eq!(found.to_consensus(), 0x2003_ffff, "{first} to {last}");
    }
    let found = small().retarget(bits, 0, u32::MAX);
    assert_eq!(found.to_consensus(), 0x203f_fffc);
}

#[test]
fn parameters_of_zero_do_not_divide_by_zero() {
    let params = ChainParams {
        interval: 0,
        spacing: 0,
        ..small()
    };
    let found = params.retarget(CompactTarget::from_consensus(USUAL), START, START + 1);
    assert_eq!(found.to_consensus(), USUAL);
    assert_eq!(asked(&grown(params, &[]), START + 1), 0);
}

#[test]
fn a_new_target_holds_for_its_whole_period() {
    let mut headers = steps(&first(), &[300; 7], 1);
    let begins = after(&headers[6], headers[6].time + 300, 0x2006_ffff, 1);
    headers.push(begins);
    headers.extend(row(&begins, 7, 1));
    let chain = grown(small(), &headers);
    assert_eq!(chain.height(), 15);
    for header in &chain.headers()[8..] {
        assert_eq!(header.bits.to_consensus(), 0x2006_ffff);
    }
}

fn on_time_and_late(headers: &[Header]) -> [u32; 2] {
    let chain = grown(small_testnet4(), headers);
    let time = chain.headers().last().expect("never empty").time;
    [1_200, 1_201].map(|seconds| asked(&chain, time + seconds))
}

#[test]
fn k16_a_block_twenty_minutes_late_is_easy_on_a_testnet() {
    assert_eq!(on_time_and_late(&[]), [USUAL, EASY]);
    let late = after(&first(), START + 1_201, EASY, 1);
    assert_eq!(on_time_and_late(&[late]), [USUAL, EASY]);
    let later = after(&late, late.time + 1_201, EASY, 1);
    let usual = after(&later, later.time + 600, USUAL, 1);
    assert_eq!(on_time_and_late(&[late, later]), [USUAL, EASY]);
    assert_eq!(on_time_and_late(&[late, later, usual]), [USUAL, EASY]);
    let main = grown(small(), &[]);
    assert_eq!(asked(&main, START + 1_201), USUAL);
}

/// Six usual blocks and an easy one: a period of 4,801 seconds.
fn ends_easy() -> Vec<Header> {
    let mut headers = steps(&first(), &[600; 6], 1);
    let last = headers[5];
    headers.push(after(&last, last.time + 1_201, EASY, 1));
    headers
}

#[test]
fn the_first_block_of_a_period_is_never_easy_for_being_late() {
    // 4,801 of 4,800 seconds, from the target of the first block.
    assert_eq!(on_time_and_late(&ends_easy()), [0x2010_00d9, 0x2010_00d9]);
}

#[test]
fn without_bip94_one_easy_block_makes_the_next_period_easy() {
    let testnet3 = ChainParams {
        bip94: false,
        ..small_testnet4()
    };
    let headers = ends_easy();
    let chain = grown(testnet3, &headers);
    assert_eq!(asked(&chain, headers[6].time + 600), EASY);
}

#[test]
fn after_easy_blocks_only_the_first_of_the_period_counts() {
    let mut headers = ends_easy();
    let time = headers[6].time + 600;
    headers.push(after(&headers[6], time, 0x2010_00d9, 1));
    for n in 1..4 {
        headers.push(after(&headers[6 + n], headers[6 + n].time + 1_201, EASY, 1));
    }
    assert_eq!(on_time_and_late(&headers), [0x2010_00d9, EASY]);
}

/// Blocks after a chain, each so many seconds later, with the targets that the rules ask for.
fn follow(chain: &HeaderChain, count: usize, seconds: u32, salt: u8) -> Vec<Header> {
    let mut chain = chain.clone();
    let mut headers = Vec::new();
    for _ in 0..count {
        let parent = *chain.headers().last().expect("never empty");
        let time = parent.time + seconds;
        let header = after(&parent, time, asked(&chain, time), salt);
        chain.extend(&[header], NOW).expect("what was asked for");
        headers.push(header);
    }
    headers
}

/// A wallet keeps only the end of its chain in memory.
#[test]
fn a_chain_that_is_taken_up_again_judges_as_the_whole_one() {
    for params in [small(), small_testnet4()] {
        let headers = follow(&begun(params.clone()), 29, 700, 1);
        let whole = grown(params.clone(), &headers);
        // What leaves it above 26 depends on eleven headers, and on the periods in which they are.
        assert_eq!((params.decides(26), params.decides(25)), (16, 8));
        let end = whole.headers()[16..].to_vec();
        let resumed = HeaderChain::resume(params.clone(), 16, end).expect("16 begins a period");
        assert_eq!((resumed.height(), resumed.tip()), (29, whole.tip()));
        let to_26 = grown(params.clone(), &headers[..26]);
        let early = after(to_26.headers().last().unwrap(), START, USUAL, 3);
        for branch in [
            follow(&whole, 12, 500, 2),
            follow(&to_26, 12, 400, 2),
            follow(&to_26, 2, 900, 2),
            vec![early],
        ] {
            let (mut a, mut b) = (whole.clone(), resumed.clone());
            let changes = [a.extend(&branch, NOW), b.extend(&branch, NOW)];
            assert_eq!(changes[0], changes[1]);
            assert_eq!((a.height(), a.tip()), (b.height(), b.tip()));
        }
    }
}

#[test]
fn a_chain_cannot_be_taken_up_inside_a_period_or_from_nothing() {
    let headers = follow(&begun(small()), 12, 600, 1);
    let refused = |base, headers| HeaderChain::resume(small(), base, headers).unwrap_err();
    let base = |height| HeaderError::Base { height };
    assert_eq!(refused(9, headers[8..].to_vec()), base(9));
    assert_eq!(refused(8, Vec::new()), base(8));
}
