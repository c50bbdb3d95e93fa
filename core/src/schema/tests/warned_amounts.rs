//! What can be made of what: a market in which everything is sound, and one deal more.

use super::super::Schema;

const MARKET: &str = r#"
name = "market"
version = 0

[globals]
supply = { number = 0, type = "number" }
price = { number = 1, type = "number" }
loose = { number = 2, type = "number" }
said = { number = 3, type = "number" }

[metadata]
any = { number = 0, type = "number" }
other = { number = 1, type = "number" }

[owned]
gold = { number = 0, state = "amount" }
silver = { number = 1, state = "amount" }
pass = { number = 2, state = "right" }
seat = { number = 3, state = "right" }
nft = { number = 4, state = "token" }
note = { number = 5, state = "data" }

[genesis]
globals = { supply = "1", price = "1", loose = "1" }
outputs = { gold = "1..", silver = "0..", pass = "0..2", seat = "0..2", nft = "0..", note = "0..1" }
rules = [
    "out.gold + out.silver == global.supply",
    "tokens(out.nft) == range(1, global.price, 100)",
    "1 <= global.price",
]

[transitions.move_gold]
number = 0
inputs = { gold = "1.." }
outputs = { gold = "1.." }
rules = ["in.gold == out.gold"]

[transitions.move_silver]
number = 1
inputs = { silver = "1.." }
outputs = { silver = "1.." }
rules = ["in.silver == out.silver"]

[transitions.move_pass]
number = 2
inputs = { pass = "1" }
outputs = { pass = "1" }

[transitions.move_seat]
number = 3
inputs = { seat = "1..9" }
outputs = { seat = "1..9" }
rules = ["count(out.seat) == count(in.seat)"]

[transitions.move_nft]
number = 4
inputs = { nft = "1.." }
outputs = { nft = "1.." }
rules = ["tokens(in.nft) == tokens(out.nft)"]

[transitions.move_note]
number = 5
inputs = { note = "1" }
outputs = { note = "1" }
"#;

/// The warnings that transitions bring: inputs, outputs and rules of each, the first called `deal`.
fn deals(deals: &[(&str, &str, &str)]) -> Vec<String> {
    let mut text = MARKET.to_owned();
    for (number, (inputs, outputs, rules)) in (10..).zip(deals) {
        let name = if number == 10 { "deal" } else { "back" };
        let meta = |name: &str| {
            let read = rules.contains(&format!("meta.{name}"));
            if read {
                format!("{name} = \"1\",")
            } else {
                String::new()
            }
        };
        let said = if rules.contains("global.said") {
            "said = \"1\""
        } else {
            ""
        };
        let (any, other) = (meta("any"), meta("other"));
        text = format!(
            "{text}\n[transitions.{name}]\nnumber = {number}\ninputs = {{ {inputs} }}\noutputs = {{ {outputs} }}\nglobals = {{ {said} }}\nmetadata = {{ {any} {other} }}\nrules = [\"{rules}\"]\n"
        );
    }
    warned(&text)
}

fn warned(text: &str) -> Vec<String> {
    let schema = Schema::from_toml(text).unwrap_or_else(|error| panic!("{error}"));
    let warnings = schema.warnings();
    warnings.iter().map(ToString::to_string).collect()
}

fn deal(inputs: &str, outputs: &str, rules: &str) -> Vec<String> {
    deals(&[(inputs, outputs, rules)])
}

const GOLD: &str = "gold = \"1..\"";
const SILVER: &str = "silver = \"1..\"";
const BOTH: &str = "gold = \"1..\", silver = \"1..\"";

fn created(what: &str) -> [String; 1] {
    [format!(
        "transition deal: no rule bounds out.{what} by inputs, any amount can be created"
    )]
}

fn multiplied(spent: &str, made: &str) -> [String; 1] {
    [format!(
        "transition deal: a unit of in.{spent} allows more than one of {made}, units can be multiplied"
    )]
}

#[test]
fn the_market_needs_no_warning() {
    assert_eq!(warned(MARKET), [""; 0]);
}

#[test]
fn units_that_double_or_multiply_are_warned_of() {
    for rules in [
        "in.gold + in.gold == out.gold",
        "3 * in.gold == 2 * out.gold",
        "in.gold * genesis.price == out.gold",
        "in.gold * in.gold == out.gold",
        "out.gold == in.gold + count(in.gold) * genesis.price",
        "in.gold == out.gold - in.gold",
        "out.gold + meta.any == 2 * in.gold",
    ] {
        assert_eq!(
            deal(GOLD, GOLD, rules),
            multiplied("gold", "out.gold"),
            "{rules}"
        );
    }
    for rules in [
        "2 * in.gold == 2 * out.gold",
        "in.gold == 2 * out.gold",
        "out.gold <= 2 * in.gold and in.gold == out.gold + meta.any",
        "in.gold * genesis.price == out.gold * genesis.price and out.gold <= in.gold",
    ] {
        assert_eq!(deal(GOLD, GOLD, rules), [""; 0], "{rules}");
    }
}

