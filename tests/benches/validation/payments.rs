//! What wallets send each other on the sandbox: a transfer, a batch, and payments that are repeated.

use std::path::Path;
use std::time::{Duration, Instant};

use bulla_core::ContractId;
use bulla_core::consignment::parts;
use bulla_tests::people::{Person, pay, stranger};
use bulla_tests::world::{Chain, OnSandbox};
use bulla_wallet::Wallet;
use bulla_wallet::api::{InvoiceRequest, Page, PlanOptions, PreparedConsignment, TransferId};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::transfer::History;

use crate::report::Report;
use crate::{BATCH, Plan, memory};

/// Repeated payments of which the fastest counts.
const REPEATED: usize = 5;

pub fn measure(plan: &Plan, report: &mut Report) {
    let bytes = transfer();
    println!("\na transfer between two wallets, bytes    {bytes:>8}");
    report.bytes_per_wallet_transfer = Some(bytes);
    println!(
        "\nbatches: bytes for a payee at most, planned to signed, all consignments, growth of their peak\n"
    );
    println!("payees  bytes  signed, s  consigned, s      MiB");
    for payees in [10, 1_000, 10_000] {
        if payees > plan.longest {
            continue;
        }
        let batch = batch(payees);
        let (signed, consigned) = (batch.signed.as_secs_f64(), batch.consigned.as_secs_f64());
        let (bytes, mib) = (batch.bytes, batch.mib);
        println!("{payees:>6}  {bytes:>5}  {signed:>9.2}  {consigned:>12.2}  {mib:>7.1}");
        if payees == 10_000 {
            report.batch_10k_receiver_bytes = Some(bytes);
            report.batch_10k_consign_s = Some(consigned);
            report.batch_10k_mib = Some(mib);
        }
    }
    println!("\npayments that two wallets repeat: planned to delivered, accepted as a delta\n");
    println!("payments  payer, ms  payee, ms");
    let longest = usize::try_from(plan.longest.min(1_000)).expect("a small number");
    for (payments, payer, payee) in repeat(longest) {
        let (payer, payee) = (payer.as_secs_f64() * 1e3, payee.as_secs_f64() * 1e3);
        println!("{payments:>8}  {payer:>9.1}  {payee:>9.1}");
        let both = Some(payer + payee);
        match payments {
            10 => report.repeated_ms_at_10 = both,
            _ => report.repeated_ms_at_1k = both,
        }
    }
}

/// A payer with a contract of her own.
fn payer(chain: &OnSandbox) -> (Person, ContractId) {
    let mut payer = Person::new("Alice");
    payer.fund(chain, 10_000_000);
    payer.fund(chain, 10_000_000);
    let contract = payer.issue(chain, "PAY", 1_000_000_000);
    (payer, contract)
}

/// Bytes of a transfer between two wallets, who pay each other by address: the frame with its length, without
/// its block proof.
fn transfer() -> usize {
    let chain = OnSandbox::start();
    let (mut alice, contract) = payer(&chain);
    let mut bob = Person::new("Bob");
    let mut sent = None;
    for _ in 0..3 {
        let invoice = bob.invoice(contract, 1_000);
        sent = Some(alice.pay(&chain, &mut bob, &invoice));
    }
    let sent = sent.expect("a payment");
    let frames = parts(sent.bytes()).map(|part| part.expect("a whole part"));
    let of_witness = frames.skip(1).filter(|part| part.first() == Some(&0));
    let last = of_witness.last().expect("a witness frame");
    last.len() + 3
}

/// What a transfer to many costs.
struct Batch {
    /// Bytes that each payee gets, at most.
    bytes: usize,
    signed: Duration,
    consigned: Duration,
    /// Growth of the peak while the consignments are made.
    mib: f64,
}

