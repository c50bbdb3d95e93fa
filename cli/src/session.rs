//! An open wallet with what a command needs around it.

use std::path::PathBuf;
use std::time::Duration;

use bulla_wallet::chain::ChainSource;
use bulla_wallet::keys::Passphrase;
use bulla_wallet::{Network, SyncReport, Wallet};
use indicatif::ProgressBar;

use crate::error::Error;
use crate::passphrase;
use crate::settings::Settings;
use crate::source;

/// File of the wallet in the data directory.
pub const WALLET: &str = "wallet.sqlite";

/// Between two turns of the spinner.
const TURN: Duration = Duration::from_millis(120);

/// An open wallet.
pub struct Session<'a> {
    /// The wallet.
    pub wallet: Wallet,
    settings: &'a Settings,
}

impl<'a> Session<'a> {
    /// Opens the wallet of the data directory.
    ///
    /// # Errors
    /// If there is none, it cannot be opened, or it is on another network than asked for.
    pub fn open(settings: &'a Settings) -> Result<Self, Error> {
        let path = path(settings);
        if !path.exists() {
            let path = settings.data_dir.clone();
            return Err(Error::NoWallet { path });
        }
        let wallet = Wallet::open(&path)?;
        let found = wallet.network();
        match &settings.network {
            Some(expected) if expected != found => {
                let (found, expected) = (found.clone(), expected.clone());
                Err(Error::OtherNetwork { found, expected })
            }
            _ => Ok(Self { wallet, settings }),
        }
    }

    /// Opens the wallet and brings it up to date.
    ///
    /// # Errors
    /// As [`Session::open`], and if the source does not answer.
    pub fn synced(settings: &'a Settings) -> Result<Self, Error> {
        let mut session = Self::open(settings)?;
        if !settings.offline {
            let source = session.source()?;
            session.sync(source.as_ref())?;
        }
        Ok(session)
    }

    /// The chain source.
    ///
    /// # Errors
    /// If it cannot be opened, or is no source of this network.
    pub fn source(&self) -> Result<Box<dyn ChainSource>, Error> {
        source::open(self.settings, self.network())
    }

    /// The data directory.
    pub fn folder(&self) -> &std::path::Path {
        &self.settings.data_dir
    }

    /// The network of the wallet.
    pub fn network(&self) -> &Network {
        self.wallet.network()
    }

    /// Reads the headers that are missing.
    ///
    /// # Errors
    /// If the source does not answer, or follows another chain.
    pub fn fetch_headers(&mut self, source: &dyn ChainSource) -> Result<(), Error> {
        let spinner = spinner(source);
        let name = source.name();
        let fetched = self.wallet.fetch_headers(source, &mut |height, tip| {
            log::info!("headers up to {height} of {tip}");
            spinner.set_message(format!("reading {name}: headers up to {height} of {tip}"));
        });
        spinner.finish_and_clear();
        Ok(fetched?)
    }

    /// Reads the chain.
    ///
    /// # Errors
    /// If the source does not answer, or follows another chain.
    pub fn sync(&mut self, source: &dyn ChainSource) -> Result<SyncReport, Error> {
        self.fetch_headers(source)?;
        let spinner = spinner(source);
        let report = self.wallet.sync(source);
        spinner.finish_and_clear();
        Ok(report?)
    }

    /// Reads the chain from a height on again.
    ///
    /// # Errors
    /// As [`Session::sync`].
    pub fn rescan(&mut self, source: &dyn ChainSource, since: u32) -> Result<SyncReport, Error> {
        let spinner = spinner(source);
        let report = self.wallet.rescan(source, since);
        spinner.finish_and_clear();
        Ok(report?)
    }

    /// The passphrase of the wallet.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn passphrase(&self) -> Result<Passphrase, Error> {
        passphrase::existing(self.settings)
    }
}

/// Turns on stderr while a source is read, if that is a terminal.
pub fn spinner(source: &dyn ChainSource) -> ProgressBar {
    log::info!("reading {}", source.name());
    let spinner = ProgressBar::new_spinner().with_message(format!("reading {}", source.name()));
    spinner.enable_steady_tick(TURN);
    spinner
}

/// The wallet's file.
pub fn path(settings: &Settings) -> PathBuf {
    settings.data_dir.join(WALLET)
}
