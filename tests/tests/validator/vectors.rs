//! Whole consignments of format 1, `tests/vectors/consignment.json`: the bytes are what is recorded.
//! `BULLA_REGENERATE_VECTORS=1` records them anew.

use std::path::PathBuf;
use std::{env, fs};

use bitcoin::hex::{DisplayHex, FromHex};
use bulla_core::frame::Terminal;
use bulla_core::validator::{Rules, validate};
use bulla_tests::kit::{Carry, Consignment, History, Store, View, rules};
use serde_json::{Value, json};

fn history(carry: &Carry) -> History {
    let mut history = History::fixed_among(&[700, 300]);
    history.transfer_by(carry, &[history.seed(0)], &[200, 500]);
    history.transfer_by(carry, &[history.leaf(0, 0), history.seed(1)], &[100, 400]);
    history.transfer_by(carry, &[history.leaf(1, 1), history.leaf(0, 1)], &[900]);
    history
}

/// One payment of a batch, with the siblings on its path.
fn pruned() -> Consignment {
    let mut history = History::fixed(700);
    history.transfer(&[history.seed(0)], &[100; 7]);
    let mut consignment = history.consignment(View::Everything);
    consignment.hand_over([Terminal::Leaf(history.leaf(0, 4))]);
    consignment.tamper(0, |frame| {
        let of = &mut frame.transitions[0].transition.outputs;
        *of = of.pruned(|_, index| index == 4);
    });
    consignment
}

fn case(name: &str, consignment: &Consignment, store: &Store) -> Value {
    let bytes = consignment.encode();
    let rules = Rules {
        known: store,
        ..rules()
    };
    let consistent = validate(&bytes, &rules).unwrap();
    let content = consistent.get();
    let txids = content
        .witnesses
        .iter()
        .map(|sought| sought.txid.to_string());
    json!({
        "name": name,
        "bytes": bytes.to_lower_hex_string(),
        "contract_id": content.contract.to_string(),
        "witnesses": txids.collect::<Vec<_>>(),
        "base": content.base.len(),
        "terminals": content.terminals.len(),
    })
}

fn cases() -> Value {
    let [opret, tapret] = [Carry::Opret, Carry::Tapret(None)].map(|carry| history(&carry));
    let nothing = Store::default();
    let of = |history: &History, view| history.consignment(view);
    json!({ "cases": [
        case("three transfers, opret", &of(&opret, View::Leaves), &nothing),
        case("three transfers, tapret", &of(&tapret, View::Leaves), &nothing),
        case("one leaf of seven, pruned", &pruned(), &nothing),
        case("the third alone, on the first two", &tapret.delta(2), &Store::of(&tapret, 2)),
    ]})
}

#[test]
fn consignments_have_the_recorded_bytes() {
    let path = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/vectors/consignment.json"
    ));
    let cases = cases();
    if env::var("BULLA_REGENERATE_VECTORS").is_ok_and(|flag| flag == "1") {
        let text = serde_json::to_string_pretty(&cases).unwrap();
        fs::write(&path, text + "\n").unwrap();
    }
    let recorded: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(cases, recorded);
}

#[test]
fn recorded_consignments_are_consistent() {
    let text = include_str!("../../vectors/consignment.json");
    let recorded: Value = serde_json::from_str(text).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    for case in cases.iter().filter(|case| case["base"] == 0) {
        let bytes = Vec::from_hex(case["bytes"].as_str().unwrap()).unwrap();
        let content = bulla_tests::kit::accept(&bytes);
        assert_eq!(case["contract_id"], content.contract.to_string());
    }
}
