//! One of a kind, or numbered editions.

use bulla_core::schema::{Broken, Part, Schema};

use super::operation::{
    Operation, Refusal, both_ways, compared, genesis, negative, operation, token,
};

const BORN: &str = "tokens(out.nft) == range(1, global.total - out.left, global.fractions)";
const MINTED: &str =
    "tokens(out.nft) == range(genesis.total - in.left + 1, in.left - out.left, genesis.fractions)";
const KEPT: &str = "tokens(in.nft) == tokens(out.nft)";
const TYPES: &str = "count(global.media) == count(global.media_type)";
const SIZES: &str = "count(global.media) == count(global.media_size)";

fn shown(of: Operation<'_>) -> Operation<'_> {
    let of = of.says("media", &[9; 32]).says("media_type", b"image/png");
    of.counts("media_size", 1_000)
}

/// Operations that are accepted, and those that break a rule.
struct Cases<'s> {
    good: Vec<Operation<'s>>,
    bad: Vec<(Operation<'s>, &'static str, Broken)>,
}

fn birth(schema: &Schema, total: u64, fractions: u64, engravable: u64) -> Operation<'_> {
    let genesis = genesis(schema).counts("total", total);
    genesis
        .counts("fractions", fractions)
        .counts("engravable", engravable)
}

fn births(schema: &Schema) -> Cases<'_> {
    let birth = |total, fractions, engravable| birth(schema, total, fractions, engravable);
    let closed = || birth(5, 1, 0).makes("left", 5);
    let most = u64::from(u32::MAX);
    Cases {
        good: vec![
            shown(birth(1, 10, 0)).makes_token(1, 10),
            birth(1, 10, 0).makes_token(1, 4).makes_token(1, 6),
            birth(100, 1, 1).makes("left", 100),
            birth(3, 1, 1)
                .makes("left", 1)
                .makes_token(1, 1)
                .makes_token(2, 1),
            birth(most, 1, 0).makes("left", most),
        ],
        bad: vec![
            (birth(1, 10, 0).makes_token(0, 10), BORN, token(0, 10, 0)),
            (birth(1, 10, 0).makes_token(1, 11), BORN, token(1, 11, 10)),
            (
                birth(1, 10, 0).makes_token(1, 10).makes_token(2, 10),
                BORN,
                token(2, 10, 0),
            ),
            (birth(5, 1, 0).makes("left", 4), BORN, token(1, 0, 1)),
            (birth(5, 1, 0).makes("left", 6), BORN, negative(5, 6)),
            (birth(0, 1, 0), "1 <= global.total", compared(1, 0)),
            (
                birth(most + 1, 1, 0).makes("left", most + 1),
                "global.total < 4294967296",
                compared(1 << 32, 1 << 32),
            ),
            (
                birth(5, 0, 0).makes("left", 5),
                "1 <= global.fractions",
                compared(1, 0),
            ),
            (
                birth(5, 1, 2).makes("left", 5),
                "global.engravable <= 1",
                compared(2, 1),
            ),
            (closed().says("media_type", b"x"), TYPES, compared(0, 1)),
            (closed().counts("media_size", 1), SIZES, compared(0, 1)),
        ],
    }
}

fn mints(schema: &Schema) -> Cases<'_> {
    let mint_of = |total, before, after, ids: &[u32]| {
        let act = operation(schema, "mint").takes("left", before);
        let act = act
            .makes("left", after)
            .born("total", total)
            .born("fractions", 10);
        ids.iter().fold(act, |act, id| act.makes_token(*id, 10))
    };
    let mint = |before, after, ids: &[u32]| mint_of(100, before, after, ids);
    let third = || mint(98, 97, &[3]);
    Cases {
        good: vec![
            mint(100, 98, &[1, 2]),
            shown(third()).says("attribute", b"colour: blue"),
            mint(1, 0, &[100]),
        ],
        bad: vec![
            (mint(98, 97, &[2]), MINTED, token(2, 10, 0)),
            (mint(98, 97, &[3, 4]), MINTED, token(4, 10, 0)),
            (mint(98, 96, &[3]), MINTED, token(4, 0, 10)),
            (mint(98, 97, &[3, 3]), MINTED, token(3, 20, 10)),
            (mint(98, 99, &[3]), MINTED, negative(98, 99)),
            (mint(98, 98, &[3]), MINTED, token(3, 10, 0)),
            (mint(101, 100, &[0]), MINTED, negative(100, 101)),
            (
                mint_of(5_000, 5_000, 0, &[1]),
                MINTED,
                Broken::RangeTooLong { count: 5_000 },
            ),
            (third().says("media_type", b"x"), TYPES, compared(0, 1)),
            (third().counts("media_size", 1), SIZES, compared(0, 1)),
        ],
    }
}

