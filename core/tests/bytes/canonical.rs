//! Whatever decodes is the one encoding of an object; nothing makes a decoder panic.

use proptest::prelude::*;
use proptest::sample::Index;

use bulla_core::operation::Genesis;
use bulla_core::{DecodeError, wire};

use crate::common::codecs::CODECS;

fn assert_canonical(bytes: &[u8]) {
    for codec in CODECS {
        if let Ok(again) = (codec.reencode)(bytes) {
            assert_eq!(again, bytes, "{}", codec.name);
        }
    }
}

/// One way to spoil bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    /// Copies a piece over another place of the same length.
    Copy(Index, Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<(Index, u8)>().prop_map(|(at, bit)| Change::Flip(at, bit % 8)),
        any::<(Index, u8)>().prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), 0_u8..4).prop_map(|(at, byte)| Change::Set(at, byte)),
        any::<(Index, u8)>().prop_map(|(at, byte)| Change::Insert(at, byte)),
        any::<Index>().prop_map(Change::Remove),
        any::<Index>().prop_map(Change::Cut),
        any::<(Index, Index, u8)>().prop_map(|(from, to, len)| Change::Copy(from, to, len)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let len = bytes.len();
    if len == 0 {
        return;
    }
    match change {
        Change::Flip(at, bit) => bytes[at.index(len)] ^= 1 << bit,
        Change::Set(at, byte) => bytes[at.index(len)] = *byte,
        Change::Insert(at, byte) => bytes.insert(at.index(len), *byte),
        Change::Remove(at) => {
            bytes.remove(at.index(len));
        }
        Change::Cut(at) => bytes.truncate(at.index(len)),
        Change::Copy(from, to, piece) => {
            let (from, to) = (from.index(len), to.index(len));
            let piece = usize::from(*piece).min(len - from.max(to));
            bytes.copy_within(from..from + piece, to);
        }
    }
}

/// An encoding of any kind, with the place of its kind in the table.
fn encoding() -> impl Strategy<Value = (usize, Vec<u8>)> {
    (0..CODECS.len()).prop_flat_map(|kind| (Just(kind), (CODECS[kind].encodings)()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn every_object_comes_back_from_its_bytes((kind, bytes) in encoding()) {
        prop_assert_eq!((CODECS[kind].reencode)(&bytes), Ok(bytes), "{}", CODECS[kind].name);
    }

    #[test]
    fn every_cut_and_every_byte_more_is_noticed((kind, bytes) in encoding(), at: Index) {
        let codec = &CODECS[kind];
        let cut = at.index(bytes.len());
        prop_assert!((codec.decode)(&bytes[..cut]).is_err(), "{} of {}", cut, codec.name);
        let longer = [bytes.as_slice(), &[0]].concat();
        prop_assert!((codec.decode)(&longer).is_err(), "{}", codec.name);
    }

    #[test]
    fn what_decodes_after_changes_encodes_to_the_same_bytes(
        (_, mut bytes) in encoding(), changes in prop::collection::vec(change(), 1..4),
    ) {
        for change in &changes {
            apply(&mut bytes, change);
        }
        assert_canonical(&bytes);
    }

    #[test]
    fn arbitrary_bytes_decode_to_what_encodes_to_them(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        assert_canonical(&bytes);
    }

    #[test]
    fn bytes_of_few_values_decode_to_what_encodes_to_them(
        bytes in prop::collection::vec(0_u8..4, 0..200),
    ) {
        assert_canonical(&bytes);
    }
}

/// The start of a genesis, up to its globals.
fn genesis_head() -> Vec<u8> {
    let mut head = vec![0; 1 + 32 + 32 + 8];
    head[0] = 1;
    head
}

#[test]
fn values_out_of_order_are_found_at_their_end() {
    let mut bytes = [genesis_head(), vec![2, 1, 0, 0, 0, 0, 0, 1, 0]].concat();
    let cut = Genesis::decode(&bytes);
    assert!(matches!(cut, Err(DecodeError::Short { .. })), "{cut:?}");
    bytes.push(7);
    let whole = Genesis::decode(&bytes);
    assert!(
        matches!(whole, Err(DecodeError::NotCanonical { .. })),
        "{whole:?}"
    );
}

#[test]
fn a_pruned_list_is_read_to_its_end_before_its_parts_are_compared() {
    let leaf = |number: u8, seal: u8| {
        let number_and_amount = [number, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        [number_and_amount.as_slice(), &[seal], &[5; 32]].concat()
    };
    let list = |second| {
        let head = [0, 1, 0, 0, 0x80, 4, 0, 0, 0, 2, 0, 0];
        let siblings = [&[1, 0, 0], [0; 40].as_slice()].concat();
        let parts = [head.to_vec(), leaf(1, 0xff), leaf(0, second), siblings];
        Genesis::decode(&[genesis_head(), parts.concat()].concat())
    };
    let order = list(0xff);
    assert!(
        matches!(order, Err(DecodeError::NotCanonical { .. })),
        "{order:?}"
    );
    let seal = list(2);
    assert!(
        matches!(seal, Err(DecodeError::Unsupported { .. })),
        "{seal:?}"
    );
}

#[test]
fn a_number_of_ten_bytes_that_goes_on_is_too_large_before_it_is_too_long() {
    // The height of a block proof.
    let height = |last| wire::Frame::decode(&[&[1], [0x80; 9].as_slice(), &[last]].concat());
    let longer = height(0);
    assert!(
        matches!(longer, Err(DecodeError::NotCanonical { .. })),
        "{longer:?}"
    );
    let larger = height(0x80);
    assert!(
        matches!(larger, Err(DecodeError::Value { .. })),
        "{larger:?}"
    );
}
