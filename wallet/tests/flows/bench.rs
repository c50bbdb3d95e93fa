//! Two or more wallets on one sandbox, and the steps people take with them.

use std::path::PathBuf;

use bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, Txid};
use bulla_core::ContractId;
use bulla_wallet::api::{
    InvoiceRequest, InvoiceTarget, Issue, Payment, PlanOptions, Prepared, Received, TransferId,
};
use bulla_wallet::coins::Place;
use bulla_wallet::invoice::Invoice;
use bulla_wallet::keys::{Keys, Passphrase, Words};
use bulla_wallet::sandbox::{Confirm, Sandbox};
use bulla_wallet::{Error, Network, Wallet};
use tempfile::TempDir;

/// A sandbox and a folder for wallets.
pub struct Bench {
    pub dir: TempDir,
    pub sandbox: Sandbox,
}

/// A wallet that can be closed and opened again.
pub struct Party {
    wallet: Option<Wallet>,
    path: PathBuf,
}

/// What a payment left behind.
pub struct Paid {
    pub transfer: TransferId,
    pub txid: Txid,
    pub tx: Transaction,
    /// One for each invoice, in their order.
    pub files: Vec<Vec<u8>>,
}

pub fn passphrase() -> Passphrase {
    Passphrase::new("correct horse")
}

impl Bench {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::open(dir.path().join("chain.sqlite")).unwrap();
        Self { dir, sandbox }
    }

    /// A wallet with this many satoshis in each of three plain coins.
    pub fn party(&self, name: &str, sats: u64) -> Party {
        let path = self.dir.path().join(name);
        let keys = Keys::generate(Words::Twelve, None).unwrap();
        let mut wallet = Wallet::create(&path, Network::Regtest, keys, &passphrase()).unwrap();
        if sats > 0 {
            for _ in 0..3 {
                let script = wallet.address().unwrap().script_pubkey();
                self.sandbox
                    .fund(&script, Amount::from_sat(sats), Confirm::Now)
                    .unwrap();
            }
        }
        wallet.sync(&self.sandbox).unwrap();
        Party {
            wallet: Some(wallet),
            path,
        }
    }

    pub fn mine(&self, blocks: u32) {
        self.sandbox.mine(blocks, &ScriptBuf::new()).unwrap();
    }

    /// Issues on a new carrier, settled.
    pub fn issue(&self, party: &mut Party, ticker: &str, supply: u64) -> ContractId {
        self.carriers(party, 1);
        party.issue(ticker, supply)
    }

    /// Makes free sealed coins.
    pub fn carriers(&self, party: &mut Party, count: u32) {
        party
            .pay(self, &[Payment::Carriers { count, sats: None }])
            .unwrap();
        self.mine(1);
        party.sync(self);
    }

    /// Pays one invoice, mines and lets the payee accept.
    pub fn transfer(&self, from: &mut Party, to: &mut Party, invoice: &Invoice) -> Received {
        let paid = from.pay(self, &[pay(invoice)]).unwrap();
        self.mine(1);
        let received = to.accept(self, &paid.files[0]).unwrap();
        from.sync(self);
        received
    }
}

impl Party {
    pub fn wallet(&mut self) -> &mut Wallet {
        self.wallet
            .as_mut()
            .expect("a party has a wallet between its steps")
    }

    /// Closes the wallet and opens its file again.
    pub fn reopen(&mut self) {
        self.wallet = None;
        self.wallet = Some(Wallet::open(&self.path).unwrap());
    }

    /// The same wallet file a second time, beside this one.
    pub fn copy(&mut self, name: &str) -> Self {
        let path = self.path.with_file_name(name);
        self.wallet = None;
        std::fs::copy(&self.path, &path).unwrap();
        self.wallet = Some(Wallet::open(&self.path).unwrap());
        Self {
            wallet: Some(Wallet::open(&path).unwrap()),
            path,
        }
    }

    pub fn sync(&mut self, bench: &Bench) {
        self.wallet().sync(&bench.sandbox).unwrap();
    }

