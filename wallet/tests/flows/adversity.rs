//! What comes at the wrong moment, or from somebody who means harm: nothing is lost, stuck or credited.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::bench::{Bench, code, first, pay, request};
use bdk_wallet::chain::BlockId;
use bitcoin::block::Header;
use bitcoin::{Amount, BlockHash, FeeRate, ScriptBuf, Transaction, Txid};
use bulla_core::frame::BlockProof;
use bulla_wallet::api::{InvoiceRequest, InvoiceState, InvoiceTarget, Payment, PlanOptions};
use bulla_wallet::chain::{ChainSource, Positions, ScanRequest, ScanUpdate, Sought, SourceError};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::sandbox::{Confirm, Contents, Sandbox};
use bulla_wallet::transfer::ack::{Acknowledgement, Verdict};

#[test]
fn a_leaf_that_comes_onto_a_coin_after_signing_stops_the_broadcast() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 300);
    bench.transfer(&mut alice, &mut bob, &invoice);
    let back = alice.witness(contract, 300);
    let (signed, _) = bob.prepare(&[pay(&back)], &PlanOptions::default()).unwrap();
    // The payer pays the same seal once more.
    let more = Invoice {
        amount: Some(50),
        ..invoice
    };
    bench.transfer(&mut alice, &mut bob, &more);
    assert_eq!(bob.amount(contract), (350, 0));
    bob.reopen();
    let sent = bob.wallet().broadcast(signed.transfer, &bench.sandbox);
    assert_eq!(code(sent), "would-burn");
    bob.wallet().cancel(signed.transfer).unwrap();
    bench.transfer(&mut bob, &mut alice, &back);
    assert_eq!(bob.amount(contract), (50, 0));
    assert_eq!(alice.amount(contract), (950, 0));
}

#[test]
fn a_transaction_that_the_source_refuses_makes_no_coins() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let before = (alice.sealed(), alice.wallet().balance().unwrap());
    let invoice = bob.witness(contract, 300);
    let options = PlanOptions {
        fee_rate: Some(FeeRate::ZERO),
        ..PlanOptions::default()
    };
    let (prepared, _) = alice.prepare(&[pay(&invoice)], &options).unwrap();
    let sent = alice.wallet().broadcast(prepared.transfer, &bench.sandbox);
    assert_eq!(code(sent), "refused");
    assert_eq!(
        (alice.sealed(), alice.wallet().balance().unwrap()),
        before,
        "its change is no coin that could be invoiced on or issued on"
    );
    alice.wallet().cancel(prepared.transfer).unwrap();
    assert_eq!(bench.transfer(&mut alice, &mut bob, &invoice).amount, 300);
}

#[test]
fn a_transaction_that_was_public_once_cannot_be_cancelled_after_a_refusal() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let (first, second) = (bob.witness(contract, 300), bob.witness(contract, 400));
    let options = PlanOptions::default();
    let (cancelled, old) = alice.prepare(&[pay(&first)], &options).unwrap();
    alice.wallet().cancel(cancelled.transfer).unwrap();
    let paid = alice.pay(&bench, &[pay(&second)]).unwrap();
    bench.sandbox.evict(paid.txid).unwrap();
    bench.sandbox.broadcast(&old).unwrap();
    let again = alice.wallet().broadcast(paid.transfer, &bench.sandbox);
    assert_eq!(code(again), "refused");
    assert_eq!(alice.state(paid.transfer), "broadcast");
    let signed = alice.wallet().signed(paid.transfer).unwrap();
    assert_eq!(signed, Some(paid.tx));
    assert_eq!(
        code(alice.wallet().cancel(paid.transfer)),
        "broadcast-already"
    );
    assert_eq!(code(alice.pay(&bench, &[pay(&second)])), "already-paid");
}

/// A sandbox on which a block is mined right before a certain question for positions.
struct Racing {
    sandbox: Sandbox,
    left: AtomicU32,
}

impl ChainSource for Racing {
    fn name(&self) -> String {
        self.sandbox.name()
    }

    fn genesis(&self) -> Result<BlockHash, SourceError> {
        self.sandbox.genesis()
    }

    fn tip(&self) -> Result<BlockId, SourceError> {
        self.sandbox.tip()
    }

    fn scan(&self, request: &ScanRequest) -> Result<ScanUpdate, SourceError> {
        self.sandbox.scan(request)
    }

    fn positions(&self, sought: &[Sought]) -> Result<Positions, SourceError> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.sandbox.mine(1, &ScriptBuf::new()).unwrap();
        }
        self.sandbox.positions(sought)
    }

    fn headers(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError> {
        self.sandbox.headers(from, count)
    }

    fn block_proofs(
        &self,
        mined: &[(Txid, BlockId)],
    ) -> Result<Vec<Option<BlockProof>>, SourceError> {
        self.sandbox.block_proofs(mined)
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, SourceError> {
        self.sandbox.transaction(txid)
    }

    fn broadcast(&self, tx: &Transaction) -> Result<(), SourceError> {
        self.sandbox.broadcast(tx)
    }

    fn relay_fee(&self) -> Result<FeeRate, SourceError> {
        self.sandbox.relay_fee()
    }

    fn estimate_fee(&self, target_blocks: u16) -> Result<Option<FeeRate>, SourceError> {
        self.sandbox.estimate_fee(target_blocks)
    }
}

#[test]
fn a_block_that_comes_and_goes_around_an_accept_leaves_nothing_settled() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 300);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    // The first question is the one of `sync`, the second that of `accept`.
    let racing = Racing {
        sandbox: Sandbox::open(bench.sandbox.path()).unwrap(),
        left: AtomicU32::new(2),
    };
    let received = bob.wallet().accept(&paid.files[0], &racing).unwrap();
    assert_eq!(received.amount, 300);
    let without = Contents::Without(vec![paid.txid]);
    bench.sandbox.reorg(1, &without, &ScriptBuf::new()).unwrap();
    bob.sync(&bench);
    assert_eq!(bob.amount(contract), (0, 300));
}

