//! The consignments of a batch are made one by one: what that takes is linear in the payees, and one at a time is
//! held. What is counted is the same in every run, but for the ids; that of the store's machine is not.

use std::alloc::System;
use std::sync::atomic::Ordering;

use bulla_tests::kit::count_steps;
use bulla_tests::people::{Person, pay, stranger};
use bulla_tests::world::{Chain, OnSandbox};
use bulla_wallet::api::PlanOptions;
use bulla_wallet::transfer::History;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What making all consignments of a batch takes.
#[derive(Copy, Clone, Default, Debug)]
struct Cost {
    /// Bytes asked for, given back or not.
    bytes: usize,
    /// Bytes that one consignment asked for, the first left out: it builds what all share.
    one: usize,
    /// Bytes held when the last is made, above those held when the second is.
    held: isize,
    /// Steps of the store.
    steps: u64,
}

fn cost(payees: u32) -> Cost {
    let chain = OnSandbox::start();
    let mut payer = Person::new("Alice");
    payer.fund(&chain, 1_000_000);
    payer.fund(&chain, 1_000_000);
    let contract = payer.issue(&chain, "PAY", 1_000_000_000);
    let invoice = payer.invoice(contract, 1_000);
    let payments: Vec<_> = (0..payees).map(|n| pay(&stranger(&invoice, n))).collect();
    let prepared = payer.prepare(&payments, &PlanOptions::default());
    let transfer = prepared.transfer;
    drop(payer.finish(prepared));
    let steps = count_steps(payer.view());
    let all = Region::new(ALLOCATOR);
    let each = payer.wallet().deliver_each(transfer, History::New);
    let mut each = each.expect("a signed transfer");
    let first = each.next().expect("a payee").expect("a consignment");
    drop(first);
    let rest = Region::new(ALLOCATOR);
    let (mut made, mut most) = (1, 0);
    loop {
        let one = Region::new(ALLOCATOR);
        let Some(consignment) = each.next() else {
            break;
        };
        drop(consignment.expect("a consignment"));
        most = most.max(one.change().bytes_allocated);
        made += 1;
    }
    assert_eq!(made, payees);
    let rest = rest.change();
    Cost {
        bytes: all.change().bytes_allocated,
        one: most,
        held: isize::try_from(rest.bytes_allocated).expect("bytes")
            - isize::try_from(rest.bytes_deallocated).expect("bytes"),
        steps: steps.load(Ordering::Relaxed),
    }
}

#[test]
fn the_consignments_of_four_times_the_payees_take_four_times_as_much_and_one_takes_no_more() {
    let (few, many) = (cost(100), cost(400));
    println!("{few:?} {many:?}");
    assert!(many.bytes <= 5 * few.bytes, "{few:?} {many:?}");
    assert!(many.steps <= 5 * few.steps, "{few:?} {many:?}");
    // Two more levels of siblings, four at most: each a hash and a sum, on both paths, in a list that doubles.
    assert!(many.one <= few.one + few.one / 2, "{few:?} {many:?}");
    assert!(many.held <= 0, "{few:?} {many:?}");
}
