//! Who owns what, and how much of it there is: what every source can say of outputs that others have.

use std::collections::BTreeSet;

use bulla_core::ContractId;
use bulla_core::headers::Proven;
use bulla_tests::kit;
use bulla_tests::people::Person;
use bulla_tests::world::Chain;
use bulla_wallet::Network;
use bulla_wallet::chain::View;
use bulla_wallet::proofs::{Challenge, Expected, Owned, Proof, Verdict, check};

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
