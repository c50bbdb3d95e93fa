//! Each check, made to fail alone, with what the report must name.

use std::collections::BTreeSet;

use amplify::confinement::Confined;
use bitcoin::{Network, ScriptBuf};
use bulla_core::NetworkId;
use bulla_core::bundle::{BundleProof, Step};
use bulla_core::commit::mpc::Proof;
use bulla_core::frame::Terminal;
use bulla_core::state::State;
use bulla_core::validator::{Check, Limits, Rules, SchemaPolicy};
use bulla_tests::kit::make::{at, coin, number, outputs, spend, values};
use bulla_tests::kit::{Fails, History, Kind, Reason, View, amounts_at, leaf, refuse_under, rules};

use crate::stream;

/// Bytes that fail, and how.
pub struct Case {
    pub bytes: Vec<u8>,
    pub rules: Rules<'static>,
    pub expected: Fails,
}

fn case(bytes: Vec<u8>, expected: Fails) -> Case {
    let rules = rules();
    Case {
        bytes,
        rules,
        expected,
    }
}

/// A split, and a move of its first leaf.
fn history() -> History {
    let mut history = History::fixed(1_000);
    let one = history.transfer(&[history.seed(0)], &[600, 400]);
    history.transfer(&[history.leaf(one, 0)], &[600]);
    history
}

/// Invalid, naming the second frame's witness.
fn second(history: &History, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason).witness(history.txid(1))
}

/// Invalid, naming the second frame's witness and operation.
fn second_op(history: &History, reason: impl Into<Reason>) -> Fails {
    second(history, reason).operation(history.id(1))
}

fn of_header() -> Vec<Case> {
    let history = history();
    let contract = history.contract();
    let about = |check| Fails::invalid(check).operation(contract);
    let whole = history.encode();
    let other = NetworkId::of_network(Network::Bitcoin);
    let mut elsewhere = history.clone();
    elsewhere.edit_genesis(|genesis| genesis.network = other);
    let mut other_schema = history.consignment(View::Leaves);
    other_schema.header.schema.name = "other".into();
    let long = [vec![1], whole[3..].to_vec()].concat();
    let mut version = whole.clone();
    version[3] = 9;
    let mut unguarded = History::fixed(1_000).schema;
    unguarded.transitions.get_mut(&0).unwrap().rules.clear();
    let weak = History::new(
        unguarded,
        history.genesis().globals.clone(),
        &amounts_at(&[1_000]),
    );
    let mut cut = whole.clone();
    cut.truncate(40);
    let local = |says| Fails::new(Kind::Unresolved, (Check::Limit, says));
    let decode = |says| Fails::invalid((Check::Decode, says));
    let small = |bytes, leaves| Rules {
        limits: Limits { bytes, leaves },
        ..rules()
    };
    vec![
        case(Vec::new(), decode("expected a header; found nothing")),
        case(cut, decode("found header or frame at byte 3 needs 415 bytes; 37 are left")),
        case(long, decode("found header or frame at byte 3 needs 14680321 bytes; 773 are left")),
        case(
            version,
            Fails::new(Kind::Unresolved, (Check::Unsupported, "found wire format 9")),
        ),
        case(
            elsewhere.encode(),
            Fails::invalid(Check::Network).operation(elsewhere.contract()),
        ),
        Case {
            rules: Rules::new(other, SchemaPolicy::Any),
            ..case(whole.clone(), about(Check::Network))
        },
        case(other_schema.encode(), about(Check::SchemaId)),
        Case {
            rules: Rules::new(rules().network, SchemaPolicy::Only(BTreeSet::new())),
            ..case(
                whole.clone(),
                Fails::new(Kind::Unresolved, Check::SchemaUnknown).operation(contract),
            )
        },
        case(
            weak.encode(),
            Fails::invalid((
                Check::SchemaRule,
                "found transitions.transfer.rules: \"asset\" can be an input but in.asset stands in no == rule",
            ))
            .operation(weak.contract()),
        ),
        Case {
            rules: small(100, 100),
            ..case(
                whole.clone(),
                local("expected at most 100 bytes, the limit of this machine"),
            )
        },
        Case {
            rules: small(1 << 20, 1),
            ..case(
                whole,
                local("expected at most 1 open leaves, the limit of this machine; found 2"),
            )
        },
    ]
}

