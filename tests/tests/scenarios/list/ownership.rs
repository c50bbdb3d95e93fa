//! Who owns what, and how much of it there is: what every source can say of outputs that others have.

use std::collections::BTreeSet;

use bulla_core::ContractId;
use bulla_core::headers::Proven;
use bulla_core::state::State;
use bulla_tests::kit;
use bulla_tests::people::Person;
use bulla_tests::world::Chain;
use bulla_wallet::Network;
use bulla_wallet::api::{Issue, Payment};
use bulla_wallet::chain::View;
use bulla_wallet::proofs::{Challenge, Expected, Owned, Proof, Verdict, check};
use bulla_wallet::transfer::verbs::{Making, Verb};

use super::{SUPPLY, funded, issued};

fn challenge() -> Challenge {
    "Bank of Ur".parse().expect("one line")
}

/// What somebody proves, through a file.
fn proven(person: &Person, chain: &dyn Chain, contract: ContractId) -> Owned {
    let (coins, source) = (BTreeSet::new(), chain.source());
    let passphrase = Person::passphrase();
    let wallet = person.view();
    let proof = wallet.prove(contract, &challenge(), &coins, &passphrase, Some(&*source));
    let file = proof.expect("something is settled").encode();
    let expected = Expected {
        challenge: Some(challenge()),
        contract: Some(contract),
    };
    let read = Proof::decode(&file).expect("a proof");
    check(read, &kit::rules(), &expected).expect("a good one")
}

fn verdict(owned: &Owned, chain: &dyn Chain) -> Verdict {
    let (source, network) = (chain.source(), &Network::Regtest);
    let view = View {
        source: &*source,
        network,
        wallet: None,
    };
    owned.settle(&view, 1).expect("an answer").verdict
}

pub fn a_proof_of_ownership_stands_until_a_coin_is_spent(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let genesis = proven(&alice, chain, contract);
    assert_eq!(genesis.amounts(), [(0, u128::from(SUPPLY))].into());
    assert_eq!(verdict(&genesis, chain), Verdict::Settled);

    let invoice = bob.invoice(contract, 10);
    alice.pay(chain, &mut bob, &invoice);
    // Her first coin is gone: the content of the old proof cannot tell, the chain does.
    assert!(matches!(verdict(&genesis, chain), Verdict::Spent(_)));
    bob.make_carriers(chain, 1);
    let invoice = bob.blind_invoice(contract, 20);
    alice.pay(chain, &mut bob, &invoice);
    let both = proven(&bob, chain, contract);
    assert_eq!((both.coins.len(), both.amounts()[&0]), (2, 30));
    assert_eq!(verdict(&both, chain), Verdict::Settled);
    let rest = proven(&alice, chain, contract);
    assert_eq!(verdict(&rest, chain), Verdict::Settled);

    // By headers alone it settles, too.
    let headers = bob.view().header_chain().expect("a chain").expect("synced");
    let (blocks, view) = (both.block_proofs(), &headers);
    let standing = both.settle(&Proven::new(view, &blocks), 1);
    assert_eq!(standing.expect("headers").verdict, Verdict::Settled);

    let invoice = alice.invoice(contract, 25);
    bob.pay(chain, &mut alice, &invoice);
    assert!(matches!(verdict(&both, chain), Verdict::Spent(_)));
    chain.reorg(1);
    assert_eq!(
        verdict(&both, chain),
        Verdict::Settled,
        "not spent in this chain"
    );
}

pub fn a_supply_is_proven_by_what_is_unspent(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let mut carol = funded(chain, "carol");
    let file = alice.view().contract_file(contract).expect("a contract");
    carol
        .wallet()
        .import_contract(&file)
        .expect("a contract file");
    let source = chain.source();
    let circulating = |person: &mut Person, evidence: &[Vec<u8>]| {
        let supply = person.wallet().supply(contract, evidence, Some(&*source));
        let supply = supply.expect("a supply");
        assert_eq!(supply.issued_at_most(), Some(u128::from(SUPPLY)));
        supply.circulating_at_least()
    };
    assert_eq!(circulating(&mut alice, &[]), u128::from(SUPPLY));
    assert_eq!(circulating(&mut carol, &[]), 0);
    let invoice = bob.invoice(contract, 10);
    let sent = alice.pay(chain, &mut bob, &invoice);
    let shown = [sent.bytes().to_vec()];
    assert_eq!(circulating(&mut alice, &[]), u128::from(SUPPLY));
    assert_eq!(circulating(&mut bob, &[]), 10);
    assert_eq!(circulating(&mut carol, &shown), 10);
    carol.holds(contract, 0, 0);
    let invoice = alice.invoice(contract, 10);
    bob.pay(chain, &mut alice, &invoice);
    assert_eq!(
        circulating(&mut carol, &shown),
        0,
        "Bob's coin was spent since"
    );
}

pub fn a_supply_is_bounded_by_the_allowance_that_is_open(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    alice.make_carriers(chain, 1);
    let new = Issue::new(bulla_schemas::inflatable().id())
        .text("ticker", "GROW")
        .text("name", "Of a test")
        .number("precision", 0)
        .number("supply", 100)
        .number("cap", 150)
        .own("asset", State::Amount(100))
        .own("allowance", State::Amount(50));
    let contract = alice.wallet().issue(&new).expect("a contract");
    let source = chain.source();
    let bounds = |person: &mut Person, evidence: &[Vec<u8>]| {
        let supply = person.wallet().supply(contract, evidence, Some(&*source));
        let supply = supply.expect("a supply");
        (supply.unused(), supply.issued_at_most())
    };
    assert_eq!(bounds(&mut alice, &[]), (50, Some(100)));
    let invoice = bob.invoice(contract, 30);
    let more = Verb::Issue(Making {
        amount: 30,
        to: Some(Box::new(invoice)),
    });
    let more = alice.view().act(contract, &more).expect("an act");
    let sent = alice.send(chain, &[Payment::Act(more)]);
    chain.mine(1);
    alice.sync(chain);
    bob.accept(chain, sent.bytes());
    assert_eq!(bounds(&mut alice, &[]), (20, Some(130)));
    // Bob does not see the allowance that is left: it may be used already.
    assert_eq!(bounds(&mut bob, &[]), (0, Some(150)));
    let rest = alice
        .view()
        .act(contract, &Verb::Renounce(None))
        .expect("an act");
    let renounced = alice.send(chain, &[Payment::Act(rest)]);
    chain.mine(1);
    alice.sync(chain);
    assert_eq!(bounds(&mut alice, &[]), (0, Some(130)));
    let shown = [renounced.bytes().to_vec()];
    assert_eq!(bounds(&mut bob, &shown), (0, Some(130)));
}
