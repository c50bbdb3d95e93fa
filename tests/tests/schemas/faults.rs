//! Schemas that people get wrong: each fault is named.

use bulla_core::schema::{Schema, SchemaError};

const TICKET: &str = include_str!("../../../docs/schemas/ticket.toml");
const VESTING: &str = include_str!("../../../docs/schemas/vesting.toml");
const UNIQUE: &str = bulla_schemas::UNIQUE;
const INFLATABLE: &str = bulla_schemas::INFLATABLE;
const PERMISSIONED: &str = bulla_schemas::PERMISSIONED;

/// A text with one thing in the place of another.
fn with(text: &str, from: &str, to: &str) -> Result<Schema, SchemaError> {
    assert_eq!(text.matches(from).count(), 1, "{from} stands there once");
    Schema::from_toml(&text.replacen(from, to, 1))
}

/// The ticket with one thing changed fails at this field, on the line of this text.
fn refused(from: &str, to: &str, field: &str, at: &str, problem: &str) {
    let error = with(TICKET, from, to).expect_err(to);
    let text = TICKET.replacen(from, to, 1);
    let place = text.find(at).expect("a part of the text");
    let line = text[..place].matches('\n').count() + 1;
    assert_eq!(error.to_string(), format!("line {line}: {field}{problem}"));
}

#[test]
fn what_is_not_written_as_a_schema_is_refused_by_line_field_and_expectation() {
    let error = with(TICKET, "name = \"ticket\"", "name = ticket").expect_err("no quotes");
    assert_eq!(error.line, Some(3));
    assert!(
        error.to_string().starts_with("line 3: not TOML: "),
        "{error}"
    );
    refused(
        "[owned]\nasset = { number = 0, state = \"amount\" }",
        "[owned]\nasset = { number = 0, state = \"money\" }",
        "owned.asset.state: ",
        "money",
        "found \"money\", expected one of: amount, token, right, data",
    );
    refused(
        "burned = { number = 0, type = \"number\" }",
        "burned = { type = \"number\" }",
        "metadata.burned.number: ",
        "burned = {",
        "missing, expected its number, 0 to 65535",
    );
    refused(
        "details   = { number = 3",
        "details   = { number = 2",
        "globals.precision.number: ",
        "precision =",
        "number 2 is taken by \"details\", expected a number of its own",
    );
    refused(
        "version = 0",
        "version = 1",
        "version: ",
        "version =",
        "rule version 1 is unsupported, expected 0: a newer version of this software may know it",
    );
    refused(
        "number = 64\ninputs",
        "number = 64\nrule = \"\"\ninputs",
        "transitions.redeem.rule: ",
        "rule = ",
        "unknown key, expected one of: number inputs outputs globals metadata rules",
    );
    refused(
        "visitor = \"1..\"",
        "visitor = \"some\"",
        "transitions.redeem.globals.visitor: ",
        "\"some\"",
        "found \"some\", expected how many: \"1\", \"0..1\", \"2..5\" or \"1..\"",
    );
    refused(
        "visitor = \"1..\"",
        "visitor = \"2..1\"",
        "transitions.redeem.globals.visitor: ",
        "\"2..1\"",
        "occurs 2 to 1 times, expected the least not above the most, and the most at least 1",
    );
    refused(
        "visitor = \"1..\"",
        "guest = \"1..\"",
        "transitions.redeem.globals.guest: ",
        "guest =",
        "global \"guest\" is not declared, expected one under [globals]",
    );
}

#[test]
fn rules_that_cannot_mean_anything_are_refused_by_line_field_and_expectation() {
    let rule = |to: &str, problem: &str| {
        let from = "\"meta.burned == count(global.visitor)\"";
        let to = format!("\"{to}\"");
        refused(from, &to, "transitions.redeem.rules[1]: ", &to, problem);
    };
    rule(
        "meta.burned = 1",
        "column 13 of the rule: found '=', expected a name, a number or one of == <= < + - * ( ) . ,",
    );
    rule(
        "meta.burned == count(visitor)",
        "column 22 of the rule: found \"visitor\", expected in.NAME, out.NAME or global.NAME",
    );
    rule(
        "meta.burned == global.visitor",
        "global.visitor is of type text, expected number",
    );
    rule(
        "meta.burnt == 1",
        "metadata \"burnt\" is not declared, expected one under [metadata]",
    );
    rule(
        "meta.burned == global.supply",
        "global.supply occurs 0 times in this operation, expected exactly once",
    );
    rule(
        "meta.burned < 18446744073709551616",
        "constant 18446744073709551616, expected less than 2^64",
    );
    rule(
        "tokens(in.asset) == tokens(out.asset)",
        "tokens(in.asset) == tokens(out.asset) is of kind amount, expected token",
    );
    rule(
        "signed(1, ticker)",
        "keys genesis.ticker is of type text, expected key",
    );
    refused(
        "\"global.precision == 0\"",
        "\"in.asset == 0\"",
        "genesis.rules[1]: ",
        "in.asset == 0",
        "in.asset cannot stand in a rule of the genesis",
    );
}

