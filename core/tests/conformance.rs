//! Every case of `tests/conformance`: verdict, code and names are the same with threads and without. What a chain or
//! headers make of a case is asked by `bulla conformance`; here it must be consistent. Deltas need a store, which that
//! has, too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bulla_core::validator::{
    Check, Consignment, Failure, Limits, Rules, SchemaPolicy, TerminalState, validate,
};
use serde_json::{Value, json};

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance")
}

fn rules(case: &Value) -> Rules<'static> {
    let network = case["network"].as_str().expect("a network id");
    let schemas = match &case["schemas"] {
        Value::Null => SchemaPolicy::Any,
        list => {
            let ids = list.as_array().expect("a list").iter();
            let ids = ids.map(|id| id.as_str().expect("an id").parse().expect("an id"));
            SchemaPolicy::Only(ids.collect::<BTreeSet<_>>())
        }
    };
    let limit = |name| case["limits"][name].as_u64();
    let any = Limits::default();
    Rules {
        limits: Limits {
            bytes: limit("bytes").unwrap_or(any.bytes),
            leaves: limit("leaves").unwrap_or(any.leaves),
        },
        ..Rules::new(network.parse().expect("a network id"), schemas)
    }
}

fn failed(failure: &Failure) -> Value {
    let verdict = match failure {
        Failure::Invalid(_) => "invalid",
        Failure::Unsigned(_) => "unsigned",
        Failure::Unresolved(_) => "unresolved",
    };
    let report = failure.report();
    json!({
        "verdict": verdict,
        "check": report.check.code(),
        "frame": report.frame,
        "operation": report.operation.map(|id| id.to_string()),
        "witness": report.witness.map(|txid| txid.to_string()),
        "rule": (report.check == Check::Rule).then_some(&report.expected),
    })
}

fn consistent(content: &Consignment, expected: &Value) -> Value {
    let terminal = |terminal: &TerminalState| match terminal {
        TerminalState::Evidence(id) => json!({ "operation": id.to_string() }),
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
    };
    let witnesses = content.witnesses.iter();
    let mut found = expected.clone();
    found["contract"] = json!(content.contract.to_string());
    found["operations"] = json!(content.operations);
    found["witnesses"] = witnesses.map(|sought| sought.txid.to_string()).collect();
    found["terminals"] = content.terminals.iter().map(terminal).collect();
    found
}

#[test]
fn every_case_has_its_verdict_its_code_and_its_names() {
    let manifest = fs::read(suite().join("manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let cases = manifest["cases"].as_object().expect("cases by name");
    let alone = cases.iter().filter(|(_, case)| case["store"].is_null());
    for (name, case) in alone {
        let file = case["file"].as_str().expect("a file");
        let bytes = fs::read(suite().join(file)).expect("a case");
        let expected = &case["expected"];
        let found = match validate(&bytes, &rules(case)) {
            Ok(content) => {
                assert_eq!(expected["check"], Value::Null, "{name}: consistent");
                consistent(content.get(), expected)
            }
            Err(failure) => failed(&failure),
        };
        assert_eq!(&found, expected, "{name}");
    }
    assert!(cases.len() > 600, "{} cases", cases.len());
}

/// Rows of PROTOCOL.md §10.4 without a case: what no bytes of a consignment say, what is the same consignment twice,
/// and what is the wallet's.
const WITHOUT: [&str; 22] = [
    "a12", "c12", "d08", "e10", "e17", "e21", "e27", "f08", "f09", "i06", "i10", "i11", "i12",
    "i14", "k13", "l02", "l03", "l07", "l08", "l09", "l10", "l12",
];

#[test]
fn each_row_of_the_attacks_has_a_case_but_those_that_no_bytes_say() {
    let manifest = fs::read(suite().join("manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let cases = manifest["cases"].as_object().expect("cases by name");
    let words: BTreeSet<&str> = cases.keys().flat_map(|name| name.split('-')).collect();
    let protocol = Path::new(env!("CARGO_MANIFEST_DIR")).join("PROTOCOL.md");
    let text = fs::read_to_string(protocol).expect("the protocol");
    let section = text.split("### 10.4").nth(1).expect("the attacks");
    let table = section.split("\n\nWhat the catalogue").next();
    let rows = table.expect("a table").split("\n| ").skip(2);
    let ids = rows.flat_map(|row| {
        let attacks = row.split(" | ").next().unwrap_or_default();
        attacks.split(|c: char| !c.is_ascii_alphanumeric())
    });
    let is_id = |word: &&str| {
        let digits = word.strip_prefix(|c: char| c.is_ascii_uppercase());
        digits.is_some_and(|digits| digits.len() == 2 && digits.parse::<u8>().is_ok())
    };
    let ids = ids.filter(is_id).map(str::to_lowercase);
    let without: BTreeSet<String> = ids.filter(|id| !words.contains(id.as_str())).collect();
    assert_eq!(without, WITHOUT.map(str::to_owned).into());
}
