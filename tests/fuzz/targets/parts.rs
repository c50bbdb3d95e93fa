//! A consignment fed part by part: the same verdict as the whole, and no way back after a failure.
#![no_main]

use bulla_core::consignment::parts;
use bulla_core::validator::{Validator, validate};
use bulla_fuzz::{bounded, rules};
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
    let streamed = bounded(bytes, || {
        let mut validator = Validator::open(header, &rules)?;
        for frame in frames {
            if let Err(failure) = validator.frame(frame) {
                let again = frames.iter().take(2).map(|frame| validator.frame(frame));
                assert!(
                    again
                        .into_iter()
                        .all(|again| again.as_ref() == Err(&failure))
                );
                break;
            }
        }
        validator.finish()
    });
    assert_eq!(streamed, whole);
});