#[test]
fn what_nothing_ties_is_refused() {
    refused(
        "number = 0\ninputs = { asset = \"1..\" }",
        "number = 0",
        "transitions.transfer: ",
        "[transitions.transfer]",
        "no inputs, expected at least one owned type",
    );
    refused(
        "\"out.asset == global.supply\", ",
        "",
        "genesis.rules: ",
        "\"global.precision == 0\"",
        "\"asset\" can be an output but out.asset stands in no == rule, add one that ties it",
    );
    refused(
        "\"in.asset == out.asset + meta.burned\"",
        "\"in.asset <= out.asset + meta.burned\"",
        "transitions.redeem.rules: ",
        "rules = [\n",
        "\"asset\" can be an input but in.asset stands in no == rule, add one that ties it",
    );
}

/// The warnings of a text with one thing changed.
fn warned(text: &str, from: &str, to: &str) -> Vec<String> {
    let schema = with(text, from, to).unwrap_or_else(|error| panic!("{error}"));
    let warnings = schema.warnings();
    warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn what_passes_the_guard_and_is_unsound_is_warned_of() {
    let kept = "rules = [\"in.asset == out.asset\"]";
    let created =
        "transition transfer: no rule bounds out.asset by inputs, any amount can be created";
    let vanished = "transition transfer: no equality accounts for in.asset, any amount can vanish";
    let multiplied = "transition transfer: a unit of in.asset allows more than one of out.asset, units can be multiplied";
    for (rules, expected) in [
        ("0 * in.asset == 0 * out.asset", &[vanished, created][..]),
        ("in.asset + 1 == out.asset", &[created]),
        ("in.asset + genesis.supply == out.asset", &[created]),
        ("in.asset + in.asset == out.asset", &[multiplied]),
        ("in.asset * genesis.supply == out.asset", &[multiplied]),
    ] {
        let rules = format!("rules = [\"{rules}\"]");
        assert_eq!(warned(TICKET, kept, &rules), expected, "{rules}");
    }
    assert_eq!(
        warned(
            TICKET,
            "\"in.asset == out.asset + meta.burned\"",
            "\"in.asset + meta.burned == out.asset\"",
        ),
        ["transition redeem: no rule bounds out.asset by inputs, any amount can be created"]
    );
    assert_eq!(
        warned(
            TICKET,
            "[owned]\n",
            "[owned]\nboss = { number = 9, state = \"right\" }\n"
        ),
        ["no operation makes boss: nobody can receive it, nor make a transition that needs it"]
    );
}

#[test]
fn a_genesis_that_issues_what_it_does_not_say_is_warned_of() {
    let issued = "genesis: no rule bounds out.asset by what it publishes, any amount can be issued";
    for rule in [
        "0 * out.asset == 0 * global.supply",
        "out.asset - out.asset == 0",
    ] {
        let to = format!("\"{rule}\"");
        assert_eq!(
            warned(TICKET, "\"out.asset == global.supply\"", &to),
            [issued],
            "{rule}"
        );
    }
}

#[test]
fn a_right_that_only_itself_makes_is_warned_of() {
    let declared = "[owned]\nboss = { number = 9, state = \"right\" }\n";
    let text = TICKET.replacen("[owned]\n", declared, 1);
    let moved = "\n[transitions.move_boss]\nnumber = 9\ninputs = { boss = \"1\" }\noutputs = { boss = \"1\" }\n";
    assert_eq!(
        warned(&(text + moved), "precision == 0", "precision == 1"),
        [
            "nobody can receive boss: only move_boss could make it, and can never be used",
            "transition move_boss can never be used: nobody can receive boss, which it needs",
        ]
    );
}

#[test]
fn an_allowance_that_issues_and_stays_is_warned_of() {
    let taken = "\"in.allowance == out.allowance + out.asset\"";
    let twice = "a unit of in.allowance allows more than one of out.asset and out.allowance together, units can be multiplied";
    for stays in [
        "\"in.allowance == out.allowance\", \"in.allowance == out.asset\"",
        "\"in.allowance == out.allowance\", \"out.asset <= in.allowance\", \"out.asset == count(out.asset) * 5\"",
    ] {
        let twice = format!("transition issue: {twice}");
        assert_eq!(warned(INFLATABLE, taken, stays), [twice], "{stays}");
    }
    let stated =
        "\"in.allowance == out.allowance + meta.renounced\",\n    \"1 <= meta.renounced\",\n";
    let back = "\"in.allowance + meta.renounced == out.allowance\",\n";
    assert_eq!(
        warned(INFLATABLE, stated, back),
        ["transition renounce: no rule bounds out.allowance by inputs, any amount can be created"]
    );
}

#[test]
fn what_cannot_be_used_or_is_not_in_one_hand_is_warned_of() {
    let from = "outputs = { nft = \"0..\", left = \"0..1\" }";
    let to = "outputs = { nft = \"0..\", left = \"0..2\" }";
    let split = "left numbers the tokens that are made and must stay in one hand, expected exactly one input and at most one output of it";
    assert_eq!(warned(UNIQUE, from, to), [format!("genesis: {split}")]);
    let moved = "[transitions.move_left]\nnumber = 6\ninputs = { left = \"1\" }\n";
    let joined = "[transitions.move_left]\nnumber = 6\ninputs = { left = \"1..2\" }\n";
    assert_eq!(
        warned(UNIQUE, moved, joined),
        [format!("transition move_left: {split}")]
    );
    let minted = "range(genesis.total - in.left + 1, in.left - out.left, genesis.fractions)";
    let again = "transition mint: no counter shows that the ids of out.nft are new, the same may be made again";
    for first in [
        "1",
        "genesis.total - in.left",
        "genesis.total - in.left + count(out.nft)",
    ] {
        let range = format!("range({first}, in.left - out.left, genesis.fractions)");
        assert_eq!(warned(UNIQUE, minted, &range), [again], "{first}");
    }
    let counted = minted.replace("genesis.fractions", "count(out.nft)");
    assert_eq!(
        warned(UNIQUE, minted, &counted),
        [
            "transition mint: whoever makes it chooses the fractions of out.nft, expected a constant or a number of the genesis"
        ]
    );
    let kept = "rules = [\"in.left == out.left\"]";
    assert_eq!(
        warned(UNIQUE, kept, "rules = [\"in.left + 1 == out.left\"]"),
        [
            "transition move_left: left numbers the tokens that are made and must never grow, expected a rule that out.left is at most in.left",
            "transition move_left: no rule bounds out.left by inputs, any amount can be created",
        ]
    );
    let keeper = "\n[transitions.hold]\nnumber = 20\ninputs = { left = \"1\" }\noutputs = { left = \"0..1\", key = \"1..\" }\nrules = [\"in.left == out.left\"]\n";
    let keyed = UNIQUE.replacen(
        "[owned]\n",
        "[owned]\nkey = { number = 20, state = \"right\" }\n",
        1,
    );
    let schema = Schema::from_toml(&(keyed + keeper)).expect("a schema");
    let warnings: Vec<_> = schema.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "no transition consumes key: whoever receives it can neither use nor move it",
            "transition hold: no rule bounds count(out.key), rights can be multiplied",
        ]
    );
}

