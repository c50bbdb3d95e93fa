//! `keys`: what the wallet's coins are found by, and what spends them.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Result;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::fields;

/// Commands of keys.
#[derive(Subcommand, Debug)]
pub enum Keys {
    /// Show the public descriptors; with --words the words too
    Show(Show),
}

/// Arguments of `keys show`.
#[derive(Args, Debug)]
pub struct Show {
    /// Show the words, which spend everything in this wallet; asks for the passphrase
    #[arg(long)]
    words: bool,
}

/// What `keys show` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// Descriptor of plain coins.
    pub plain: String,
    /// Descriptor of sealed coins.
    pub sealed: String,
    /// Fingerprint of the master key.
    pub fingerprint: String,
    /// The words, where they were asked for.
    pub words: Option<String>,
}

impl Keys {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no wallet, or the passphrase is wrong.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let Self::Show(show) = self;
        let session = Session::open(settings)?;
        let descriptors = session.wallet.descriptors();
        let words = if show.words {
            let keys = session.wallet.spending_keys(&session.passphrase()?)?;
            Some(keys.words().to_string())
        } else {
            None
        };
        Ok(Output {
            plain: descriptors.plain.clone(),
            sealed: descriptors.sealed.clone(),
            fingerprint: descriptors.fingerprint.to_string(),
            words,
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let mut rows = vec![
            ("plain", self.plain.clone()),
            ("sealed", self.sealed.clone()),
            ("fingerprint", self.fingerprint.clone()),
        ];
        rows.extend(self.words.clone().map(|words| ("words", words)));
        fields(rows)
    }
}
