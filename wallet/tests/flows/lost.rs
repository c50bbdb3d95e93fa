//! What is paid to a coin that its owner has spent meanwhile: he is told, and so is the payer.

use bulla_wallet::api::{
    InvoiceState, Page, Payment, PlanOptions, Received, ReceiverState, Transfer, TransferFailure,
    TransferState,
};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::transfer::ack::{Acknowledgement, Verdict};

use crate::bench::{Bench, Party, handed, pay};

/// Bob gives up a blinded invoice, with its consignment or without, and spends its coin.
fn given_up(bench: &Bench, bob: &mut Party, invoice: &Invoice) {
    let transfers = bob.wallet().transfers(&Page::default()).unwrap();
    let text = Some(invoice.to_string());
    let of_it = |transfer: &&Transfer| transfer.items[0].invoice == text;
    let transfer = transfers.iter().find(of_it).unwrap().id;
    bob.wallet().cancel(transfer).unwrap();
    bob.pay(bench, &[Payment::Sweep]).unwrap();
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
    given_up(&bench, &mut bob, &invoice);
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
    given_up(&bench, &mut bob, &invoice);
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
