//! What the chain does to transfers: repeats, forgeries, reorganisations, conflicts, backups.

use bulla_tests::people::{Person, assert_sats_conserved, pay};
use bulla_tests::world::Chain;
use bulla_wallet::api::PlanOptions;
use bulla_wallet::chain::Position;

use super::{FUNDS, SUPPLY, funded, issued};

pub fn a_repeated_accept_credits_nothing(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 10);
    let sent = alice.pay(chain, &mut bob, &invoice);
    let transfers = bob.transfers();
    let again = bob.accept(chain, sent.bytes());
    assert!(again.already_known);
    assert_eq!(again.amount, 10);
    bob.holds(contract, 10, 0);
    assert_eq!(bob.transfers(), transfers);
    let invoice = alice.invoice(contract, 10);
    bob.pay(chain, &mut alice, &invoice);
    // Spent since: the file brings nothing back.
    assert!(bob.accept(chain, sent.bytes()).already_known);
    bob.holds(contract, 0, 0);
    alice.holds(contract, SUPPLY, 0);
}

pub fn a_consistent_spend_that_nobody_signed_changes_no_balance(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let (mut carol, mut thief) = (funded(chain, "carol"), alice.backup("thief"));
    thief.sync(chain);
    // Who knows a seal can build all of a transfer but the signature.
    let forged = thief.prepare(
        &[
            pay(&carol.invoice(contract, 600)),
            pay(&bob.invoice(contract, 400)),
        ],
        &PlanOptions::default(),
    );
    for (person, consignment) in [&mut carol, &mut bob]
        .into_iter()
        .zip(&forged.consignments.all().unwrap())
    {
        let received = person.accept(chain, &consignment.bytes);
        assert_eq!(received.state.name(), "received");
        person.holds(contract, 0, 0);
        chain.mine(1);
        person.sync(chain);
        person.holds(contract, 0, 0);
    }
    alice.sync(chain);
    alice.holds(contract, SUPPLY, 0);
    let invoice = bob.invoice(contract, 5);
    alice.pay(chain, &mut bob, &invoice);
    carol.sync(chain);
    alice.holds(contract, SUPPLY - 5, 0);
    bob.holds(contract, 5, 0);
    carol.holds(contract, 0, 0);
}

pub fn a_reorg_makes_a_transfer_pending_until_it_is_mined_again(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 10);
    let sent = alice.pay(chain, &mut bob, &invoice);
    bob.holds(contract, 10, 0);
    chain.reorg(1);
    let report = bob.sync(chain);
    assert!(report.fork.is_some());
    assert_eq!(report.moved, [(sent.txid(), Position::Mempool)]);
    alice.sync(chain);
    bob.holds(contract, 0, 10);
    alice.holds(contract, 0, SUPPLY - 10);
    assert_eq!(alice.state_of(sent.transfer), "broadcast");
    chain.mine(1);
    alice.sync(chain);
    bob.sync(chain);
    bob.holds(contract, 10, 0);
    alice.holds(contract, SUPPLY - 10, 0);
    assert_eq!(alice.state_of(sent.transfer), "settled");
    assert_sats_conserved(&[&alice, &bob]);
}

pub fn a_deep_reorg_takes_a_chain_of_transfers_back(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    for amount in [100, 200] {
        let invoice = bob.invoice(contract, amount);
        alice.pay(chain, &mut bob, &invoice);
    }
    let invoice = alice.invoice(contract, 250);
    bob.pay(chain, &mut alice, &invoice);
    chain.reorg(3);
    // A transaction may be too young for the shorter chain that a reorg begins with, and leaves the
    // mempool: its sender broadcasts it again, then the other side sees it, too.
    alice.sync(chain);
    bob.sync(chain);
    alice.sync(chain);
    bob.holds(contract, 0, 50);
    alice.holds(contract, 0, SUPPLY - 50);
    chain.mine(1);
    alice.sync(chain);
    bob.sync(chain);
    bob.holds(contract, 50, 0);
    alice.holds(contract, SUPPLY - 50, 0);
    assert_sats_conserved(&[&alice, &bob]);
}

