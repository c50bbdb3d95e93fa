//! The file of headers.

use bitcoin::Network;
use bitcoin::consensus::serialize;
use bulla_core::DecodeError;
use bulla_core::headers::{ChainParams, Change, FileError, HeaderChain, HeaderError};
use proptest::prelude::*;

use crate::kit::{NOW, after, begun, first, grown, row, small, steps, tip};

const STEP: u32 = 0x200d_ffff;

/// Headers 1 to 20 of a chain with a checkpoint at 8.
fn twenty() -> (ChainParams, Vec<bitcoin::block::Header>) {
    let mut headers = row(&first(), 7, 1);
    let begins = after(&headers[6], headers[6].time + 600, STEP, 1);
    headers.push(begins);
    headers.extend(row(&begins, 7, 1));
    let last = headers[14];
    let bits = small().retarget(begins.bits, begins.time, last.time);
    headers.push(after(&last, last.time + 600, bits.to_consensus(), 1));
    headers.extend(row(&headers[15], 4, 1));
    let mut params = small();
    params.checkpoints.insert(8, begins.block_hash());
    (params, headers)
}

/// A chain from the checkpoint at height 8 to 20.
pub fn from_checkpoint() -> HeaderChain {
    let (params, headers) = twenty();
    let mut chain = HeaderChain::begin(params, 8, headers[7]).expect("the checkpoint");
    let change = chain.extend(&headers[8..], NOW);
    assert_eq!(change, Ok(Change::Extended { added: 12 }));
    chain
}

fn decode(bytes: &[u8]) -> Result<HeaderChain, FileError> {
    HeaderChain::decode(twenty().0, bytes, NOW)
}

#[test]
fn a_file_from_the_first_block_is_its_headers() {
    let (params, headers) = twenty();
    let chain = grown(params, &headers);
    let bytes = chain.encode();
    let expected: Vec<u8> = [first()]
        .iter()
        .chain(&headers)
        .flat_map(serialize)
        .collect();
    assert_eq!(bytes, expected);
    assert_eq!(decode(&bytes), Ok(chain));
}

#[test]
fn a_file_from_a_checkpoint_has_a_head() {
    let chain = from_checkpoint();
    let (_, headers) = twenty();
    assert_eq!((chain.base(), chain.height()), (8, 20));
    assert_eq!(chain.tip(), headers[19].block_hash());
    assert_eq!(chain.hash(8), Some(headers[7].block_hash()));
    assert_eq!((chain.hash(7), chain.hash(21)), (None, None));
    let bytes = chain.encode();
    assert_eq!(bytes[..12], *b"bullahdr\x08\0\0\0");
    assert_eq!(bytes.len(), 12 + 13 * 80);
    assert_eq!(decode(&bytes), Ok(chain));
}

#[test]
fn work_from_a_checkpoint_is_the_work_above_it() {
    let (params, headers) = twenty();
    let whole = grown(params.clone(), &headers);
    let below = grown(params, &headers[..7]);
    assert_eq!(from_checkpoint().work(), whole.work() - below.work());
}

/// Times may go back by more than the few known headers show: the true chain must not be refused.
#[test]
fn the_median_does_not_bind_before_eleven_headers_are_known() {
    let mut headers = row(&first(), 7, 1);
    let late = after(&headers[6], headers[6].time + 600, STEP, 1);
    headers.push(late);
    headers.extend(steps(&late, &[0_u32.wrapping_sub(900)], 1));
    let mut params = small();
    params.checkpoints.insert(8, late.block_hash());
    assert_eq!(grown(params.clone(), &headers).height(), 9);
    let mut chain = HeaderChain::begin(params, 8, late).expect("the checkpoint");
    chain
        .extend(&headers[8..], NOW)
        .expect("a quarter of an hour back");
    // From the eleventh known one on it does.
    let mut chain = from_checkpoint();
    let last = tip(&chain);
    let median = chain.headers()[7].time;
    let early = after(&last, median, last.bits.to_consensus(), 2);
    assert_eq!(
        chain.extend(&[early], NOW),
        Err(HeaderError::Median {
            height: 21,
            median,
            found: median,
        })
    );
}

