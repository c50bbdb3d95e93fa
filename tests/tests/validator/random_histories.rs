//! Properties of random histories with a bit of everything: several kinds of state, several
//! transitions in a bundle, some of them hidden, several contracts in a transaction.

use std::collections::BTreeMap;

use amplify::confinement::Confined;
use bulla_core::anchor::Anchor;
use bulla_core::commit::mpc::Proof;
use bulla_core::consignment::parts;
use bulla_core::frame::{BlockProof, Signatures};
use bulla_core::validator::{Check, Consignment as Content, TerminalState};
use bulla_core::wire::Frame;
use bulla_tests::kit::make::{transaction, values};
use bulla_tests::kit::random::{self, Choices};
use bulla_tests::kit::{Consignment, Draft, History, Kind, View, accept, amounts_at, judge};
use proptest::prelude::*;
use proptest::sample::Index;

fn histories() -> impl Strategy<Value = History> {
    let numbers = prop::collection::vec(any::<u32>(), 20..120);
    (numbers, 1_usize..8)
        .prop_map(|(numbers, witnesses)| random::history(&mut Choices::new(numbers), witnesses))
}

fn views() -> impl Strategy<Value = View> {
    prop::sample::select(vec![View::Leaves, View::Narrow, View::Everything])
}

fn shown(history: &History, view: View) -> Consignment {
    let mut consignment = history.consignment(view);
    consignment.hand_over(history.fair_terminals());
    consignment
}

/// What is handed over, but for the seals.
fn states(content: &Content) -> Vec<String> {
    let state = |terminal: &TerminalState| match terminal {
        TerminalState::Leaf {
            leaf,
            state,
            witness,
            ..
        } => format!("{leaf:?} {state:?} {witness:?}"),
        TerminalState::Evidence(id) => id.to_string(),
    };
    content.terminals.iter().map(state).collect()
}

