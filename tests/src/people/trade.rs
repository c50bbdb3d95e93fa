//! What people send each other.

use bitcoin::key::Keypair;
use bitcoin::{Address, Psbt, Transaction, Txid};
use bulla_core::{ContractId, SecretSeal};
use bulla_wallet::Error;
use bulla_wallet::api::{
    BitcoinAmount, Method, Page, Payment, Plan, PlanOptions, Prepared, PreparedConsignment,
    Received, Transfer, TransferId,
};
use bulla_wallet::invoice::{Beneficiary, Invoice};

use super::Person;
use crate::world::Chain;

/// A signed transaction with what belongs to it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The transfer.
    pub transfer: TransferId,
    /// The transaction.
    pub tx: Transaction,
    /// Fee in satoshis.
    pub fee_sats: u64,
    /// One for each paid invoice.
    pub consignments: Vec<PreparedConsignment>,
}

impl Sent {
    /// Its id.
    pub fn txid(&self) -> Txid {
        self.tx.compute_txid()
    }

    /// The bytes for the only payee.
    pub fn bytes(&self) -> &[u8] {
        assert_eq!(self.consignments.len(), 1, "one payee");
        &self.consignments[0].bytes
    }
}

/// Pays an invoice what it asks for.
pub fn pay(invoice: &Invoice) -> Payment {
    Payment::Invoice {
        invoice: Box::new(invoice.clone()),
        contract: None,
        amount: None,
    }
}

/// Pays an invoice that leaves contract and amount open.
pub fn pay_open(invoice: &Invoice, contract: ContractId, amount: u64) -> Payment {
    Payment::Invoice {
        invoice: Box::new(invoice.clone()),
        contract: Some(contract),
        amount: Some(amount),
    }
}

/// The same invoice to the seal of the n-th stranger, who has no wallet.
#[must_use]
pub fn stranger(invoice: &Invoice, n: u32) -> Invoice {
    let mut secret = [0x5e; 32];
    secret[..4].copy_from_slice(&n.to_be_bytes());
    Invoice {
        to: Beneficiary::Seal(SecretSeal::from_bytes(secret)),
        ..invoice.clone()
    }
}

/// Pays plain bitcoin.
pub fn to_address(address: &Address, amount: BitcoinAmount) -> Payment {
    Payment::Bitcoin {
        address: address.as_unchecked().clone(),
        amount,
    }
}

/// The commitment in an `OP_RETURN` output.
pub fn opret() -> PlanOptions {
    PlanOptions {
        method: Method::Opret,
        ..PlanOptions::default()
    }
}

impl Person {
    /// Plans with the defaults.
    pub fn plan(&self, payments: &[Payment]) -> Result<Plan, Error> {
        self.view().plan(payments, &PlanOptions::default())
    }

    /// Stores what is to be signed.
    pub fn prepare(&mut self, payments: &[Payment], options: &PlanOptions) -> Prepared {
        let plan = self.view().plan(payments, options).expect("a plan");
        let prepared = self.wallet().prepare(plan).expect("a transfer");
        self.after(prepared)
    }

    /// Signs a PSBT.
    pub fn sign(&mut self, psbt: &mut Psbt) {
        self.view()
            .sign(psbt, &Self::passphrase())
            .expect("a signature");
        self.after(());
    }

    /// Signs and stores what was prepared.
    pub fn finish(&mut self, prepared: Prepared) -> Sent {
        let Prepared {
            transfer, mut psbt, ..
        } = prepared;
        self.sign(&mut psbt);
        let tx = self.wallet().finish(transfer, psbt).expect("signed");
        assert_eq!(tx.compute_txid(), prepared.txid);
        self.after(Sent {
            transfer,
            tx,
            fee_sats: prepared.fee_sats,
            consignments: prepared.consignments.all().expect("consignments"),
        })
    }

    /// Everything but the broadcast, which waits for acknowledgements.
    pub fn hold(&mut self, payments: &[Payment]) -> Sent {
        let hold = PlanOptions {
            hold: true,
            ..PlanOptions::default()
        };
        let prepared = self.prepare(payments, &hold);
        let sent = self.finish(prepared);
        let again = self.wallet().deliver(sent.transfer).expect("signed");
        assert_eq!(again, sent.consignments, "a delivery can be repeated");
        self.after(sent)
    }

