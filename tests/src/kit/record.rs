//! Writes what tests ask the validator into the conformance suite, `tests/conformance`.
//!
//! With `BULLA_REGENERATE_CONFORMANCE=1` each test of the validator leaves what it asks under its own name, with
//! the verdict that it asked for: of each kind of verdict, the first few small consignments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::{env, fs, thread};

use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Network, Txid};
use bulla_core::headers::{ChainParams, FileError, HeaderChain};
use bulla_core::operation::Input;
use bulla_core::state::State;
use bulla_core::validator::{
    Check, Consignment, Failure, Limits, Position, Rules, SchemaPolicy, Settlement, TerminalState,
    Unresolved,
};
use serde_json::{Value, json};

use super::blocks::CLOCK;
use super::verdict::{Chain, Store};

/// Larger ones are tested, but not kept.
const LARGEST: usize = 8_192;

/// Rows that are about size, a deep and a wide history: the largest of theirs.
const LARGEST_OF: [(&str, usize); 2] = [("h07_", 1 << 18), ("h08_", 1 << 17)];

/// Consignments of one test and kind of verdict that are kept.
const MOST: usize = 8;

/// The one test that has a case for every check.
const EVERY_CHECK: &str = "each_check_fails_alone_and_names_what_it_is_about";

/// Tests of these make another consignment in each run.
const SKIPPED: [&str; 7] = [
    "attacks_store",
    "properties",
    "random_deltas",
    "random_histories",
    "store_witnesses",
    "stream",
    "vectors",
];

static CASES: LazyLock<Mutex<BTreeMap<String, Value>>> = LazyLock::new(|| {
    for part in ["cases", "headers"] {
        fs::remove_dir_all(folder().join(part)).ok();
        fs::create_dir_all(folder().join(part)).expect("a folder of the suite");
    }
    Mutex::new(BTreeMap::new())
});

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

fn wanted() -> bool {
    static WANTED: LazyLock<bool> =
        LazyLock::new(|| env::var("BULLA_REGENERATE_CONFORMANCE").is_ok_and(|flag| flag == "1"));
    *WANTED
}

/// Keeps a consignment that must fail, in the way that its test asked for.
pub(super) fn refused(rules: &Rules<'_>, bytes: &[u8], failure: &Failure, store: Option<&Store>) {
    if wanted() {
        let verdict = match failure {
            Failure::Invalid(_) => "invalid",
            Failure::Unsigned(_) => "unsigned",
            Failure::Unresolved(_) => "unresolved",
        };
        let report = failure.report();
        let rule = (report.check == Check::Rule).then_some(&report.expected);
        let store = store.map(|store| ("store", proven_before(store)));
        keep(
            "",
            rules,
            bytes,
            store.as_slice(),
            json!({
                "verdict": verdict,
                "check": report.check.code(),
                "frame": report.frame,
                "operation": report.operation.map(|id| id.to_string()),
                "witness": report.witness.map(|txid| txid.to_string()),
                "rule": rule,
            }),
        );
    }
}

/// Keeps a consignment that must be consistent.
pub(super) fn accepted(
    rules: &Rules<'_>,
    bytes: &[u8],
    content: &Consignment,
    store: Option<&Store>,
) {
    if wanted() {
        let store = store.map(|store| ("store", proven_before(store)));
        keep(
            "-accepted",
            rules,
            bytes,
            store.as_slice(),
            says("consistent", content),
        );
    }
}

/// What a chain makes of a consignment.
#[derive(Copy, Clone, Debug)]
pub struct Judged<'a> {
    /// `settled`, `pending`, `conflicted`, `unresolved`, or `headers-refused`.
    pub verdict: &'a str,
    /// Depth of the weakest witness.
    pub depth: Option<u32>,
    /// The weakest witness of a pending consignment, or the conflicted one.
    pub weakest: Option<Txid>,
    /// The height of a header that is refused, and the number of the rule of PROTOCOL.md §14.1 that it breaks.
    pub header: Option<(u32, u8)>,
}

