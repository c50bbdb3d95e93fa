//! Memory is linear in the input: the nastiest consignments, at one size, twice and four times that size, with the
//! bytes that validating them asks the allocator for. What is counted is the same in every run.

use std::alloc::System;

use bulla_tests::kit::judge;
use bulla_tests::kit::nasty::{self, Nasty};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What validating asks the allocator for.
#[derive(Copy, Clone, Debug)]
struct Cost {
    /// Bytes of the input.
    input: usize,
    /// Bytes asked for, given back or not.
    bytes: usize,
    /// Number of times.
    times: usize,
}

fn cost(nasty: &Nasty, size: u32) -> Cost {
    let input = (nasty.make)(size);
    let region = Region::new(ALLOCATOR);
    let verdict = judge(&input);
    let change = region.change();
    let failed = verdict.err().map(|failure| failure.report().check);
    assert_eq!(failed, nasty.fails, "{}", nasty.name);
    Cost {
        input: input.len(),
        bytes: change.bytes_allocated,
        times: change.allocations,
    }
}

/// Hundredths of what a byte asked for before: lists grow by doubling.
const MOST: usize = 150;

#[test]
fn a_byte_more_asks_for_no_more_memory_in_a_long_input_than_in_a_short_one() {
    for nasty in nasty::all() {
        let [short, middle, long] = [1, 2, 4].map(|times| cost(&nasty, times * nasty.size));
        let name = nasty.name;
        let most = nasty.times * short.input + (1 << 18);
        assert!(
            short.bytes <= most,
            "{name}: {short:?}, expected at most {most}"
        );
        for (what, of) in [
            ("bytes", (|cost| cost.bytes) as fn(&Cost) -> usize),
            ("times", |cost| cost.times),
        ] {
            // In thousandths.
            let marginal =
                |from: &Cost, to: &Cost| 1_000 * (of(to) - of(from)) / (to.input - from.input);
            let (before, after) = (marginal(&short, &middle), marginal(&middle, &long));
            println!("{name}: {what} {before}, then {after} thousandths for a byte");
            let most = before * MOST / 100;
            assert!(
                after <= most,
                "{name}: {what}: {short:?} {middle:?} {long:?}"
            );
        }
    }
}
