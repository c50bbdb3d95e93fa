//! Repeated payments between two wallets: a payer leaves out what the payee's key has acknowledged.

use std::num::NonZeroU16;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bulla_core::ContractId;
use bulla_wallet::api::{InvoiceRequest, InvoiceTarget};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::transfer::History;

use crate::bench::{Bench, Paid, Party, pay, request};

/// Bob's invoice for his contact Alice.
fn invoice(bob: &mut Party, contract: ContractId) -> Invoice {
    let request = InvoiceRequest {
        contact: Some("alice".to_owned()),
        ..request(contract, 5, InvoiceTarget::Witness)
    };
    bob.wallet().invoice(&request).unwrap()
}

/// Alice pays, Bob accepts, and she takes in what he signed.
fn settle(bench: &Bench, alice: &mut Party, bob: &mut Party, paid: &Paid) {
    bench.mine(1);
    let received = bob.accept(bench, &paid.files[0]).unwrap();
    let ack = &received.acknowledgements[0];
    alice.wallet().acknowledged(paid.transfer, ack).unwrap();
    alice.sync(bench);
}

fn parties(bench: &Bench) -> (Party, Party, ContractId) {
    let mut alice = bench.party("alice", 10_000_000);
    let bob = bench.party("bob", 0);
    let contract = bench.issue(&mut alice, "PAY", 10_000);
    (alice, bob, contract)
}

#[test]
fn the_fiftieth_payment_is_as_small_as_the_second() {
    let bench = Bench::new();
    let (mut alice, mut bob, contract) = parties(&bench);
    let (mut sizes, mut transfer) = (Vec::new(), None);
    for _ in 0..50 {
        let invoice = invoice(&mut bob, contract);
        let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
        settle(&bench, &mut alice, &mut bob, &paid);
        transfer = Some(paid.transfer);
        sizes.push((paid.tx.input.len(), paid.files[0].len()));
    }
    assert_eq!(bob.amount(contract), (250, 0));
    let (_, last) = sizes[49];
    // A plain coin of the transaction that made the sealed one is named without its txid, and an amount
    // of the change takes one or two bytes.
    let alike = |(inputs, size): &(usize, usize)| *inputs == 2 && size.abs_diff(last) <= 32 + 4;
    assert!(sizes[1..].iter().all(alike), "{sizes:?}");
    let whole = alice
        .wallet()
        .deliver_each(transfer.unwrap(), History::Whole);
    let whole = whole.unwrap().all().unwrap()[0].bytes.len();
    println!("delta_bytes {last} whole_bytes {whole}");
    assert!(whole > 18 * last);
}

/// Counts the steps of a wallet's store from now on.
fn steps(party: &mut Party) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    party.wallet().watch(NonZeroU16::MIN, move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    });
    count
}

/// The history is four times as long. The payer has as many coins as before; the payee has one more for each
/// payment, which takes him some 20 steps to look at.
#[test]
fn the_fiftieth_payment_takes_its_payer_and_payee_as_long_as_the_tenth() {
    let bench = Bench::new();
    let (mut alice, mut bob, contract) = parties(&bench);
    let (mut paying, mut accepting) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        let invoice = invoice(&mut bob, contract);
        let (payer, payee) = (steps(&mut alice), steps(&mut bob));
        let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
        paying.push(payer.load(Ordering::Relaxed));
        bench.mine(1);
        let received = bob.accept(&bench, &paid.files[0]).unwrap();
        accepting.push(payee.load(Ordering::Relaxed));
        let ack = &received.acknowledgements[0];
        alice.wallet().acknowledged(paid.transfer, ack).unwrap();
        alice.sync(&bench);
    }
    for (counts, most) in [(paying, 2), (accepting, 30)] {
        let least = |range: Range<usize>| counts[range].iter().min().copied();
        let (early, late) = (least(5..15), least(40..50));
        let grown = late.unwrap().saturating_sub(early.unwrap());
        assert!(grown <= 35 * most, "{counts:?}");
    }
}

