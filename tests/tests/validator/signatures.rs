//! Signatures that a contract asks for, moved, swapped and left out; and locktimes.

use bitcoin::Sequence;
use bitcoin::absolute::LockTime;
use bulla_core::schema::{Expr, Rule};
use bulla_core::validator::Check;
use bulla_tests::kit::make::{number, outputs, values};
use bulla_tests::kit::{
    Carry, Fails, History, Kind, Reason, View, accept, amounts_at, refuse, sign,
};

fn of(history: &History, kind: Kind, reason: impl Into<Reason>) -> Fails {
    Fails::new(kind, reason)
        .operation(history.id(0))
        .witness(history.txid(0))
}

/// All vouched for by these keys.
fn vouched(signers: Vec<u8>) -> History {
    let mut history = History::lab();
    let mut act = history.act("vouch", &[history.seed(0)], &amounts_at(&[1_000]));
    act.signers = signers;
    history.push(history.draft(vec![act]));
    history
}

#[test]
fn signatures_over_another_witness_or_operation_do_not_verify() {
    let history = vouched(vec![0, 1]);
    let mut bumped = history.clone();
    bumped.edit(0, |draft| draft.entropy += 1);
    let other = history.contract().into();
    for signatures in [
        sign(&[0, 1], history.id(0), bumped.txid(0)),
        sign(&[0, 1], other, history.txid(0)),
    ] {
        let mut consignment = history.consignment(View::Leaves);
        consignment.tamper(0, |frame| frame.transitions[0].signatures = signatures);
        refuse(
            &consignment.encode(),
            of(
                &history,
                Kind::Invalid,
                (Check::Signature, "one by key 0 that does not verify"),
            ),
        );
    }
    // The witness was replaced, the signatures were not.
    let mut replaced = bumped.consignment(View::Leaves);
    let old = sign(&[0, 1], history.id(0), history.txid(0));
    replaced.tamper(0, |frame| frame.transitions[0].signatures = old);
    refuse(
        &replaced.encode(),
        of(
            &bumped,
            Kind::Invalid,
            (Check::Signature, "one by key 0 that does not verify"),
        ),
    );
}

#[test]
fn a_signature_under_the_number_of_another_key_does_not_verify() {
    let history = vouched(vec![0, 1]);
    for (at, key, says) in [
        (0, 1, "one by key 1 that does not verify"),
        (1, 2, "one by key 2 that does not verify"),
    ] {
        let mut consignment = history.consignment(View::Leaves);
        consignment.tamper(0, |frame| {
            let list = &mut frame.transitions[0].signatures;
            let mut all = list.to_vec();
            all[at].key = key;
            all.sort_by_key(|signature| signature.key);
            all.dedup_by_key(|signature| signature.key);
            *list = amplify::confinement::Confined::try_from(all).unwrap();
        });
        refuse(
            &consignment.encode(),
            of(&history, Kind::Invalid, (Check::Signature, says)),
        );
    }
}

#[test]
fn one_bad_signature_is_invalid_even_where_enough_others_verify() {
    let history = vouched(vec![0, 1, 2]);
    let says = [
        "one by key 0 that does not verify",
        "one by key 1 that does not verify",
        "one by key 2 that does not verify",
    ];
    for (bad, says) in says.into_iter().enumerate() {
        let mut consignment = history.consignment(View::Leaves);
        consignment.tamper(0, |frame| {
            frame.transitions[0].signatures[bad].signature[9] ^= 1;
        });
        refuse(
            &consignment.encode(),
            of(&history, Kind::Invalid, (Check::Signature, says)),
        );
    }
    for hostile in [[0; 64], [0xff; 64]] {
        let mut consignment = history.consignment(View::Leaves);
        consignment.tamper(0, |frame| {
            frame.transitions[0].signatures[2].signature = hostile;
        });
        refuse(
            &consignment.encode(),
            of(&history, Kind::Invalid, (Check::Signature, says[2])),
        );
    }
}

#[test]
fn too_few_signatures_are_no_verdict_on_anything_else() {
    for (signers, says) in [
        (vec![], "expected signatures by 2 of 3 keys; found 0"),
        (vec![2], "expected signatures by 2 of 3 keys; found 1"),
    ] {
        let history = vouched(signers.clone());
        refuse(
            &history.encode(),
            of(&history, Kind::Unsigned, (Check::Signature, says)),
        );
        let mut inflated = history.clone();
        inflated.edit(0, |draft| {
            draft.acts[0].transition.outputs = outputs(&amounts_at(&[1_001]));
        });
        refuse(
            &inflated.encode(),
            of(
                &inflated,
                Kind::Invalid,
                (Check::Rule, "left is 1000, right is 1001"),
            ),
        );
        // Nor does it hide what is wrong in a later frame.
        let mut later = history.clone();
        later.transfer(&[later.leaf(0, 0)], &[999]);
        let expected = Fails::invalid((Check::Rule, "left is 1000, right is 999"))
            .operation(later.id(1))
            .witness(later.txid(1));
        refuse(&later.encode(), expected);
    }
}

