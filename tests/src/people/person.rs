//! Somebody with a wallet.

use std::fs;
use std::path::{Path, PathBuf};

use bitcoin::{Address, OutPoint};
use bulla_core::ContractId;
use bulla_wallet::api::{Balance, InvoiceRequest, InvoiceTarget, Issue, Payment};
use bulla_wallet::coins::{Coin, Place};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::keys::{Keys, Passphrase, Words};
use bulla_wallet::{Error, Network, SyncReport, Wallet};
use tempfile::TempDir;

use super::store;
use crate::world::Chain;

/// Somebody with a wallet in a folder of its own.
pub struct Person {
    name: &'static str,
    folder: TempDir,
    wallet: Option<Wallet>,
    words: String,
    forgetful: bool,
    /// Satoshis that came from outside, less those that left the circle of people and the fees.
    pub(super) sats: i64,
}

impl Person {
    /// A new wallet on regtest.
    pub fn new(name: &'static str) -> Self {
        Self::on(name, Network::Regtest)
    }

    /// A new wallet that is closed and opened again after every step.
    pub fn forgetful(name: &'static str) -> Self {
        Self {
            forgetful: true,
            ..Self::new(name)
        }
    }

    /// A new wallet on any network.
    pub fn on(name: &'static str, network: Network) -> Self {
        let keys = Keys::generate(Words::Twelve, None).expect("randomness");
        Self::with(name, network, keys)
    }

    /// A wallet on regtest from the words of another.
    pub fn restored(name: &'static str, words: &str) -> Self {
        let keys = Keys::restore(words, None).expect("the words of a wallet");
        Self::with(name, Network::Regtest, keys)
    }

    fn with(name: &'static str, network: Network, keys: Keys) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let words = keys.words().to_string();
        let path = folder.path().join("wallet.sqlite");
        let wallet =
            Wallet::create(&path, network, keys, &Self::passphrase()).expect("a new wallet");
        Self {
            name,
            folder,
            wallet: Some(wallet),
            words,
            forgetful: false,
            sats: 0,
        }
    }

    /// A copy of the wallet as it is now: what a backup brings back later.
    #[must_use]
    pub fn backup(&mut self, name: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("wallet.sqlite");
        let copied = self.closed(|file| fs::copy(file, &path));
        copied.expect("a closed wallet is one file");
        Self {
            name,
            folder,
            wallet: Some(Wallet::open(&path).expect("a copy of a wallet opens")),
            words: self.words.clone(),
            forgetful: false,
            sats: 0,
        }
    }

    /// Their name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The words of the wallet.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The passphrase of every wallet.
    pub fn passphrase() -> Passphrase {
        Passphrase::new("clay")
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("wallet.sqlite")
    }

    /// The wallet.
    pub fn wallet(&mut self) -> &mut Wallet {
        self.wallet.as_mut().expect("an open wallet")
    }

    /// The wallet, to look at.
    pub fn view(&self) -> &Wallet {
        self.wallet.as_ref().expect("an open wallet")
    }

    /// Closes the wallet and opens it again.
    pub fn reopen(&mut self) {
        self.wallet = None;
        self.wallet = Some(Wallet::open(&self.path()).expect("the wallet opens again"));
    }

    /// What comes after every step: who is forgetful knows only what the file says.
    pub(super) fn after<T>(&mut self, done: T) -> T {
        if self.forgetful {
            self.reopen();
        }
        done
    }

    /// Does something with the wallet's file, which is closed meanwhile.
    pub fn closed<T>(&mut self, act: impl FnOnce(&Path) -> T) -> T {
        self.wallet = None;
        let done = act(&self.path());
        self.reopen();
        done
    }

    /// Everything in the wallet's file.
    pub fn dump(&mut self) -> String {
        self.closed(store::dump)
    }

