//! Somebody with a wallet.

use std::path::{Path, PathBuf};

use bitcoin::Amount;
use bulla_core::ContractId;
use bulla_wallet::api::{InvoiceRequest, InvoiceTarget, Payment, PlanOptions, Prepared, Received};
use bulla_wallet::chain::ChainSource;
use bulla_wallet::invoice::Invoice;
use bulla_wallet::keys::{Keys, Passphrase, Words};
use bulla_wallet::sandbox::{Confirm, Sandbox};
use bulla_wallet::{Network, Wallet};

use crate::error::Error;
use crate::file;
use crate::session::WALLET;
use crate::settings;
use crate::subcommand::Result;

/// The passphrase of both wallets, in a file beside each: they hold nothing of value.
const PASSPHRASE: &str = "demo";
/// What the sandbox gives to each.
const FUNDS: Amount = Amount::from_sat(1_000_000);

/// Somebody with a wallet.
pub struct Actor {
    pub name: &'static str,
    pub folder: PathBuf,
    pub wallet: Wallet,
}

impl Actor {
    /// Makes a wallet that `bulla --data-dir` can go on with, and funds it.
    pub fn new(name: &'static str, demo: &Path, chain: &Sandbox) -> Result<Self> {
        let folder = demo.join(name);
        let settings = "# Made by `bulla demo`.\nnetwork = \"regtest\"\nsource = \"sandbox:../sandbox.sqlite\"\npassphrase-file = \"passphrase\"\n";
        file::write(&folder.join(settings::FILE), settings.as_bytes())?;
        file::write(&folder.join("passphrase"), PASSPHRASE.as_bytes())?;
        let keys = Keys::generate(Words::Twelve, None).map_err(bulla_wallet::Error::from)?;
        let path = folder.join(WALLET);
        let mut wallet = Wallet::create(&path, Network::Regtest, keys, &Passphrase::new(PASSPHRASE))?;
        let address = wallet.address()?;
        chain.fund(&address.script_pubkey(), FUNDS, Confirm::Now)?;
        wallet.sync(chain)?;
        Ok(Self { name, folder, wallet })
    }
}