#[test]
fn what_is_used_and_stays_is_warned_of() {
    let both = "out.gold and out.silver together";
    for rules in [
        "in.gold == out.gold and in.gold == out.silver",
        "in.gold == out.gold and out.silver <= in.gold and out.silver == meta.any",
        "in.gold == out.gold + meta.any and out.silver == in.gold - meta.any + meta.any",
    ] {
        assert_eq!(deal(GOLD, BOTH, rules), multiplied("gold", both), "{rules}");
    }
    for rules in [
        "in.gold == out.gold + out.silver",
        "in.gold == out.gold + meta.any and out.silver == meta.any",
        "in.gold == out.gold + meta.any and meta.any == meta.other and meta.other == 5 * out.silver",
        "10 * in.gold == 10 * out.gold + out.silver",
        "in.gold == out.gold + out.silver * genesis.price",
    ] {
        assert_eq!(deal(GOLD, BOTH, rules), [""; 0], "{rules}");
    }
    assert_eq!(
        deal(
            BOTH,
            BOTH,
            "in.gold == out.gold and in.silver == out.silver"
        ),
        [""; 0]
    );
    let swapped = "in.gold + in.silver == out.gold + out.silver";
    assert_eq!(deal(BOTH, BOTH, swapped), [""; 0]);
    let twice = "in.gold == out.gold and in.silver + in.gold == out.silver";
    assert_eq!(deal(BOTH, BOTH, twice), multiplied("gold", both));
}

#[test]
fn bounds_that_the_maker_chooses_are_none() {
    for rules in [
        "in.gold == meta.any and out.silver <= meta.other and out.silver - meta.other + meta.other == out.silver",
        "in.gold == meta.any and out.silver == global.said",
        "in.gold - meta.any == out.silver - meta.other",
        "in.gold == meta.any and out.silver == count(out.silver) * 7",
        "in.gold * meta.any == out.silver * meta.any and in.gold == meta.other",
        "in.gold * genesis.loose == out.silver * genesis.loose",
        "in.gold == meta.any and out.silver == meta.any * meta.other",
        "in.gold == meta.any and genesis.supply <= out.silver and out.silver == meta.other",
    ] {
        assert_eq!(deal(GOLD, SILVER, rules), created("silver"), "{rules}");
    }
    let hidden = "in.gold + meta.any == out.gold + meta.other and meta.other <= meta.any";
    assert_eq!(deal(GOLD, GOLD, hidden), created("gold"));
    let shown = "in.gold + meta.any == out.gold + meta.other and meta.any <= meta.other";
    assert_eq!(deal(GOLD, GOLD, shown), [""; 0]);
}

#[test]
fn an_exchange_with_a_way_back_is_warned_of_if_units_become_more() {
    let there = |rules| (GOLD, SILVER, rules);
    let back = |rules| (SILVER, GOLD, rules);
    let trip = "transition deal: a unit of in.gold allows more than one of out.silver, which can become gold again, look that no round trip gains";
    assert_eq!(deals(&[there("10 * in.gold == out.silver")]), [""; 0]);
    assert_eq!(
        deals(&[there("in.gold * genesis.price == out.silver")]),
        [""; 0]
    );
    let ten = there("10 * in.gold == out.silver");
    assert_eq!(deals(&[ten, back("in.silver == out.gold")]), [trip]);
    let one = there("in.gold == out.silver");
    assert_eq!(deals(&[one, back("in.silver == out.gold")]), [""; 0]);
}

#[test]
fn inputs_that_no_equality_accounts_for_are_warned_of() {
    let vanished = ["transition deal: no equality accounts for in.gold, any amount can vanish"];
    for rules in [
        "in.gold * meta.any == meta.other",
        "in.gold * out.silver == meta.any * out.silver and out.silver <= in.gold",
        "in.gold - in.gold == meta.any",
    ] {
        let silver = if rules.contains("silver") {
            "silver = \"0..\""
        } else {
            ""
        };
        assert_eq!(deal(GOLD, silver, rules), vanished, "{rules}");
    }
    assert_eq!(deal(GOLD, "", "in.gold == meta.any"), [""; 0]);
}

