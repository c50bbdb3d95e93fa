//! The `bulla` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    bulla::main()
}