    /// Does something that must leave the wallet as it is, in memory and in its file.
    pub fn unchanged<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let (file, balance) = (self.dump(), self.balance());
        let done = act(self);
        assert_eq!(
            self.balance(),
            balance,
            "{} holds something else",
            self.name
        );
        assert!(self.dump() == file, "the file of {} has changed", self.name);
        done
    }

    /// What the wallet holds.
    pub fn balance(&self) -> Balance {
        self.view().balance().expect("a balance")
    }

    /// Every satoshi of the wallet, plain or under a seal.
    pub fn sats(&self) -> u64 {
        let Balance {
            bitcoin, carriers, ..
        } = self.balance();
        bitcoin.settled + bitcoin.pending + carriers.sats
    }

    /// A new address.
    pub fn address(&mut self) -> Address {
        let address = self.wallet().address().expect("an address");
        self.after(address)
    }

    /// Gets plain bitcoin, mined.
    pub fn fund(&mut self, chain: &dyn Chain, sats: u64) {
        let address = self.address();
        chain.fund(&address, sats);
        self.sats += i64::try_from(sats).expect("few satoshis");
        self.sync(chain);
    }

    /// Reads the chain.
    pub fn sync(&mut self, chain: &dyn Chain) -> SyncReport {
        let report = self.try_sync(chain).expect("the source answers");
        self.after(report)
    }

    /// Reads the chain, or is told why not.
    pub fn try_sync(&mut self, chain: &dyn Chain) -> Result<SyncReport, Error> {
        self.wallet().sync(chain.source().as_ref())
    }

    /// Makes free sealed coins, mined.
    pub fn make_carriers(&mut self, chain: &dyn Chain, count: u32) {
        self.send(chain, &[Payment::Carriers { count, sats: None }]);
        chain.mine(1);
        self.sync(chain);
    }

    /// Issues an asset on a sealed coin that is made for it.
    pub fn issue(&mut self, chain: &dyn Chain, ticker: &str, supply: u64) -> ContractId {
        self.make_carriers(chain, 1);
        let contract = self.try_issue(ticker, supply).expect("a new contract");
        self.after(contract)
    }

    /// Issues an asset on a free sealed coin, or is told why not.
    pub fn try_issue(&mut self, ticker: &str, supply: u64) -> Result<ContractId, Error> {
        let issue = Issue::fixed(ticker, &format!("{ticker} tokens"), 2, supply);
        self.wallet().issue(&issue)
    }

    /// Asks for an amount on a new output.
    pub fn invoice(&mut self, contract: ContractId, amount: u64) -> Invoice {
        self.ask(&InvoiceRequest {
            contract: Some(contract),
            amount: Some(amount),
            ..InvoiceRequest::default()
        })
    }

    /// Asks for an amount on a secret coin.
    pub fn blind_invoice(&mut self, contract: ContractId, amount: u64) -> Invoice {
        self.invoice_on(None, contract, amount)
    }

    /// Asks for an amount on this coin, which the payer does not learn.
    pub fn invoice_on(
        &mut self,
        coin: Option<OutPoint>,
        contract: ContractId,
        amount: u64,
    ) -> Invoice {
        self.ask(&InvoiceRequest {
            contract: Some(contract),
            amount: Some(amount),
            target: InvoiceTarget::Blind(coin),
            ..InvoiceRequest::default()
        })
    }

    /// Asks for whatever the request says.
    pub fn ask(&mut self, request: &InvoiceRequest) -> Invoice {
        let invoice = self.wallet().invoice(request).expect("an invoice");
        self.after(invoice)
    }

    /// The unspent outputs of the wallet.
    pub fn coins(&self) -> Vec<Coin> {
        self.view().coins()
    }

    /// Where the unspent outputs of the wallet are.
    pub fn outpoints(&self) -> Vec<OutPoint> {
        let coins = self.coins().into_iter();
        coins.map(|coin| coin.outpoint).collect()
    }

    /// The unspent outputs of the wallet that are kept for assets.
    pub fn sealed(&self) -> Vec<OutPoint> {
        let coins = self.coins().into_iter();
        let sealed = coins.filter(|coin| coin.place == Place::Sealed);
        sealed.map(|coin| coin.outpoint).collect()
    }

    /// The contracts on a coin.
    pub fn contracts_on(&self, coin: OutPoint) -> Vec<ContractId> {
        let allocations = self.view().allocations(coin).expect("a known coin");
        let contracts = allocations.iter().map(|allocation| allocation.contract);
        contracts.collect()
    }
}
