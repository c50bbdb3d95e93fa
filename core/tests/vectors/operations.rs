//! Vectors of outputs, operations and bundles.

use std::collections::BTreeMap;

use bulla_core::OperationId;
use bulla_core::bundle::Bundle;
use bulla_core::operation::{Genesis, Transition};
use bulla_core::outputs::{Leaves, Outputs};
use serde_json::{Value, json};

use crate::hex::show;
use crate::sample::{
    amounts, confine, data, everything, genesis, input, operation, outputs as of, rights, tokens,
    transfer,
};

/// The bytes of one list, cut out of a transition that has no other.
fn list_bytes(outputs: &Outputs) -> String {
    let with = |outputs: &Outputs| {
        let transition = Transition {
            outputs: outputs.clone(),
            ..transfer()
        };
        transition.encode()
    };
    let none = with(&Outputs::default()).len() - 1;
    show(&with(outputs)[none..])
}

fn roots(outputs: &Outputs) -> Vec<Value> {
    let root = |(ty, leaves): (&u16, &Leaves)| {
        let root = leaves.root();
        json!({
            "owned_type": ty,
            "kind": leaves.kind().name(),
            "hash": show(root.hash),
            "aggregate": root.aggregate,
            "count": root.count,
        })
    };
    outputs.0.iter().map(root).collect()
}

fn shown(outputs: &Outputs) -> Vec<Value> {
    let leaf = |(ty, leaf): (u16, bulla_core::outputs::Shown)| {
        json!({
            "owned_type": ty,
            "number": leaf.index,
            "amount": leaf.state.amount(),
            "seal": show(leaf.seal.encode()),
            "secret_seal": show(leaf.seal.conceal().to_bytes()),
        })
    };
    outputs.shown().map(leaf).collect()
}

pub fn outputs() -> Value {
    let case = |name: &str, outputs: &Outputs| {
        json!({
            "name": name,
            "shown": shown(outputs),
            "bytes": list_bytes(outputs),
            "roots": roots(outputs),
        })
    };
    let five = of([(0, amounts(5))]);
    json!({ "cases": [
        case("none", &Outputs::default()),
        case("one amount", &of([(0, amounts(1))])),
        case("two amounts", &of([(0, amounts(2))])),
        case("three amounts", &of([(0, amounts(3))])),
        case("five amounts, whole", &five),
        case("five amounts, number 2 shown", &five.pruned(|_, index| index == 2)),
        case("five amounts, number 4 shown", &five.pruned(|_, index| index == 4)),
        case("five amounts, 0 and 3 shown", &five.pruned(|_, index| index % 3 == 0)),
        case("five amounts, none shown", &five.pruned(|_, _| false)),
        case("five amounts, all secret", &five.with_seals(|_, _, _| None)),
        case("tokens", &of([(1, tokens())])),
        case("rights", &of([(2, rights())])),
        case("data", &of([(300, data())])),
    ]})
}

pub fn geneses() -> Value {
    let case = |name: &str, genesis: Genesis| {
        let contract = genesis.contract_id();
        json!({
            "name": name,
            "schema_id": show(genesis.schema.to_bytes()),
            "network_id": show(genesis.network.to_bytes()),
            "timestamp": genesis.timestamp,
            "roots": roots(&genesis.outputs),
            "bytes": show(genesis.encode()),
            "contract_id": show(contract.to_bytes()),
            "text": contract.to_string(),
        })
    };
    let with = |outputs| Genesis {
        outputs,
        ..genesis()
    };
    let whole = genesis().outputs;
    json!({ "cases": [
        case("three leaves, revealed", genesis()),
        case("three leaves, secret", with(whole.with_seals(|_, _, _| None))),
        case("number 1 shown", with(whole.pruned(|_, index| index == 1))),
        case("without outputs", with(Outputs::default())),
    ]})
}

pub fn transitions() -> Value {
    let case = |name: &str, transition: Transition| {
        let id = transition.id();
        json!({
            "name": name,
            "contract_id": show(transition.contract.to_bytes()),
            "kind": transition.kind,
            "inputs": transition.inputs.iter().map(|input| show(input.encode())).collect::<Vec<_>>(),
            "roots": roots(&transition.outputs),
            "bytes": show(transition.encode()),
            "operation_id": show(id.to_bytes()),
            "text": id.to_string(),
        })
    };
    let with = |outputs| Transition {
        outputs,
        ..everything()
    };
    let whole = everything().outputs;
    json!({ "cases": [
        case("transfer of the fixed schema", transfer()),
        case("one of everything", everything()),
        case("one of everything, secret", with(whole.with_seals(|_, _, _| None))),
        case("one of everything, amount 3 shown", with(whole.pruned(|_, index| index == 3))),
    ]})
}

/// Inputs 0 … count - 1 of one operation, consumed in turn by operations a0, a1 and a2.
fn bundle(count: u32) -> Bundle {
    let entries = (0..count).map(|index| {
        let by = operation(0xa0 + u8::try_from(index % 3).unwrap());
        (input(operation(1), index), by)
    });
    Bundle(confine(entries.collect::<BTreeMap<_, _>>()))
}

pub fn bundles() -> Value {
    let proof = |bundle: &Bundle, shown: OperationId| {
        let proof = bundle.view().prove(|by| *by == shown).unwrap();
        json!({ "operation_id": show(shown.to_bytes()), "bytes": show(proof.encode()) })
    };
    let case = |count: u32| {
        let bundle = bundle(count);
        let id = bundle.id();
        let shown = (0..u8::try_from(count.min(3)).unwrap()).map(|by| operation(0xa0 + by));
        json!({
            "name": format!("{count} entries"),
            "bytes": show(bundle.encode()),
            "bundle_id": show(id.to_bytes()),
            "text": id.to_string(),
            "proofs": shown.map(|shown| proof(&bundle, shown)).collect::<Vec<_>>(),
        })
    };
    let cases = [1, 2, 3, 7, 20].map(case);
    json!({ "cases": cases })
}
