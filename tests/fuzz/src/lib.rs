//! What every fuzz target asks: no panic, memory bounded by the input, one encoding per object.

use std::alloc::System;

use bitcoin::Network;
use bulla_core::validator::{Rules, SchemaPolicy};
use bulla_core::{DecodeError, NetworkId};
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
    let region = Region::new(ALLOCATOR);
    let result = run();
    let found = region.change().bytes_allocated;
    let most = TIMES * input.len() + SMALL;
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