    pub fn issue(&mut self, ticker: &str, supply: u64) -> ContractId {
        self.wallet().issue(&issue(ticker, supply)).unwrap()
    }

    /// An invoice for a new output.
    pub fn witness(&mut self, contract: ContractId, amount: u64) -> Invoice {
        let target = InvoiceTarget::Witness;
        self.wallet()
            .invoice(&request(contract, amount, target))
            .unwrap()
    }

    /// An invoice on a free coin of its own.
    pub fn blind(&mut self, contract: ContractId, amount: u64) -> Invoice {
        let target = InvoiceTarget::Blind(None);
        self.wallet()
            .invoice(&request(contract, amount, target))
            .unwrap()
    }

    /// Plans, prepares, signs and finishes; nothing is broadcast.
    pub fn prepare(
        &mut self,
        payments: &[Payment],
        options: &PlanOptions,
    ) -> Result<(Prepared, Transaction), Error> {
        let wallet = self.wallet();
        let plan = wallet.plan(payments, options)?;
        let mut prepared = wallet.prepare(plan)?;
        wallet.sign(&mut prepared.psbt, &passphrase())?;
        let tx = wallet.finish(prepared.transfer, prepared.psbt.clone())?;
        Ok((prepared, tx))
    }

    /// Makes payments and broadcasts.
    pub fn pay(&mut self, bench: &Bench, payments: &[Payment]) -> Result<Paid, Error> {
        self.pay_with(bench, payments, &PlanOptions::default())
    }

    pub fn pay_with(
        &mut self,
        bench: &Bench,
        payments: &[Payment],
        options: &PlanOptions,
    ) -> Result<Paid, Error> {
        let (prepared, tx) = self.prepare(payments, options)?;
        let delivered = self.wallet().deliver(prepared.transfer)?;
        assert_eq!(delivered, prepared.consignments.all()?);
        self.wallet().broadcast(prepared.transfer, &bench.sandbox)?;
        let files = delivered
            .into_iter()
            .map(|consignment| consignment.bytes)
            .collect();
        Ok(Paid {
            transfer: prepared.transfer,
            txid: prepared.txid,
            tx,
            files,
        })
    }

    pub fn accept(&mut self, bench: &Bench, file: &[u8]) -> Result<Received, Error> {
        self.wallet().accept(file, &bench.sandbox)
    }

    /// Settled and pending amount of a contract.
    pub fn amount(&mut self, contract: ContractId) -> (u128, u128) {
        let balance = self.wallet().balance().unwrap();
        let asset = balance
            .assets
            .iter()
            .find(|asset| asset.contract == contract);
        asset.map_or((0, 0), |asset| (asset.settled, asset.pending))
    }

    /// The outpoints of the sealed coins.
    pub fn sealed(&mut self) -> Vec<OutPoint> {
        let coins = self.wallet().coins();
        let sealed = coins.iter().filter(|coin| coin.place == Place::Sealed);
        sealed.map(|coin| coin.outpoint).collect()
    }

    /// The state of a transfer.
    pub fn state(&mut self, transfer: TransferId) -> String {
        self.wallet().transfer(transfer).unwrap().state.to_string()
    }
}

/// The consignment of the first payee.
pub fn handed(prepared: &Prepared) -> Vec<u8> {
    prepared.consignments.clone().next().unwrap().unwrap().bytes
}

pub fn pay(invoice: &Invoice) -> Payment {
    let invoice = Box::new(invoice.clone());
    Payment::Invoice {
        invoice,
        contract: None,
        amount: None,
    }
}

pub fn request(contract: ContractId, amount: u64, target: InvoiceTarget) -> InvoiceRequest {
    InvoiceRequest {
        contract: Some(contract),
        amount: Some(amount),
        target,
        ..InvoiceRequest::default()
    }
}

pub fn issue(ticker: &str, supply: u64) -> Issue {
    Issue::fixed(ticker, &format!("{ticker} of a test"), 2, supply)
}

/// The stable name of an error.
pub fn code<T>(result: Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => error.code(),
    }
}
