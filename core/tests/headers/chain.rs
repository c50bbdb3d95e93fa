//! Extension, reorganisation, work.

use bitcoin::Network;
use bitcoin::block::Header;
use bulla_core::headers::{Change, HeaderChain, HeaderError};
use proptest::prelude::*;

use crate::kit::{NOW, begun, first, grown, row, small, tip};

fn regtest() -> HeaderChain {
    HeaderChain::of_network(Network::Regtest)
}

#[test]
fn regtest_never_changes_its_target() {
    let mut chain = regtest();
    let headers = row(&tip(&chain), 2_020, 1);
    let change = chain.extend(&headers, NOW);
    assert_eq!(change, Ok(Change::Extended { added: 2_020 }));
    assert_eq!(chain.height(), 2_020);
    assert_eq!(chain.reaches_checkpoint(), Ok(()));
}

#[test]
fn known_headers_change_nothing() {
    let headers = row(&first(), 5, 1);
    let mut chain = grown(small(), &headers);
    let whole: Vec<Header> = [&[first()], headers.as_slice()].concat();
    for known in [&[], &headers[..], &headers[2..4], &whole[..], &whole[..1]] {
        let before = chain.clone();
        assert_eq!(chain.extend(known, NOW), Ok(Change::Nothing));
        assert_eq!(chain, before);
    }
}

#[test]
fn headers_that_overlap_the_chain_extend_it() {
    let headers = row(&first(), 7, 1);
    let mut chain = grown(small(), &headers[..4]);
    let change = chain.extend(&headers[2..], NOW);
    assert_eq!(change, Ok(Change::Extended { added: 3 }));
    assert_eq!(chain, grown(small(), &headers));
}

#[test]
fn a_branch_of_more_work_wins() {
    let trunk = row(&first(), 5, 1);
    let branch = row(&trunk[1], 4, 2);
    let mut chain = grown(small(), &trunk);
    let change = Change::Reorganised {
        fork: 2,
        removed: 3,
        added: 4,
    };
    assert_eq!(chain.extend(&branch, NOW), Ok(change));
    let expected = [&trunk[..2], &branch].concat();
    assert_eq!(chain, grown(small(), &expected));
}

#[test]
fn a_branch_after_the_first_block_may_win() {
    let (trunk, branch) = (row(&first(), 2, 1), row(&first(), 3, 2));
    let mut chain = grown(small(), &trunk);
    let whole: Vec<Header> = [&[first()], branch.as_slice()].concat();
    let change = Change::Reorganised {
        fork: 0,
        removed: 2,
        added: 3,
    };
    assert_eq!(chain.extend(&whole, NOW), Ok(change));
    assert_eq!(chain, grown(small(), &branch));
}

#[test]
fn a_branch_of_equal_or_less_work_does_not_win() {
    let trunk = row(&first(), 5, 1);
    let branch = row(&trunk[1], 3, 2);
    let work = |headers: &[Header]| grown(small(), headers).work() - begun(small()).work();
    for shown in 1..=3 {
        let mut chain = grown(small(), &trunk);
        let weaker = Change::Weaker {
            fork: 2,
            ours: work(&trunk[..3]),
            theirs: work(&trunk[..shown]),
        };
        assert_eq!(chain.extend(&branch[..shown], NOW), Ok(weaker));
        assert_eq!(chain, grown(small(), &trunk));
    }
}

/// Two hard blocks are more than three easy ones: work counts, not height.
#[test]
fn a_shorter_branch_of_more_work_wins() {
    let trunk = row(&first(), 7, 1);
    // Seven blocks in the time of one: four times the work in the next period.
    let fast = crate::kit::steps(&first(), &[1; 7], 2);
    let hard = after_bits(&fast[6], 2, 0x2003_ffff);
    let slow = after_bits(&trunk[6], 4, 0x200d_ffff);
    let slow = [trunk, slow].concat();
    let fast = [fast, hard].concat();
    let mut chain = grown(small(), &slow);
    assert!(slow.len() > fast.len());
    let change = Change::Reorganised {
        fork: 0,
        removed: 11,
        added: 9,
    };
    assert_eq!(chain.extend(&fast, NOW), Ok(change));
    assert_eq!(chain, grown(small(), &fast));
}

fn after_bits(parent: &Header, count: usize, bits: u32) -> Vec<Header> {
    let begins = crate::kit::after(parent, parent.time + 600, bits, 3);
    let mut headers = vec![begins];
    headers.extend(row(&begins, count - 1, 3));
    headers
}

#[test]
fn a_branch_with_a_bad_header_changes_nothing() {
    let trunk = row(&first(), 3, 1);
    let mut branch = row(&trunk[0], 5, 2);
    branch[4].prev_blockhash = branch[2].block_hash();
    let mut chain = grown(small(), &trunk);
    let error = HeaderError::Link {
        height: 6,
        expected: branch[3].block_hash(),
        found: branch[2].block_hash(),
    };
    assert_eq!(chain.extend(&branch, NOW), Err(error));
    assert_eq!(chain, grown(small(), &trunk));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_split_into_steps_gives_the_same_chain(
        lengths in prop::collection::vec(1_usize..9, 1..8),
        overlap in 0_usize..4,
    ) {
        let count = lengths.iter().sum();
        let mut chain = regtest();
        let headers = row(&tip(&chain), count, 1);
        let mut whole = regtest();
        whole.extend(&headers, NOW).expect("valid headers");
        let mut from: usize = 0;
        for length in lengths {
            let step = &headers[from.saturating_sub(overlap)..from + length];
            let change = chain.extend(step, NOW);
            prop_assert_eq!(change, Ok(Change::Extended { added: length }));
            from += length;
        }
        prop_assert_eq!(chain, whole);
    }

    #[test]
    fn the_order_of_two_branches_decides_only_a_tie(
        common in 0_usize..5,
        left in 1_usize..6,
        right in 1_usize..6,
    ) {
        let genesis = tip(&regtest());
        let trunk = row(&genesis, common, 1);
        let fork = trunk.last().copied().unwrap_or(genesis);
        let (a, b) = (row(&fork, left, 2), row(&fork, right, 3));
        let told = |branches: [&[Header]; 2]| {
            let mut chain = regtest();
            chain.extend(&trunk, NOW).expect("valid headers");
            for branch in branches {
                chain.extend(branch, NOW).expect("valid headers");
            }
            chain
        };
        let (ab, ba) = (told([&a, &b]), told([&b, &a]));
        prop_assert_eq!(ab == ba, left != right);
        prop_assert_eq!(ab.height() as usize, common + left.max(right));
        prop_assert_eq!(ab.work(), ba.work());
    }
}
