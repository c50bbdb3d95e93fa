//! What every fuzz target asks: no panic, memory bounded by the input, one encoding per object.

#[path = "../../../cli/src/subcommand/conformance/known.rs"]
mod known;

use std::alloc::System;
use std::sync::LazyLock;

use bitcoin::Network;
use bulla_core::validator::{Consignment, Consistent, Failure, Rules, SchemaPolicy};
use bulla_core::{DecodeError, NetworkId};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that may be asked for whatever the input is, in all, given back or not.
const SMALL: usize = 1 << 20;

/// Bytes that may be asked for per byte of input. A step of a bundle proof takes 33 times its byte.
const TIMES: usize = 100;

/// Runs something on an input, and fails if it asks the allocator for more than the input explains.
///
/// # Panics
/// If it does.
pub fn bounded<T>(input: &[u8], run: impl FnOnce() -> T) -> T {
    bounded_but_for(SMALL, input, run)
}

/// The same for a decoder that asks for so many bytes before it has read any.
///
/// # Panics
/// If it asks for more.
pub fn bounded_but_for<T>(first: usize, input: &[u8], run: impl FnOnce() -> T) -> T {
    let region = Region::new(ALLOCATOR);
    let result = run();
    let found = region.change().bytes_allocated;
    let most = TIMES * input.len() + first;
    assert!(found <= most, "{found} bytes for {} given", input.len());
    result
}

/// Decodes within bounds; what decodes must encode to the same bytes.
///
/// # Panics
/// If it does not.
pub fn one_encoding<T>(
    bytes: &[u8],
    decode: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
    encode: impl FnOnce(&T) -> Vec<u8>,
) {
    if let Ok(object) = bounded(bytes, || decode(bytes)) {
        assert_eq!(encode(&object), bytes, "a second encoding");
    }
}

/// The rules of the corpus: any schema, on the regtest chain.
pub fn rules() -> Rules<'static> {
    Rules::new(NetworkId::of_network(Network::Regtest), SchemaPolicy::Any)
}

/// What the receivers of all cases of the suite have proven before.
static STORE: LazyLock<known::Store> = LazyLock::new(|| {
    let manifest = include_str!("../../conformance/manifest.json");
    let manifest: Value = serde_json::from_str(manifest).expect("JSON");
    let cases = manifest["cases"].as_object().expect("cases by name");
    let all = |part: &str| -> Vec<Value> {
        let parts = cases.values().map(|case| &case["store"][part]);
        parts
            .filter_map(Value::as_array)
            .flatten()
            .cloned()
            .collect()
    };
    let store = json!({ "leaves": all("leaves"), "operations": all("operations") });
    serde_json::from_value(store).expect("a store")
});

/// The same rules for a receiver who has proven something before.
pub fn knowing() -> Rules<'static> {
    Rules {
        known: &*STORE,
        ..rules()
    }
}

/// Asks of a verdict that it says what it is about.
///
/// # Panics
/// If it does not.
pub fn telling(verdict: &Result<Consistent<Consignment>, Failure>) {
    match verdict {
        Ok(consistent) => {
            let content = consistent.get();
            assert!(content.operations == 0 || !content.terminals.is_empty());
        }
        Err(failure) => {
            let report = failure.report();
            assert!(
                !report.expected.is_empty() && !report.found.is_empty(),
                "{report}"
            );
        }
    }
}
