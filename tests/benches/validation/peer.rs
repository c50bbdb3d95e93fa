//! RGB 0.11.1's own validator on a line of the same shape, by the program of its bench.

use std::path::PathBuf;
use std::process::Command;

use crate::report::Report;

/// Names the folder of the peer's bench.
const FOLDER: &str = "BULLA_RGB_BENCH";

/// Runs the peer, if it is named, and keeps its fastest times so far.
pub fn measure(report: &mut Report) {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let program = PathBuf::from(folder).join("target/release/rgb-bench");
    assert!(
        program.exists(),
        "{FOLDER} names a folder without {}; run `cargo build --release` there",
        program.display()
    );
    let ran = Command::new(&program)
        .args(["chain", "1000", "10000"])
        .output();
    let output = ran.expect("the peer's program");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    keep(
        &mut report.rgb_opret_us,
        number(&text, 1_000, "validate_us_per_transition", "wall_min"),
    );
    keep(
        &mut report.rgb_accept_10k_ms,
        number(&text, 10_000, "accept_fs_ms", "wall"),
    );
}

/// The number after a word of a line of the part for this many transitions.
fn number(text: &str, transitions: u32, line: &str, word: &str) -> f64 {
    let part = format!("\nN {transitions}\n");
    let (_, part) = text.split_once(&part).expect("a part of the peer's output");
    let mut lines = part.lines().map(|line| line.split_whitespace());
    let mut words = lines
        .find_map(|mut words| (words.next() == Some(line)).then_some(words))
        .expect("a line of the peer's output");
    words
        .find(|found| *found == word)
        .expect("a word of the peer's output");
    let number = words.next().expect("a number");
    number.parse().expect("a number")
}

fn keep(fastest: &mut Option<f64>, found: f64) {
    *fastest = Some(fastest.map_or(found, |before| before.min(found)));
}
