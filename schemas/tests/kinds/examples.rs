//! The schemas that the documentation makes.

use bulla_core::schema::{Broken, Part, Schema};

use super::operation::{Refusal, both_ways, compared, genesis, operation};

fn schema(text: &str) -> Schema {
    let schema = Schema::from_toml(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(Schema::decode(&schema.encode()).as_ref(), Ok(&schema));
    assert_eq!(schema.warnings(), []);
    schema
}

#[test]
fn a_ticket_is_redeemed_once_and_says_for_whom() {
    let schema = schema(include_str!("../../../docs/schemas/ticket.toml"));
    let born = |precision| {
        let claims = operation(&schema, "genesis")
            .says("ticker", b"T")
            .says("name", b"N");
        let claims = claims
            .says("terms", b"at dawn")
            .counts("precision", precision);
        claims.counts("supply", 5)
    };
    let moved = |out| {
        operation(&schema, "transfer")
            .takes("asset", 5)
            .makes("asset", out)
    };
    let redeem = |left, burned, visitors: &[&str]| {
        let act = operation(&schema, "redeem")
            .takes("asset", 5)
            .makes("asset", left);
        let act = act.states("burned", burned);
        let visitors = visitors.iter();
        visitors.fold(act, |act, who| act.says("visitor", who.as_bytes()))
    };
    both_ways(
        &schema,
        &[
            born(0).makes("asset", 5),
            moved(5),
            redeem(3, 2, &["Ada", "Bo"]),
        ],
        &[
            (
                born(0).makes("asset", 6),
                "out.asset == global.supply",
                compared(6, 5),
            ),
            (
                born(1).makes("asset", 5),
                "global.precision == 0",
                compared(1, 0),
            ),
            (moved(6), "in.asset == out.asset", compared(5, 6)),
            (
                redeem(5, 1, &["Ada"]),
                "in.asset == out.asset + meta.burned",
                compared(5, 6),
            ),
            (
                redeem(3, 2, &["Ada"]),
                "meta.burned == count(global.visitor)",
                compared(2, 1),
            ),
        ],
    );
    let nobody = redeem(5, 0, &[]);
    assert_eq!(nobody.judge(), Err(Refusal::Counts(Part::Global)));
}

#[test]
fn locked_amounts_are_not_freed_before_their_time() {
    let schema = schema(include_str!("../../../docs/schemas/vesting.toml"));
    let born = |locked, unlock| {
        let genesis = genesis(&schema)
            .counts("supply", 10)
            .counts("unlock", unlock);
        genesis.makes("asset", 4).makes("locked", locked)
    };
    let moved = |out| {
        operation(&schema, "transfer")
            .takes("asset", 5)
            .makes("asset", out)
    };
    let pass = |out| {
        operation(&schema, "move_locked")
            .takes("locked", 6)
            .makes("locked", out)
    };
    let unlock = |out, locktime| {
        let act = operation(&schema, "unlock")
            .takes("locked", 6)
            .makes("asset", out);
        act.born("unlock", 900_000).locked_until(locktime)
    };
    let early = |locktime| Broken::TooEarly {
        earliest: 900_000,
        locktime,
    };
    let time = 1_700_000_000;
    let waited = "genesis.unlock <= witness.locktime";
    both_ways(
        &schema,
        &[born(6, 900_000), moved(5), pass(6), unlock(6, 900_000)],
        &[
            (
                born(7, 900_000),
                "out.asset + out.locked == global.supply",
                compared(11, 10),
            ),
            (born(6, 0), "1 <= global.unlock", compared(1, 0)),
            (moved(6), "in.asset == out.asset", compared(5, 6)),
            (pass(5), "in.locked == out.locked", compared(6, 5)),
            (unlock(7, 900_000), "in.locked == out.asset", compared(6, 7)),
            (unlock(6, 899_999), waited, early(899_999)),
            (unlock(6, time), waited, early(time)),
            (unlock(6, 0), waited, early(0)),
        ],
    );
}