fn of_genesis() -> Vec<Case> {
    let schema = History::fixed(1).schema;
    let globals = |list: &[(u16, Vec<u8>)]| {
        let text = |text: &str| text.as_bytes().to_vec();
        let mut all = vec![(0, text("T")), (1, text("Test")), (2, number(0))];
        all.extend(list.iter().cloned());
        values(&all)
    };
    let whole = amounts_at(&[1_000]);
    let cases = [
        (
            globals(&[]),
            whole.clone(),
            (Check::Occurrence, " occurs 0 times"),
        ),
        (
            globals(&[(5, vec![1])]),
            whole.clone(),
            (
                Check::StateType,
                " has a value of 1 bytes that is not of type ",
            ),
        ),
        (
            globals(&[(5, number(999))]),
            whole,
            (
                Check::Rule,
                "rules[0] `out.asset == global.supply`: left is 1000, right is 999",
            ),
        ),
        (
            globals(&[(5, number(0))]),
            vec![(0, State::Right, at(0))],
            (Check::StateType, " is of kind "),
        ),
        (
            globals(&[(5, number(1_000))]),
            vec![(0, State::Amount(1_000), at(0)), (9, State::Right, at(0))],
            (Check::Occurrence, " occurs "),
        ),
    ];
    let cases = cases.into_iter().map(|(globals, assignments, reason)| {
        let history = History::new(schema.clone(), globals, &assignments);
        let expected = Fails::invalid(reason).operation(history.contract());
        case(history.encode(), expected)
    });
    cases.collect()
}

fn of_frame_bytes() -> Vec<Case> {
    let history = history();
    let consignment = history.consignment(View::Leaves);
    let with = |frame: Vec<u8>| {
        let parts = [consignment.header.encode(), frame];
        bulla_tests::kit::join(parts)
    };
    let good = consignment.parts()[1].clone();
    let mut trailing = good.clone();
    trailing.push(0);
    // Depth 17 in the path form of an MPC proof: before its path, the method and the bundle proof.
    let mut deep = history.clone();
    deep.edit(0, |draft| draft.path = true);
    let mut deep_bytes = deep.consignment(View::Leaves).parts()[1].clone();
    let depth = deep_bytes.len() - 1 - 1 - 3 * 32 - 1;
    assert_eq!(deep_bytes[depth], 3);
    deep_bytes[depth] = 17;
    let unsorted = [vec![3, 2], vec![1; 33], vec![1; 33]].concat();
    vec![
        case(
            with(trailing),
            Fails::invalid((
                Check::Decode,
                "found 1 bytes follow the end of frame; expected none",
            )),
        ),
        case(
            with(good[..good.len() - 1].to_vec()),
            Fails::invalid((
                Check::Decode,
                "found steps of a bundle proof at byte 157 needs 1 bytes; 0 are left",
            )),
        ),
        case(
            with(deep_bytes),
            Fails::invalid((Check::Limit, "found mpc depth: 17; the limit is 0 to 16")),
        ),
        case(
            with(unsorted),
            Fails::invalid((
                Check::NotCanonical,
                "found not canonical: terminals do not ascend",
            )),
        ),
        case(
            with(vec![4, 0]),
            Fails::new(
                Kind::Unresolved,
                (Check::Unsupported, "found frame kind 4 is not supported"),
            ),
        ),
        case(
            history.encode()[..history.encode().len() - 4].to_vec(),
            Fails::invalid((
                Check::Decode,
                "found header or frame at byte 698 needs 80 bytes; 76 are left",
            )),
        ),
    ]
}

