//! `init`: makes a wallet, with new words or from words.

use std::io;
use std::path::PathBuf;

use bulla_wallet::keys::{Keys, Passphrase, Words};
use bulla_wallet::{Network, Wallet, defaults, store};
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::confirm;
use crate::error::Error;
use crate::output::Human;
use crate::passphrase;
use crate::session;
use crate::settings::Settings;
use crate::source;
use crate::table::fields;

/// What has to be typed before a wallet on bitcoin is made.
const CONFIRMATION: &str = "unaudited";

/// Arguments of `init`.
#[derive(Args, Debug)]
pub struct Init {
    /// Make the wallet from words, which are asked for
    #[arg(long)]
    restore: bool,
    /// Read the words from this file
    #[arg(long, value_name = "FILE", requires = "restore")]
    words_file: Option<PathBuf>,
    /// How many new words: 12 or 24
    #[arg(long, default_value = "12", value_parser = ["12", "24"], conflicts_with = "restore")]
    words: String,
    /// Ask for a BIP39 passphrase, which belongs to the words and is needed to restore them
    #[arg(long)]
    bip39_passphrase: bool,
    /// Read the BIP39 passphrase from this file
    #[arg(long, value_name = "FILE")]
    bip39_passphrase_file: Option<PathBuf>,
    /// Height of the first block that can hold coins of this wallet [default: the tip for new words,
    /// 0 for restored ones]
    #[arg(long, value_name = "HEIGHT")]
    birthday: Option<u32>,
    /// How many unused addresses in a row are looked at
    #[arg(long, default_value_t = defaults::GAP, value_parser = clap::value_parser!(u32).range(1..=i64::from(defaults::MAX_GAP)))]
    gap: u32,
}

/// What `init` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// Folder of the wallet.
    pub data_dir: PathBuf,
    /// Its network.
    pub network: String,
    /// Fingerprint of the master key.
    pub fingerprint: String,
    /// Height of the first block that can hold coins of it.
    pub birthday: u32,
    /// How many unused addresses in a row are looked at.
    pub gap: u32,
    /// The words of a new wallet, shown this once.
    pub words: Option<String>,
}

impl Init {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is a wallet already, or words or passphrase are not right.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let network = settings.network.clone().unwrap_or(Network::Regtest);
        let path = session::path(settings);
        if store::exists(&path).map_err(bulla_wallet::Error::from)? {
            let path = settings.data_dir.clone();
            return Err(Error::WalletExists { path });
        }
        confirm_unaudited(&network, &mut io::stdin().lock())?;
        let birthday = self.birthday(settings, &network)?;
        let keys = self.keys()?;
        let passphrase = passphrase::new(settings)?;
        make_folder(settings)?;
        let words = (!self.restore).then(|| keys.words().to_string());
        let mut wallet = Wallet::create(&path, network, keys, &passphrase)?;
        wallet.set_birthday(birthday)?;
        wallet.set_gap(self.gap)?;
        Ok(Output {
            data_dir: settings.data_dir.clone(),
            network: wallet.network().to_string(),
            fingerprint: wallet.descriptors().fingerprint.to_string(),
            birthday,
            gap: self.gap,
            words,
        })
    }

    fn keys(&self) -> Result<Keys> {
        let bip39 = self.bip39()?;
        if !self.restore {
            let words = if self.words == "24" {
                Words::TwentyFour
            } else {
                Words::Twelve
            };
            return Ok(Keys::generate(words, bip39)?);
        }
        let file = self.words_file.as_deref();
        let words = passphrase::secret(
            file,
            "Words: ",
            "the words",
            "name a file with --words-file",
        )?;
        Ok(Keys::restore(&words, bip39)?)
    }

    fn bip39(&self) -> Result<Option<Passphrase>> {
        let file = self.bip39_passphrase_file.as_deref();
        if !self.bip39_passphrase && file.is_none() {
            return Ok(None);
        }
        let remedy = "name a file with --bip39-passphrase-file";
        let text = passphrase::secret(file, "BIP39 passphrase: ", "the BIP39 passphrase", remedy)?;
        Ok(Some(Passphrase::new(text)))
    }

    /// New words have no past: their wallet begins at the tip. A source that does not answer is no
    /// reason not to make one: it begins at 0 then.
    fn birthday(&self, settings: &Settings, network: &Network) -> Result<u32> {
        if let Some(height) = self.birthday {
            return Ok(height);
        }
        if self.restore {
            return Ok(0);
        }
        match source::open(settings, network).and_then(|source| Ok(source.tip()?.height)) {
            Ok(height) => Ok(height),
            Err(Error::Source(cause)) => {
                log::info!("birthday 0, for the source does not answer: {cause}");
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }
}

/// On bitcoin the owner has to know what he trusts.
fn confirm_unaudited(network: &Network, input: &mut impl io::BufRead) -> Result<()> {
    if *network != Network::Bitcoin {
        return Ok(());
    }
    confirm::typed(
        "This software is unaudited, and this wallet is for coins with value. Losses are yours.",
        CONFIRMATION,
        "run it in a terminal",
        input,
    )
}

/// Makes the data directory, for its owner only.
fn make_folder(settings: &Settings) -> Result<()> {
    let folder = &settings.data_dir;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(folder);
    made.map_err(|cause| Error::file("make", folder, cause))
}

impl Human for Output {
    fn human(&self) -> String {
        let mut rows = vec![
            ("wallet", self.data_dir.display().to_string()),
            ("network", self.network.clone()),
            ("fingerprint", self.fingerprint.clone()),
            ("birthday", format!("block {}", self.birthday)),
        ];
        rows.extend(self.words.clone().map(|words| ("words", words)));
        let mut text = fields(rows);
        if self.words.is_some() {
            text.push_str("\nWrite the words down. They restore all bitcoin; assets need a backup of the folder too.");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_on_bitcoin_asks_whether_its_owner_knows_that_nobody_audited_it() {
        let ask = |typed: &str| confirm_unaudited(&Network::Bitcoin, &mut typed.as_bytes());
        assert!(ask("unaudited\n").is_ok());
        for typed in ["", "yes\n", "UNAUDITED\n"] {
            assert_eq!(ask(typed).unwrap_err().code(), "not-confirmed", "{typed}");
        }
    }

    #[test]
    fn test_networks_ask_nothing() {
        for network in [Network::Regtest, Network::SIGNET, Network::Testnet4] {
            assert!(confirm_unaudited(&network, &mut "".as_bytes()).is_ok());
        }
    }
}
