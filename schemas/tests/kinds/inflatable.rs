//! More is issued by allowance, up to a hard cap.

use bulla_core::schema::Part;

use super::operation::{Refusal, both_ways, compared, genesis, operation};

#[test]
fn an_inflatable_supply_never_exceeds_its_cap() {
    let schema = bulla_schemas::inflatable();
    let birth = |asset, allowance| {
        let genesis = genesis(&schema).counts("supply", 60).counts("cap", 100);
        genesis.makes("asset", asset).makes("allowance", allowance)
    };
    let act = |name| operation(&schema, name);
    let issue = |left, asset| {
        let act = act("issue").takes("allowance", 40);
        act.makes("allowance", left).makes("asset", asset)
    };
    let burn = |left, burned| {
        let act = act("burn").takes("asset", 10).makes("asset", left);
        act.states("burned", burned)
    };
    let renounce = |left, renounced| {
        let act = act("renounce").takes("allowance", 40);
        act.makes("allowance", left).states("renounced", renounced)
    };
    let pass = |out| {
        act("move_allowance")
            .takes("allowance", 40)
            .makes("allowance", out)
    };
    let moved = |out| act("transfer").takes("asset", 10).makes("asset", out);
    both_ways(
        &schema,
        &[
            birth(60, 40),
            birth(60, 30).makes("allowance", 10),
            moved(10),
            issue(30, 10),
            issue(0, 40),
            act("issue")
                .takes("allowance", 3)
                .takes("allowance", 4)
                .makes("asset", 7),
            burn(7, 3),
            act("burn").takes("asset", 10).states("burned", 10),
            pass(40),
            pass(15).makes("allowance", 25),
            renounce(39, 1),
            act("renounce")
                .takes("allowance", 40)
                .states("renounced", 40),
        ],
        &[
            (
                birth(61, 39),
                "out.asset == global.supply",
                compared(61, 60),
            ),
            (
                birth(60, 41),
                "out.asset + out.allowance == global.cap",
                compared(101, 100),
            ),
            (moved(11), "in.asset == out.asset", compared(10, 11)),
            (
                issue(40, 10),
                "in.allowance == out.allowance + out.asset",
                compared(40, 50),
            ),
            (
                issue(0, 41),
                "in.allowance == out.allowance + out.asset",
                compared(40, 41),
            ),
            (issue(40, 0), "1 <= out.asset", compared(1, 0)),
            (
                burn(7, 2),
                "in.asset == out.asset + meta.burned",
                compared(10, 9),
            ),
            (burn(10, 0), "1 <= meta.burned", compared(1, 0)),
            (pass(41), "in.allowance == out.allowance", compared(40, 41)),
            (
                renounce(40, 1),
                "in.allowance == out.allowance + meta.renounced",
                compared(40, 41),
            ),
            (renounce(40, 0), "1 <= meta.renounced", compared(1, 0)),
        ],
    );
}

#[test]
fn units_are_no_allowance_and_a_burn_is_stated() {
    let schema = bulla_schemas::inflatable();
    let stolen = operation(&schema, "issue").takes("asset", 40);
    let stolen = stolen.makes("asset", 40);
    assert_eq!(stolen.judge(), Err(Refusal::Counts(Part::Input)));
    let unsaid = operation(&schema, "burn").takes("asset", 10);
    assert_eq!(unsaid.judge(), Err(Refusal::Counts(Part::Metadata)));
    let swapped = operation(&schema, "transfer").takes("asset", 9);
    let swapped = swapped.makes("allowance", 9);
    assert_eq!(swapped.judge(), Err(Refusal::Counts(Part::Output)));
}
