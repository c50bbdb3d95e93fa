//! The validator fed part by part, as a wallet does.

use bulla_core::consignment::parts;
use bulla_core::validator::{Check, Consignment, Consistent, Failure, Rules, Validator, validate};

/// Feeds the parts one by one. After a failure feeds the rest nevertheless, and requires that
/// every further call repeats it.
///
/// Bytes that are no parts fail as in [`validate`], which alone can say so.
pub fn feed(bytes: &[u8], rules: &Rules<'_>) -> Result<Consistent<Consignment>, Box<Failure>> {
    let Ok(all) = parts(bytes).collect::<Result<Vec<_>, _>>() else {
        return validate(bytes, rules).map_err(Box::new);
    };
    let Some((header, frames)) = all.split_first() else {
        return validate(bytes, rules).map_err(Box::new);
    };
    let mut validator = Validator::open(header, rules)?;
    let mut first: Option<Failure> = None;
    for frame in frames {
        let result = validator.frame(frame);
        match (&first, result) {
            (None, Err(failure)) => first = Some(failure),
            (None, Ok(_)) => {}
            (Some(failed), result) => assert_eq!(result.as_ref(), Err(failed)),
        }
    }
    let last = validator.finish();
    match (first, last) {
        (Some(failed), last) => {
            assert_eq!(last.as_ref(), Err(&failed));
            Err(Box::new(failed))
        }
        (None, last) => last.map_err(Box::new),
    }
}

#[test]
fn nothing_after_a_failure_brings_a_validator_back() {
    use bulla_tests::kit::{History, View, rules};
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let consignment = history.consignment(View::Leaves);
    let rules = rules();
    let mut validator = Validator::open(&consignment.header.encode(), &rules).unwrap();
    let failed = validator.frame(&[9]).unwrap_err();
    for frame in &consignment.parts()[1..] {
        assert_eq!(validator.frame(frame), Err(failed.clone()));
    }
    let last = validator.finish().unwrap_err();
    assert_eq!(last, failed);
    assert_eq!(last.report().check, Check::Unsupported);
}

#[test]
fn a_part_that_no_length_prefix_announces_is_beyond_the_limit() {
    use bulla_tests::kit::{Fails, History, View, rules};
    let consignment = History::fixed(1_000).consignment(View::Leaves);
    let header = consignment.header.encode();
    let rules = rules();
    for length in [0, 1 << 24] {
        let part = vec![0; length];
        let opened = Validator::open(&part, &rules).err().unwrap();
        let mut validator = Validator::open(&header, &rules).unwrap();
        let stepped = validator.frame(&part).unwrap_err();
        for failure in [opened, stepped] {
            Fails::invalid((Check::Limit, "a header or frame of 1 to 16777215 bytes"))
                .check(&failure);
        }
    }
}