fn moves(schema: &Schema) -> Cases<'_> {
    let moved = || operation(schema, "transfer").takes_token(7, 10);
    let left = |name| operation(schema, name).takes("left", 90);
    Cases {
        good: vec![
            moved().makes_token(7, 3).makes_token(7, 7),
            moved()
                .takes_token(8, 1)
                .makes_token(8, 1)
                .makes_token(7, 10),
            left("move_left").makes("left", 90),
            left("renounce").states("renounced", 90),
        ],
        bad: vec![
            (
                moved().makes_token(7, 10).makes_token(7, 10),
                KEPT,
                token(7, 20, 10),
            ),
            (moved().makes_token(8, 10), KEPT, token(7, 0, 10)),
            (moved().makes_token(7, 9), KEPT, token(7, 9, 10)),
            (
                left("move_left").makes("left", 91),
                "in.left == out.left",
                compared(90, 91),
            ),
            (
                left("renounce").states("renounced", 89),
                "in.left == meta.renounced",
                compared(90, 89),
            ),
        ],
    }
}

/// What only the owner of a whole token may do.
fn owners(schema: &Schema) -> Cases<'_> {
    let whole = "tokens(out.nft) == range(meta.token, 1, genesis.fractions)";
    let burned = "tokens(in.nft) == range(meta.token, 1, genesis.fractions)";
    let act = |name, token| {
        let act = operation(schema, name).states("token", token);
        act.born("fractions", 10)
    };
    let engrave = |token, engravable| {
        let act = act("engrave", token).says("engraving", b"for Ada");
        act.born("engravable", engravable)
    };
    let burn = |token| act("burn", token).takes_token(7, 10);
    Cases {
        good: vec![
            engrave(7, 1).takes_token(7, 10).makes_token(7, 10),
            act("burn", 7).takes_token(7, 4).takes_token(7, 6),
        ],
        bad: vec![
            (
                engrave(7, 1).takes_token(7, 10).makes_token(7, 9),
                KEPT,
                token(7, 9, 10),
            ),
            (
                engrave(7, 1).takes_token(7, 9).makes_token(7, 9),
                whole,
                token(7, 9, 10),
            ),
            (
                engrave(8, 1).takes_token(7, 10).makes_token(7, 10),
                whole,
                token(7, 10, 0),
            ),
            (
                engrave(7, 0).takes_token(7, 10).makes_token(7, 10),
                "genesis.engravable == 1",
                compared(0, 1),
            ),
            (act("burn", 7).takes_token(7, 9), burned, token(7, 9, 10)),
            (burn(8), burned, token(7, 10, 0)),
            (burn(7).takes_token(8, 10), burned, token(8, 10, 0)),
        ],
    }
}

#[test]
fn tokens_are_numbered_from_one_and_made_once_each() {
    let schema = bulla_schemas::unique();
    let parts = [
        births(&schema),
        mints(&schema),
        moves(&schema),
        owners(&schema),
    ];
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for part in parts {
        good.extend(part.good);
        bad.extend(part.bad);
    }
    both_ways(&schema, &good, &bad);
}

#[test]
fn what_is_left_stays_in_one_hand() {
    let schema = bulla_schemas::unique();
    let born = genesis(&schema).counts("total", 9).counts("fractions", 1);
    let split = born
        .counts("engravable", 0)
        .makes("left", 4)
        .makes("left", 5);
    assert_eq!(split.judge(), Err(Refusal::Counts(Part::Output)));
    let act = |name| operation(&schema, name).takes("left", 9);
    let split = act("move_left").makes("left", 4).makes("left", 5);
    assert_eq!(split.judge(), Err(Refusal::Counts(Part::Output)));
    let split = act("mint")
        .makes("left", 4)
        .makes("left", 4)
        .makes_token(1, 1);
    assert_eq!(split.judge(), Err(Refusal::Counts(Part::Output)));
    let joined = act("mint").takes("left", 1).makes_token(1, 1);
    assert_eq!(joined.judge(), Err(Refusal::Counts(Part::Input)));
    let nothing = act("mint").makes("left", 9);
    assert_eq!(nothing.judge(), Err(Refusal::Counts(Part::Output)));
}
