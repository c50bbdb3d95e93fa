//! Work and memory are linear in the input: the nastiest consignments, at one size and at four
//! times that size, with the bytes that validating them asks the allocator for. What is counted is
//! the same in every run; nothing here looks at a clock.

mod nasty;

use std::alloc::System;

use bulla_tests::kit::judge;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use self::nasty::Nasty;

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

#[test]
fn four_times_the_input_is_at_most_five_times_the_work_and_a_bounded_multiple_of_the_input() {
    for nasty in nasty::all() {
        let (small, large) = (cost(&nasty, nasty.size), cost(&nasty, 4 * nasty.size));
        let name = nasty.name;
        println!("{name}: {small:?} {large:?}");
        let most = nasty.times * small.input + (1 << 18);
        assert!(
            small.bytes <= most,
            "{name}: {small:?}, expected at most {most}"
        );
        let grown = |of: fn(&Cost) -> usize| {
            let (to, from) = (of(&large) * small.input, of(&small) * large.input);
            4 * to / from
        };
        for (what, grown) in [
            ("bytes", grown(|cost| cost.bytes)),
            ("times", grown(|cost| cost.times)),
        ] {
            assert!(
                grown <= 5,
                "{name}: {what} grew {grown} fold: {small:?} {large:?}"
            );
        }
    }
}
