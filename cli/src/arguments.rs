//! What the program is asked for.

use std::path::PathBuf;

use bulla_wallet::Network;
use clap::{Args, Parser};

use crate::error;
use crate::exit::Exit;
use crate::logging;
use crate::output;
use crate::settings::Settings;
use crate::source::SourceText;
use crate::subcommand::Subcommand;

const SETTINGS: &str = "\
Settings: a flag goes before its environment variable, that before bulla.toml in the data directory,
that before bulla/bulla.toml in your configuration folder. Keys there: network, source,
passphrase-file, and in yours data-dir. The passphrase is read from BULLA_PASSPHRASE, a file, or a
prompt, never from an argument.

This software is unaudited. Do not put more into it than you can lose.";

/// Assets sealed to Bitcoin: issue, invoice, send, accept and validate them.
#[derive(Parser, Debug)]
#[command(name = "bulla", version, after_help = SETTINGS)]
pub struct Arguments {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    subcommand: Subcommand,
}

/// What every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::doc_markdown, reason = "clap prints these lines as they are")]
pub struct GlobalArgs {
    /// Folder of the wallet [env: BULLA_DATA_DIR] [default: bulla in your data folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// bitcoin, testnet4, signet, signet:<challenge in hex> or regtest [env: BULLA_NETWORK]
    /// [default: the wallet's; regtest if there is none]
    #[arg(long, global = true)]
    pub network: Option<Network>,
    /// sandbox, sandbox:<file>, bitcoind://<user>:<password>@<host>:<port>,
    /// bitcoind://<host>:<port>?cookie=<file>, electrum://<host>:<port> or ssl://<host>:<port>
    /// [env: BULLA_SOURCE] [default: sandbox]
    #[arg(long, global = true, value_name = "URL")]
    pub source: Option<SourceText>,
    /// File whose one line is the passphrase of the wallet [env: BULLA_PASSPHRASE_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Do not read the chain first: go by what was known
    #[arg(long, global = true)]
    pub offline: bool,
    /// Print JSON: results on stdout, errors on stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// Say what is being done on stderr; twice for details
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl Arguments {
    /// Runs the command and prints what it answers.
    pub fn run(self) -> Exit {
        logging::start(self.global.verbose);
        let json = self.global.json;
        let result =
            Settings::of_process(&self.global).and_then(|settings| self.subcommand.run(&settings));
        match result {
            Ok(output) => output::print(output.as_ref(), json),
            Err(refusal) => error::print(&refusal, json),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_passphrase_is_never_an_argument() {
        let mut commands = vec![Arguments::command()];
        while let Some(command) = commands.pop() {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                let secret = name.contains("passphrase") || name.contains("words");
                let takes_text = argument.get_action().takes_values()
                    && !name.ends_with("_file")
                    && argument.get_possible_values().is_empty();
                assert!(!(secret && takes_text), "{} {name}", command.get_name());
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
