//! Properties over random histories and random damage.

use std::collections::BTreeSet;

use bulla_core::consignment::{Explicit, parts};
use bulla_core::header::Header;
use bulla_core::operation::Input;
use bulla_core::state::State;
use bulla_core::validator::{Check, Consignment};
use bulla_core::wire::Frame;
use bulla_tests::kit::make::{at, token, values};
use bulla_tests::kit::{Carry, History, Kind, View, accept, amounts_at, judge, leaf};
use proptest::prelude::*;

/// One random transfer: how many open leaves it takes, into how many it splits them, and how.
#[derive(Clone, Debug)]
struct Move {
    takes: usize,
    gives: u64,
    tapret: bool,
    others: u8,
    path: bool,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = (1_usize..4, 1_u64..6, any::<bool>(), 0_u8..3, any::<bool>());
    let one = one.prop_map(|(takes, gives, tapret, others, path)| Move {
        takes,
        gives,
        tapret,
        others,
        path,
    });
    prop::collection::vec(one, 1..8)
}

/// Splits a sum into parts of which the last takes the rest.
fn split(sum: u64, parts: u64) -> Vec<u64> {
    let mut list = vec![sum / parts; usize::try_from(parts).expect("few parts")];
    list[0] += sum % parts;
    list
}

fn build(moves: &[Move]) -> History {
    let mut history = History::fixed_among(&[1_000, 700, 300]);
    let mut open: Vec<(Input, u64)> = [1_000, 700, 300]
        .into_iter()
        .zip(0..)
        .map(|(amount, index)| (history.seed(index), amount))
        .collect();
    for one in moves {
        let taken: Vec<_> = open.drain(..one.takes.min(open.len())).collect();
        let inputs: Vec<_> = taken.iter().map(|(input, _)| *input).collect();
        let amounts = split(taken.iter().map(|(_, amount)| amount).sum(), one.gives);
        let carry = if one.tapret {
            Carry::Tapret(None)
        } else {
            Carry::Opret
        };
        let frame = history.transfer_by(&carry, &inputs, &amounts);
        history.edit(frame, |draft| {
            draft.path = one.path;
            draft.others = (0..one.others).map(|n| ([n; 32], [n; 32])).collect();
        });
        let leaves = (0..).map(|index| history.leaf(frame, index));
        open.extend(leaves.zip(amounts).filter(|(_, amount)| *amount > 0));
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_histories_are_consistent_in_every_view(moves in moves()) {
        let history = build(&moves);
        let views = [View::Leaves, View::Narrow, View::Everything];
        let [a, b, c] = views.map(|view| accept(&history.consignment(view).encode()));
        prop_assert_eq!(a.operations, moves.len() as u64);
        prop_assert_eq!(&a.terminals, &b.terminals);
        prop_assert_eq!(&a.terminals, &c.terminals);
        prop_assert_eq!(a.witnesses, c.witnesses);
    }

    #[test]
    fn a_frame_decodes_to_what_encodes_to_it(moves in moves()) {
        let consignment = build(&moves).consignment(View::Narrow);
        let mut explicit = Explicit::new(&consignment.header);
        for (part, frame) in consignment.parts()[1..].iter().zip(&consignment.frames) {
            prop_assert_eq!(&Frame::decode(part).unwrap().encode(), part);
            prop_assert_eq!(&explicit.frame(part).unwrap(), frame);
        }
    }

    #[test]
    fn i11_random_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(judge(&bytes).is_err());
        if let Ok(frame) = Frame::decode(&bytes) {
            prop_assert_eq!(frame.encode(), bytes);
        }
    }
}

/// A part of a consignment with everything in it: lab transitions, a pruned batch, a hidden act,
/// paths, a delta's base.
fn rich_parts() -> Vec<Vec<u8>> {
    let mut lab = History::lab();
    let genesis = lab.contract().into();
    let inputs = [(0, 0), (2, 0), (3, 0), (4, 0)].map(|(ty, index)| leaf(genesis, ty, index));
    let data = State::Data(amplify::confinement::Confined::try_from(vec![1; 300]).unwrap());
    let assignments = [
        (0, State::Amount(400), at(1)),
        (0, State::Amount(600), at(2)),
        (2, token(0, 10), at(3)),
        (3, State::Right, at(4)),
        (4, data, at(5)),
    ];
    let mut act = lab.act("transfer", &inputs, &assignments);
    act.transition.globals = values(&[(0, vec![1]), (0, vec![2]), (3, vec![])]);
    act.signers = vec![0, 2];
    lab.push(lab.draft(vec![act]));
    let mut history = build(&[Move {
        takes: 3,
        gives: 9,
        tapret: true,
        others: 2,
        path: true,
    }]);
    let acts = (0..3).map(|n| {
        let mut act = history.act("transfer", &[history.leaf(0, n)], &amounts_at(&[1]));
        act.shown = n == 1;
        act
    });
    let draft = history.draft(acts.collect());
    history.push(draft);
    let all = [
        lab.consignment(View::Narrow),
        history.consignment(View::Narrow),
        history.delta(1),
    ];
    all.iter()
        .flat_map(bulla_tests::kit::Consignment::parts)
        .collect()
}

