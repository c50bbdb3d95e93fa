//! From the plan to the broadcast: acknowledgements, cancelling, repeating, tampering.

use bitcoin::{Amount, Psbt};
use bulla_tests::people::{Person, assert_refused, assert_sats_conserved, pay};
use bulla_tests::world::Chain;
use bulla_wallet::api::PlanOptions;

use super::{SUPPLY, funded, issued};

pub fn a_broadcast_waits_for_the_acknowledgement(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 300);
    let sent = alice.hold(&[pay(&invoice)]);
    assert_eq!(alice.state_of(sent.transfer), "delivered");
    alice.unchanged(|alice| {
        let answer = alice.try_broadcast(chain, &sent);
        assert_refused(answer, "unacknowledged", "1 acknowledgement");
    });
    let received = bob.accept(chain, sent.bytes());
    assert_eq!(received.state.name(), "received");
    bob.holds(contract, 0, 0);
    assert_eq!(received.acknowledgements.len(), 1);
    alice.acknowledge(&sent, &received);
    let transfer = alice.view().transfer(sent.transfer).expect("a transfer");
    assert!(transfer.items[0].acknowledged);
    alice.broadcast(chain, &sent);
    chain.mine(1);
    alice.sync(chain);
    bob.sync(chain);
    alice.holds(contract, SUPPLY - 300, 0);
    bob.holds(contract, 300, 0);
    assert_eq!(bob.state_of(received.transfer), "settled");
    assert_sats_conserved(&[&alice, &bob]);
}

pub fn a_transfer_that_is_given_up_gives_everything_back(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let (before, coins) = (alice.balance(), alice.outpoints());
    let invoice = bob.invoice(contract, 300);
    let sent = alice.hold(&[pay(&invoice)]);
    bob.accept(chain, sent.bytes());
    alice.cancel(&sent);
    assert_eq!(alice.state_of(sent.transfer), "failed");
    alice.sync(chain);
    assert_eq!((alice.balance(), alice.outpoints()), (before, coins));
    bob.holds(contract, 0, 0);
    assert_refused(
        alice.try_broadcast(chain, &sent),
        "failed-transfer",
        "cancelled",
    );
    let invoice = bob.invoice(contract, SUPPLY);
    alice.pay(chain, &mut bob, &invoice);
    bob.holds(contract, SUPPLY, 0);
    assert_sats_conserved(&[&alice, &bob]);
    assert_refused(
        bob.wallet().cancel(sent.transfer),
        "unknown-transfer",
        &sent.transfer.to_string(),
    );
}

pub fn an_acknowledgement_of_somebody_else_is_refused(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let mut carol = funded(chain, "carol");
    let to_bob = alice.hold(&[pay(&bob.invoice(contract, 300))]);
    alice.cancel(&to_bob);
    let to_carol = alice.hold(&[pay(&carol.invoice(contract, 300))]);
    let foreign = bob.accept(chain, to_bob.bytes());
    let due = carol.accept(chain, to_carol.bytes());
    alice.unchanged(|alice| {
        let answer = alice.try_acknowledge(&to_carol, &foreign.acknowledgements[0]);
        assert_refused(answer, "acknowledgement", "");
        let mut changed = due.acknowledgements[0].clone();
        let last = changed.pop().expect("a text");
        changed.push(if last == '0' { '1' } else { '0' });
        let answer = alice.try_acknowledge(&to_carol, &changed);
        assert_refused(answer, "acknowledgement", "not signed by the key");
        let answer = alice.try_acknowledge(&to_carol, "yes");
        assert_refused(answer, "acknowledgement", "bullaack1");
    });
    alice.acknowledge(&to_carol, &due);
    alice.broadcast(chain, &to_carol);
    chain.mine(1);
    carol.sync(chain);
    carol.holds(contract, 300, 0);
}

