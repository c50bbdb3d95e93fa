//! Schemas in words.

use super::super::{Schema, parse};
use super::{LAB, lab};

#[test]
fn every_form_of_rule_is_said_in_words() {
    let schema = lab();
    for (text, words) in [
        (
            "in.asset == out.asset",
            "as much asset is made as is consumed: none appears, none is lost",
        ),
        (
            "in.asset == out.asset + meta.burned",
            "the asset consumed goes, to the last unit, into the asset made and the `burned` stated",
        ),
        (
            "in.asset + meta.burned == out.asset",
            "the asset consumed plus the `burned` stated equals the asset made",
        ),
        ("1 <= meta.burned", "the `burned` stated is at least 1"),
        (
            "count(in.right) <= count(global.note)",
            "the number of right allocations consumed is at most the number of `note` published",
        ),
        (
            "2 * (in.asset - 1) < genesis.supply",
            "2 times (the asset consumed minus 1) is less than `supply` of the genesis; no difference may be negative",
        ),
        (
            "tokens(in.nft) == tokens(out.nft)",
            "each nft consumed is made again with all its fractions: none appears, none is lost, none is doubled",
        ),
        (
            "tokens(in.nft) == range(meta.burned, 1, genesis.m)",
            "exactly one nft is consumed, whole: id the `burned` stated, fractions `m` of the genesis",
        ),
        (
            "tokens(out.nft) == range(0, global.note, 1)",
            "exactly these nft ids are made, each whole: from 0 on, as many as the `note` published, fractions 1",
        ),
        (
            "signed(genesis.m, keys)",
            "signed by as many as `m` of the genesis of the keys `keys` of the genesis; until then it is unsigned",
        ),
        (
            "genesis.m <= witness.locktime",
            "the witness cannot be mined before `m` of the genesis, a height or a time",
        ),
    ] {
        let rules = parse::rules(text, &schema).expect(text);
        let said: Vec<_> = rules.iter().map(|rule| rule.words(&schema)).collect();
        assert_eq!(said, [words]);
    }
}

#[test]
fn operations_say_how_many_of_what() {
    let schema = Schema::from_toml(&LAB.replace("nft = \"0..9\"", "nft = \"2..9\"")).unwrap();
    let explained = schema.explain();
    let operations: Vec<_> = explained
        .iter()
        .map(|of| (of.operation.as_str(), of.kind))
        .collect();
    let expected = [("genesis", None), ("move", Some(0)), ("burn", Some(1))];
    assert_eq!(operations, expected);
    assert_eq!(
        explained[0].parts,
        [
            "makes 1 or more asset",
            "makes at most 1 right",
            "makes 2 to 9 nft",
            "publishes exactly 1 `supply` (number)",
            "publishes at most 1 `ticker` (text)",
            "publishes 1 or more `keys` (key)",
            "publishes exactly 1 `m` (number)",
        ]
    );
    assert_eq!(
        explained[2].parts,
        [
            "consumes 1 or more asset",
            "consumes any number of nft",
            "makes any number of asset",
            "makes any number of nft",
            "states exactly 1 `burned` (number)",
            "states at most 1 `memo` (text)",
        ]
    );
    let texts: Vec<_> = explained[2].rules.iter().map(|rule| &rule.text).collect();
    assert_eq!(texts.len(), 4);
    assert_eq!(texts[1], "1 <= meta.burned");
}
