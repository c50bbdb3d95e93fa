//! Somebody with a wallet.

use std::path::{Path, PathBuf};

use bitcoin::Amount;
use bulla_core::ContractId;
use bulla_wallet::api::{
    InvoiceRequest, InvoiceTarget, Issue, Payment, PlanOptions, Prepared, Received,
};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::keys::{Keys, Passphrase, Words};
use bulla_wallet::sandbox::{Confirm, Sandbox};
use bulla_wallet::{Network, Wallet};

use crate::file;
use crate::session::WALLET;
use crate::settings;
use crate::subcommand::{Result, balance};
use crate::units::Names;

/// The passphrase of both wallets, in a file beside each: they hold nothing of value.
const PASSPHRASE: &str = "demo";
/// What the sandbox gives to each.
const FUNDS: Amount = Amount::from_sat(1_000_000);
/// Lets `bulla --data-dir` go on with a wallet of the demo.
const SETTINGS: &str = "\
# Made by `bulla demo`.
network = \"regtest\"
source = \"sandbox:../sandbox.sqlite\"
passphrase-file = \"passphrase\"
";

/// Somebody with a wallet.
pub struct Actor {
    /// The wallet.
    pub wallet: Wallet,
    /// Its file.
    pub path: PathBuf,
}

/// What a payment came to: its files for the payees.
pub struct Paid {
    /// What was built, with a consignment for each invoice.
    pub prepared: Prepared,
    /// The files.
    pub files: Vec<PathBuf>,
}

impl Actor {
    /// Makes a wallet that `bulla --data-dir` can go on with, and funds it.
    pub fn new(folder: &Path, chain: &Sandbox) -> Result<Self> {
        file::write(&folder.join(settings::FILE), SETTINGS.as_bytes())?;
        file::write(&folder.join("passphrase"), PASSPHRASE.as_bytes())?;
        let path = folder.join(WALLET);
        let keys = Keys::generate(Words::Twelve, None)?;
        let mut wallet = Wallet::create(&path, Network::Regtest, keys, &passphrase())?;
        let address = wallet.address()?;
        chain.fund(&address.script_pubkey(), FUNDS, Confirm::Now)?;
        wallet.sync(chain)?;
        Ok(Self { wallet, path })
    }

    /// Opens a wallet that was made before.
    pub fn open(path: PathBuf) -> Result<Self> {
        let wallet = Wallet::open(&path)?;
        Ok(Self { wallet, path })
    }

    /// Makes a free sealed coin.
    pub fn carrier(&mut self, chain: &Sandbox) -> Result<Prepared> {
        let payment = Payment::Carriers {
            count: 1,
            sats: None,
        };
        self.spend(&[payment], chain)
    }

    /// Issues an asset of fixed supply, in smallest units.
    pub fn issue(&mut self, ticker: &str, supply: u64) -> Result<ContractId> {
        let issue = Issue::fixed(ticker, "Clay tokens", 0, supply);
        Ok(self.wallet.issue(&issue)?)
    }

    /// Asks for an amount.
    pub fn invoice(
        &mut self,
        contract: ContractId,
        amount: u64,
        target: InvoiceTarget,
    ) -> Result<Invoice> {
        Ok(self.wallet.invoice(&InvoiceRequest {
            contract: Some(contract),
            amount: Some(amount),
            target,
            ..InvoiceRequest::default()
        })?)
    }

    /// Pays invoices in one transaction, and writes a consignment for each.
    pub fn pay(&mut self, invoices: &[&Invoice], chain: &Sandbox, out: &Path) -> Result<Paid> {
        let payments: Vec<_> = invoices.iter().map(|invoice| payment(invoice)).collect();
        let prepared = self.spend(&payments, chain)?;
        let mut files = Vec::new();
        for consignment in prepared.consignments.clone() {
            let consignment = consignment?;
            let path = out.join(&consignment.file_name);
            file::write(&path, &consignment.bytes)?;
            files.push(path);
        }
        Ok(Paid { prepared, files })
    }

    /// Builds the payment of an invoice, which needs no passphrase, and does not sign it.
    pub fn build(&mut self, invoice: &Invoice, chain: &Sandbox) -> Result<Prepared> {
        self.wallet.sync(chain)?;
        let plan = self
            .wallet
            .plan(&[payment(invoice)], &PlanOptions::default())?;
        Ok(self.wallet.prepare(plan)?)
    }

    fn spend(&mut self, payments: &[Payment], chain: &Sandbox) -> Result<Prepared> {
        self.wallet.sync(chain)?;
        let plan = self.wallet.plan(payments, &PlanOptions::default())?;
        let prepared = self.wallet.prepare(plan)?;
        let mut psbt = prepared.psbt.clone();
        self.wallet.sign(&mut psbt, &passphrase())?;
        self.wallet.finish(prepared.transfer, psbt)?;
        self.wallet.deliver(prepared.transfer)?;
        self.wallet.broadcast(prepared.transfer, chain)?;
        Ok(prepared)
    }

    /// Takes a consignment.
    pub fn accept(&mut self, consignment: &[u8], chain: &Sandbox) -> Result<Received> {
        self.wallet.sync(chain)?;
        Ok(self.wallet.accept(consignment, chain)?)
    }

    /// What the wallet holds now.
    pub fn balance(&mut self, chain: &Sandbox) -> Result<balance::Output> {
        self.wallet.sync(chain)?;
        let names = Names::of(&self.wallet)?;
        Ok(balance::Output::of(&self.wallet.balance()?, &names))
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE)
}

fn payment(invoice: &Invoice) -> Payment {
    Payment::Invoice {
        invoice: Box::new(invoice.clone()),
        contract: None,
        amount: None,
    }
}
