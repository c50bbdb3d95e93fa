//! What wallets make and take in: real files, a chain in memory or in a file.

use std::time::{Duration, Instant};

use bulla_core::SecretSeal;
use bulla_core::consignment::parts;
use bulla_tests::kit::{Carry, Receiver};
use bulla_tests::people::{Person, pay};
use bulla_tests::world::{Chain, OnSandbox};
use bulla_wallet::api::{Payment, PlanOptions};
use bulla_wallet::invoice::{Beneficiary, Invoice};
use bulla_wallet::transfer::History;

use crate::Plan;
use crate::report::Report;

/// Payments that are appended to one history, one after the other.
const APPENDED: usize = 5;

pub fn measure(plan: &Plan, report: &mut Report) {
    println!("\nwallets: accepting validates and stores; appending is a delta of one transfer\n");
    println!("transitions  accept, ms  append, us");
    for transitions in [10, 10_000, 100_000] {
        if transitions > plan.longest {
            continue;
        }
        let (accept, append) = accept(transitions);
        let (accept, append) = (accept.as_secs_f64() * 1e3, append.as_secs_f64() * 1e6);
        println!("{transitions:>11}  {accept:>10.1}  {append:>10.0}");
        match transitions {
            10 => report.append_us_at_10 = Some(append),
            10_000 => report.accept_10k_ms = Some(accept),
            _ => report.append_us_at_100k = Some(append),
        }
    }
    let bytes = transfer();
    println!("\na transfer between two wallets, bytes    {bytes:>8}");
    report.bytes_per_wallet_transfer = Some(bytes);
    let payees = plan.longest.min(10_000);
    let bytes = batch(payees);
    if payees == 10_000 {
        report.batch_10k_receiver_bytes = Some(bytes);
    }
}

/// The time to accept a whole history, and the least to accept one transfer more.
fn accept(transitions: u32) -> (Duration, Duration) {
    let mut receiver = Receiver::new(Carry::Opret);
    receiver.grow(transitions - 1);
    let leaf = receiver.pay();
    let whole = receiver.whole(leaf);
    let begin = Instant::now();
    receiver.accept(&whole).expect("a good history");
    let accepted = begin.elapsed();
    let appended = (0..APPENDED).map(|_| {
        let known = receiver.history.drafts().len();
        let leaf = receiver.pay();
        let delta = receiver.delta(known, leaf);
        let begin = Instant::now();
        receiver.accept(&delta).expect("a good delta");
        begin.elapsed()
    });
    (accepted, appended.min().expect("some"))
}

/// Bytes of a transfer between two wallets, who pay each other by address: the frame with its length, without
/// its block proof.
fn transfer() -> usize {
    let chain = OnSandbox::start();
    let (mut alice, mut bob) = (Person::new("Alice"), Person::new("Bob"));
    alice.fund(&chain, 1_000_000);
    alice.fund(&chain, 1_000_000);
    let contract = alice.issue(&chain, "PAY", 1_000_000_000);
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

/// Bytes that each of so many payees of one transfer gets, at most.
fn batch(payees: u32) -> usize {
    let chain = OnSandbox::start();
    let mut payer = Person::new("Alice");
    payer.fund(&chain, 1_000_000);
    payer.fund(&chain, 1_000_000);
    let contract = payer.issue(&chain, "PAY", 1_000_000_000);
    let invoice = payer.invoice(contract, 1_000);
    let payments: Vec<_> = (0..payees).map(|n| pay(&stranger(&invoice, n))).collect();
    let begin = Instant::now();
    let prepared = prepare(&mut payer, &payments);
    let (took, begin) = (begin.elapsed(), Instant::now());
    let each = payer.wallet().deliver_each(prepared, History::New);
    let sizes = each
        .expect("a signed transfer")
        .map(|consignment| consignment.expect("a consignment").bytes.len());
    let sizes: Vec<_> = sizes.collect();
    let (all, most) = (
        sizes.iter().sum::<usize>(),
        *sizes.iter().max().expect("payees"),
    );
    println!(
        "a batch to {payees}: at most {most} bytes for a payee, {all} in all; planned and signed in {:.1} s, consigned in {:.1} s",
        took.as_secs_f64(),
        begin.elapsed().as_secs_f64()
    );
    most
}

/// Plans, stores and signs a transfer.
fn prepare(payer: &mut Person, payments: &[Payment]) -> bulla_wallet::api::TransferId {
    let wallet = payer.wallet();
    let plan = wallet
        .plan(payments, &PlanOptions::default())
        .expect("a plan");
    let mut prepared = wallet.prepare(plan).expect("a transfer");
    let signed = wallet.sign(&mut prepared.psbt, &Person::passphrase());
    signed.expect("a signature");
    wallet
        .finish(prepared.transfer, prepared.psbt)
        .expect("signed");
    prepared.transfer
}

/// An invoice to the seal of somebody else.
fn stranger(invoice: &Invoice, n: u32) -> Invoice {
    let mut secret = [0x5e; 32];
    secret[..4].copy_from_slice(&n.to_be_bytes());
    Invoice {
        to: Beneficiary::Seal(SecretSeal::from_bytes(secret)),
        ..invoice.clone()
    }
}
