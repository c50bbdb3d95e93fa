//! The worked example of docs/schemas/own.md: its commands, run in their order as they stand there.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::bulla::text;
use crate::kinds::world;

const PAGE: &str = include_str!("../../../docs/schemas/own.md");
const TICKET: &str = include_str!("../../../docs/schemas/ticket.toml");
/// Who runs what names nobody.
const ORGANISER: &str = "organiser";

/// What a page has in a block: a command of somebody, or what is printed.
fn commands() -> Vec<(&'static str, Vec<String>)> {
    let lines = PAGE.lines().filter_map(|line| line.strip_prefix("    "));
    let command = |line: &'static str| {
        let (who, line) = line.split_once("$ ").unwrap_or((ORGANISER, line));
        let command = line.trim_start().strip_prefix("bulla ")?;
        Some((who, words(command)))
    };
    lines.filter_map(command).collect()
}

/// As a shell does: words, and texts in quotation marks.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(n, part)| match n % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

/// What a reader puts in place of the words in capitals, and of the name of a file.
fn learn(known: &mut BTreeMap<&str, String>, words: &[String], answer: &Value) {
    let command: Vec<_> = words.iter().take(2).map(String::as_str).collect();
    let mut put = |name, value: &Value| {
        if let Some(value) = value.as_str() {
            known.insert(name, value.to_owned());
        }
    };
    match command.as_slice() {
        ["schema", "allow"] => put("SCHEMA-ID", &answer["schema"]),
        ["issue", _] => put("CONTRACT", &answer["contract"]),
        ["invoice", _] => put("INVOICE", &answer["invoice"]),
        _ => put("GIG-….bulla", &answer["outputs"][0]["file"]),
    }
}

#[test]
fn the_worked_example_works_as_it_is_written() {
    let mut bulla = world(&["ada", ORGANISER]);
    let mut known = BTreeMap::new();
    let mut run = 0;
    for (who, words) in commands() {
        let bulla = bulla.as_other(who);
        let filled = words.iter().map(|word| known.get(&**word).unwrap_or(word));
        let filled: Vec<_> = filled.map(String::as_str).collect();
        let to_file = filled.iter().position(|word| *word == ">");
        if let Some(at) = to_file {
            let output = bulla.run(&filled[..at]);
            assert_eq!(output.stdout, bulla_schemas::FIXED.as_bytes());
            // What the page tells to write by hand is the file beside it.
            fs::write(bulla.path(filled[at + 1]), TICKET).unwrap();
        } else if who == "door" {
            let output = bulla.run(&filled);
            let printed = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{printed}");
            assert!(printed.starts_with("verdict        settled"), "{printed}");
            let (_, shown) = PAGE.split_once("    : redeem\n").unwrap();
            let block = shown.split_once("\n\n").unwrap().0;
            let block: Vec<_> = block.lines().map(str::trim_start).collect();
            let says: Vec<_> = printed.lines().map(str::trim_start).collect();
            let at = says.iter().position(|line| line.ends_with(": redeem"));
            let at = at.unwrap_or_else(|| panic!("no redemption in {printed}")) + 1;
            assert_eq!(says[at..at + block.len()], block);
        } else {
            let answer = bulla.ok(&filled);
            learn(&mut known, &words, &answer);
        }
        run += 1;
    }
    assert_eq!(run, 15, "commands of the page");
    let ticket = &known["CONTRACT"];
    let ada = bulla.as_other("ada").ok(&["assets"]);
    let asset = &ada["assets"][0];
    assert_eq!(text(asset, "contract"), ticket);
    assert_eq!(
        (text(asset, "schema_name"), text(asset, "settled")),
        ("own: ticket", "0")
    );
}

#[test]
fn the_pages_commands_are_read_as_a_shell_would() {
    assert_eq!(
        words(r#"issue X --name "Clay night" --supply 1"#),
        ["issue", "X", "--name", "Clay night", "--supply", "1"]
    );
}
