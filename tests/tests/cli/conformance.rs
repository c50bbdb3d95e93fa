//! `conformance`: the suite of this repository agrees, and a suite that lies does not.

use std::fs;
use std::path::Path;

use bulla_tests::program::{Program, copy_folder};
use serde_json::{Value, json};

fn suite() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

fn stranger() -> (tempfile::TempDir, Program) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = Program::new(folder.path().join("nobody"), "sandbox");
    (folder, program)
}

#[test]
fn every_case_of_the_suite_agrees() {
    let (_folder, program) = stranger();
    let path = suite();
    let (exit, answer) = program.verdict(&["conformance", &path.display().to_string()]);
    assert_eq!((exit, &answer["differ"]), (0, &json!([])), "{answer}");
    let manifest = fs::read_to_string(path.join("manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let cases = manifest["cases"].as_object().expect("cases by name");
    assert!(cases.len() > 600, "{} cases", cases.len());
    assert_eq!(answer["agree"], cases.len());
    let files = fs::read_dir(path.join("cases")).expect("a folder").count();
    assert_eq!(files, cases.len(), "each file is one case");
    for facts in ["store", "chain", "headers", "limits", "schemas"] {
        assert!(
            cases.values().any(|case| case.get(facts).is_some()),
            "no case has {facts}"
        );
    }
}

#[test]
fn a_case_that_expects_something_else_is_a_difference() {
    let (folder, program) = stranger();
    let copy = folder.path().join("suite");
    copy_folder(&suite(), &copy);
    let manifest = copy.join("manifest.json");
    let mut changed: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let case = &mut changed["cases"]["a07-the-witness-does-not-spend-the-seal"];
    assert_eq!(case["expected"]["check"], "seal-not-closed");
    case["expected"]["check"] = json!("input-missing");
    fs::write(&manifest, changed.to_string()).unwrap();
    let (exit, answer) = program.verdict(&["conformance", &copy.display().to_string()]);
    assert_eq!(exit, 1, "{answer}");
    let [difference] = &answer["differ"].as_array().unwrap()[..] else {
        panic!("one case differs: {answer}");
    };
    assert_eq!(
        difference["name"],
        "a07-the-witness-does-not-spend-the-seal"
    );
    assert_eq!(difference["found"]["check"], "seal-not-closed");
}

#[test]
fn a_manifest_of_another_form_is_an_error() {
    let (folder, program) = stranger();
    fs::write(
        folder.path().join("manifest.json"),
        r#"{"format":2,"cases":{}}"#,
    )
    .unwrap();
    let (exit, answer) = program.error(&["conformance", &folder.path().display().to_string()]);
    assert_eq!((exit, &answer["code"]), (1, &json!("manifest")), "{answer}");
}
