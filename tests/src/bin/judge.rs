//! Validates one file and prints the code of the failure, or `consistent`: what a test counts the instructions of.

use std::path::PathBuf;

use bulla_tests::kit::judge;

fn main() {
    let file: PathBuf = std::env::args_os().nth(1).expect("a file").into();
    let bytes = std::fs::read(&file).expect("the file");
    match judge(&bytes) {
        Ok(_) => println!("consistent"),
        Err(failure) => println!("{}", failure.report().check.code()),
    }
}
