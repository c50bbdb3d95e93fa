//! Which failure is reported: the first in the order of the protocol, whatever else is wrong.

use amplify::confinement::Confined;
use bitcoin::ScriptBuf;
use bulla_core::OperationId;
use bulla_core::bundle::{BundleProof, Step};
use bulla_core::commit::mpc::Proof;
use bulla_core::frame::{Frame, Terminal, WitnessFrame};
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_core::witness::Witness;
use bulla_tests::kit::make::{at, coin, number, outputs, spend, values};
use bulla_tests::kit::{Draft, Fails, History, Kind, Reason, View, amounts_at, leaf, refuse};

/// Faults of one frame, in the order in which they must be reported.
const FAULTS: [Check; 13] = [
    Check::Decode,
    Check::Order,
    Check::Bundle,
    Check::Mpc,
    Check::Dbc,
    Check::OutpointSpentTwice,
    Check::InputMissing,
    Check::SealNotClosed,
    Check::Occurrence,
    Check::StateType,
    Check::Rule,
    Check::Signature,
    Check::Terminal,
];

/// Makes one fault in a draft, before it is anchored. Act 0 has every fault, act 1 none.
fn spoil(draft: &mut Draft, fault: Check) {
    let act = &mut draft.acts[0];
    match fault {
        Check::OutpointSpentTwice => draft.transaction.input.push(spend(coin(0))),
        Check::InputMissing => {
            let mut inputs = act.transition.inputs.to_unconfined();
            inputs.insert(leaf(OperationId::from_bytes([9; 32]), 0, 0));
            act.transition.inputs = Confined::try_from(inputs).unwrap();
        }
        Check::SealNotClosed => draft.transaction.input[0].previous_output = coin(9),
        Check::Occurrence => act.transition.metadata = values(&[(0, number(1))]),
        Check::StateType => {
            act.transition.outputs = outputs(&[(0, State::Right, at(1))]);
        }
        Check::Rule if !wrong_type(act) => {
            act.transition.outputs = outputs(&amounts_at(&[1]));
        }
        Check::Signature => act.signers = vec![0, 1],
        _ => {}
    }
}

fn wrong_type(act: &bulla_tests::kit::Act) -> bool {
    act.transition
        .outputs
        .shown()
        .any(|(_, shown)| shown.state == State::Right)
}

/// Makes one fault in a frame that is anchored.
fn tamper(frame: &mut WitnessFrame, fault: Check, spoilt: OperationId) {
    match fault {
        Check::Order => {
            let swapped: Vec<_> = frame.transitions.iter().rev().cloned().collect();
            frame.transitions = Confined::try_from(swapped).unwrap();
        }
        Check::Bundle => {
            frame.bundle = BundleProof(Confined::try_from(vec![Step::Hidden([1; 32])]).unwrap());
        }
        Check::Mpc => match &mut frame.anchor.mpc {
            Proof::Path(proof) => proof.pos ^= 1,
            Proof::Entropy(_) => panic!("the draft asked for a path"),
        },
        Check::Dbc => {
            let mut transaction = frame.witness.transaction().clone();
            transaction.output[0].script_pubkey = ScriptBuf::from_bytes(vec![0x6a]);
            frame.witness = Witness::new(&transaction);
        }
        Check::Signature => {
            for signed in frame.transitions.iter_mut() {
                if signed.transition.id() == spoilt {
                    signed.signatures[1].signature[0] ^= 1;
                }
            }
        }
        _ => {}
    }
}

/// What the report of a fault says.
fn reason(fault: Check) -> Reason {
    let says = match fault {
        Check::Decode => "number of an input is 1000",
        Check::Order => "expected transitions that ascend after",
        Check::Bundle => "the bundle proof ends before the tree does",
        Check::Dbc => "opret script of 1 bytes is not 6a20 and 32 bytes",
        Check::Occurrence => " occurs ",
        Check::StateType => " is of kind ",
        Check::Rule => "left is 600, right is 1",
        Check::Signature => "one by key 1 that does not verify",
        other => return other.into(),
    };
    (fault, says).into()
}

