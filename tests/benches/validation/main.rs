//! How fast a history is validated, how many bytes it takes and how much memory it needs, beside a
//! floor and a peer that are measured in the same run.
//!
//!     cargo bench -p bulla-tests
//!
//! Prints tables, and writes the numbers to `bulla-bench.json` in the target directory. The method:
//!
//! - **Histories** are made first and written to files ([`histories`]): a contract of fixed supply,
//!   one transfer in each witness. In a *line*, the peer's shape, a transfer takes the payment of the
//!   one before (on a coin of its own: a blinded payment) and makes a payment and a change on output
//!   1 of its witness, both revealed as the peer has them (a concealed change takes 15 bytes more);
//!   the witness has one input, the host output and a P2WPKH output. In a *chain* a transfer takes
//!   and makes one leaf, so that the open state is one leaf, too. In a *tree* the first half splits
//!   one leaf into two each, the second half joins two into one. Keys, blindings and txids are
//!   hashes: they do not compress. No block proofs.
//! - **Validation** is of bytes in memory, with nothing known before. "One core" is a pool of one
//!   thread, "all" one of as many threads as there are cores. What is compared is run in turns, in
//!   one process, and of each the fastest run counts: other work on the machine only ever slows.
//! - **The floor** of a tapret witness is one `lift_x` and one tweak addition of libsecp256k1,
//!   one by one. That of hashing is the SHA-256 compressions that a transition cannot do without.
//! - **Memory** is the growth of the peak resident set (`VmHWM` of Linux) of a process that
//!   validates a file from before the header to the verdict, by the reader of `bulla validate --headers`: part by
//!   part, out of a container, with a block proof of 12 hashes behind each witness. Accepting into a wallet holds
//!   the bytes of the consignment besides.
//! - **Wallets** are real files of the wallet crate. A history is accepted once, whole; on top, transfers of one
//!   frame are accepted as deltas, of which the fastest counts. The chain stands still in memory, so that no node
//!   is measured.
//! - **Payments** are made by wallets on the sandbox. The memory of a batch is the growth of the peak of a process
//!   that opens the payer's wallet and makes all consignments of the signed batch, one by one. Payments that two
//!   wallets repeat are measured one by one, without broadcast and blocks, of which the fastest of the last counts.
//! - **The peer** is RGB 0.11.1's own validator on a line of the same shape (opret), if `BULLA_RGB_BENCH` names the
//!   folder of its bench, built there by `cargo build --release`. It runs before and after ours;
//!   its faster run counts. Its decoding is left out, ours is within.
//!
//! `BULLA_BENCH_MAX=<transitions>`, at least 1,000, leaves out longer histories; what was not measured is null. Numbers
//! depend on the machine; no test reads them.

mod floor;
mod histories;
mod memory;
mod parts;
mod payments;
mod peer;
mod report;
mod sizes;
mod speed;
mod wallet;

use std::path::{Path, PathBuf};

use histories::{Method, Shape};
use report::Report;

/// Names a file, in the process that measures the memory of validating it.
const MEMORY: &str = "BULLA_BENCH_MEMORY";

/// Names a payer's wallet, in the process that measures the memory of consigning its batch.
const BATCH: &str = "BULLA_BENCH_BATCH";

/// Transitions of the histories.
const SIZES: [u32; 5] = [10, 100, 1_000, 10_000, 100_000];

/// A history in a file.
pub struct Made {
    shape: Shape,
    method: Method,
    transitions: u32,
    file: PathBuf,
}

impl Made {
    fn read(&self) -> Vec<u8> {
        std::fs::read(&self.file).expect("the history")
    }
}

/// How much is measured.
struct Plan {
    /// Longest history.
    longest: u32,
    /// Most runs of one thing.
    rounds: usize,
}

impl Plan {
    /// `cargo test` runs benchmarks, too, to see that they work: without this argument.
    fn of_arguments() -> Self {
        if !std::env::args().any(|argument| argument == "--bench") {
            let (longest, rounds) = (10, 1);
            return Self { longest, rounds };
        }
        let longest = std::env::var("BULLA_BENCH_MAX").ok();
        let longest = longest.map(|longest| longest.parse().expect("a number of transitions"));
        Self {
            longest: longest.unwrap_or(u32::MAX),
            rounds: 50,
        }
    }

    /// Runs of something that does this many transitions.
    fn rounds(&self, transitions: u32) -> usize {
        let rounds = usize::try_from(30_000 / transitions).expect("a small number");
        rounds.max(4).min(self.rounds)
    }
}

fn main() {
    if let Some(file) = std::env::var_os(MEMORY) {
        println!("{}", memory::grown(Path::new(&file)));
        return;
    }
    if let Some(file) = std::env::var_os(BATCH) {
        println!("{}", payments::grown(Path::new(&file)));
        return;
    }
    let plan = Plan::of_arguments();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut report = Report::default();
    if plan.longest >= 1_000 {
        peer::measure(&mut report);
    }
    let made = make_all(folder.path(), &plan);
    speed::measure(&made, &plan, &mut report);
    parts::measure(&plan, &mut report);
    sizes::measure();
    memory::measure(&made, &mut report);
    wallet::measure(&plan, &mut report);
    payments::measure(&plan, &mut report);
    if plan.longest >= 1_000 {
        peer::measure(&mut report);
        report.finish();
    }
}

fn make_all(folder: &Path, plan: &Plan) -> Vec<Made> {
    let mut made = Vec::new();
    for transitions in SIZES.into_iter().filter(|size| *size <= plan.longest) {
        for shape in [Shape::Line, Shape::Chain, Shape::Tree] {
            for method in [Method::Opret, Method::Tapret] {
                let file = folder.join(format!("{shape:?}-{method:?}-{transitions}"));
                let bytes = histories::make(shape, method, transitions);
                std::fs::write(&file, bytes).expect("a file for the history");
                made.push(Made {
                    shape,
                    method,
                    transitions,
                    file,
                });
            }
        }
    }
    made
}
