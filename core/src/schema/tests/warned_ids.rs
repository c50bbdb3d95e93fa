//! Token ids that may be made again.

use super::super::Schema;

/// Numbered from 1 by what is left.
const PRINT: &str = r#"
name = "print"
version = 0

[globals]
total = { number = 0, type = "number" }

[metadata]
any = { number = 0, type = "number" }

[owned]
nft = { number = 0, state = "token" }
left = { number = 1, state = "amount" }
fuel = { number = 2, state = "amount" }

[genesis]
globals = { total = "1" }
outputs = { nft = "0..", left = "0..1", fuel = "0.." }
rules = ["tokens(out.nft) == range(1, global.total - out.left, 100)", "out.fuel == global.total"]

[transitions.move]
number = 0
inputs = { nft = "1.." }
outputs = { nft = "1.." }
rules = ["tokens(in.nft) == tokens(out.nft)"]

[transitions.pass]
number = 1
inputs = { left = "1" }
outputs = { left = "1" }
rules = ["in.left == out.left"]

[transitions.mint]
number = 2
inputs = { left = "1" }
outputs = { nft = "1..", left = "0..1" }
metadata = { any = "1" }
rules = ["tokens(out.nft) == range(genesis.total - in.left + 1, in.left - out.left, 100)"]

[transitions.drive]
number = 3
inputs = { fuel = "1.." }
outputs = { fuel = "1.." }
rules = ["in.fuel == out.fuel"]
"#;

fn warned(changes: &[(&str, &str)]) -> Vec<String> {
    let mut text = PRINT.to_owned();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from} stands there once");
        text = text.replacen(from, to, 1);
    }
    let schema = Schema::from_toml(&text).unwrap_or_else(|error| panic!("{error}"));
    let warnings = schema.warnings();
    warnings.iter().map(ToString::to_string).collect()
}

const MINTED: &str =
    "\"tokens(out.nft) == range(genesis.total - in.left + 1, in.left - out.left, 100)\"";
const ISSUED: &str = "range(1, global.total - out.left, 100)";
const AGAIN: &str =
    "transition mint: no counter shows that the ids of out.nft are new, the same may be made again";

/// The warnings of another `mint`.
fn minted(range: &str) -> Vec<String> {
    let rule = format!("\"tokens(out.nft) == range({range})\"");
    warned(&[(MINTED, &rule)])
}

#[test]
fn ids_that_a_counter_gives_up_are_new() {
    assert_eq!(warned(&[]), [""; 0]);
    let end = minted(
        "genesis.total - out.left, in.left - out.left, 100) and in.left == out.left + 1 and tokens(out.nft) == range(genesis.total - out.left, 1, 100",
    );
    assert_eq!(end, [""; 0]);
    let one = minted(
        "genesis.total + 1 - in.left, 1, 100) and tokens(out.nft) == range(1 + genesis.total - in.left, in.left - out.left, 100",
    );
    assert_eq!(one, [""; 0]);
    let down = (ISSUED, "range(out.left + 1, global.total - out.left, 100)");
    for range in [
        "out.left + 1, in.left - out.left, 100",
        "1 + in.left - 1, 1, 100) and in.left == (out.left + 1",
    ] {
        let rule = format!("\"tokens(out.nft) == range({range})\"");
        assert_eq!(warned(&[down, (MINTED, &rule)]), [""; 0], "{range}");
    }
    let fixed = (ISSUED, "range(1, 9, 100) and global.total == 9 + out.left");
    assert_eq!(warned(&[fixed]), [""; 0]);
}

#[test]
fn ids_that_may_be_made_again_are_warned_of() {
    for range in [
        "1, in.left - out.left, 100",
        "genesis.total - in.left + meta.any, in.left - out.left, 100",
        "in.left + meta.any, in.left - out.left, 100",
        "genesis.total - in.left, in.left - out.left, 100",
        "genesis.total - in.left + 1, in.left - out.left + 1, 100",
        "genesis.total - in.left + 1, in.left, 100) and in.left == (out.left",
        "genesis.total - out.left + 1, in.left - out.left, 100",
        "2 * genesis.total - 2 * in.left + 1, in.left - out.left, 100",
        "in.left * meta.any, in.left - out.left, 100",
    ] {
        assert_eq!(minted(range), [AGAIN], "{range}");
    }
    let unseen = minted("genesis.total + 1, meta.any, 100) and in.left == (out.left");
    assert_eq!(unseen, [AGAIN]);
    for issued in [
        "range(0, global.total - out.left, 100)",
        "range(1, 9, 100) and global.total == 3 + out.left",
    ] {
        let expected: &[&str] = if issued.contains("9, 100") {
            &[AGAIN]
        } else {
            &[]
        };
        assert_eq!(warned(&[(ISSUED, issued)]), expected, "{issued}");
    }
}