#[test]
fn a_file_that_ends_early_is_refused() {
    let bytes = grown(small(), &row(&first(), 3, 1)).encode();
    for length in 0..bytes.len() {
        let found = length % 80;
        let at = length - found;
        let expected = match decode(&bytes[..length]) {
            Ok(chain) => {
                assert_eq!((found, chain.encode()), (0, bytes[..length].to_vec()));
                continue;
            }
            Err(error) => error,
        };
        let short = DecodeError::Short {
            what: "header",
            at,
            expected: 80,
            found,
        };
        assert_eq!(expected, FileError::Decode(short), "{length}");
    }
}

#[test]
fn a_head_without_its_height_or_a_header_is_refused() {
    let short = |what, at, expected, found| {
        Err(FileError::Decode(DecodeError::Short {
            what,
            at,
            expected,
            found,
        }))
    };
    let height = "height of the first header";
    assert_eq!(decode(b"bullahdr\x08\0"), short(height, 8, 4, 2));
    assert_eq!(decode(b"bullahdr\x08\0\0\0"), short("header", 12, 80, 0));
}

#[test]
fn a_head_that_says_height_0_is_not_canonical() {
    let bytes = [b"bullahdr\0\0\0\0", serialize(&first()).as_slice()].concat();
    let what = "a head that says height 0";
    let error = FileError::Decode(DecodeError::NotCanonical { what });
    assert_eq!(decode(&bytes), Err(error));
}

#[test]
fn a_file_that_begins_at_another_height_is_refused() {
    let (_, headers) = twenty();
    for height in [7_u32, 16, u32::MAX] {
        let head = [b"bullahdr".as_slice(), &height.to_le_bytes()].concat();
        let bytes = [head, serialize(&headers[15])].concat();
        let error = FileError::Header(HeaderError::Base { height });
        assert_eq!(decode(&bytes), Err(error));
    }
}

#[test]
fn a_file_of_another_chain_is_refused() {
    let bytes = HeaderChain::of_network(Network::Regtest).encode();
    let error = HeaderError::Checkpoint {
        height: 0,
        expected: first().block_hash(),
        found: HeaderChain::of_network(Network::Regtest).tip(),
    };
    assert_eq!(decode(&bytes), Err(FileError::Header(error)));
}

#[test]
fn headers_in_a_file_follow_each_other() {
    let headers = row(&first(), 3, 1);
    let file =
        |shown: &[bitcoin::block::Header]| shown.iter().flat_map(serialize).collect::<Vec<u8>>();
    let linked = |height, expected: &bitcoin::block::Header, found: &bitcoin::block::Header| {
        Err(FileError::Header(HeaderError::Link {
            height,
            expected: expected.block_hash(),
            found: found.prev_blockhash,
        }))
    };
    let twice = file(&[first(), headers[0], headers[0]]);
    assert_eq!(decode(&twice), linked(2, &headers[0], &headers[0]));
    let again = file(&[first(), headers[0], first()]);
    assert_eq!(decode(&again), linked(2, &headers[0], &first()));
    let other = after(&first(), headers[0].time, first().bits.to_consensus(), 5);
    let fork = file(&[first(), headers[0], headers[1], other]);
    assert_eq!(decode(&fork), linked(3, &headers[1], &other));
}

#[test]
fn a_file_of_only_the_first_block_is_a_chain() {
    let chain = begun(small());
    let read = HeaderChain::decode(small(), &chain.encode(), 0);
    assert_eq!(read, Ok(chain));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(
        head in prop_oneof![Just(&b""[..]), Just(&b"bullahdr"[..]), Just(&b"bullahdr\x08\0\0\0"[..])],
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let bytes = [head, bytes.as_slice()].concat();
        prop_assert!(decode(&bytes).is_err());
    }

    #[test]
    fn a_changed_file_is_refused_or_another_chain(at: prop::sample::Index, change in 1_u8..) {
        for chain in [from_checkpoint(), grown(small(), &row(&first(), 5, 1))] {
            let mut bytes = chain.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            if let Ok(other) = HeaderChain::decode(chain.params().clone(), &bytes, NOW) {
                prop_assert_eq!(other.encode(), bytes);
                prop_assert_ne!(other, chain);
            }
        }
    }
}
