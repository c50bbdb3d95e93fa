//! Whole validations on one core, on two and on all, and beside them the floor.

use std::time::Instant;

use bulla_core::consignment::parts as parts_of;
use bulla_core::validator::validate;
use bulla_tests::kit::rules;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::floor::Tweaks;
use crate::histories::{Method, Shape};
use crate::report::Report;
use crate::{Made, Plan};

/// Runs tasks in turns; the seconds of the fastest run of each.
pub fn fastest<const N: usize>(rounds: usize, mut tasks: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..rounds {
        for (task, best) in tasks.iter_mut().zip(&mut best) {
            let begin = Instant::now();
            task();
            *best = best.min(begin.elapsed().as_secs_f64());
        }
    }
    best
}

/// Microseconds per transition.
struct Times {
    one: f64,
    two: f64,
    all: f64,
    /// One `lift_x` and one tweak addition, for tapret.
    floor: f64,
}

pub fn measure(made: &[Made], plan: &Plan, report: &mut Report) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("\nvalidation: microseconds and bytes per transition; {cores} cores\n");
    println!("history      transitions  one core  two cores  all cores  floor  bytes  compressed");
    for history in made {
        let bytes = history.read();
        let rounds = plan.rounds(history.transitions);
        let times = times(history, &bytes, rounds, cores);
        let (each, packed) = sizes(&bytes, history.transitions);
        let name = format!("{:?} {:?}", history.shape, history.method);
        println!(
            "{name:<11}  {:>11}  {:>8.2}  {:>9.2}  {:>9.2}  {:>5.1}  {each:>5}  {packed:>10}",
            history.transitions, times.one, times.two, times.all, times.floor,
        );
        keep(history, &bytes, &times, cores, report);
    }
}

fn times(history: &Made, bytes: &[u8], rounds: usize, cores: usize) -> Times {
    let pools = [1, cores.min(2), cores].map(pool);
    let check = |pool: &ThreadPool| pool.install(|| run(bytes, history.transitions));
    let tweaks = match history.method {
        Method::Opret => Tweaks::new(0),
        Method::Tapret => Tweaks::new(history.transitions),
    };
    let [one, two, all, floor] = fastest(
        rounds,
        [
            &mut || check(&pools[0]),
            &mut || check(&pools[1]),
            &mut || {
                if cores > 2 {
                    check(&pools[2]);
                }
            },
            &mut || tweaks.run(),
        ],
    );
    let each = |seconds: f64| seconds * 1e6 / f64::from(history.transitions);
    Times {
        one: each(one),
        two: each(two),
        all: each(if cores > 2 { all } else { two }),
        floor: each(floor),
    }
}

fn pool(threads: usize) -> ThreadPool {
    let builder = ThreadPoolBuilder::new().num_threads(threads);
    builder.build().expect("a pool of threads")
}

fn run(bytes: &[u8], transitions: u32) {
    let consistent = validate(bytes, &rules()).expect("a good history");
    assert_eq!(consistent.get().operations, u64::from(transitions));
}

/// Bytes for each transition, and those that are left after compression (zstd, level 9, as wallets pack) of
/// the whole; the header is left out.
fn sizes(bytes: &[u8], transitions: u32) -> (usize, usize) {
    let fixed = header(bytes);
    let count = usize::try_from(transitions).expect("a small number");
    let compressed = zstd::bulk::compress(&bytes[fixed..], 9).expect("memory");
    ((bytes.len() - fixed) / count, compressed.len() / count)
}

/// Bytes of the header with its length.
fn header(bytes: &[u8]) -> usize {
    let header = parts_of(bytes).next().expect("a header");
    header.expect("a whole header").len() + 3
}

fn keep(history: &Made, bytes: &[u8], times: &Times, cores: usize, report: &mut Report) {
    match (history.shape, history.method, history.transitions) {
        (Shape::Line, Method::Opret, 1_000) => report.opret_us = Some(times.one),
        (Shape::Line, Method::Tapret, 1_000) => {
            report.tapret_us = Some(times.one);
            report.tapret_floor_us = Some(times.floor);
            report.bytes_per_tapret_transfer = Some(sizes(bytes, history.transitions).0);
            report.bytes_fixed = Some(header(bytes));
        }
        (Shape::Line, Method::Tapret, 10_000) if cores >= 2 => {
            report.speedup_2_cores = Some(times.one / times.two);
        }
        _ => {}
    }
}
