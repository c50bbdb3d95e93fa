//! What wallets take in: real files, a chain in memory.

use std::time::{Duration, Instant};

use bulla_tests::kit::{Carry, Receiver};

use crate::Plan;
use crate::report::Report;

/// Payments that are appended to one history, one after the other.
const APPENDED: usize = 20;

/// Blocks of the chain on which they are, whatever the history: as many as the longest takes.
const BLOCKS: u32 = 1_000;

pub fn measure(plan: &Plan, report: &mut Report) {
    println!("\nwallets: accepting validates and stores; appending is a delta of one transfer\n");
    println!("transitions  accept, ms  append, us");
    for transitions in [10, 10_000, 100_000] {
        if transitions > plan.longest {
            continue;
        }
        let (accept, append) = accept(transitions);
        let (accept, append) = (accept.as_secs_f64() * 1e3, append.as_secs_f64() * 1e6);
        println!("{transitions:>11}  {accept:>10.1}  {append:>10.0}");
        match transitions {
            10 => report.append_us_at_10 = Some(append),
            10_000 => report.accept_10k_ms = Some(accept),
            _ => report.append_us_at_100k = Some(append),
        }
    }
}

/// The time to accept a whole history, and the least to accept one transfer more.
fn accept(transitions: u32) -> (Duration, Duration) {
    let mut receiver = Receiver::new(Carry::Opret);
    receiver.grow(transitions - 1);
    let leaf = receiver.pay();
    let whole = receiver.whole(leaf);
    let begin = Instant::now();
    receiver.accept(&whole).expect("a good history");
    let accepted = begin.elapsed();
    while receiver.chain.height() < BLOCKS {
        receiver.chain.mine(&[]);
    }
    let appended = (0..APPENDED).map(|_| {
        let known = receiver.history.drafts().len();
        let leaf = receiver.pay();
        let delta = receiver.delta(known, leaf);
        let begin = Instant::now();
        receiver.accept(&delta).expect("a good delta");
        begin.elapsed()
    });
    (accepted, appended.min().expect("some"))
}
