//! A supply that never changes.

use bulla_core::schema::Part;

use super::operation::{Refusal, both_ways, compared, genesis, operation};

#[test]
fn a_fixed_supply_is_issued_once_and_kept() {
    let schema = bulla_schemas::fixed();
    let born = |supply| genesis(&schema).counts("supply", supply);
    let moved = |amount| operation(&schema, "transfer").takes("asset", amount);
    both_ways(
        &schema,
        &[
            born(10).makes("asset", 10),
            born(10).makes("asset", 4).makes("asset", 6),
            moved(10).makes("asset", 3).makes("asset", 7),
            moved(u64::MAX)
                .takes("asset", 1)
                .makes("asset", u64::MAX)
                .makes("asset", 1),
        ],
        &[
            (
                born(10).makes("asset", 11),
                "out.asset == global.supply",
                compared(11, 10),
            ),
            (
                moved(10).makes("asset", 11),
                "in.asset == out.asset",
                compared(10, 11),
            ),
            (
                moved(10).makes("asset", 9),
                "in.asset == out.asset",
                compared(10, 9),
            ),
        ],
    );
}

#[test]
fn a_fixed_supply_cannot_be_burned_or_of_another_kind() {
    let schema = bulla_schemas::fixed();
    let burned = operation(&schema, "transfer").takes("asset", 10);
    assert_eq!(burned.judge(), Err(Refusal::Counts(Part::Output)));
    let right = operation(&schema, "transfer").takes("asset", 10);
    let right = right.makes_right("asset");
    assert_eq!(right.judge(), Err(Refusal::Types));
    let unnamed = operation(&schema, "genesis").counts("supply", 1);
    let unnamed = unnamed.makes("asset", 1);
    assert_eq!(unnamed.judge(), Err(Refusal::Counts(Part::Global)));
}