#[test]
fn two_ways_to_number_are_warned_of() {
    let second = |counter: &str, range: &str| {
        let mint = format!(
            "[transitions.reprint]\nnumber = 9\ninputs = {{ {counter} = \"1\" }}\noutputs = {{ nft = \"1..\", {counter} = \"0..1\" }}\nrules = [\"tokens(out.nft) == range({range})\"]\n\n[transitions.drive]"
        );
        let one = "inputs = { fuel = \"1\" }\noutputs = { fuel = \"1\" }";
        warned(&[
            ("fuel = \"0..\"", "fuel = \"0..1\""),
            (
                "inputs = { fuel = \"1..\" }\noutputs = { fuel = \"1..\" }",
                one,
            ),
            ("[transitions.drive]", &mint),
        ])
    };
    let same = "genesis.total - in.left + 1, in.left - out.left, 100";
    assert_eq!(second("left", same), [""; 0]);
    let again = "transition reprint: no counter shows that the ids of out.nft are new, the same may be made again";
    let other = "genesis.total + out.left + 1, in.left - out.left, 100";
    assert_eq!(second("left", other), [again]);
    let fuel = "genesis.total - in.fuel + 1, in.fuel - out.fuel, 100";
    assert_eq!(second("fuel", fuel), [again]);
}

#[test]
fn a_counter_must_be_in_one_hand_and_never_grow() {
    let split = "transition mint: left numbers the tokens that are made and must stay in one hand, expected exactly one input and at most one output of it";
    let inputs = "inputs = { left = \"1\" }\noutputs = { nft";
    let outputs = "outputs = { nft = \"1..\", left = \"0..1\" }";
    assert_eq!(
        warned(&[(inputs, "inputs = { left = \"1..2\" }\noutputs = { nft")]),
        [split]
    );
    assert_eq!(
        warned(&[(outputs, "outputs = { nft = \"1..\", left = \"0..2\" }")]),
        [split]
    );
    let genesis = split.replace("transition mint", "genesis");
    let many = [
        ("left = \"0..1\", fuel", "left = \"0..2\", fuel"),
        (MINTED, ""),
    ];
    let out = |first: &str, count: &str| {
        let rule = format!(
            "\"tokens(out.nft) == range({first}, {count}, 100)\", \"in.left == out.left + 1\""
        );
        let mut warnings = warned(&[many[0], (MINTED, &rule)]);
        warnings.retain(|warning| warning != AGAIN);
        warnings
    };
    assert_eq!(out("out.left + genesis.total", "1"), [genesis.as_str()]);
    assert_eq!(out("meta.any", "in.left"), [genesis.as_str()]);
    assert_eq!(out("meta.any", "out.left"), [genesis.as_str()]);
    let grows = "transition pass: left numbers the tokens that are made and must never grow, expected a rule that out.left is at most in.left";
    let refill = "inputs = { left = \"1\", fuel = \"0..\" }\noutputs = { left = \"1\" }\nrules = [\"in.left + in.fuel == out.left\"]";
    let pass =
        "inputs = { left = \"1\" }\noutputs = { left = \"1\" }\nrules = [\"in.left == out.left\"]";
    assert_eq!(warned(&[(pass, refill)]), [grows]);
}

#[test]
fn fractions_that_the_maker_chooses_are_warned_of() {
    let chosen = "transition mint: whoever makes it chooses the fractions of out.nft, expected a constant or a number of the genesis";
    let range = "genesis.total - in.left + 1, in.left - out.left";
    assert_eq!(minted(&format!("{range}, meta.any")), [chosen]);
    assert_eq!(minted(&format!("{range}, in.left - out.left")), [chosen]);
    assert_eq!(minted(&format!("{range}, genesis.total * 2")), [""; 0]);
}

#[test]
fn tokens_that_are_taken_and_made_alike_are_not_new() {
    let engrave = |taken: &str, made: &str| {
        let both =
            format!("\"tokens(in.nft) == range({taken})\", \"tokens(out.nft) == range({made})\"");
        let moved = "outputs = { nft = \"1..\" }\nrules = [\"tokens(in.nft) == tokens(out.nft)\"]";
        let told = format!(
            "outputs = {{ nft = \"1..\" }}\nmetadata = {{ any = \"1\" }}\nrules = [{both}]"
        );
        let mut warnings = warned(&[(moved, &told)]);
        warnings.retain(|warning| !warning.starts_with("no transition moves"));
        warnings
    };
    assert_eq!(engrave("meta.any, 1, 100", "meta.any, 1, 100"), [""; 0]);
    let again = AGAIN.replace("mint", "move");
    assert_eq!(
        engrave("meta.any, 1, 100", "meta.any, 1, 200"),
        [again.as_str()]
    );
}
