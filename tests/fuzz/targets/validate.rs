//! A whole consignment, arbitrary or changed from one of the corpus.
#![no_main]

use bulla_core::validator::{Failure, validate};
use bulla_fuzz::{bounded, rules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match bounded(bytes, || validate(bytes, &rules())) {
        Ok(consistent) => {
            let content = consistent.get();
            assert!(content.operations == 0 || !content.terminals.is_empty());
        }
        Err(Failure::Invalid(report) | Failure::Unsigned(report) | Failure::Unresolved(report)) => {
            assert!(
                !report.expected.is_empty() && !report.found.is_empty(),
                "{report}"
            );
        }
    }
});