/// A history whose second frame has these faults; gives what a report must name, too.
fn with(faults: &[Check]) -> (Vec<u8>, Fails) {
    let mut history = History::lab();
    let one = history.transfer(&[history.seed(0)], &[600, 400]);
    let acts = vec![
        history.act("vouch", &[history.leaf(one, 0)], &amounts_at(&[600])),
        history.act("transfer", &[history.leaf(one, 1)], &amounts_at(&[400])),
    ];
    let mut draft = history.draft(acts);
    draft.path = true;
    for fault in faults {
        spoil(&mut draft, *fault);
    }
    history.push(draft);
    let spoilt = history.id(1);
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(1, |frame| {
        for fault in faults.iter().rev() {
            tamper(frame, *fault, spoilt);
        }
    });
    if faults.contains(&Check::Terminal) {
        consignment.hand_over([Terminal::Leaf(history.leaf(0, 0))]);
    }
    let Frame::Witness(frame) = &consignment.frames[1] else {
        panic!("the second frame is a witness frame");
    };
    let last = frame.transitions[1].transition.id();
    let at = |check| Fails::invalid(reason(check)).witness(frame.witness.txid());
    let expected = match faults.first() {
        None => Fails::new(
            Kind::Unsigned,
            (Check::Signature, "signatures by 2 of 3 keys; found 0"),
        )
        .witness(frame.witness.txid())
        .operation(spoilt),
        Some(Check::Terminal) => Fails::invalid(Check::Terminal).operation(history.id(0)),
        Some(Check::Decode) => Fails::invalid(reason(Check::Decode)),
        Some(Check::Order) => at(Check::Order).operation(last),
        Some(check @ (Check::Bundle | Check::Mpc | Check::Dbc | Check::OutpointSpentTwice)) => {
            at(*check)
        }
        Some(check) => at(*check).operation(spoilt),
    };
    let bytes = consignment.encode_wire(1, |frame| {
        if faults.contains(&Check::Decode) {
            frame.transitions[0].inputs.numbers = vec![1_000];
        }
    });
    (bytes, expected)
}

#[test]
fn each_fault_of_a_frame_is_reported_before_those_that_come_later() {
    for first in 0..=FAULTS.len() {
        let (bytes, expected) = with(&FAULTS[first..]);
        refuse(&bytes, expected);
    }
}

#[test]
fn a_fault_of_an_earlier_frame_is_reported_first() {
    let mut history = History::lab();
    let one = history.transfer(&[history.seed(0)], &[1_000]);
    history.transfer(&[history.leaf(one, 0)], &[1_000]);
    history.edit(0, |draft| {
        draft.acts[0].transition.outputs = outputs(&amounts_at(&[999]));
    });
    let expected = Fails::invalid((Check::Rule, "left is 1000, right is 999"))
        .operation(history.id(0))
        .witness(history.txid(0));
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(1, |frame| frame.anchor.mpc = Proof::Entropy(1));
    refuse(&consignment.encode(), expected);
    let broken = consignment.encode_with(1, |bytes| bytes.truncate(5));
    refuse(&broken, expected);
    consignment.header.genesis.network = bulla_core::NetworkId::from_bytes([0; 32]);
    let contract = consignment.header.genesis.contract_id();
    let header = Fails::invalid(Check::Network).operation(contract);
    refuse(&consignment.encode(), header);
}

#[test]
fn within_one_check_the_lowest_transition_is_reported() {
    let mut history = History::fixed_among(&[10, 20, 30]);
    let acts: Vec<_> = (0..3)
        .map(|seed| history.act("transfer", &[history.seed(seed)], &amounts_at(&[1_000])))
        .collect();
    history.push(history.draft(acts));
    let lowest = *history.anchored(0).ids.iter().min().unwrap();
    let expected = Fails::invalid((Check::Rule, "left is 10, right is 1000"))
        .operation(lowest)
        .witness(history.txid(0));
    refuse(&history.encode(), expected);
}

#[test]
fn a_check_runs_over_all_transitions_before_the_next_one_begins() {
    // One transition breaks a rule, the other has a value too many: the latter is checked first,
    // whichever has the lower id.
    for nonce in 0..8 {
        let mut history = History::fixed_among(&[10, 20]);
        let mut acts = vec![
            history.act("transfer", &[history.seed(0)], &amounts_at(&[11])),
            history.act("transfer", &[history.seed(1)], &amounts_at(&[20])),
        ];
        acts[1].transition.metadata = values(&[(0, number(nonce))]);
        history.push(history.draft(acts));
        let expected = Fails::invalid((Check::Occurrence, " occurs "))
            .operation(history.anchored(0).ids[1])
            .witness(history.txid(0));
        refuse(&history.encode(), expected);
    }
}

#[test]
fn of_several_unsigned_operations_the_first_is_named() {
    let mut history = History::lab();
    let vouch = |history: &mut History, input| {
        let act = history.act("vouch", &[input], &amounts_at(&[1_000]));
        history.push(history.draft(vec![act]))
    };
    let seed = history.seed(0);
    let one = vouch(&mut history, seed);
    let next = history.leaf(one, 0);
    let two = vouch(&mut history, next);
    let expected = Fails::new(
        Kind::Unsigned,
        (Check::Signature, "signatures by 2 of 3 keys; found 0"),
    )
    .operation(history.id(one))
    .witness(history.txid(one));
    refuse(&history.encode(), expected);
    let mut idle = history.consignment(View::Leaves);
    idle.hand_over([Terminal::Evidence(history.id(one))]);
    let expected = Fails::invalid(Check::Irrelevant).operation(history.id(two));
    refuse(&idle.encode(), expected);
}
