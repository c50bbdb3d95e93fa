//! A fixed supply with media and terms.

use bulla_core::schema::Part;

use super::operation::{Operation, Refusal, both_ways, compared, genesis, operation};

fn shown(of: Operation<'_>) -> Operation<'_> {
    let of = of.says("media", &[9; 32]).says("media_type", b"image/png");
    of.counts("media_size", 1_000)
}

#[test]
fn a_collectible_names_its_media_and_keeps_its_supply() {
    let schema = bulla_schemas::collectible();
    let born = || {
        genesis(&schema)
            .says("terms", b"none")
            .counts("supply", 5)
            .makes("asset", 5)
    };
    let moved = |out| {
        operation(&schema, "transfer")
            .takes("asset", 5)
            .makes("asset", out)
    };
    both_ways(
        &schema,
        &[shown(born()), shown(shown(born())), moved(5)],
        &[
            (
                shown(born()).makes("asset", 1),
                "out.asset == global.supply",
                compared(6, 5),
            ),
            (
                shown(born()).says("media_type", b"image/jpeg"),
                "count(global.media) == count(global.media_type)",
                compared(1, 2),
            ),
            (
                shown(born()).counts("media_size", 7),
                "count(global.media) == count(global.media_size)",
                compared(1, 2),
            ),
            (moved(6), "in.asset == out.asset", compared(5, 6)),
        ],
    );
    assert_eq!(born().judge(), Err(Refusal::Counts(Part::Global)));
    let short = born()
        .says("media", &[9; 31])
        .says("media_type", b"image/png");
    assert_eq!(short.counts("media_size", 1).judge(), Err(Refusal::Types));
    let changed = moved(5).says("media", &[8; 32]);
    assert_eq!(changed.judge(), Err(Refusal::Counts(Part::Global)));
}
