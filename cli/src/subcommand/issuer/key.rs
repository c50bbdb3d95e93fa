//! `issuer key`: the key that signs.

use bitcoin::key::XOnlyPublicKey;
use clap::Args;
use serde::Serialize;

use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::subcommand::Result;

/// Arguments of `issuer key`.
#[derive(Args, Debug)]
pub struct Key {
    #[command(flatten)]
    number: Number,
}

/// Which of the wallet's issuer keys.
#[derive(Args, Debug)]
pub struct Number {
    /// Which of the wallet's issuer keys; contracts of one key can be seen to be of one issuer
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(..0x8000_0000))]
    pub number: u32,
}

/// What `issuer key` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The public key.
    pub key: XOnlyPublicKey,
    /// Its number.
    pub number: u32,
}

impl Key {
    /// Runs the command.
    ///
    /// # Errors
    /// If the passphrase is wrong, or the wallet has no keys.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let session = Session::open(settings)?;
        let number = self.number.number;
        let key = session.wallet.issuer_key(&session.passphrase()?, number)?;
        Ok(Output { key, number })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        self.key.to_string()
    }
}