pub fn two_transfers_never_spend_the_same_allocation(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let first = alice.hold(&[pay(&bob.invoice(contract, 10))]);
    let second = bob.invoice(contract, 20);
    alice.unchanged(|alice| {
        assert_refused(alice.plan(&[pay(&second)]), "insufficient-asset", "held");
    });
    let ack = bob.accept(chain, first.bytes());
    alice.acknowledge(&first, &ack);
    alice.broadcast(chain, &first);
    // The change of what is not mined yet can be sent on.
    let second = alice.send(chain, &[pay(&second)]);
    bob.accept(chain, second.bytes());
    alice.holds(contract, 0, SUPPLY - 30);
    bob.holds(contract, 0, 30);
    chain.mine(1);
    alice.sync(chain);
    bob.sync(chain);
    alice.holds(contract, SUPPLY - 30, 0);
    bob.holds(contract, 30, 0);
    assert_sats_conserved(&[&alice, &bob]);
}

pub fn a_plan_is_stale_once_its_coins_are_gone(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoices = [bob.invoice(contract, 10), bob.invoice(contract, 20)];
    let [first, second] = invoices.each_ref().map(|invoice| {
        let plan = alice.plan(&[pay(invoice)]);
        plan.expect("enough for one")
    });
    let prepared = alice.wallet().prepare(second).expect("as it was planned");
    alice.unchanged(|alice| {
        let answer = alice.wallet().prepare(first);
        assert_eq!(
            answer.expect_err("no longer true").code(),
            "insufficient-asset"
        );
    });
    alice.wallet().cancel(prepared.transfer).expect("unsigned");
    let cheap = PlanOptions {
        max_fee: Some(10),
        ..PlanOptions::default()
    };
    alice.unchanged(|alice| {
        let answer = alice.view().plan(&[pay(&invoices[0])], &cheap);
        assert_refused(answer, "fee-too-high", "at most 10 sat");
    });
    alice.pay(chain, &mut bob, &invoices[0]);
    bob.holds(contract, 10, 0);
}

pub fn a_broadcast_can_be_repeated(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 10);
    let sent = alice.send(chain, &[pay(&invoice)]);
    alice.try_broadcast(chain, &sent).expect("known already");
    chain.mine(1);
    alice.try_broadcast(chain, &sent).expect("mined already");
    alice.sync(chain);
    alice.try_broadcast(chain, &sent).expect("settled already");
    bob.accept(chain, sent.bytes());
    alice.holds(contract, SUPPLY - 10, 0);
    bob.holds(contract, 10, 0);
    assert_sats_conserved(&[&alice, &bob]);
}

/// A change that somebody makes to a PSBT before it is signed.
type Tamper<'a> = &'a dyn Fn(&mut Psbt);

pub fn a_psbt_that_was_tampered_with_is_not_signed(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 10);
    let prepared = alice.prepare(&[pay(&invoice)], &PlanOptions::default());
    let good = prepared.psbt.clone();
    let outputs = good.unsigned_tx.output.len();
    let tampered: [(&str, Tamper<'_>); 3] = [
        ("outputs in another order", &|psbt| {
            psbt.unsigned_tx.output.swap(0, outputs - 1);
            psbt.outputs.swap(0, outputs - 1);
        }),
        ("an output that pays less", &|psbt| {
            psbt.unsigned_tx.output[outputs - 1].value -= Amount::from_sat(500);
        }),
        ("another sighash", &|psbt| {
            psbt.inputs[0].sighash_type = Some(bitcoin::TapSighashType::None.into());
        }),
    ];
    for (what, tamper) in tampered {
        let mut psbt = good.clone();
        tamper(&mut psbt);
        alice.unchanged(|alice| {
            let signed = alice.view().sign(&mut psbt, &Person::passphrase());
            let finished = signed.and_then(|()| alice.wallet().finish(prepared.transfer, psbt));
            assert!(finished.is_err(), "{what}: {finished:?}");
        });
    }
    let sent = alice.finish(prepared);
    alice.broadcast(chain, &sent);
    bob.accept(chain, sent.bytes());
    chain.mine(1);
    bob.sync(chain);
    bob.holds(contract, 10, 0);
}