fn txids(content: &Content) -> Vec<bitcoin::Txid> {
    content
        .witnesses
        .iter()
        .map(|witness| witness.txid)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_random_history_is_consistent_and_says_the_same_in_every_view(history in histories()) {
        let [all, narrow, leaves] = [View::Everything, View::Narrow, View::Leaves]
            .map(|view| accept(&shown(&history, view).encode()));
        let frames = 0..history.drafts().len();
        prop_assert_eq!(txids(&all), frames.map(|frame| history.txid(frame)).collect::<Vec<_>>());
        for other in [&narrow, &leaves] {
            prop_assert_eq!(other.contract, history.contract());
            prop_assert_eq!(txids(other), txids(&all));
            prop_assert_eq!(other.operations, all.operations);
            prop_assert_eq!(states(other), states(&all));
        }
    }

    /// Whatever is changed after the anchor was made, the anchor holds no longer, or the bytes
    /// are no consignment, or a seal is closed no longer; never is it consistent.
    #[test]
    fn what_is_changed_under_an_anchor_is_refused(
        history in histories(), view in views(), frame: Index, act: Index, change in 0_u8..7,
    ) {
        let mut consignment = shown(&history, view);
        let at = frame.index(history.drafts().len());
        consignment.tamper(at, |frame| {
            let act = act.index(frame.transitions.len());
            let transition = &mut frame.transitions[act].transition;
            match change {
                0 => transition.kind ^= 1,
                1 => transition.metadata = values(&[(0, vec![9; 8])]),
                2 => transition.globals = values(&[(3, b"note".to_vec())]),
                3 => transition.outputs = bulla_tests::kit::make::outputs(&amounts_at(&[77])),
                4 => {
                    let mut all = transition.inputs.to_unconfined();
                    let mut input = all.pop_first().expect("at least one input");
                    input.index ^= 1;
                    all.insert(input);
                    transition.inputs = amplify::confinement::Confined::try_from(all).unwrap();
                }
                5 => misplace(&mut frame.anchor),
                _ => {
                    let mut list = frame.transitions.to_vec();
                    list.push(list[act].clone());
                    frame.transitions = amplify::confinement::Confined::try_from(list).unwrap();
                }
            }
        });
        let failure = judge(&consignment.encode()).expect_err("an anchor of something else");
        let check = failure.report().check;
        prop_assert_eq!(Kind::of(&failure), Kind::Invalid);
        let checks = [
            Check::Dbc, Check::Order, Check::Mpc, Check::NotCanonical, Check::Decode, Check::Bundle,
            Check::InputMissing,
        ];
        prop_assert!(checks.contains(&check), "{}", failure);
    }

    /// A byte that is changed, added or lost: refused, or another witness, another terminal, another hint,
    /// or another part of what only its signers vouch for.
    #[test]
    fn one_byte_is_refused_or_says_something_else(
        history in histories(), view in views(), at: Index, change in 0_u8..4, byte: u8,
    ) {
        let mut consignment = shown(&history, view);
        consignment.prove(&hints(&history));
        let good = consignment.encode();
        let mut bytes = good.clone();
        let at = at.index(bytes.len());
        match change {
            0 => bytes[at] ^= byte.max(1),
            1 => bytes.insert(at, byte),
            2 => drop(bytes.remove(at)),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
        prop_assume!(bytes != good);
        match judge(&bytes) {
            Ok(content) => {
                let (content, whole) = (content.get(), accept(&good));
                let other = txids(content) != txids(&whole)
                    || content.terminals != whole.terminals
                    || content.proofs != whole.proofs;
                prop_assert!(other || only_signatures(&bytes, &good), "byte {}", at);
                prop_assert_eq!(content.contract, whole.contract);
                prop_assert_eq!(&content.header, &whole.header);
            }
            Err(failure) => {
                let no_verdict = Kind::of(&failure) == Kind::Unresolved;
                prop_assert_eq!(no_verdict, failure.report().check == Check::Unsupported, "{}", failure);
            }
        }
    }
}

/// A block proof, of a block that nobody mined, for every second witness.
fn hints(history: &History) -> BTreeMap<bitcoin::Txid, BlockProof> {
    let frames = (0..history.drafts().len()).step_by(2);
    let proof = |frame: usize| BlockProof {
        height: 7,
        position: 1,
        branch: Confined::try_from(vec![[u8::try_from(frame).expect("few"); 32]; 3])
            .expect("short"),
    };
    frames
        .map(|frame| (history.txid(frame), proof(frame)))
        .collect()
}

/// Whether two consignments differ in nothing but the signatures beside their transitions.
fn only_signatures(a: &[u8], b: &[u8]) -> bool {
    let bare = |bytes| -> Vec<Frame> {
        parts(bytes)
            .skip(1)
            .map(|part| Frame::decode(part.unwrap()).unwrap())
            .map(|mut frame| {
                if let Frame::Witness(frame) = &mut frame {
                    for transition in &mut frame.transitions {
                        transition.signatures = Signatures::default();
                    }
                }
                frame
            })
            .collect()
    };
    bare(a) == bare(b)
}

/// Another entropy or another slot.
fn misplace(anchor: &mut Anchor) {
    match &mut anchor.mpc {
        Proof::Entropy(entropy) => *entropy ^= 1,
        Proof::Path(path) => path.pos ^= 1,
    }
}

/// Two contracts move in the same witnesses, each by its own consignment.
fn paired(steps: &[(u64, u64)]) -> [History; 2] {
    let mut pair = [History::fixed(1_000), History::fixed(1_001)];
    pair[1].edit_genesis(|genesis| {
        use bulla_tests::kit::make::{coin, on, outputs};
        let list = [(0, bulla_core::state::State::Amount(1_001), on(coin(77)))];
        genesis.outputs = outputs(&list);
    });
    let mut last = [pair[0].seed(0), pair[1].seed(0)];
    for (number, (a, b)) in steps.iter().enumerate() {
        let drafts = [0, 1].map(|i| {
            let sum = 1_000 + i as u64;
            let part = [*a, *b][i] % sum;
            let amounts = if number + 1 == steps.len() {
                vec![part, sum - part]
            } else {
                vec![sum]
            };
            let act = pair[i].act("transfer", &[last[i]], &amounts_at(&amounts));
            pair[i].draft(vec![act])
        });
        let coins = [0, 1].map(|i| pair[i].outpoint(&last[i]).expect("a revealed seal"));
        let mut coins = coins.to_vec();
        coins.dedup();
        let bundles = [0, 1].map(|i| {
            let ids: Vec<_> = drafts[i]
                .acts
                .iter()
                .map(|act| act.transition.id())
                .collect();
            drafts[i].bundle(&ids).id().to_bytes()
        });
        for (i, draft) in drafts.into_iter().enumerate() {
            let other = pair[1 - i].contract().to_bytes();
            let frame = pair[i].push(Draft {
                others: BTreeMap::from([(other, bundles[1 - i])]),
                transaction: transaction(coins.clone(), 3),
                ..draft
            });
            last[i] = pair[i].leaf(frame, 0);
        }
    }
    pair
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn contracts_that_share_their_witnesses_are_each_consistent_alone(
        steps in prop::collection::vec((1_u64..1_000, 1_u64..1_000), 1..5), at: Index,
    ) {
        let pair = paired(&steps);
        for frame in 0..steps.len() {
            prop_assert_eq!(pair[0].txid(frame), pair[1].txid(frame));
        }
        let [a, b] = [0, 1].map(|i| pair[i].consignment(View::Leaves));
        prop_assert_eq!(txids(&accept(&a.encode())), txids(&accept(&b.encode())));
        // A frame of the other contract, or its anchor alone, proves nothing here.
        let at = at.index(steps.len());
        let mut swapped = a.clone();
        swapped.frames[at] = b.frames[at].clone();
        let failure = judge(&swapped.encode()).expect_err("a frame of the other contract");
        prop_assert_eq!(failure.report().check, Check::Mpc, "{}", failure);
        let mut anchor = a.clone();
        anchor.tamper(at, |frame| frame.anchor = pair[1].anchored(at).anchor.clone());
        let failure = judge(&anchor.encode()).expect_err("a slot of the other contract");
        prop_assert_eq!(failure.report().check, Check::Mpc, "{}", failure);
    }
}
