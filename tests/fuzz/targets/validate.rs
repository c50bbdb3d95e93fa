//! A whole consignment, arbitrary or changed from one of the corpus.
#![no_main]

use bulla_core::validator::validate;
use bulla_fuzz::{bounded, rules, telling};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    telling(&bounded(bytes, || validate(bytes, &rules())));
});
