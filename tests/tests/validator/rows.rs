//! The table of attacks in PROTOCOL.md §10.4: each of its rows has a test that bears its id, and each test that it
//! names is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Names of all functions in the sources below a folder.
fn functions(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            functions(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("a source");
            let defined = source.split("fn ").skip(1);
            names.extend(defined.map(|rest| {
                let word = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
                rest.chars().take_while(word).collect::<String>()
            }));
        }
    }
}

/// Whether a word is the id of a row, such as `a01`, whatever its case.
fn is_id(word: &str) -> bool {
    let digits = word.strip_prefix(|c: char| c.is_ascii_alphabetic());
    digits.is_some_and(|digits| digits.len() == 2 && digits.bytes().all(|c| c.is_ascii_digit()))
}

#[test]
fn each_row_has_a_test_of_its_name_and_each_test_that_a_row_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut names = BTreeSet::new();
    for folder in [
        "core",
        "schemas",
        "wallet",
        "cli",
        "tests/src",
        "tests/tests",
    ] {
        functions(&root.join(folder), &mut names);
    }
    let tested: BTreeSet<&str> = names.iter().flat_map(|name| name.split('_')).collect();
    let text = fs::read_to_string(root.join("core/PROTOCOL.md")).expect("the protocol");
    let section = text.split("### 10.4").nth(1).expect("the attacks");
    let table = section.split("\n\nWhat the catalogue").next();
    let rows: Vec<&str> = table.expect("a table").split("\n| ").skip(1).collect();
    let mut ids = BTreeSet::new();
    for row in rows {
        let (attacks, ends) = row.split_once(" | ").expect("two columns");
        let words = attacks.split(|c: char| !c.is_ascii_alphanumeric());
        ids.extend(words.filter(|word| is_id(word)).map(str::to_lowercase));
        let quoted = ends.split('`').skip(1).step_by(2);
        for named in quoted.filter(|word| word.split('_').next().is_some_and(is_id)) {
            assert!(named.contains('_'), "{named} is no name of a test");
            assert!(names.contains(named), "no test {named}");
        }
    }
    assert!(ids.len() > 170, "{} rows", ids.len());
    let without: Vec<_> = ids
        .iter()
        .filter(|id| !tested.contains(id.as_str()))
        .collect();
    assert!(without.is_empty(), "rows without a test: {without:?}");
}
