//! What a wallet can prove of a supply, on the sandbox.

use bulla_wallet::supply::Supply;

use crate::bench::{Bench, Party, code};
use crate::kinds::{inflatable, making, unique};
use bulla_core::ContractId;
use bulla_wallet::supply::{Entry, Happened, Status, Unit};
use bulla_wallet::transfer::verbs::Verb;

fn supply(bench: &Bench, party: &mut Party, contract: ContractId, evidence: &[Vec<u8>]) -> Supply {
    let source = Some(&bench.sandbox as &dyn bulla_wallet::chain::ChainSource);
    party.wallet().supply(contract, evidence, source).unwrap()
}

#[test]
fn only_what_is_seen_on_unspent_outputs_circulates_for_certain() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let own = supply(&bench, &mut alice, contract, &[]);
    assert_eq!((own.issued(), own.issued_at_most()), (1_000, Some(1_000)));
    assert_eq!(own.circulating_at_least(), 1_000);
    let invoice = bob.witness(contract, 300);
    let paid = alice.pay(&bench, &[crate::bench::pay(&invoice)]).unwrap();
    let pending = supply(&bench, &mut alice, contract, &[]);
    assert_eq!(pending.unsettled, 1);
    assert_eq!(
        pending.circulating_at_least(),
        1_000,
        "nothing is mined yet"
    );
    bench.mine(1);
    bob.accept(&bench, &paid.files[0]).unwrap();
    let known = supply(&bench, &mut bob, contract, &[]);
    assert_eq!(
        known.circulating_at_least(),
        300,
        "Alice's change is secret to him"
    );
    assert_eq!(known.circulating_at_most(), Some(1_000));
    let offline = bob.wallet().supply(contract, &[], None).unwrap();
    assert_eq!((offline.tip, offline.circulating_at_least()), (None, 0));
}

#[test]
fn evidence_of_others_counts_while_it_is_settled_and_of_this_contract() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let mut carol = bench.party("carol", 0);
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let file = alice.wallet().contract_file(contract).unwrap();
    carol.wallet().import_contract(&file).unwrap();
    let nothing = supply(&bench, &mut carol, contract, &[]);
    assert_eq!(nothing.circulating_at_least(), 0);
    let invoice = bob.witness(contract, 300);
    let paid = alice.pay(&bench, &[crate::bench::pay(&invoice)]).unwrap();
    let unmined = supply(&bench, &mut carol, contract, &paid.files);
    // It shows the coin that holds the genesis's leaf, which nothing mined spends yet.
    assert_eq!(
        (unmined.unsettled, unmined.circulating_at_least()),
        (1, 1_000)
    );
    bench.mine(1);
    let shown = supply(&bench, &mut carol, contract, &paid.files);
    assert_eq!((shown.unsettled, shown.circulating_at_least()), (0, 300));
    assert_eq!(carol.amount(contract), (0, 0), "nothing of it is stored");
    bob.accept(&bench, &paid.files[0]).unwrap();
    let invoice = alice.witness(contract, 300);
    bench.transfer(&mut bob, &mut alice, &invoice);
    let spent = supply(&bench, &mut carol, contract, &paid.files);
    assert_eq!(
        spent.circulating_at_least(),
        0,
        "Bob's coin was spent since"
    );
    let lead = bench.issue(&mut alice, "LEAD", 5);
    let file = alice.wallet().contract_file(lead).unwrap();
    let source = Some(&bench.sandbox as &dyn bulla_wallet::chain::ChainSource);
    let other = carol.wallet().supply(contract, &[file], source);
    assert_eq!(code(other), "wrong-contract");
    let unknown = carol.wallet().supply(lead, &[], source);
    assert_eq!(code(unknown), "unknown-contract");
}

#[test]
fn what_is_issued_burned_and_renounced_is_proven_by_its_operations() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let mut carol = bench.party("carol", 0);
    bench.carriers(&mut alice, 1);
    let contract = alice.wallet().issue(&inflatable(100, 50)).unwrap();
    let file = alice.wallet().contract_file(contract).unwrap();
    carol.wallet().import_contract(&file).unwrap();
    let fresh = supply(&bench, &mut alice, contract, &[]);
    assert_eq!((fresh.unused(), fresh.issued_at_most()), (50, Some(100)));
    let stranger = supply(&bench, &mut carol, contract, &[]);
    assert_eq!(
        stranger.issued_at_most(),
        Some(150),
        "the allowance may be used already"
    );

    let invoice = bob.witness(contract, 30);
    let issue = Verb::Issue(making(30, Some(invoice)));
    let issued = alice.act(&bench, contract, &issue).unwrap();
    bob.accept(&bench, &issued.files[0]).unwrap();
    let burned = alice.act(&bench, contract, &Verb::Burn(40)).unwrap();
    let own = supply(&bench, &mut alice, contract, &[]);
    assert_eq!((own.issued(), own.burned(), own.unused()), (130, 40, 20));
    assert_eq!(
        (own.issued_at_most(), own.circulating_at_most()),
        (Some(130), Some(90))
    );
    assert_eq!(own.circulating_at_least(), 90, "Bob's 30 are seen unspent");

    let files = [issued.files[0].clone(), burned.files[0].clone()];
    let shown = supply(&bench, &mut carol, contract, &files);
    assert_eq!((shown.issued(), shown.burned()), (130, 40));
    assert_eq!(shown.circulating_at_least(), 30);
    assert_eq!(shown.issued_at_most(), Some(150));
    alice.act(&bench, contract, &Verb::Renounce(None)).unwrap();
    let closed = supply(&bench, &mut alice, contract, &[]);
    assert_eq!((closed.renounced(), closed.unused()), (20, 0));
    assert_eq!(closed.issued_at_most(), Some(130));

    let burn = shown
        .changes
        .iter()
        .find(|change| change.burned > 0)
        .unwrap();
    let entry = |units| Entry {
        happened: Happened::Burned,
        operation: burn.operation,
        units,
    };
    let status = |supply: &Supply, units| supply.compare(&[entry(units)])[0].status;
    assert_eq!(status(&shown, 40), Status::Proven);
    assert_eq!(status(&shown, 41), Status::Contradicted);
    assert_eq!(status(&stranger, 40), Status::Claimed);
}

#[test]
fn editions_are_counted_and_what_is_left_bounds_them() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    bench.carriers(&mut alice, 1);
    let contract = alice.wallet().issue(&unique(1)).unwrap();
    let minted = supply(&bench, &mut alice, contract, &[]);
    assert_eq!((minted.unit, minted.issued()), (Unit::Token, 2));
    assert_eq!((minted.allowed, minted.unused()), (Some(8), 8));
    assert_eq!(
        (minted.issued_at_most(), minted.circulating_at_least()),
        (Some(2), 2)
    );
}
