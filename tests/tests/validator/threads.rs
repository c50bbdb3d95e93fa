//! Curve checks are put off and done on other threads: what is reported stays the same.

use std::env;
use std::error::Error as _;
use std::process::Command;

use bulla_core::commit::DbcProof;
use bulla_core::validator::Check;
use bulla_tests::kit::{Carry, Consignment, Fails, History, View, judge};
use rayon::ThreadPoolBuilder;

/// A full group of checks, and some more.
const TRANSFERS: usize = 70;

fn line() -> History {
    let mut history = History::fixed(1_000);
    let mut leaf = history.seed(0);
    for _ in 0..TRANSFERS {
        let frame = history.transfer_by(&Carry::Tapret(None), &[leaf], &[1_000]);
        leaf = history.leaf(frame, 0);
    }
    history
}

/// Spoils a curve check and nothing else.
fn spoil(consignment: &mut Consignment, frame: usize) {
    consignment.tamper(frame, |frame| match &mut frame.anchor.dbc {
        DbcProof::Tapret { odd, .. } => *odd = !*odd,
        DbcProof::Opret => panic!("every anchor is tapret"),
    });
}

/// Requires the same answer with one thread and with more.
fn expect(bytes: &[u8], expected: impl Into<Option<Fails>>) {
    let expected = expected.into();
    for threads in [1, 2, 4] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let answer = pool.unwrap().install(|| judge(bytes));
        match (answer, &expected) {
            (Ok(_), None) => {}
            (Err(failure), Some(expected)) => expected.check(&failure),
            (answer, _) => panic!("{threads} threads, {expected:?}: {answer:?}"),
        }
    }
}

fn curve(history: &History, frame: usize) -> Fails {
    Fails::invalid((Check::Dbc, "found parity bit odd=")).witness(history.txid(frame))
}

#[test]
fn a_curve_check_fails_in_whatever_group_it_stands() {
    let history = line();
    let whole = history.consignment(View::Leaves);
    expect(&whole.encode(), None);
    for frame in [0, 63, 64, TRANSFERS - 1] {
        let mut consignment = whole.clone();
        (frame..TRANSFERS)
            .step_by(7)
            .for_each(|bad| spoil(&mut consignment, bad));
        expect(&consignment.encode(), curve(&history, frame));
    }
}

#[test]
fn the_lower_of_a_curve_check_and_another_failure_is_reported() {
    let history = line();
    let whole = history.consignment(View::Leaves);
    for (low, high) in [(3, 5), (3, 69), (63, 64), (64, 65)] {
        for (bad, forged) in [(low, high), (high, low)] {
            let mut consignment = whole.clone();
            consignment.tamper(forged, |frame| frame.anchor.dbc = DbcProof::Opret);
            let says = "the proof is opret, but output 0 is the first possible and fixes tapret";
            let method = Fails::invalid((Check::Dbc, says)).witness(history.txid(forged));
            expect(&consignment.encode(), Some(method));
            spoil(&mut consignment, bad);
            let lower = if bad == low {
                curve(&history, bad)
            } else {
                method
            };
            expect(&consignment.encode(), lower);
        }
    }
}

#[test]
fn a_curve_check_stands_before_later_checks_of_its_frame() {
    let mut history = line();
    history.edit(66, |draft| {
        draft.acts[0].transition.kind = 77;
    });
    let mut consignment = history.consignment(View::Leaves);
    let rule = Fails::invalid((
        Check::Occurrence,
        "expected a transition that the schema has; found kind 77",
    ))
    .witness(history.txid(66));
    expect(&consignment.encode(), Some(rule.operation(history.id(66))));
    spoil(&mut consignment, 66);
    expect(&consignment.encode(), curve(&history, 66));
}

#[test]
fn a_curve_check_stands_before_what_is_wrong_at_the_end() {
    let history = line();
    let mut consignment = history.consignment(View::Leaves);
    spoil(&mut consignment, 5);
    let bytes = consignment.encode();
    expect(&bytes[..bytes.len() - 1], curve(&history, 5));
    consignment.frames.pop();
    expect(&consignment.encode(), curve(&history, 5));
}

/// Says that this process can start no thread: each would have a stack as large as all memory that a process has.
const ALONE: &str = "BULLA_TEST_WITHOUT_THREADS";

#[test]
fn where_no_thread_can_be_started_the_answer_is_the_same() {
    if env::var_os(ALONE).is_some() {
        assert!(std::thread::Builder::new().spawn(|| {}).is_err());
        // A host that had asked rayon for its global pool: from now on rayon panics when it needs one.
        let error = ThreadPoolBuilder::new().build_global().unwrap_err();
        assert!(error.source().is_some(), "what the system says: {error}");
        let history = line();
        let mut consignment = history.consignment(View::Leaves);
        assert!(judge(&consignment.encode()).is_ok());
        spoil(&mut consignment, 5);
        curve(&history, 5).check(&judge(&consignment.encode()).unwrap_err());
        return;
    }
    let name = "threads::where_no_thread_can_be_started_the_answer_is_the_same";
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads=1"])
        .env("RUST_MIN_STACK", (1_u64 << 47).to_string())
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}"
    );
}
