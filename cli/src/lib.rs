//! Bulla on the command line: assets sealed to Bitcoin.
//!
//! A command is a file in [`subcommand`]: what it takes, what it does, what it answers. Commands
//! return data; [`output`] prints it, as a short table or as JSON; [`error`] prints what went wrong,
//! why, and what to do. No decision of the protocol is taken here.

mod accepted;
pub mod amount;
pub mod arguments;
mod claim;
mod confirm;
mod denomination;
pub mod error;
pub mod exit;
mod file;
mod item;
mod logging;
mod media;
pub mod output;
mod passphrase;
pub mod session;
pub mod settings;
mod signed_by;
pub mod source;
pub mod spend;
pub mod subcommand;
mod table;
mod unbacked;
mod units;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use self::arguments::Arguments;

/// Runs the command that the process was asked for.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match Arguments::try_parse_from(&arguments) {
        Ok(arguments) => arguments.run().into(),
        Err(refusal) => error::usage(&refusal, wants_json(&arguments)).into(),
    }
}

/// Whether output is to be JSON, for arguments that clap could not read.
fn wants_json(arguments: &[OsString]) -> bool {
    arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument == "--json")
}