#[test]
fn ways_around_signatures_are_warned_of() {
    let burn = "\n[transitions.burn]\nnumber = 2\ninputs = { asset = \"1..\" }\noutputs = { asset = \"0..\" }\nrules = [\"in.asset == out.asset + 1\"]\n";
    let schema = Schema::from_toml(&format!("{PERMISSIONED}{burn}")).expect("a schema");
    let warnings: Vec<_> = schema.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "transition burn: consumes asset without the signatures that transition transfer asks for"
        ]
    );
    let needs =
        "outputs = { asset = \"1..\" }\nrules = [\n    \"in.asset == out.asset\",\n    \"signed";
    let valued = "outputs = { asset = \"1..\" }\nglobals = { details = \"1\" }\nrules = [\n    \"in.asset == out.asset\",\n    \"signed";
    assert_eq!(
        warned(PERMISSIONED, needs, valued),
        [
            "no transition moves asset alone: it cannot be handed on, nor saved from a coin that must be spent"
        ]
    );
}

#[test]
fn ways_around_a_time_are_warned_of() {
    let early = "\n[transitions.hurry]\nnumber = 66\ninputs = { locked = \"1..\" }\noutputs = { asset = \"1..\", locked = \"0..\" }\nrules = [\"in.locked == out.asset + out.locked\"]\n";
    let schema = Schema::from_toml(&format!("{VESTING}{early}")).expect("a schema");
    let warnings: Vec<_> = schema.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["transition hurry: makes asset of locked at any time, where transition unlock waits"]
    );
}
