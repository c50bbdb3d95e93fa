//! The wallet on the sandbox: coins, transactions, failures, restores.

mod failures;
mod migrations;
mod money;
mod reorgs;
mod sealed;
mod signing;

use std::path::PathBuf;

use bitcoin::{Address, Amount, FeeRate, Psbt, ScriptBuf, Transaction, Txid};

use crate::chain::ChainSource;
use crate::coins::{self, Coin, Place, Slot, TxDraft, TxPlan};
use crate::keys::{Keys, Passphrase, Words};
use crate::sandbox::{Confirm, Sandbox};
use crate::{Error, Network, Wallet, time};

const ABANDON: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// A folder with a sandbox, and a wallet in it.
struct Bench {
    dir: tempfile::TempDir,
    sandbox: Sandbox,
    wallet: Wallet,
}

fn passphrase() -> Passphrase {
    Passphrase::new("passphrase")
}

fn rate(sat_per_vb: u64) -> FeeRate {
    FeeRate::from_sat_per_vb(sat_per_vb).unwrap()
}

fn sat(amount: u64) -> Amount {
    Amount::from_sat(amount)
}

/// A script that is nobody's here.
fn elsewhere() -> ScriptBuf {
    let address: Address<_> = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"
        .parse()
        .unwrap();
    address.assume_checked().script_pubkey()
}

impl Bench {
    fn new() -> Self {
        Self::with(Keys::generate(Words::Twelve, None).unwrap())
    }

    fn with(keys: Keys) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::open(dir.path().join("sandbox.sqlite")).unwrap();
        let file = dir.path().join("wallet.sqlite");
        let wallet = Wallet::create(&file, Network::Regtest, keys, &passphrase()).unwrap();
        Self {
            dir,
            sandbox,
            wallet,
        }
    }

    /// With one confirmed plain coin.
    fn funded(amount: u64) -> Self {
        let mut bench = Self::new();
        bench.fund(amount);
        bench
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("wallet.sqlite")
    }

    fn reopen(self) -> Self {
        let file = self.file();
        let Self {
            dir,
            sandbox,
            wallet,
        } = self;
        drop(wallet);
        let wallet = Wallet::open(&file).unwrap();
        Self {
            dir,
            sandbox,
            wallet,
        }
    }

    fn sync(&mut self) {
        self.wallet.sync(&self.sandbox).unwrap();
    }

    fn fund(&mut self, amount: u64) -> Txid {
        let to = self.wallet.address().unwrap().script_pubkey();
        let txid = self.sandbox.fund(&to, sat(amount), Confirm::Now).unwrap();
        self.sync();
        txid
    }

    fn mine(&mut self, blocks: u32) {
        self.sandbox.mine(blocks, &elsewhere()).unwrap();
        self.sync();
    }

    /// The next slots, given out.
    fn reveal(&mut self, place: Place) -> Slot {
        self.wallet
            .command("test", |command| Ok(command.coins.reveal(place)))
            .unwrap()
    }

    fn draft(&self, plan: &TxPlan) -> Result<TxDraft, coins::CoinsError> {
        self.wallet.coin_set().draft(plan)
    }

    fn pay(&self, to: ScriptBuf, amount: Option<Amount>) -> TxPlan {
        let change = self.wallet.coin_set().change_slot();
        coins::pay(to, amount, &change, rate(2))
    }

    /// Signs and finalizes.
    fn signed(&self, mut psbt: Psbt) -> Transaction {
        self.wallet.sign(&mut psbt, &passphrase()).unwrap();
        coins::finalize(&psbt).unwrap()
    }

    /// Hands a transaction to the sandbox and to the wallet.
    fn broadcast(&mut self, tx: &Transaction) {
        self.sandbox.broadcast(tx).unwrap();
        let now = time::now();
        self.wallet
            .command("test", |command| command.coins.insert_unconfirmed(tx, now))
            .unwrap();
    }

    fn coins(&self, place: Place) -> Vec<Coin> {
        self.wallet
            .coins()
            .into_iter()
            .filter(|coin| coin.place == place)
            .collect()
    }
}

/// The error of a command that has to fail.
fn failure<T>(result: Result<T, Error>) -> Error {
    match result {
        Ok(_) => panic!("the command succeeded"),
        Err(error) => error,
    }
}
