//! Issue, transfers of every kind, batches, several contracts.

use bitcoin::{OutPoint, ScriptBuf};
use bulla_core::ContractId;
use bulla_tests::people::{Person, Sent, assert_sats_conserved, opret, pay, pay_open};
use bulla_tests::world::Chain;
use bulla_wallet::api::{InvoiceRequest, PlanOptions};
use bulla_wallet::defaults::CARRIER;

use super::{FUNDS, SUPPLY, funded, issued};

pub fn an_issue_puts_the_supply_on_a_sealed_coin(chain: &dyn Chain) {
    let mut alice = funded(chain, "alice");
    alice.make_carriers(chain, 1);
    let sealed = alice.sealed();
    let contract = alice.try_issue("CLAY", SUPPLY).expect("a contract");
    alice.holds(contract, SUPPLY, 0);
    assert_eq!(alice.sealed(), sealed, "an issue makes no transaction");
    let balance = alice.balance();
    assert_eq!(
        (balance.carriers.sats, balance.carriers.coins),
        (CARRIER.to_sat(), 1)
    );
    assert_eq!(balance.assets[0].ticker, "CLAY");
    assert_eq!(balance.assets[0].display, "10000.00");
    assert_sats_conserved(&[&alice]);
    alice.reopen();
    alice.holds(contract, SUPPLY, 0);
}

pub fn a_witness_transfer_settles_with_its_block(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 250_000);
    let sent = alice.send(chain, &[pay(&invoice)]);
    alice.sync(chain);
    alice.holds(contract, 0, 750_000);
    let received = bob.accept(chain, sent.bytes());
    assert_eq!((received.amount, received.confirmations), (250_000, 0));
    assert_eq!(received.leaves.len(), 1);
    assert_eq!(received.leaves[0].outpoint.txid, sent.txid());
    bob.holds(contract, 0, 250_000);
    chain.mine(1);
    alice.sync(chain);
    bob.sync(chain);
    alice.holds(contract, 750_000, 0);
    bob.holds(contract, 250_000, 0);
    assert_eq!(alice.state_of(sent.transfer), "settled");
    assert_eq!(bob.state_of(received.transfer), "settled");
    assert_eq!(bob.balance().carriers.sats, CARRIER.to_sat());
    assert_sats_conserved(&[&alice, &bob]);
}

pub fn a_blind_transfer_lands_on_the_coin_that_was_reserved(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    bob.make_carriers(chain, 1);
    let coin = bob.sealed();
    let invoice = bob.blind_invoice(contract, 1);
    let sent = alice.send(chain, &[pay(&invoice)]);
    let received = bob.accept(chain, sent.bytes());
    assert_eq!(vec![received.leaves[0].outpoint], coin);
    let ours = bob.balance().carriers.coins;
    assert_eq!(ours, 1, "no output of the transaction is Bob's");
    chain.mine(1);
    alice.sync(chain);
    bob.sync(chain);
    alice.holds(contract, SUPPLY - 1, 0);
    bob.holds(contract, 1, 0);
    assert_sats_conserved(&[&alice, &bob]);
}

pub fn ten_transfers_back_and_forth_over_tapret_coins(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    bob.make_carriers(chain, 1);
    let mut held = [SUPPLY, 0];
    for round in 1..=10 {
        let amount = 50_000 - 1_000 * round;
        let to = usize::from(round % 2 == 1);
        let (payer, other) = if to == 1 {
            (&mut alice, &mut bob)
        } else {
            (&mut bob, &mut alice)
        };
        // Both keep all they have on one coin: what is paid lands on the payee's change.
        let (from, coin) = (payer.sealed(), other.sealed());
        assert_eq!((from.len(), coin.len()), (1, 1), "round {round}");
        let invoice = other.invoice_on(Some(coin[0]), contract, amount);
        let sent = payer.pay(chain, other, &invoice);
        let inputs = sent.tx.input.iter().map(|input| input.previous_output);
        assert!(
            inputs.into_iter().any(|input| input == from[0]),
            "round {round}"
        );
        assert_eq!(payer.sealed(), [OutPoint::new(sent.txid(), 0)]);
        assert!(
            payer.coins().iter().any(|coin| coin.tapret.is_some()),
            "round {round}"
        );
        held[1 - to] -= amount;
        held[to] += amount;
        alice.holds(contract, held[0], 0);
        bob.holds(contract, held[1], 0);
        assert_sats_conserved(&[&alice, &bob]);
    }
}

pub fn a_batch_pays_three_invoices_in_one_transaction(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let (mut carol, mut dave) = (funded(chain, "carol"), Person::new("dave"));
    carol.make_carriers(chain, 1);
    let invoices = [
        bob.invoice(contract, 100),
        carol.blind_invoice(contract, 200),
        dave.invoice(contract, 300),
    ];
    let sent = alice.send(chain, &invoices.each_ref().map(pay));
    chain.mine(1);
    alice.sync(chain);
    alice.holds(contract, SUPPLY - 600, 0);
    let people = [(&mut bob, 100), (&mut carol, 200), (&mut dave, 300)];
    for ((person, amount), consignment) in people.into_iter().zip(&sent.consignments) {
        assert_eq!(consignment.amount, amount);
        let received = person.accept(chain, &consignment.bytes);
        assert_eq!(
            (received.amount, received.leaves.len()),
            (u128::from(amount), 1)
        );
        person.holds(contract, amount, 0);
    }
    assert_sats_conserved(&[&alice, &bob, &carol, &dave]);
}

