//! Units are handed in and reissued.

use bulla_core::schema::Part;

use super::operation::{Refusal, both_ways, compared, genesis, operation};

#[test]
fn no_more_is_reissued_than_the_genesis_allows() {
    let schema = bulla_schemas::replaceable();
    let born = |asset, replacement| {
        let genesis = genesis(&schema)
            .counts("supply", 60)
            .counts("replaceable", 30);
        genesis
            .makes("asset", asset)
            .makes("replacement", replacement)
    };
    let act = |name| operation(&schema, name);
    let moved = |out| act("transfer").takes("asset", 10).makes("asset", out);
    let pass = |out| {
        let act = act("move_replacement").takes("replacement", 30);
        act.makes("replacement", out)
    };
    let hand_in = |left, handed| {
        let act = act("hand_in").takes("asset", 10).makes("asset", left);
        act.states("handed", handed)
    };
    let reissue = |left, asset| {
        let act = act("reissue").takes("replacement", 30);
        act.makes("replacement", left).makes("asset", asset)
    };
    let renounce = |left, renounced| {
        let act = act("renounce").takes("replacement", 30);
        act.makes("replacement", left)
            .states("renounced", renounced)
    };
    let spent = "in.replacement == out.replacement + out.asset";
    both_ways(
        &schema,
        &[
            born(60, 30),
            moved(10),
            pass(30),
            hand_in(4, 6),
            act("hand_in").takes("asset", 10).states("handed", 10),
            reissue(20, 10),
            act("reissue").takes("replacement", 30).makes("asset", 30),
            renounce(29, 1),
        ],
        &[
            (born(61, 30), "out.asset == global.supply", compared(61, 60)),
            (
                born(60, 31),
                "out.replacement == global.replaceable",
                compared(31, 30),
            ),
            (moved(11), "in.asset == out.asset", compared(10, 11)),
            (
                pass(31),
                "in.replacement == out.replacement",
                compared(30, 31),
            ),
            (
                hand_in(5, 6),
                "in.asset == out.asset + meta.handed",
                compared(10, 11),
            ),
            (hand_in(10, 0), "1 <= meta.handed", compared(1, 0)),
            (reissue(30, 1), spent, compared(30, 31)),
            (reissue(30, 0), "1 <= out.asset", compared(1, 0)),
            (
                renounce(30, 1),
                "in.replacement == out.replacement + meta.renounced",
                compared(30, 31),
            ),
            (renounce(30, 0), "1 <= meta.renounced", compared(1, 0)),
        ],
    );
}

#[test]
fn old_units_never_enter_the_history_of_new_ones() {
    let schema = bulla_schemas::replaceable();
    let mixed = operation(&schema, "reissue").takes("replacement", 10);
    let mixed = mixed.takes("asset", 5).makes("asset", 15);
    assert_eq!(mixed.judge(), Err(Refusal::Counts(Part::Input)));
}
