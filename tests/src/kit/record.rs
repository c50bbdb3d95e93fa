//! Writes what tests ask the validator into the conformance suite, `tests/conformance`.
//!
//! With `BULLA_REGENERATE_CONFORMANCE=1` each test of the validator leaves its first consignment that is
//! consistent and its first that is not, under its own name, with the verdict that it asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::{env, fs, thread};

use bulla_core::validator::{
    Check, Consignment, Failure, Limits, Position, Rules, SchemaPolicy, TerminalState,
};
use serde_json::{Value, json};

use super::verdict::Chain;

/// Larger ones are tested, but not kept.
const LARGEST: usize = 8_192;

/// Tests of these make another consignment in each run, or need a store.
const SKIPPED: [&str; 5] = [
    "delta",
    "properties",
    "random_histories",
    "stream",
    "vectors",
];

/// The one test that has a case for every check.
const EVERY_CHECK: &str = "each_check_fails_alone_and_names_what_it_is_about";

static CASES: LazyLock<Mutex<BTreeMap<String, Value>>> = LazyLock::new(|| {
    fs::remove_dir_all(folder().join("cases")).ok();
    fs::create_dir_all(folder().join("cases")).expect("a folder for the cases");
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
pub(super) fn refused(rules: &Rules<'_>, bytes: &[u8], failure: &Failure) {
    if wanted() {
        let verdict = match failure {
            Failure::Invalid(_) => "invalid",
            Failure::Unsigned(_) => "unsigned",
            Failure::Unresolved(_) => "unresolved",
        };
        let report = failure.report();
        let rule = (report.check == Check::Rule).then_some(&report.expected);
        keep(
            "",
            rules,
            bytes,
            None,
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
pub(super) fn accepted(rules: &Rules<'_>, bytes: &[u8], content: &Consignment) {
    if wanted() {
        keep("-accepted", rules, bytes, None, says("consistent", content));
    }
}

/// Keeps a consignment with what a chain makes of it: `settled` or `pending` at a depth, or
/// `conflicted`, and the weakest or conflicted witness.
pub fn judged(
    content: &Consignment,
    bytes: &[u8],
    (chain, min_depth): (&Chain, u32),
    verdict: &str,
    depth: Option<u32>,
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
    let mut expected = says(verdict, content);
    expected["depth"] = json!(depth);
    keep(
        &format!("-{verdict}"),
        &super::rules(),
        bytes,
        Some(facts),
        expected,
    );
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

fn keep(suffix: &str, rules: &Rules<'_>, bytes: &[u8], chain: Option<Value>, expected: Value) {
    let thread = thread::current();
    let Some((module, test)) = thread.name().and_then(|name| name.split_once("::")) else {
        return;
    };
    if SKIPPED.contains(&module) || bytes.len() > LARGEST {
        return;
    }
    let mut cases = CASES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut name = format!("{test}{suffix}").replace('_', "-");
    if test == EVERY_CHECK {
        let check = format!("check-{}", expected["check"].as_str().unwrap_or_default());
        let before = cases.keys().filter(|name| name.starts_with(&check)).count();
        name = format!("{check}-{}", before + 1);
    }
    if cases.contains_key(&name) {
        return;
    }
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
    if let Some(chain) = chain {
        case["chain"] = chain;
    }
    cases.insert(name, case);
    let manifest = serde_json::to_string_pretty(&json!({ "format": 1, "cases": &*cases }));
    let manifest = manifest.expect("keys are strings") + "\n";
    fs::write(folder().join("manifest.json"), manifest).expect("the manifest");
}
