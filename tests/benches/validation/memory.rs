//! Peak memory, each history in a process of its own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use amplify::confinement::Confined;
use bulla_core::consignment::{Explicit, Writer, parts};
use bulla_core::frame::{BlockProof, Frame};
use bulla_core::header::Header;
use bulla_core::validator::{Shown, validate_parts};
use bulla_tests::kit::rules;
use bulla_wallet::container::{self, Parts};

use crate::histories::{Method, Shape};
use crate::report::Report;
use crate::{MEMORY, Made};

pub fn measure(made: &[Made], report: &mut Report) {
    println!("\ngrowth of the peak while a packed file with block proofs is validated, MiB\n");
    println!("history      transitions      MiB");
    for history in made.iter().filter(|made| made.transitions >= 1_000) {
        let mib = ask(MEMORY, &proven(history));
        let name = format!("{:?} {:?}", history.shape, history.method);
        println!("{name:<11}  {:>11}  {mib:>7.1}", history.transitions);
        let key = (history.shape, history.method, history.transitions);
        if key == (Shape::Chain, Method::Tapret, 100_000) {
            report.overhead_mib_100k = Some(mib);
        }
    }
}

/// Runs this program for one file, named by a variable, and gives the MiB by which the peak grew.
pub fn ask(variable: &str, file: &Path) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).env(variable, file).output();
    let output = output.expect("a process");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let kib = String::from_utf8_lossy(&output.stdout);
    kib.trim().parse::<f64>().expect("a number") / 1024.0
}

/// Validates a file with block proofs as `bulla validate --headers` reads it, and gives the growth of the
/// peak, in KiB. What each proof shows is kept; the chain itself is not measured.
pub fn grown(file: &Path) -> u64 {
    let rules = rules();
    let before = peak();
    let file = BufReader::new(File::open(file).expect("the history"));
    let mut parts = Parts::open(file, 1 << 30).expect("a file");
    let mut heights = BTreeMap::new();
    let found = validate_parts(&mut parts, &rules, |shown| {
        if let Shown::Proof(witness, proof) = shown {
            heights.insert(witness, proof.height);
        }
    });
    found.expect("a good history");
    parts.finish().expect("a whole file");
    peak() - before
}

/// The same history with a block proof of as many hashes as a full block of bitcoin asks for behind each
/// witness frame, in a container.
fn proven(history: &Made) -> PathBuf {
    let bytes = history.read();
    let proof = BlockProof {
        height: 800_000,
        position: 1_234,
        branch: Confined::try_from(vec![[7; 32]; 12]).expect("a short branch"),
    };
    let header = parts(&bytes).next().expect("a header").expect("a part");
    let header = Header::decode(header).expect("a header");
    let mut writer = Writer::new(&header).expect("a small header");
    let mut explicit = Explicit::new(&header);
    for part in parts(&bytes).skip(1) {
        let frame = explicit.frame(part.expect("a part")).expect("a frame");
        writer.frame(&frame).expect("a small frame");
        if matches!(frame, Frame::Witness(_)) {
            let proof = Frame::BlockProof(proof.clone());
            writer.frame(&proof).expect("a small frame");
        }
    }
    let path = history.file.with_extension("proven");
    let packed = container::pack(writer.bytes()).expect("memory");
    std::fs::write(&path, packed).expect("a file for the history");
    path
}

/// The peak resident set of this process in KiB.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    number
        .and_then(|kib| kib.parse().ok())
        .expect("VmHWM in KiB")
}
