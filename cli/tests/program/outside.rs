//! What the program answers without a wallet.

use crate::bulla::Bulla;

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn arguments_that_make_no_sense_exit_with_2() {
    let bulla = Bulla::new();
    assert_eq!(bulla.run(&["frobnicate"]).status.code(), Some(2));
    let (code, error) = bulla.error(&["frobnicate"]);
    assert_eq!(code, 2);
    assert_eq!(error["code"], "usage");
    let (_, error) = bulla.error(&["validate"]);
    let expected = "the following required arguments were not provided: <FILE>";
    assert_eq!(error["message"], expected);
}

#[test]
fn help_exits_with_0_and_goes_to_stdout() {
    let output = Bulla::new().run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("validate")
    );
}

#[test]
fn an_error_names_its_cause_and_a_remedy() {
    let output = Bulla::new().run(&["balance"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.starts_with("error: there is no wallet in "), "{text}");
    assert!(
        text.contains("remedy: make one with `bulla init`"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_not_there_is_an_error_with_code_message_causes_and_remedy() {
    let (code, error) = Bulla::new().error(&["validate", "nowhere"]);
    assert_eq!(code, 1);
    assert_eq!(error["code"], "file");
    assert_eq!(error["message"], "cannot read nowhere");
    assert_eq!(error["causes"].as_array().unwrap().len(), 1);
    assert!(error.as_object().unwrap().contains_key("remedy"));
}

#[test]
fn bytes_that_are_no_consignment_are_invalid_and_not_an_error() {
    let bulla = Bulla::new();
    std::fs::write(bulla.path("noise"), b"noise").unwrap();
    let (code, answer) = bulla.answer(&["validate", "noise"]);
    assert_eq!(code, 1);
    assert_eq!(answer["verdict"], "invalid");
    assert_eq!(answer["failure"]["check"], "decode");
}

#[test]
fn the_sandbox_mines_and_reorganizes_its_chain() {
    let bulla = Bulla::new();
    assert_eq!(bulla.ok(&["sandbox", "mine", "3"])["height"], 3);
    let before = bulla.ok(&["sandbox", "status"]);
    let after = bulla.ok(&["sandbox", "reorg", "2"]);
    assert_eq!(after["height"], 4);
    assert_ne!(after["tip"], before["tip"]);
}

#[test]
fn a_password_in_a_source_is_never_shown() {
    let bulla = Bulla::new();
    let source = "bitcoind://me:hunter2@127.0.0.1:1";
    let output = bulla.run(&["-vv", "--source", source, "sandbox", "status"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("bitcoind 127.0.0.1:1"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}