#[test]
fn of_two_vouched_transitions_each_needs_its_own_signatures() {
    let mut history = History::lab();
    let one = history.transfer(&[history.seed(0)], &[400, 600]);
    let acts = [(0, 400), (1, 600)].map(|(index, amount)| {
        let seal = bulla_tests::kit::make::at(index + 1);
        let assignments = [(0, bulla_core::state::State::Amount(amount), seal)];
        let mut act = history.act("vouch", &[history.leaf(one, index)], &assignments);
        act.signers = vec![0, 2];
        act
    });
    history.push(history.draft(acts.into()));
    assert_eq!(accept(&history.encode()).operations, 3);
    let mut swapped = history.consignment(View::Leaves);
    let mut lowest = None;
    swapped.tamper(1, |frame| {
        let first = frame.transitions[0].signatures.clone();
        frame.transitions[0].signatures = frame.transitions[1].signatures.clone();
        frame.transitions[1].signatures = first;
        lowest = Some(frame.transitions[0].transition.id());
    });
    let expected = Fails::invalid((Check::Signature, "one by key 0 that does not verify"))
        .operation(lowest.unwrap())
        .witness(history.txid(1));
    refuse(&swapped.encode(), expected);
}

#[test]
fn the_metadata_of_a_vouched_transition_is_signed_with_it() {
    // Signatures are outside the id; what they sign is not.
    let history = vouched(vec![0, 1]);
    let mut changed = history.clone();
    changed.edit(0, |draft| {
        draft.acts[0].transition.globals = values(&[(3, number(1))]);
    });
    assert_ne!(changed.id(0), history.id(0));
    let mut consignment = changed.consignment(View::Leaves);
    let old = sign(&[0, 1], history.id(0), changed.txid(0));
    consignment.tamper(0, |frame| frame.transitions[0].signatures = old);
    // It has a global too many, which is checked before.
    refuse(
        &consignment.encode(),
        of(&changed, Kind::Invalid, (Check::Occurrence, " occurs ")),
    );
}

/// All through `wait`, which asks for a locktime of `earliest`, in a witness of this locktime.
fn waited(earliest: u64, locktime: u32, sequences: [Sequence; 2]) -> History {
    let lab = History::lab();
    let mut schema = lab.schema.clone();
    let rules = &mut schema.transitions.get_mut(&4).unwrap().rules;
    *rules.last_mut().unwrap() = Rule::NotBefore(Expr::Const(earliest));
    let mut history = History::new(schema, lab.genesis().globals.clone(), &[]);
    history.edit_genesis(|genesis| genesis.outputs = lab.genesis().outputs.clone());
    let act = history.act("wait", &[history.seed(0)], &amounts_at(&[1_000]));
    let mut draft = history.draft(vec![act]);
    draft.carry = Carry::Opret;
    draft.transaction.lock_time = LockTime::from_consensus(locktime);
    draft
        .transaction
        .input
        .push(bulla_tests::kit::make::spend(bulla_tests::kit::make::coin(
            8,
        )));
    for (input, sequence) in draft.transaction.input.iter_mut().zip(sequences) {
        input.sequence = sequence;
    }
    history.push(draft);
    history
}

#[test]
fn a_locktime_counts_only_in_its_own_unit_and_where_bitcoin_looks_at_it() {
    let (open, last) = (Sequence::ZERO, Sequence::MAX);
    let cases = [
        (100, 100, [open, open], true),
        (100, 99, [open, open], false),
        (100, 101, [last, open], true),
        (100, 101, [last, last], false),
        (100, 101, [Sequence::ENABLE_LOCKTIME_NO_RBF, last], true),
        // A time is no height, however large.
        (100, 500_000_000, [open, open], false),
        (499_999_999, 499_999_999, [open, open], true),
        (499_999_999, 500_000_000, [open, open], false),
        (500_000_000, 500_000_000, [open, open], true),
        (500_000_000, 499_999_999, [open, open], false),
        (u64::from(u32::MAX), u32::MAX, [open, open], true),
        (u64::from(u32::MAX) + 1, u32::MAX, [open, open], false),
        (u64::MAX, u32::MAX, [open, open], false),
        // Nothing is never a time that has come.
        (0, 0, [open, open], false),
        (0, 100, [open, open], false),
    ];
    for (earliest, locktime, sequences, good) in cases {
        let history = waited(earliest, locktime, sequences);
        if good {
            assert_eq!(
                accept(&history.encode()).operations,
                1,
                "{earliest} {locktime}"
            );
        } else {
            refuse(
                &history.encode(),
                of(
                    &history,
                    Kind::Invalid,
                    (Check::Rule, "or later in the same unit, above 0"),
                ),
            );
        }
    }
}