pub fn a_reorg_below_an_issue_keeps_the_asset(chain: &dyn Chain) {
    let mut alice = funded(chain, "alice");
    let mut bob = funded(chain, "bob");
    let contract = alice.issue(chain, "CLAY", SUPPLY);
    chain.reorg(1);
    alice.sync(chain);
    let kept = alice.holding(contract);
    assert_eq!(
        kept.settled + kept.pending,
        SUPPLY,
        "its coin is in the mempool"
    );
    chain.mine(1);
    alice.sync(chain);
    alice.holds(contract, SUPPLY, 0);
    let invoice = bob.invoice(contract, 5);
    alice.pay(chain, &mut bob, &invoice);
    bob.holds(contract, 5, 0);
    assert_sats_conserved(&[&alice, &bob]);
}

pub fn a_mined_conflict_decides_for_both_sides(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let mut carol = Person::new("carol");
    // Two signed transfers of one allocation: Alice gave the first up, but somebody has it.
    let to_bob = alice.hold(&[pay(&bob.invoice(contract, 600))]);
    alice.cancel(&to_bob);
    let to_carol = alice.hold(&[pay(&carol.invoice(contract, 250))]);
    chain
        .source()
        .broadcast(&to_bob.tx)
        .expect("the network takes it");
    let received = bob.accept(chain, to_bob.bytes());
    alice.sync(chain);
    bob.holds(contract, 0, 600);
    alice.holds(contract, 0, SUPPLY - 600);
    // But the other is mined.
    chain.reorg_to(1, std::slice::from_ref(&to_carol.tx));
    for person in [&mut alice, &mut bob] {
        person.sync(chain);
    }
    carol.accept(chain, to_carol.bytes());
    bob.holds(contract, 0, 0);
    carol.holds(contract, 250, 0);
    alice.holds(contract, SUPPLY - 250, 0);
    assert_eq!(alice.state_of(to_bob.transfer), "failed");
    assert_eq!(alice.state_of(to_carol.transfer), "settled");
    assert_eq!(bob.state_of(received.transfer), "failed");
    bulla_tests::people::assert_refused(
        Person::new("dave").try_accept(chain, to_bob.bytes()),
        "conflicted",
        &to_bob.txid().to_string(),
    );
}

pub fn an_unmined_consignment_is_pending_and_a_later_block_settles_it(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let first = alice.send(chain, &[pay(&bob.invoice(contract, 10))]);
    let second = alice.send(chain, &[pay(&bob.invoice(contract, 20))]);
    // The child alone: its history holds the parent, so both are Bob's to know.
    let received = bob.accept(chain, second.bytes());
    assert_eq!(received.confirmations, 0);
    bob.accept(chain, first.bytes());
    bob.holds(contract, 0, 30);
    chain.mine(1);
    bob.sync(chain);
    bob.holds(contract, 30, 0);
    // Both go back together.
    chain.reorg(1);
    bob.sync(chain);
    bob.holds(contract, 0, 30);
    chain.mine(2);
    bob.sync(chain);
    bob.holds(contract, 30, 0);
    let coins = bob.coins();
    assert!(coins.iter().all(|coin| coin.depth >= 1), "{coins:?}");
}

pub fn a_sync_is_safe_to_repeat(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 10);
    alice.pay(chain, &mut bob, &invoice);
    bob.sync(chain);
    bob.unchanged(|bob| {
        let report = bob.sync(chain);
        assert_eq!((report.transactions, report.fork), (0, None));
        assert!(report.moved.is_empty());
    });
    let balance = bob.balance();
    let source = chain.source();
    bob.wallet()
        .rescan(source.as_ref(), 0)
        .expect("all of it again");
    assert_eq!(bob.balance(), balance);
    bob.holds(contract, 10, 0);
}

pub fn a_backup_from_before_a_transfer_learns_what_was_spent(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let mut old = alice.backup("old alice");
    old.holds(contract, SUPPLY, 0);
    let invoice = bob.invoice(contract, SUPPLY);
    alice.pay(chain, &mut bob, &invoice);
    old.sync(chain);
    old.holds(contract, 0, 0);
    let invoice = bob.invoice(contract, 1);
    bulla_tests::people::assert_refused(
        old.plan(&[pay(&invoice)]),
        "insufficient-asset",
        "1 more `asset` of contract",
    );
    assert!(old.sats() < FUNDS, "what was spent is not counted");
    assert_eq!(
        old.sats(),
        alice.sats(),
        "plain change is found by the words alone"
    );
}