    /// Takes in the payee's acknowledgements.
    pub fn acknowledge(&mut self, sent: &Sent, received: &Received) {
        for text in &received.acknowledgements {
            self.try_acknowledge(sent, text).expect("it is his");
        }
        self.after(());
    }

    /// Takes in an acknowledgement, or is told why not.
    pub fn try_acknowledge(&mut self, sent: &Sent, text: &str) -> Result<Transfer, Error> {
        self.wallet().acknowledged(sent.transfer, text)
    }

    /// Gives a transfer up.
    pub fn cancel(&mut self, sent: &Sent) {
        self.wallet().cancel(sent.transfer).expect("not public yet");
        self.after(());
    }

    /// Hands a transfer to the network.
    pub fn broadcast(&mut self, chain: &dyn Chain, sent: &Sent) {
        self.try_broadcast(chain, sent)
            .expect("the network takes it");
        self.sats -= i64::try_from(sent.fee_sats).expect("a small fee");
        self.after(());
    }

    /// Hands a transfer to the network, or is told why not.
    pub fn try_broadcast(&mut self, chain: &dyn Chain, sent: &Sent) -> Result<(), Error> {
        let source = chain.source();
        self.wallet().broadcast(sent.transfer, source.as_ref())
    }

    /// Pays with the defaults and broadcasts.
    pub fn send(&mut self, chain: &dyn Chain, payments: &[Payment]) -> Sent {
        self.send_with(chain, payments, &PlanOptions::default())
    }

    /// Pays and broadcasts.
    pub fn send_with(
        &mut self,
        chain: &dyn Chain,
        payments: &[Payment],
        options: &PlanOptions,
    ) -> Sent {
        self.sync(chain);
        let prepared = self.prepare(payments, options);
        let sent = self.finish(prepared);
        self.broadcast(chain, &sent);
        sent
    }

    /// Takes a consignment that must be taken.
    pub fn accept(&mut self, chain: &dyn Chain, bytes: &[u8]) -> Received {
        self.sync(chain);
        let received = self.try_accept(chain, bytes).expect("accepted");
        self.after(received)
    }

    /// Takes a consignment, or is told why not.
    pub fn try_accept(&mut self, chain: &dyn Chain, bytes: &[u8]) -> Result<Received, Error> {
        self.wallet().accept(bytes, chain.source().as_ref())
    }

    /// Pays somebody's invoice, who accepts; then a block is mined, which both see.
    pub fn pay(&mut self, chain: &dyn Chain, payee: &mut Self, invoice: &Invoice) -> Sent {
        let sent = self.send(chain, &[pay(invoice)]);
        let received = payee.accept(chain, sent.bytes());
        assert_eq!(Some(received.amount), invoice.amount.map(u128::from));
        assert!(!received.already_known);
        chain.mine(1);
        self.sync(chain);
        payee.sync(chain);
        sent
    }

    /// Pays an invoice in a contract whose transfers these keys sign; a block is mined. Gives the
    /// consignment.
    pub fn send_signed(&mut self, chain: &dyn Chain, to: &Invoice, keys: &[Keypair]) -> Vec<u8> {
        self.sync(chain);
        let prepared = self.prepare(&[pay(to)], &PlanOptions::default());
        let sent = self.finish(prepared);
        for key in keys {
            let requests = self.view().signature_requests(sent.transfer);
            let request = requests.expect("a known transfer").remove(0);
            let signed = self.view().cosign(&request.bytes, key).expect("a signer");
            let added = self.wallet().add_signatures(sent.transfer, &signed.bytes);
            added.expect("good signatures");
        }
        let mut files = self.wallet().deliver(sent.transfer).expect("signed");
        self.broadcast(chain, &sent);
        chain.mine(1);
        self.sync(chain);
        self.after(files.remove(0).bytes)
    }

    /// The name of a transfer's state.
    pub fn state_of(&self, transfer: TransferId) -> &'static str {
        let transfer = self.view().transfer(transfer);
        transfer.expect("a transfer of this wallet").state.name()
    }

    /// Every transfer.
    pub fn transfers(&self) -> Vec<Transfer> {
        let list = self.view().transfers(&Page::default());
        list.expect("a list")
    }

    /// Satoshis that left for somebody who is not in the scenario.
    pub fn spent_outside(&mut self, sats: u64) {
        self.sats -= i64::try_from(sats).expect("few satoshis");
    }
}
