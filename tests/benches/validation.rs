//! How fast one core validates, how many bytes a transition takes, and how much memory it needs.
//!
//! Run with `cargo bench -p bulla-tests --bench validation`. The method:
//!
//! - The histories are made first and written to files: a contract of fixed supply and 1,000
//!   transfers in a line, each in a witness of its own with two inputs (the sealed coin and one for
//!   the fee) and three outputs (host, payment, change; the first carries the commitment). Each
//!   consumes the change of the one before. All seals but those are secret. The MPC proof is in its
//!   entropy form.
//! - Each history is validated in a process of its own, with nothing known before, on one thread,
//!   from bytes in memory: 3 runs to warm up, then 15 that count. The table has the median and the
//!   fastest.
//! - For memory another process validates the file part by part, as a wallet reads it, once: the
//!   growth of its peak resident set (`VmHWM` of Linux) from before the first part to the end.
//!
//! Numbers depend on the machine; no test reads them.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bulla_core::validator::{Validator, validate};
use bulla_tests::kit::make::{coin, spend};
use bulla_tests::kit::{Carry, Draft, History, amounts_at, rules};

const TRANSFERS: u32 = 1_000;
const WARM_UP: usize = 3;
const RUNS: usize = 15;
/// Names the task and the file, for a process of its own.
const TASK: &str = "BULLA_BENCH_TASK";

fn main() {
    match std::env::var(TASK) {
        Ok(task) => println!("{}", run(&task)),
        Err(_) => table(),
    }
}

/// Makes the histories, asks a process for each number, and prints them.
fn table() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!("{TRANSFERS} transfers in a line, one core, median (fastest) of {RUNS} runs");
    println!("anchor   transitions/s          bytes/transition   peak memory (KiB)");
    for (name, carry) in [("opret", Carry::Opret), ("tapret", Carry::Tapret(None))] {
        let file = folder.path().join(name);
        let bytes = linear(&carry);
        std::fs::write(&file, &bytes).expect("a file for the history");
        let speed = ask("speed", &file);
        let memory = ask("memory", &file);
        let each = bytes.len() as u64 / u64::from(TRANSFERS);
        println!("{name:<8} {speed:<22} {each:<18} {memory}");
    }
}

/// A line of transfers, encoded.
fn linear(carry: &Carry) -> Vec<u8> {
    let mut history = History::fixed(u64::from(TRANSFERS) + 1);
    let mut change = history.seed(0);
    for n in 1..=TRANSFERS {
        let rest = u64::from(TRANSFERS + 1 - n);
        let act = history.act("transfer", &[change], &amounts_at(&[1, rest]));
        let mut draft = history.draft(vec![act]);
        draft.transaction.input.push(spend(coin(n)));
        let frame = history.push(Draft {
            carry: carry.clone(),
            entropy: n.into(),
            ..draft
        });
        change = history.leaf(frame, 1);
    }
    let mut consignment = history.consignment(bulla_tests::kit::View::Leaves);
    consignment.hand_over([bulla_core::frame::Terminal::Leaf(change)]);
    consignment.encode()
}

/// Runs a task in a process of its own.
fn ask(task: &str, file: &Path) -> String {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .env(TASK, format!("{task} {}", file.display()))
        .output()
        .expect("a process");
    assert!(output.status.success(), "the task {task} failed");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn run(task: &str) -> String {
    match task.split_once(' ') {
        Some(("speed", file)) => speed(&PathBuf::from(file)),
        Some(("memory", file)) => memory(&PathBuf::from(file)),
        _ => panic!("unknown task {task}"),
    }
}

fn speed(file: &Path) -> String {
    let bytes = std::fs::read(file).expect("the history");
    let mut times: Vec<Duration> = (0..WARM_UP + RUNS).map(|_| time(&bytes)).collect();
    let times = &mut times[WARM_UP..];
    times.sort_unstable();
    let rate = |time: Duration| f64::from(TRANSFERS) / time.as_secs_f64();
    format!("{:.0} ({:.0})", rate(times[RUNS / 2]), rate(times[0]))
}

fn time(bytes: &[u8]) -> Duration {
    let rules = rules();
    let begin = Instant::now();
    let consistent = validate(bytes, &rules).expect("a good history");
    let time = begin.elapsed();
    assert_eq!(consistent.get().operations, u64::from(TRANSFERS));
    time
}

/// Validates part by part and gives the growth of the peak, in KiB.
fn memory(file: &Path) -> String {
    let mut reader = BufReader::new(File::open(file).expect("the history"));
    let rules = rules();
    let before = peak();
    let header = part(&mut reader).expect("a header");
    let mut validator = Validator::open(&header, &rules).expect("a good header");
    while let Some(frame) = part(&mut reader) {
        validator.frame(&frame).expect("a good frame");
    }
    validator.finish().expect("a good history");
    (peak() - before).to_string()
}

fn part(reader: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    reader.read_exact(&mut length[..3]).ok()?;
    let mut part = vec![0; u32::from_le_bytes(length) as usize];
    reader.read_exact(&mut part).expect("a whole part");
    Some(part)
}

/// The peak resident set of this process in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    number
        .and_then(|kib| kib.parse().ok())
        .expect("VmHWM in KiB")
}