#[test]
fn a_payment_onto_a_coin_that_is_being_spent_is_not_acknowledged() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let short = InvoiceRequest {
        expires_in: Some(0),
        ..request(contract, 300, InvoiceTarget::Blind(None))
    };
    let invoice = bob.wallet().invoice(&short).unwrap();
    while !bob.wallet().reserved().unwrap().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(100));
        bob.sync(&bench);
    }
    // The coin is free again, and on its way back to plain.
    bob.prepare(&[Payment::Sweep], &PlanOptions::default())
        .unwrap();
    let late = Invoice {
        expiry: None,
        ..invoice
    };
    let hold = PlanOptions {
        hold: true,
        ..PlanOptions::default()
    };
    let (prepared, _) = alice.prepare(&[pay(&late)], &hold).unwrap();
    let received = bob.accept(&bench, &first(&prepared)).unwrap();
    let ack: Acknowledgement = received.acknowledgements[0].parse().unwrap();
    assert_eq!(ack.claimed().verdict, Verdict::Refused);
}

#[test]
fn a_second_payment_that_never_comes_does_not_hold_the_coin_of_a_settled_one() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 300);
    let first = bench.transfer(&mut alice, &mut bob, &invoice);
    let more = Invoice {
        amount: Some(50),
        ..invoice
    };
    let (never, _) = alice
        .prepare(&[pay(&more)], &PlanOptions::default())
        .unwrap();
    let second = bob.accept(&bench, &crate::bench::first(&never)).unwrap();
    // The history shows the first payment again, and nothing but that is acknowledged again.
    for ack in &second.acknowledgements {
        let ack: Acknowledgement = ack.parse().unwrap();
        assert_ne!(ack.claimed().witness, never.txid);
    }
    assert_eq!(bob.state(first.transfer), "settled");
    assert_eq!(bob.state(second.transfer), "received");
    assert_eq!(
        bob.wallet().invoices().unwrap()[0].received,
        [(contract, 300)]
    );
    alice.wallet().cancel(never.transfer).unwrap();
    let back = alice.witness(contract, 300);
    bench.transfer(&mut bob, &mut alice, &back);
    assert_eq!(alice.amount(contract), (1_000, 0));
}

#[test]
fn a_coin_held_for_a_payment_that_never_comes_is_freed_by_its_owner() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 300);
    let options = PlanOptions {
        hold: true,
        ..PlanOptions::default()
    };
    let (never, _) = alice.prepare(&[pay(&invoice)], &options).unwrap();
    let file = &first(&never);
    let received = bob.accept(&bench, file).unwrap();
    bob.sync(&bench);
    assert_eq!(bob.wallet().reserved().unwrap().len(), 1);
    bob.wallet().cancel(received.transfer).unwrap();
    bob.reopen();
    assert_eq!(bob.wallet().reserved().unwrap().len(), 0);
    let state = bob.wallet().invoices().unwrap()[0].state;
    assert_eq!(state, InvoiceState::Cancelled);
    // It is paid after all: what came is there, and cannot be given up.
    let ack = &received.acknowledgements[0];
    alice.wallet().acknowledged(never.transfer, ack).unwrap();
    alice
        .wallet()
        .broadcast(never.transfer, &bench.sandbox)
        .unwrap();
    bob.sync(&bench);
    let cancelled = bob.wallet().cancel(received.transfer);
    assert_eq!(code(cancelled), "broadcast-already");
    bench.mine(1);
    bob.sync(&bench);
    assert_eq!(bob.amount(contract), (300, 0));
    assert_eq!(bob.state(received.transfer), "settled");
}

#[test]
fn a_coin_that_an_invoice_keeps_is_not_signed_away() {
    let bench = Bench::new();
    let mut bob = bench.party("bob", 100_000);
    bench.carriers(&mut bob, 1);
    let sweep = [bulla_wallet::api::Payment::Sweep];
    let (mut psbt, transfer) = {
        let plan = bob.wallet().plan(&sweep, &PlanOptions::default()).unwrap();
        let prepared = bob.wallet().prepare(plan).unwrap();
        (prepared.psbt, prepared.transfer)
    };
    bob.wallet().cancel(transfer).unwrap();
    bob.blind(bulla_core::ContractId::from_bytes([7; 32]), 5);
    let signed = bob.wallet().sign(&mut psbt, &crate::bench::passphrase());
    assert_eq!(code(signed), "held-coin");
}

#[test]
fn a_sealed_address_is_never_that_of_an_invoice() {
    let bench = Bench::new();
    let mut bob = bench.party("bob", 0);
    for _ in 0..40 {
        bob.witness(bulla_core::ContractId::from_bytes([7; 32]), 1);
    }
    let script = bob.wallet().sealed_address().unwrap().script_pubkey();
    bench
        .sandbox
        .fund(&script, Amount::from_sat(1_000), Confirm::Now)
        .unwrap();
    bob.sync(&bench);
    // A coin on an invoice's address waits for its consignment; this one is free.
    bob.issue("IRON", 5);
}

#[cfg(unix)]
#[test]
fn a_file_that_was_there_before_is_closed_to_others_when_it_becomes_a_wallet() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wallet");
    std::fs::write(&path, []).unwrap();
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&path, open).unwrap();
    let keys = bulla_wallet::keys::Keys::generate(bulla_wallet::keys::Words::Twelve, None).unwrap();
    let network = bulla_wallet::Network::Regtest;
    bulla_wallet::Wallet::create(&path, network, keys, &crate::bench::passphrase()).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