#[test]
fn rights_that_multiply_are_warned_of() {
    let seats = |inputs: &str, outputs: &str, rules: &str| {
        deal(
            &format!("seat = \"{inputs}\""),
            &format!("seat = \"{outputs}\""),
            rules,
        )
    };
    let rights = ["transition deal: no rule bounds count(out.seat), rights can be multiplied"];
    let nothing = "genesis.price == genesis.price";
    assert_eq!(seats("1", "1", nothing), [""; 0]);
    assert_eq!(seats("2", "2", nothing), [""; 0]);
    assert_eq!(seats("1..", "1", nothing), [""; 0]);
    assert_eq!(seats("1", "2", nothing), rights);
    assert_eq!(seats("1..", "1..", nothing), rights);
    assert_eq!(
        seats("1..", "1..", "count(in.seat) == count(out.seat)"),
        [""; 0]
    );
    assert_eq!(seats("1..", "1..", "count(out.seat) <= 9"), rights);
    let twice = multiplied("seat", "out.seat");
    assert_eq!(
        seats("1..", "1..", "count(out.seat) <= 2 * count(in.seat)"),
        twice
    );
    assert_eq!(deal("pass = \"1\"", "seat = \"1\"", nothing), [""; 0]);
    assert_eq!(
        deal("pass = \"1\"", "pass = \"1\", seat = \"1\"", nothing),
        rights
    );
    let gold = "gold = \"1..\", seat = \"0..\"";
    let paid = "in.gold == out.gold + count(out.seat)";
    assert_eq!(deal(GOLD, gold, paid), [""; 0]);
    let free = "in.gold == out.gold and count(out.seat) <= in.gold";
    let both = "out.gold and out.seat together";
    assert_eq!(deal(GOLD, gold, free), multiplied("gold", both));
}

#[test]
fn what_is_made_for_something_that_is_used_up_is_bounded() {
    let fee = "out.silver == genesis.supply + 7";
    assert_eq!(deal("pass = \"1\"", SILVER, fee), [""; 0]);
    assert_eq!(
        deal("pass = \"0..1\", seat = \"0..1\"", SILVER, fee),
        created("silver")
    );
    assert_eq!(
        deal("pass = \"1\"", "pass = \"1\", silver = \"1..\"", fee),
        created("silver")
    );
    assert_eq!(deal("note = \"1\"", SILVER, fee), created("silver"));
    assert_eq!(
        deal("note = \"1..\"", SILVER, "out.silver == count(in.note)"),
        created("silver")
    );
    let whole = "tokens(in.nft) == range(meta.any, 1, 100) and out.silver == 7";
    assert_eq!(deal("nft = \"1..\"", SILVER, whole), [""; 0]);
    let kept = "tokens(in.nft) == tokens(out.nft) and out.silver == count(in.nft)";
    assert_eq!(
        deal("nft = \"1..\"", "nft = \"1..\", silver = \"1..\"", kept),
        multiplied("nft", "out.silver and out.nft together")
    );
}

#[test]
fn a_genesis_that_publishes_another_supply_is_warned_of() {
    let issued = |rules: &str| {
        let from = "\"out.gold + out.silver == global.supply\"";
        assert!(MARKET.contains(from));
        warned(&MARKET.replace(from, &format!("\"{rules}\"")))
    };
    let unbounded = |owned| {
        format!(
            "genesis: no rule bounds out.{owned} by what it publishes, any amount can be issued"
        )
    };
    let both = [unbounded("gold"), unbounded("silver")];
    for rules in [
        "0 * out.gold == 0 * global.supply and 0 * out.silver == 0",
        "out.gold - out.gold == 0 and out.silver - out.silver == 0",
        "out.gold == out.silver",
        "global.supply - out.gold + out.gold + out.silver == global.supply + out.silver + out.gold - out.gold * 1 and out.gold * out.silver == out.gold * out.silver * 1",
    ] {
        let expected: &[_] = if rules.starts_with("global") {
            &both[1..]
        } else {
            &both
        };
        assert_eq!(issued(rules), expected, "{rules}");
    }
    assert_eq!(
        issued("out.gold == global.supply and out.silver == count(out.gold)"),
        [unbounded("silver")]
    );
    for rules in [
        "out.gold == global.supply and out.silver == 2 * out.gold",
        "out.gold == 21000000 and out.silver == genesis.price * global.supply",
        "out.gold <= global.supply and out.silver + out.gold == 3 * global.supply",
    ] {
        assert_eq!(issued(rules), [""; 0], "{rules}");
    }
}

#[test]
fn what_only_itself_could_make_is_warned_of() {
    let with = |owned: &str, inputs: &str, outputs: &str| {
        let text = MARKET.replace(
            "[owned]\n",
            &format!("[owned]\n{owned} = {{ number = 9, state = \"right\" }}\n"),
        );
        warned(&format!(
            "{text}\n[transitions.move_{owned}]\nnumber = 10\ninputs = {{ {inputs} }}\noutputs = {{ {outputs} }}\n"
        ))
    };
    let never = [
        "nobody can receive boss: only move_boss could make it, and can never be used",
        "transition move_boss can never be used: nobody can receive boss, which it needs",
    ];
    assert_eq!(with("boss", "boss = \"1\"", "boss = \"1\""), never);
    assert_eq!(with("boss", "boss = \"0..1\"", "boss = \"1\""), never);
    assert_eq!(
        with("boss", "pass = \"1\", boss = \"1\"", "boss = \"1\""),
        never
    );
    let appointed = with("boss", "pass = \"1\", boss = \"0..1\"", "boss = \"1\"");
    let alone = "no transition moves boss alone: it cannot be handed on, nor saved from a coin that must be spent";
    assert_eq!(appointed, [alone]);
}
