//! Plain bitcoin beside assets.

use bulla_tests::people::{Person, assert_refused, assert_sats_conserved, to_address};
use bulla_tests::world::Chain;
use bulla_wallet::api::{BitcoinAmount, BitcoinBalance, Payment};
use bulla_wallet::defaults::CARRIER;

use super::{FUNDS, SUPPLY, funded, issued};

pub fn plain_payments_never_touch_sealed_coins(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    alice.make_carriers(chain, 1);
    let sealed = alice.sealed();
    assert_eq!(sealed.len(), 2);
    let address = bob.address();
    for amount in [BitcoinAmount::Sats(10_000), BitcoinAmount::All] {
        let sent = alice.send(chain, &[to_address(&address, amount)]);
        let inputs = sent.tx.input.iter().map(|input| input.previous_output);
        assert!(inputs.clone().all(|outpoint| !sealed.contains(&outpoint)));
        chain.mine(1);
        alice.sync(chain);
        assert_eq!(alice.sealed(), sealed);
        alice.holds(contract, SUPPLY, 0);
    }
    assert_eq!(alice.balance().bitcoin, BitcoinBalance::default());
    assert_eq!(alice.balance().carriers.sats, 2 * CARRIER.to_sat());
    bob.sync(chain);
    assert_sats_conserved(&[&alice, &bob]);
    let all = to_address(&address, BitcoinAmount::All);
    alice.unchanged(|alice| {
        let answer = alice.plan(&[all]);
        assert!(answer.is_err(), "{answer:?}");
    });
}

pub fn a_sweep_brings_empty_carriers_back(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    alice.make_carriers(chain, 3);
    assert_eq!(alice.balance().carriers.coins, 4);
    let sent = alice.send(chain, &[Payment::Sweep]);
    chain.mine(1);
    alice.sync(chain);
    assert_eq!(alice.balance().carriers.coins, 1);
    assert_eq!(alice.balance().carriers.sats, CARRIER.to_sat());
    alice.holds(contract, SUPPLY, 0);
    assert!(sent.tx.input.len() >= 3);
    assert_sats_conserved(&[&alice]);
    alice.unchanged(|alice| {
        assert_refused(
            alice.plan(&[Payment::Sweep]),
            "nothing-to-do",
            "no empty carrier",
        );
    });
    let invoice = bob.invoice(contract, 1);
    alice.pay(chain, &mut bob, &invoice);
    bob.holds(contract, 1, 0);
}

pub fn the_words_restore_all_plain_coins(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 10);
    alice.pay(chain, &mut bob, &invoice);
    let paid = alice.send(
        chain,
        &[to_address(&bob.address(), BitcoinAmount::Sats(5_000))],
    );
    alice.spent_outside(5_000);
    chain.mine(1);
    alice.sync(chain);
    let mut restored = Person::restored("restored alice", alice.words());
    restored.sync(chain);
    assert_eq!(restored.balance().bitcoin, alice.balance().bitcoin);
    assert_eq!(
        restored.holding(contract),
        bulla_tests::people::holding(0, 0)
    );
    // And they can be spent.
    let all = to_address(&bob.address(), BitcoinAmount::All);
    let swept = restored.send(chain, &[all]);
    assert!(
        swept
            .tx
            .input
            .iter()
            .any(|input| input.previous_output.txid == paid.txid())
    );
    chain.mine(1);
    alice.sync(chain);
    assert_eq!(alice.balance().bitcoin, BitcoinBalance::default());
    alice.holds(contract, SUPPLY - 10, 0);
    // The asset is where it was: the store knows the key of its coin.
    alice.fund(chain, FUNDS);
    let invoice = bob.invoice(contract, 20);
    alice.pay(chain, &mut bob, &invoice);
    bob.holds(contract, 30, 0);
}

pub fn coins_beyond_the_gap_are_found_with_a_larger_one(chain: &dyn Chain) {
    let mut alice = Person::new("alice");
    alice.wallet().set_gap(80).expect("a gap");
    let addresses: Vec<_> = (0..35).map(|_| alice.address()).collect();
    chain.fund(&addresses[30], FUNDS);
    alice.sync(chain);
    assert_eq!(alice.sats(), FUNDS);
    let mut restored = Person::restored("restored alice", alice.words());
    restored.sync(chain);
    assert_eq!(restored.sats(), 0, "the default gap does not reach it");
    restored.wallet().set_gap(40).expect("a gap");
    restored.sync(chain);
    assert_eq!(restored.sats(), FUNDS);
    assert!(funded(chain, "bob").sats() == FUNDS);
}
