//! Peak memory, each history in a process of its own.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::process::Command;

use bulla_core::validator::Validator;
use bulla_tests::kit::rules;

use crate::histories::{Method, Shape};
use crate::report::Report;
use crate::{MEMORY, Made};

pub fn measure(made: &[Made], report: &mut Report) {
    println!("\ngrowth of the peak while a file is validated, MiB\n");
    println!("history      transitions      MiB");
    for history in made.iter().filter(|made| made.transitions >= 1_000) {
        let mib = ask(&history.file);
        let name = format!("{:?} {:?}", history.shape, history.method);
        println!("{name:<11}  {:>11}  {mib:>7.1}", history.transitions);
        let key = (history.shape, history.method, history.transitions);
        if key == (Shape::Chain, Method::Tapret, 100_000) {
            report.overhead_mib_100k = Some(mib);
        }
    }
}

/// Runs this program for one file.
fn ask(file: &Path) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).env(MEMORY, file).output();
    let output = output.expect("a process");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let kib = String::from_utf8_lossy(&output.stdout);
    kib.trim().parse::<f64>().expect("a number") / 1024.0
}

/// Validates part by part and gives the growth of the peak, in KiB.
pub fn grown(file: &Path) -> u64 {
    let mut reader = BufReader::new(File::open(file).expect("the history"));
    let rules = rules();
    let before = peak();
    let header = part(&mut reader).expect("a header");
    let mut validator = Validator::open(&header, &rules).expect("a good header");
    while let Some(frame) = part(&mut reader) {
        validator.frame(&frame).expect("a good frame");
    }
    validator.finish().expect("a good history");
    peak() - before
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