/// Alice with two contracts, whose change lies on one coin, and Bob, who has some of both.
fn two_contracts(chain: &dyn Chain) -> (Person, Person, [ContractId; 2]) {
    let (mut alice, mut bob, clay) = issued(chain);
    let gold = alice.issue(chain, "GOLD", 500);
    let invoices = [bob.invoice(clay, 1_000), bob.invoice(gold, 100)];
    let sent = alice.send(chain, &invoices.each_ref().map(pay));
    for consignment in &sent.consignments {
        bob.accept(chain, &consignment.bytes);
    }
    chain.mine(1);
    alice.sync(chain);
    bob.sync(chain);
    (alice, bob, [clay, gold])
}

pub fn two_contracts_on_one_coin_move_together(chain: &dyn Chain) {
    let (mut alice, mut bob, [clay, gold]) = two_contracts(chain);
    let coins = alice.sealed().into_iter();
    let both = coins.filter(|coin| alice.contracts_on(*coin).len() == 2);
    assert_eq!(both.count(), 1, "both changes lie on one coin");
    let invoice = bob.invoice(clay, 9_000);
    let sent = alice.pay(chain, &mut bob, &invoice);
    alice.holds(clay, SUPPLY - 10_000, 0);
    alice.holds(gold, 400, 0);
    bob.holds(clay, 10_000, 0);
    bob.holds(gold, 100, 0);
    // What went along is worth as much as before: it can be sent.
    assert_eq!(sent.consignments.len(), 1);
    let invoice = bob.invoice(gold, 400);
    alice.pay(chain, &mut bob, &invoice);
    alice.holds(gold, 0, 0);
    bob.holds(gold, 500, 0);
    alice.holds(clay, SUPPLY - 10_000, 0);
    assert_sats_conserved(&[&alice, &bob]);
}

/// The first output that can carry a commitment.
fn host(sent: &Sent) -> &ScriptBuf {
    let scripts = sent.tx.output.iter().map(|output| &output.script_pubkey);
    let mut hosts = scripts.filter(|script| script.is_op_return() || script.is_p2tr());
    hosts.next().expect("a host output")
}

pub fn tapret_and_opret_carry_commitments_in_turn(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    for (round, method) in [opret(), PlanOptions::default(), opret()]
        .iter()
        .enumerate()
    {
        let invoice = bob.invoice(contract, 10);
        let sent = alice.send_with(chain, &[pay(&invoice)], method);
        assert_eq!(
            host(&sent).is_op_return(),
            *method == opret(),
            "round {round}"
        );
        bob.accept(chain, sent.bytes());
        chain.mine(1);
        alice.sync(chain);
        bob.sync(chain);
    }
    alice.holds(contract, SUPPLY - 30, 0);
    bob.holds(contract, 30, 0);
    // Nothing stays with Alice: no sealed change, so no tapret.
    let invoice = bob.invoice(contract, SUPPLY - 30);
    let sent = alice.pay(chain, &mut bob, &invoice);
    assert!(host(&sent).is_op_return());
    alice.holds(contract, 0, 0);
    bob.holds(contract, SUPPLY, 0);
    assert_sats_conserved(&[&alice, &bob]);
}

pub fn an_invoice_for_anything_is_paid_with_what_the_payer_says(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.ask(&InvoiceRequest {
        sats: Some(5_000),
        ..InvoiceRequest::default()
    });
    assert_eq!((invoice.contract, invoice.amount), (None, None));
    let sent = alice.send(chain, &[pay_open(&invoice, contract, 77)]);
    bob.accept(chain, sent.bytes());
    chain.mine(1);
    bob.sync(chain);
    bob.holds(contract, 77, 0);
    assert_eq!(bob.balance().carriers.sats, 5_000);
    alice.sync(chain);
    assert_sats_conserved(&[&alice, &bob]);
}

pub fn a_wallet_reopened_between_every_step_forgets_nothing(chain: &dyn Chain) {
    let (mut alice, mut bob) = (Person::forgetful("alice"), Person::forgetful("bob"));
    alice.fund(chain, FUNDS);
    bob.fund(chain, FUNDS);
    let contract = alice.issue(chain, "CLAY", SUPPLY);
    bob.make_carriers(chain, 1);
    let invoice = bob.blind_invoice(contract, 400);
    alice.pay(chain, &mut bob, &invoice);
    let invoice = alice.invoice(contract, 150);
    bob.pay(chain, &mut alice, &invoice);
    let invoice = bob.invoice(contract, 1_000);
    let sent = alice.hold(&[pay(&invoice)]);
    let received = bob.accept(chain, sent.bytes());
    alice.acknowledge(&sent, &received);
    alice.broadcast(chain, &sent);
    chain.mine(1);
    alice.sync(chain);
    bob.sync(chain);
    alice.holds(contract, SUPPLY - 1_250, 0);
    bob.holds(contract, 1_250, 0);
    assert_sats_conserved(&[&alice, &bob]);
}
