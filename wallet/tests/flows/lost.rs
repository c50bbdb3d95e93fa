//! What is paid to a coin that its owner has spent meanwhile: he is told, and so is the payer.

use bulla_wallet::api::{
    InvoiceState, InvoiceTarget, Page, Payment, PlanOptions, Received, ReceiverState, Transfer,
    TransferFailure, TransferState,
};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::transfer::ack::{Acknowledgement, Verdict};

use crate::bench::{Bench, Party, code, handed, passphrase, pay, request};

/// Bob gives up a blinded invoice, with its consignment or without.
fn given_up(bob: &mut Party, invoice: &Invoice) {
    let transfers = bob.wallet().transfers(&Page::default()).unwrap();
    let text = Some(invoice.to_string());
    let of_it = |transfer: &&Transfer| transfer.items[0].invoice == text;
    let transfer = transfers.iter().find(of_it).unwrap().id;
    bob.wallet().cancel(transfer).unwrap();
}

fn verdict(received: &Received, invoice: &Invoice) -> Verdict {
    let ack: Acknowledgement = received.acknowledgements[0].parse().unwrap();
    ack.verify(&invoice.ack.unwrap()).unwrap().verdict
}

#[test]
fn a_payment_to_a_coin_that_is_spent_is_lost_and_refused() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 300);
    given_up(&mut bob, &invoice);
    bob.pay(&bench, &[Payment::Sweep]).unwrap();
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    bench.mine(1);
    for known in [false, true] {
        let received = bob.accept(&bench, &paid.files[0]).unwrap();
        let lost = TransferState::Receiver(ReceiverState::Failed(TransferFailure::Lost));
        assert_eq!(
            (received.state.clone(), received.already_known),
            (lost, known)
        );
        assert_eq!(verdict(&received, &invoice), Verdict::Refused);
        assert_eq!(received.invoices[0].state, InvoiceState::Lost);
        bench.mine(1);
        bob.sync(&bench);
        assert_eq!(bob.state(received.transfer), "failed");
        assert_eq!(bob.amount(contract), (0, 0));
    }
}

#[test]
fn a_payment_that_comes_after_all_to_a_coin_that_is_spent_is_lost() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 300);
    let (never, _) = alice
        .prepare(&[pay(&invoice)], &PlanOptions::default())
        .unwrap();
    let received = bob.accept(&bench, &handed(&never)).unwrap();
    assert_eq!(verdict(&received, &invoice), Verdict::Accepted);
    given_up(&mut bob, &invoice);
    bob.pay(&bench, &[Payment::Sweep]).unwrap();
    alice.wallet().deliver(never.transfer).unwrap();
    alice
        .wallet()
        .broadcast(never.transfer, &bench.sandbox)
        .unwrap();
    bench.mine(1);
    bob.sync(&bench);
    let state = bob.wallet().transfer(received.transfer).unwrap().state;
    assert_eq!(state.failure(), Some(&TransferFailure::Lost));
    let again = bob.accept(&bench, &handed(&never)).unwrap();
    assert_eq!(verdict(&again, &invoice), Verdict::Refused);
}

#[test]
fn what_was_received_and_has_moved_on_is_not_lost() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 300);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    bench.mine(1);
    bob.accept(&bench, &paid.files[0]).unwrap();
    let back = alice.witness(contract, 300);
    bench.transfer(&mut bob, &mut alice, &back);
    let again = bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(again.state.name(), "settled");
    assert_eq!(verdict(&again, &invoice), Verdict::Accepted);
}

#[test]
fn a_leaf_that_comes_after_one_of_its_number_was_abandoned_is_not_burned() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let on_coin = InvoiceTarget::Blind(Some(bob.sealed()[0]));
    let on_coin = request(contract, 300, on_coin);
    let first = bob.wallet().invoice(&on_coin).unwrap();
    bench.transfer(&mut alice, &mut bob, &first);
    let second = bob.wallet().invoice(&on_coin).unwrap();
    given_up(&mut bob, &second);
    let abandon = PlanOptions {
        abandon: [contract].into(),
        ..PlanOptions::default()
    };
    let plan = bob.wallet().plan(&[Payment::Sweep], &abandon).unwrap();
    let mut prepared = bob.wallet().prepare(plan).unwrap();
    bench.transfer(&mut alice, &mut bob, &second);
    let signed = bob.wallet().sign(&mut prepared.psbt, &passphrase());
    assert_eq!(code(signed), "would-burn");
    assert_eq!(bob.amount(contract), (600, 0));
}