impl Judged<'_> {
    /// A file of headers that is refused.
    pub const fn refused(error: &FileError) -> Self {
        Self {
            verdict: "headers-refused",
            depth: None,
            weakest: None,
            header: error.rule(),
        }
    }

    /// In words.
    pub fn of<E: std::error::Error + 'static>(
        settlement: &Result<Settlement, Unresolved<E>>,
    ) -> Self {
        let (verdict, depth, weakest) = match settlement {
            Ok(Settlement::Settled(settled)) => ("settled", settled.depth(), None),
            Ok(Settlement::Pending { depth, weakest, .. }) => {
                ("pending", Some(*depth), Some(*weakest))
            }
            Ok(Settlement::Conflicted { witness, .. }) => ("conflicted", None, Some(*witness)),
            Err(_) => ("unresolved", None, None),
        };
        Self {
            verdict,
            depth,
            weakest,
            header: None,
        }
    }

    fn expected(&self, content: &Consignment) -> Value {
        let mut expected = says(self.verdict, content);
        expected["depth"] = json!(self.depth);
        expected["weakest"] = json!(self.weakest.map(|txid| txid.to_string()));
        if let Some((height, rule)) = self.header {
            expected["header"] = json!({ "height": height, "rule": rule });
        }
        expected
    }
}

/// Keeps a consignment with what a chain makes of it.
pub fn judged(
    content: &Consignment,
    bytes: &[u8],
    (chain, min_depth): (&Chain, u32),
    found: Judged<'_>,
) {
    if !wanted() {
        return;
    }
    let place = |position: &Position| match position {
        Position::Mined { height } => json!(height),
        Position::Mempool => json!("mempool"),
        Position::Absent => json!("absent"),
        Position::Conflicted => json!("conflicted"),
    };
    let places = chain.positions.iter();
    let positions: BTreeMap<_, _> = places
        .map(|(txid, position)| (txid.to_string(), place(position)))
        .collect();
    let facts = json!({ "tip": chain.tip, "positions": positions, "min_depth": min_depth });
    let suffix = format!("-{}", found.verdict);
    keep(
        &suffix,
        &super::rules(),
        bytes,
        &[("chain", facts)],
        found.expected(content),
    );
}

/// A file of headers, and who reads it.
#[derive(Copy, Clone, Debug)]
pub struct Headers<'a> {
    /// The rules that they must keep.
    pub whose: Whose<'a>,
    /// The file.
    pub file: &'a [u8],
    /// The receiver's clock, in seconds since 1970.
    pub now: u64,
    /// Blocks that every witness must be deep.
    pub min_depth: u32,
}

/// Whose rules headers must keep.
#[derive(Copy, Clone, Debug)]
pub enum Whose<'a> {
    /// Those of a network.
    Network(Network),
    /// Others, of a chain that begins at height 0.
    Other(&'a ChainParams),
}