fn of_anchor() -> Vec<Case> {
    let history = history();
    let tampered = |change: &dyn Fn(&mut bulla_core::frame::WitnessFrame)| {
        let mut consignment = history.consignment(View::Leaves);
        consignment.tamper(1, change);
        consignment.encode()
    };
    let steps = |list: &[Step]| BundleProof(Confined::try_from(list.to_vec()).unwrap());
    let needless = tampered(&|frame| frame.bundle = steps(&[Step::Leaf]));
    let unfinished = tampered(&|frame| frame.bundle = steps(&[Step::Hidden([1; 32])]));
    let other_entropy = tampered(&|frame| frame.anchor.mpc = Proof::Entropy(8));
    let mut path = history.clone();
    path.edit(1, |draft| draft.path = true);
    let mut slot = path.consignment(View::Leaves);
    slot.tamper(1, |frame| match &mut frame.anchor.mpc {
        Proof::Path(proof) => proof.pos = (proof.pos + 1) % 8,
        Proof::Entropy(_) => panic!("the draft asked for a path"),
    });
    let mut none = history.clone();
    none.edit(1, |draft| {
        draft.host = 9;
        draft.transaction.output[0].script_pubkey = ScriptBuf::from_bytes(vec![0x51]);
    });
    vec![
        case(
            needless,
            second(
                &history,
                (
                    Check::NotCanonical,
                    "nothing is hidden, but there are steps",
                ),
            ),
        ),
        case(
            unfinished,
            second(
                &history,
                (Check::Bundle, "the bundle proof ends before the tree does"),
            ),
        ),
        case(other_entropy, second(&history, Check::Dbc)),
        case(slot.encode(), second(&path, Check::Mpc)),
        case(none.encode(), second(&none, Check::NoCommitment)),
    ]
}

fn of_inputs() -> Vec<Case> {
    let edited = |change: &dyn Fn(&mut bulla_tests::kit::Draft)| {
        let mut history = history();
        history.edit(1, change);
        history
    };
    let twice = edited(&|draft| draft.transaction.input.push(spend(coin(0))));
    let stranger = edited(&|draft| draft.transaction.input[0] = spend(coin(7)));
    let missing = edited(&|draft| {
        let inputs = &mut draft.acts[0].transition.inputs;
        let input = leaf(inputs.first().unwrap().operation, 0, 7);
        *inputs = Confined::try_from([input].into()).unwrap();
    });
    let unknown_kind = edited(&|draft| draft.acts[0].transition.kind = 9);
    let no_outputs = edited(&|draft| draft.acts[0].transition.outputs = outputs(&[]));
    let right = [(0, State::Right, at(1))];
    let other_type = edited(&|draft| draft.acts[0].transition.outputs = outputs(&right));
    let more = edited(&|draft| draft.acts[0].transition.outputs = outputs(&amounts_at(&[601])));
    vec![
        case(twice.encode(), second(&twice, Check::OutpointSpentTwice)),
        case(
            stranger.encode(),
            second_op(&stranger, Check::SealNotClosed),
        ),
        case(missing.encode(), second_op(&missing, Check::InputMissing)),
        case(
            unknown_kind.encode(),
            second_op(
                &unknown_kind,
                (
                    Check::Occurrence,
                    "expected a transition that the schema has; found kind 9",
                ),
            ),
        ),
        case(
            no_outputs.encode(),
            second_op(&no_outputs, (Check::Occurrence, " occurs 0 times")),
        ),
        case(
            other_type.encode(),
            second_op(&other_type, (Check::StateType, " is of kind ")),
        ),
        case(
            more.encode(),
            second_op(
                &more,
                (
                    Check::Rule,
                    "rules[0] `in.asset == out.asset`: left is 600, right is 601",
                ),
            ),
        ),
    ]
}

fn of_signatures() -> Vec<Case> {
    let vouched = |signers: Vec<u8>| {
        let mut history = History::lab();
        let mut act = history.act("vouch", &[history.seed(0)], &amounts_at(&[1_000]));
        act.signers = signers;
        history.push(history.draft(vec![act]));
        history
    };
    let (one, two) = (vouched(vec![1]), vouched(vec![0, 1]));
    let about = |history: &History, kind, says| {
        Fails::new(kind, (Check::Signature, says))
            .operation(history.id(0))
            .witness(history.txid(0))
    };
    let mut forged = two.consignment(View::Leaves);
    forged.tamper(0, |frame| {
        frame.transitions[0].signatures[1].signature[5] ^= 1;
    });
    let mut unasked = history();
    unasked.edit(0, |draft| draft.acts[0].signers = vec![0]);
    vec![
        case(
            one.encode(),
            about(
                &one,
                Kind::Unsigned,
                "expected signatures by 2 of 3 keys; found 1",
            ),
        ),
        case(
            forged.encode(),
            about(
                &two,
                Kind::Invalid,
                "found one by key 1 that does not verify",
            ),
        ),
        case(
            unasked.encode(),
            about(
                &unasked,
                Kind::Invalid,
                "expected no signature: no rule asks for one; found 1 signatures",
            ),
        ),
    ]
}