fn batch(payees: u32) -> Batch {
    let chain = OnSandbox::start();
    let (mut payer, contract) = payer(&chain);
    let invoice = payer.invoice(contract, 1_000);
    let invoices: Vec<_> = (0..payees).map(|n| stranger(&invoice, n)).collect();
    let begin = Instant::now();
    let transfer = prepare(&mut payer, &invoices);
    let (signed, begin) = (begin.elapsed(), Instant::now());
    let sizes = consign(payer.wallet(), transfer).map(|made| made.bytes.len());
    let bytes = sizes.max().expect("payees");
    let consigned = begin.elapsed();
    Batch {
        bytes,
        signed,
        consigned,
        mib: payer.closed(|file| memory::ask(BATCH, file)),
    }
}

/// Makes the consignments of a wallet's greatest transfer, each dropped before the next, and gives the growth of the
/// peak, in KiB.
pub fn grown(file: &Path) -> u64 {
    let mut wallet = Wallet::open(file).expect("a wallet");
    let all = wallet.transfers(&Page::default()).expect("a list");
    let greatest = all.iter().max_by_key(|transfer| transfer.items.len());
    let transfer = greatest.expect("a transfer").id;
    let before = memory::peak();
    let made = consign(&mut wallet, transfer).count();
    assert!(made > 1, "a batch");
    memory::peak() - before
}

/// Makes the consignments of a signed transfer, each when it is asked for.
fn consign(wallet: &mut Wallet, transfer: TransferId) -> impl Iterator<Item = PreparedConsignment> {
    let each = wallet.deliver_each(transfer, History::New).expect("signed");
    each.map(|made| made.expect("a consignment"))
}

/// Plans, stores and signs a transfer.
fn prepare(payer: &mut Person, invoices: &[Invoice]) -> TransferId {
    let payments: Vec<_> = invoices.iter().map(pay).collect();
    let wallet = payer.wallet();
    let plan = wallet.plan(&payments, &PlanOptions::default());
    let mut prepared = wallet.prepare(plan.expect("a plan")).expect("a transfer");
    let signed = wallet.sign(&mut prepared.psbt, &Person::passphrase());
    signed.expect("a signature");
    let finished = wallet.finish(prepared.transfer, prepared.psbt);
    finished.expect("signed");
    prepared.transfer
}

/// Payments up to this number, to a payee whose acknowledgements come back: a number, and what the fastest of the
/// last few took payer and payee.
fn repeat(longest: usize) -> Vec<(usize, Duration, Duration)> {
    let chain = OnSandbox::start();
    let (mut alice, contract) = payer(&chain);
    let mut bob = Person::new("Bob");
    let (mut paying, mut accepting) = (Vec::new(), Vec::new());
    let request = InvoiceRequest {
        contract: Some(contract),
        amount: Some(1_000),
        contact: Some("alice".to_owned()),
        ..InvoiceRequest::default()
    };
    for _ in 0..longest {
        let invoice = bob.ask(&request);
        let begin = Instant::now();
        let transfer = prepare(&mut alice, &[invoice]);
        let delta = consign(alice.wallet(), transfer).next().expect("a payee");
        paying.push(begin.elapsed());
        let source = chain.source();
        let broadcast = alice.wallet().broadcast(transfer, source.as_ref());
        broadcast.expect("a good transaction");
        chain.mine(1);
        let begin = Instant::now();
        let received = bob.wallet().accept(&delta.bytes, source.as_ref());
        accepting.push(begin.elapsed());
        let ack = &received.expect("a good delta").acknowledgements[0];
        let taken = alice.wallet().acknowledged(transfer, ack);
        taken.expect("it is his");
        alice.sync(&chain);
    }
    let at = |payments: usize| {
        let least = |all: &[Duration]| all[payments - REPEATED..payments].iter().min().copied();
        let (payer, payee) = (least(&paying), least(&accepting));
        (payments, payer.expect("some"), payee.expect("some"))
    };
    let measured = [10, 1_000].into_iter();
    measured.filter(|at| *at <= longest).map(at).collect()
}