impl<'a> Headers<'a> {
    /// What a receiver on regtest has.
    pub const fn regtest(file: &'a [u8], min_depth: u32) -> Self {
        Self {
            whose: Whose::Network(Network::Regtest),
            file,
            now: CLOCK,
            min_depth,
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// If the headers break a rule.
    pub fn read(&self) -> Result<HeaderChain, FileError> {
        let params = match self.whose {
            Whose::Network(network) => ChainParams::of_network(network),
            Whose::Other(params) => params.clone(),
        };
        HeaderChain::decode(params, self.file, self.now)
    }

    fn facts(&self, file: &str) -> Value {
        let mut facts = json!({ "file": file, "now": self.now, "min_depth": self.min_depth });
        match self.whose {
            Whose::Network(network) => facts["network"] = json!(network.to_string()),
            Whose::Other(params) => {
                facts["network"] = json!({
                    "first": params.checkpoints[&0].to_string(),
                    "easiest": format!("{:08x}", params.limit.to_compact_lossy()),
                    "period": params.interval,
                    "spacing": params.spacing,
                    "retargets": params.retargets,
                    "late_is_easy": params.easy_when_late,
                    "bip94": params.bip94,
                });
            }
        }
        facts
    }
}

/// Keeps a consignment with what the block proofs in it prove to a file of headers.
pub fn proven(content: &Consignment, bytes: &[u8], headers: &Headers<'_>, found: Judged<'_>) {
    if !wanted() {
        return;
    }
    let name = format!("headers/{}.headers", sha256::Hash::hash(headers.file));
    fs::write(folder().join(&name), headers.file).expect("a file of headers");
    let suffix = format!("-{}", found.verdict);
    keep(
        &suffix,
        &super::rules(),
        bytes,
        &[("headers", headers.facts(&name))],
        found.expected(content),
    );
}

/// What a store has proven, as data: leaves, and what the operations behind them spend and consume.
fn proven_before(store: &Store) -> Value {
    let leaf = |leaf: &Input| {
        json!({
            "operation": leaf.operation.to_string(),
            "type": leaf.owned_type,
            "leaf": leaf.index,
        })
    };
    let leaves = store
        .leaves
        .iter()
        .map(|((contract, place, witness), known)| {
            let State::Amount(amount) = &known.state else {
                panic!("deltas of these tests are over amounts");
            };
            let mut known = json!({
                "contract": contract.to_string(),
                "witness": witness.to_string(),
                "amount": amount.to_string(),
                "seal": known.seal.to_string(),
                "outputs": known.outputs,
            });
            for (name, value) in leaf(place).as_object().expect("an object") {
                known[name] = value.clone();
            }
            known
        });
    let operations = store.operations.iter().map(|((operation, witness), done)| {
        let inputs = done.inputs.iter().map(|(place, witness)| {
            let mut input = leaf(place);
            input["witness"] = json!(witness.map(|txid| txid.to_string()));
            input
        });
        json!({
            "operation": operation.to_string(),
            "witness": witness.to_string(),
            "spends": done.spends.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "inputs": inputs.collect::<Vec<_>>(),
        })
    });
    json!({
        "leaves": leaves.collect::<Vec<_>>(),
        "operations": operations.collect::<Vec<_>>(),
    })
}

fn says(verdict: &str, content: &Consignment) -> Value {
    let terminal = |terminal: &TerminalState| match terminal {
        TerminalState::Leaf {
            leaf,
            state,
            outpoint,
            ..
        } => json!({
            "operation": leaf.operation.to_string(),
            "type": leaf.owned_type,
            "leaf": leaf.index,
            "amount": state.amount().to_string(),
            "outpoint": outpoint.map(|outpoint| outpoint.to_string()),
        }),
        TerminalState::Evidence(id) => json!({ "operation": id.to_string() }),
    };
    let witnesses = content
        .witnesses
        .iter()
        .map(|sought| sought.txid.to_string());
    json!({
        "verdict": verdict,
        "contract": content.contract.to_string(),
        "operations": content.operations,
        "witnesses": witnesses.collect::<Vec<_>>(),
        "terminals": content.terminals.iter().map(terminal).collect::<Vec<_>>(),
    })
}

fn keep(suffix: &str, rules: &Rules<'_>, bytes: &[u8], facts: &[(&str, Value)], expected: Value) {
    let thread = thread::current();
    let Some((module, test)) = thread.name().and_then(|name| name.split_once("::")) else {
        return;
    };
    let mut rows = LARGEST_OF.iter();
    let largest = rows.find_map(|(row, largest)| test.starts_with(row).then_some(*largest));
    let too_large = bytes.len() > largest.unwrap_or(LARGEST);
    if SKIPPED.contains(&module) || test.starts_with("of_random_histories") || too_large {
        return;
    }
    let mut cases = CASES.lock().unwrap_or_else(PoisonError::into_inner);
    let first = match expected["check"].as_str() {
        Some(check) if test == EVERY_CHECK => format!("check-{check}"),
        _ => format!("{test}{suffix}").replace('_', "-"),
    };
    let numbered = (2..=MOST).map(|n| format!("{first}-{n}"));
    let mut names = std::iter::once(first.clone()).chain(numbered);
    let Some(name) = names.find(|name| !cases.contains_key(name)) else {
        return;
    };
    let file = format!("cases/{name}.bulla");
    fs::write(folder().join(&file), bytes).expect("a case");
    let mut case = json!({
        "file": file,
        "network": rules.network.to_string(),
        "expected": expected,
    });
    if let SchemaPolicy::Only(ids) = &rules.schemas {
        let ids: BTreeSet<_> = ids.iter().map(ToString::to_string).collect();
        case["schemas"] = json!(ids);
    }
    if rules.limits != Limits::default() {
        case["limits"] = json!({ "bytes": rules.limits.bytes, "leaves": rules.limits.leaves });
    }
    for (name, facts) in facts {
        case[name] = facts.clone();
    }
    cases.insert(name, case);
    let manifest = serde_json::to_string_pretty(&json!({ "format": 1, "cases": &*cases }));
    let manifest = manifest.expect("keys are strings") + "\n";
    fs::write(folder().join("manifest.json"), manifest).expect("the manifest");
}
