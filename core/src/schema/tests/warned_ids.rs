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
    warned_of(PRINT, changes)
}

fn warned_of(text: &str, changes: &[(&str, &str)]) -> Vec<String> {
    let mut text = text.to_owned();
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

/// Series that are minted once each, by rights of which the genesis gives one.
fn series(changes: &[(&str, &str)]) -> Vec<String> {
    let owned = "fuel = { number = 2, state = \"amount\" }";
    let with_right = format!(
        "{owned}\none = {{ number = 3, state = \"right\" }}\ntwo = {{ number = 4, state = \"right\" }}"
    );
    let given = "fuel = \"0..\" }\nrules";
    let with_given = "fuel = \"0..\", one = \"0..1\", two = \"1\" }\nrules";
    let mint = |name: &str, number: u16, from: u16| {
        format!(
            "[transitions.mint_{name}]\nnumber = {number}\ninputs = {{ {name} = \"1\" }}\noutputs = {{ nft = \"1..\" }}\nrules = [\"tokens(out.nft) == range({from}, 10, 100)\"]\n\n"
        )
    };
    let pass = "[transitions.pass_one]\nnumber = 8\ninputs = { one = \"1\" }\noutputs = { one = \"0..1\" }\n\n[transitions.pass_two]\nnumber = 9\ninputs = { two = \"1..\" }\noutputs = { two = \"1\" }\n\n";
    let both = [&mint("one", 6, 101), &mint("two", 7, 111), pass].concat();
    let text = PRINT.replacen(owned, &with_right, 1);
    let text = text.replacen(given, with_given, 1);
    let text = text.replacen(ISSUED, "range(1, 9, 100)", 1);
    let (before, _) = text.split_once("[transitions.pass]").unwrap();
    let (_, after) = text.split_once("[transitions.drive]").unwrap();
    let text = format!("{before}{both}[transitions.drive]{after}");
    let text = text.replacen(", left = \"0..1\"", "", 1).replacen(
        "left = { number = 1, state = \"amount\" }\n",
        "",
        1,
    );
    warned_of(&text, changes)
}

#[test]
fn fixed_ids_are_new_to_a_right_that_is_used_up() {
    assert_eq!(series(&[]), [""; 0]);
    let again = |name: &str| AGAIN.replace("mint", name);
    let both = ["mint_one", "mint_two"].map(again);
    let [one, two] = [&both[..1], &both[1..]];
    // The same ids by two rights, or as the genesis.
    let same = ("range(111, 10, 100)", "range(110, 10, 100)");
    assert_eq!(series(&[same]), both);
    let born = ("range(1, 9, 100)", "range(1, 101, 100)");
    assert_eq!(series(&[born]), one);
    // As the genesis says once for all, not as each transition says.
    let from = |number: &str| format!("range({number}, 10, 100)");
    let [first, second] = ["genesis.total + 9", "genesis.total + 19"].map(from);
    let said = [
        ("range(1, 9, 100)", "range(global.total, 9, 100)"),
        ("range(101, 10, 100)", &first),
        ("range(111, 10, 100)", &second),
    ];
    assert_eq!(series(&said), [""; 0]);
    let mint = "outputs = { nft = \"1..\" }\nrules = [\"tokens(out.nft) == range(101, 10, 100)\"]";
    let anew = "outputs = { nft = \"1..\" }\nglobals = { total = \"1\" }\nrules = [\"tokens(out.nft) == range(global.total + 9, 10, 100)\"]";
    assert_eq!(series(&[said[0], (mint, anew), said[2]]), both);
    // A right that is kept, of which there may be two, or which multiplies.
    let kept = (
        "inputs = { two = \"1\" }\noutputs = { nft = \"1..\" }",
        "inputs = { two = \"1\" }\noutputs = { nft = \"1..\", two = \"1\" }",
    );
    assert_eq!(series(&[kept]), two);
    let many = ("one = \"0..1\", two", "one = \"0..2\", two");
    assert_eq!(series(&[many]), one);
    let multiplied = (
        "outputs = { one = \"0..1\" }",
        "outputs = { one = \"0..2\" }",
    );
    assert!(series(&[multiplied]).contains(&both[0]));
}