fn of_order_and_end() -> Vec<Case> {
    let history = history();
    let consignment = history.consignment(View::Leaves);
    let mut twice = consignment.clone();
    twice.frames.insert(1, twice.frames[0].clone());
    let mut nothing = consignment.clone();
    nothing.hand_over([]);
    let mut spent = consignment.clone();
    spent.hand_over([Terminal::Leaf(history.leaf(0, 0))]);
    let mut unseen = consignment.clone();
    let stranger = bulla_core::OperationId::from_bytes([9; 32]);
    unseen.hand_over([Terminal::Evidence(stranger)]);
    let mut idle = consignment.clone();
    idle.hand_over([Terminal::Leaf(history.leaf(0, 1))]);
    let mut after = consignment.clone();
    after.frames.push(consignment.frames[0].clone());
    let mut unended = consignment;
    unended.frames.pop();
    vec![
        case(
            twice.encode(),
            Fails::invalid((
                Check::Order,
                "expected one frame per witness; found a second one",
            ))
            .witness(history.txid(0)),
        ),
        case(
            nothing.encode(),
            Fails::invalid((
                Check::Terminal,
                "expected at least one terminal; found none",
            )),
        ),
        case(
            spent.encode(),
            Fails::invalid(Check::Terminal).operation(history.id(0)),
        ),
        case(
            unseen.encode(),
            Fails::invalid((
                Check::Terminal,
                "expected evidence that is shown; found an operation that is not",
            ))
            .operation(stranger),
        ),
        case(
            idle.encode(),
            Fails::invalid(Check::Irrelevant).operation(history.id(1)),
        ),
        case(
            after.encode(),
            Fails::invalid((
                Check::Decode,
                "expected nothing after the terminals; found a frame",
            )),
        ),
        case(
            unended.encode(),
            Fails::invalid((
                Check::Decode,
                "expected a terminals frame at the end; found none",
            )),
        ),
    ]
}

fn of_delta() -> Vec<Case> {
    let delta = history().delta(1);
    let mut late = history().consignment(View::Leaves);
    late.frames.insert(1, delta.frames[0].clone());
    vec![
        case(
            delta.encode(),
            Fails::new(Kind::Unresolved, Check::BaseMissing),
        ),
        case(
            late.encode(),
            Fails::invalid((
                Check::Order,
                "expected a base frame right after the header; found one elsewhere",
            )),
        ),
    ]
}

/// Every case.
pub fn cases() -> Vec<Case> {
    let groups = [
        of_header(),
        of_genesis(),
        of_frame_bytes(),
        of_anchor(),
        of_inputs(),
        of_signatures(),
        of_order_and_end(),
        of_delta(),
    ];
    groups.into_iter().flatten().collect()
}

#[test]
fn each_check_fails_alone_and_names_what_it_is_about() {
    for Case {
        bytes,
        rules,
        expected,
    } in cases()
    {
        refuse_under(&rules, &bytes, expected);
    }
}

#[test]
fn every_check_has_a_case() {
    let covered: BTreeSet<_> = cases().iter().map(|case| case.expected.check).collect();
    let all: BTreeSet<_> = Check::ALL.iter().copied().collect();
    assert_eq!(covered, all);
}

#[test]
fn frames_fed_one_by_one_give_the_verdict_of_the_whole() {
    for case in cases() {
        let streamed = stream::feed(&case.bytes, &case.rules).expect_err("every case fails");
        case.expected.check(&streamed);
    }
    let history = history();
    let whole = bulla_tests::kit::accept(&history.encode());
    let streamed = stream::feed(&history.encode(), &rules()).expect("a good history");
    assert_eq!(*streamed.get(), whole);
}
