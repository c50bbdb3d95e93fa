//! A consignment for a receiver who has proven something before: deltas that build on it, or try to.
#![no_main]

use bulla_core::validator::validate;
use bulla_fuzz::{bounded, knowing, telling};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let rules = knowing();
    telling(&bounded(bytes, || validate(bytes, &rules)));
});
