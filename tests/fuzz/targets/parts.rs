//! A consignment fed part by part: the same verdict as the whole, and no way back after a failure.
#![no_main]

use bulla_core::consignment::parts;
use bulla_core::validator::{Validator, validate};
use bulla_fuzz::rules;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let rules = rules();
    let whole = validate(bytes, &rules);
    let Ok(all) = parts(bytes).collect::<Result<Vec<_>, _>>() else {
        assert!(whole.is_err());
        return;
    };
    let Some((header, frames)) = all.split_first() else {
        assert!(whole.is_err());
        return;
    };
    let streamed = Validator::open(header, &rules).and_then(|mut validator| {
        let mut failed = None;
        for frame in frames {
            match (&failed, validator.frame(frame)) {
                (None, Err(failure)) => failed = Some(failure),
                (Some(first), again) => assert_eq!(again.as_ref(), Err(first)),
                (None, Ok(_)) => {}
            }
        }
        validator.finish()
    });
    assert_eq!(streamed, whole);
});
