//! The demo, and what it leaves behind.

use crate::bulla::{Bulla, text};

#[test]
fn the_demo_ends_well_and_its_folder_can_be_gone_on_with() {
    let bulla = Bulla::new();
    let answer = bulla.ok(&["demo", "folder"]);
    assert_eq!(answer["alice"]["assets"][0]["settled"], "794000");
    assert_eq!(answer["bob"]["assets"][0]["settled"], "206000");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_bulla"))
        .env_clear()
        .current_dir(bulla.path(""))
        .args(["--data-dir", "folder/alice", "--json", "balance"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let balance: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(balance, answer["alice"]);
    its_forgeries_are_told_apart(&bulla);
}

fn its_forgeries_are_told_apart(bulla: &Bulla) {
    let validate = |file: &str| {
        let file = format!("folder/consignments/{file}");
        let source = "sandbox:folder/sandbox.sqlite";
        bulla.answer(&["validate", &file, "--source", source])
    };
    let (code, tampered) = validate("tampered.bulla");
    assert_eq!((code, text(&tampered, "verdict")), (1, "invalid"));
    assert_eq!(tampered["failure"]["check"], "dbc");
    let (code, forged) = validate("forged.bulla");
    assert_eq!((code, text(&forged, "verdict")), (4, "consistent"));
    assert_eq!(forged["confirmations"], 0);
}

#[test]
fn the_demo_refuses_a_folder_that_is_there_already() {
    let bulla = Bulla::new();
    std::fs::create_dir(bulla.path("folder")).unwrap();
    let (code, error) = bulla.error(&["demo", "folder"]);
    assert_eq!((code, text(&error, "code")), (1, "folder-exists"));
}