#[test]
fn whatever_decodes_encodes_to_the_same_bytes() {
    let decode = |part: &[u8]| {
        let header = Header::decode(part).ok().map(|header| header.encode());
        header
            .into_iter()
            .chain(Frame::decode(part).ok().map(|frame| frame.encode()))
    };
    let mut decoded = 0;
    for part in rich_parts() {
        for at in 0..part.len() {
            for change in 0..6 {
                let mut part = part.clone();
                match change {
                    0 => part[at] ^= 1,
                    1 => part[at] = part[at].wrapping_add(1),
                    2 => part[at] = 0xff,
                    3 => part[at] = 0,
                    4 => drop(part.remove(at)),
                    _ => part.insert(at, 0),
                }
                for again in decode(&part) {
                    assert_eq!(again, part, "byte {at}, change {change}");
                    decoded += 1;
                }
            }
        }
    }
    assert!(decoded > 1_000, "only {decoded} changes decode");
}

/// Changes every byte of a consignment in turn, and requires what may come of it: the consignment
/// fails (no panic), or it is consistent, and then it says one of two other things:
///
/// - it rests on another transaction: the byte is one of a witness (an amount, a sequence, another
///   output) whose outputs no later frame consumes. Anyone can make up a witness; this one will not
///   be mined, so nothing settles;
/// - it hands something else over: the byte is one of the terminals, which then name another open
///   leaf.
///
/// Nothing else of a consignment can change without being refused.
fn damage(bytes: &[u8], flip: u8) -> BTreeSet<&'static str> {
    let whole = accept(bytes);
    let terminals = bytes.len() - parts(bytes).last().unwrap().unwrap().len();
    let mut checks = BTreeSet::new();
    let mut damaged = bytes.to_vec();
    for at in 0..bytes.len() {
        damaged[at] ^= flip;
        match judge(&damaged) {
            Ok(content) => {
                let content = content.get();
                let txids = |of: &Consignment| -> Vec<_> {
                    of.witnesses.iter().map(|sought| sought.txid).collect()
                };
                let other_witness = txids(content) != txids(&whole);
                let other_terminals = content.terminals != whole.terminals;
                assert_eq!(other_witness, at < terminals, "byte {at}");
                assert!(other_witness || other_terminals, "byte {at} says nothing");
                assert_eq!(content.contract, whole.contract);
                assert_eq!(content.header, whole.header);
                assert_eq!(content.operations, whole.operations);
            }
            Err(failure) => {
                let (kind, check) = (Kind::of(&failure), failure.report().check);
                assert_ne!(kind, Kind::Unsigned, "{failure}");
                if kind == Kind::Unresolved {
                    assert_eq!(check, Check::Unsupported, "{failure}");
                }
                checks.insert(check.code());
            }
        }
        damaged[at] ^= flip;
    }
    checks
}

#[test]
fn i12_every_single_byte_of_a_consignment_counts() {
    let moves = [(1, 3, false), (2, 2, true), (3, 1, false)].map(|(takes, gives, tapret)| Move {
        takes,
        gives,
        tapret,
        others: u8::from(tapret),
        path: false,
    });
    let history = build(&moves);
    for view in [View::Leaves, View::Narrow] {
        let bytes = history.consignment(view).encode();
        let mut checks = BTreeSet::new();
        for flip in [1, 0x80] {
            checks.extend(damage(&bytes, flip));
        }
        for check in [
            "decode",
            "not-canonical",
            "limit",
            "dbc",
            "schema-id",
            "terminal",
        ] {
            assert!(
                checks.contains(check),
                "no damage fails {check}: {checks:?}"
            );
        }
    }
}

#[test]
fn every_prefix_of_a_consignment_is_refused() {
    let history = build(&[Move {
        takes: 2,
        gives: 2,
        tapret: true,
        others: 1,
        path: true,
    }]);
    let bytes = history.encode();
    for length in 0..bytes.len() {
        let failure = judge(&bytes[..length]).expect_err("a consignment that was cut off");
        assert_eq!(Kind::of(&failure), Kind::Invalid, "{length}: {failure}");
    }
}