#[test]
fn a_payee_who_lost_what_he_had_names_it_and_gets_the_whole() {
    let bench = Bench::new();
    let (mut alice, mut bob, contract) = parties(&bench);
    let invoices = [invoice(&mut bob, contract), invoice(&mut bob, contract)];
    assert_eq!(invoices[0].ack, invoices[1].ack);
    let mut lost = bob.copy("lost");
    let paid = alice.pay(&bench, &[pay(&invoices[0])]).unwrap();
    settle(&bench, &mut alice, &mut bob, &paid);
    let paid = alice.pay(&bench, &[pay(&invoices[1])]).unwrap();
    bench.mine(1);
    let refused = lost.accept(&bench, &paid.files[0]).unwrap_err();
    assert_eq!(refused.code(), "base-missing");
    assert_eq!(refused.missing().len(), 1);
    assert_eq!(lost.amount(contract), (0, 0));
    let whole = alice.wallet().deliver_each(paid.transfer, History::Whole);
    let whole = whole.unwrap().all().unwrap();
    assert!(whole[0].bytes.len() > paid.files[0].len());
    lost.accept(&bench, &whole[0].bytes).unwrap();
    bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(bob.amount(contract), (10, 0));
}

#[test]
fn a_stranger_who_names_a_contacts_key_gets_the_whole_when_he_asks_and_no_delta_again() {
    let bench = Bench::new();
    let (mut alice, mut bob, contract) = parties(&bench);
    let mut mallory = bench.party("mallory", 0);
    let first = invoice(&mut bob, contract);
    let paid = alice.pay(&bench, &[pay(&first)]).unwrap();
    settle(&bench, &mut alice, &mut bob, &paid);
    let mut borrow = || Invoice {
        ack: first.ack,
        ..mallory.witness(contract, 5)
    };
    let (one, two) = (borrow(), borrow());
    let paid = alice.pay(&bench, &[pay(&one)]).unwrap();
    bench.mine(1);
    alice.sync(&bench);
    let refused = mallory.accept(&bench, &paid.files[0]).unwrap_err();
    assert_eq!(refused.code(), "base-missing");
    let whole = alice.wallet().deliver_each(paid.transfer, History::Whole);
    let whole = whole.unwrap().all().unwrap();
    mallory.accept(&bench, &whole[0].bytes).unwrap();
    let paid = alice.pay(&bench, &[pay(&two)]).unwrap();
    bench.mine(1);
    mallory.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(mallory.amount(contract), (10, 0));
}

#[test]
fn what_no_one_acknowledged_or_another_key_did_is_sent_whole() {
    let bench = Bench::new();
    let (mut alice, mut bob, contract) = parties(&bench);
    let mut carol = bench.party("carol", 0);
    let first = invoice(&mut bob, contract);
    let paid = alice.pay(&bench, &[pay(&first)]).unwrap();
    bench.mine(1);
    bob.accept(&bench, &paid.files[0]).unwrap();
    alice.sync(&bench);
    // Received, but nothing came back.
    let second = invoice(&mut bob, contract);
    let paid = alice.pay(&bench, &[pay(&second)]).unwrap();
    settle(&bench, &mut alice, &mut bob, &paid);
    let other = carol.witness(contract, 5);
    let to_carol = alice.pay(&bench, &[pay(&other)]).unwrap();
    bench.mine(1);
    carol.accept(&bench, &to_carol.files[0]).unwrap();
    alice.sync(&bench);
    // What was paid to Carol in between is new to Bob, and shown.
    let third = invoice(&mut bob, contract);
    let paid = alice.pay(&bench, &[pay(&third)]).unwrap();
    bench.mine(1);
    assert!(paid.files[0].len() < to_carol.files[0].len());
    bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(bob.amount(contract), (15, 0));
}
