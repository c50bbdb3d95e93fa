//! The instructions of a validation, counted by valgrind: the same in every run on one machine, whatever else it does.

use std::path::Path;
use std::process::Command;

use bulla_core::validator::Check;
use bulla_tests::kit::nasty::{self, Nasty};
use rayon::prelude::*;

/// Hundredths of what a byte cost before.
const MOST: u64 = 140;

/// Instructions of a process that validates these bytes.
fn instructions(folder: &Path, bytes: &[u8], verdict: &str) -> u64 {
    let file = folder.join("input");
    std::fs::write(&file, bytes).expect("a file");
    let ran = Command::new("valgrind")
        .args([
            "--tool=cachegrind",
            "--cache-sim=no",
            "--branch-sim=no",
            "--cachegrind-out-file=/dev/null",
        ])
        .arg(env!("CARGO_BIN_EXE_judge"))
        .arg(&file)
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .expect("valgrind, which tests/prerequisites.sh installs");
    let (said, counted) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert_eq!(said.trim_end(), verdict, "{counted}");
    let line = counted.lines().find(|line| line.contains("refs:"));
    let number = line.and_then(|line| line.split_whitespace().last());
    let number = number.map(|number| number.replace(',', ""));
    number
        .and_then(|number| number.parse().ok())
        .expect("a count of valgrind")
}

/// What a family costs at a size.
#[derive(Copy, Clone, Debug)]
struct Cost {
    bytes: u64,
    instructions: u64,
}

fn cost(nasty: &Nasty, size: u32) -> Cost {
    let folder = tempfile::tempdir().expect("a folder");
    let input = (nasty.make)(size);
    let verdict = nasty.fails.map_or("consistent", Check::code);
    Cost {
        bytes: input.len() as u64,
        instructions: instructions(folder.path(), &input, verdict),
    }
}

/// Instructions for each byte more.
fn marginal(from: Cost, to: Cost) -> u64 {
    (to.instructions - from.instructions) / (to.bytes - from.bytes)
}

/// Whatever grows as the square of the input doubles what a byte more costs when the input doubles; a logarithm adds
/// to it little.
#[test]
fn a_byte_more_costs_the_same_in_a_long_input_as_in_a_short_one() {
    let families = nasty::all();
    let costs: Vec<_> = families
        .par_iter()
        .map(|nasty| [1, 2, 4].map(|times| cost(nasty, times * nasty.size)))
        .collect();
    for (nasty, [short, middle, long]) in families.iter().zip(costs) {
        let (before, after) = (marginal(short, middle), marginal(middle, long));
        println!("{}: {before}, then {after} instructions a byte", nasty.name);
        let most = before * MOST / 100;
        assert!(
            after <= most,
            "{}: {short:?} {middle:?} {long:?}",
            nasty.name
        );
    }
}
