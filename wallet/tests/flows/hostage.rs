//! What lies on a coin holds nothing else on it back, however much it is and whoever put it there.

use bulla_core::state::State;
use bulla_schemas as schemas;
use bulla_wallet::api::{InvoiceTarget, Issue};
use bulla_wallet::transfer::verbs::{Making, Verb};

use crate::bench::{Bench, Party, pay, request};
use crate::kinds::{named, nft, token};

/// 4,096 of 5,000 editions on one coin, as many as a genesis can have.
fn editions(alice: &mut Party) -> bulla_core::ContractId {
    let issue = named(Issue::new(schemas::unique().id()), "ART")
        .number("total", 5_000)
        .number("fractions", 1)
        .number("engravable", 1)
        .own("left", State::Amount(904));
    let issue = (1..=4_096).fold(issue, |issue, n| issue.own("nft", token(n, 1)));
    alice.wallet().issue(&issue).unwrap()
}

#[test]
fn more_tokens_than_one_transition_can_have_are_minted_sent_and_burned() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    bench.carriers(&mut alice, 1);
    let contract = editions(&mut alice);
    let mint = Verb::Mint {
        to: vec![None],
        media: Vec::new(),
        attributes: Vec::new(),
    };
    alice.act(&bench, contract, &mint).unwrap();
    assert_eq!(alice.sealed().len(), 1);
    assert_eq!(alice.held(contract).len(), 4_098);
    let invoice = bob.ask(contract, "nft", Some(4_097));
    bench.transfer(&mut alice, &mut bob, &invoice);
    assert_eq!(bob.held(contract), [nft(4_097, 1)]);
    alice.act(&bench, contract, &Verb::BurnToken(1)).unwrap();
    assert_eq!(alice.held(contract).len(), 4_096);
}

#[test]
fn twice_64_bits_of_another_contract_hold_no_asset_back() {
    let bench = Bench::new();
    let (mut mallory, mut bob) = (bench.party("mallory", 100_000), bench.party("bob", 100_000));
    let gold = bench.issue(&mut bob, "GOLD", 1_000);
    let coin = bob.sealed()[0];
    bench.carriers(&mut mallory, 1);
    let issue = named(Issue::new(schemas::replaceable().id()), "JUNK")
        .number("precision", 0)
        .number("supply", u64::MAX)
        .number("replaceable", u64::MAX)
        .own("asset", State::Amount(u64::MAX))
        .own("replacement", State::Amount(u64::MAX));
    let junk = mallory.wallet().issue(&issue).unwrap();
    let file = mallory.wallet().contract_file(junk).unwrap();
    bob.wallet().import_contract(&file).unwrap();
    let on_coin = request(junk, u64::MAX, InvoiceTarget::Blind(Some(coin)));
    let invoice = bob.wallet().invoice(&on_coin).unwrap();
    bench.transfer(&mut mallory, &mut bob, &invoice);
    let invoice = bob.wallet().invoice(&on_coin).unwrap();
    let making = Making {
        amount: u64::MAX,
        to: Some(Box::new(invoice)),
    };
    let reissued = mallory.act(&bench, junk, &Verb::Reissue(making)).unwrap();
    bob.accept(&bench, &reissued.files[0]).unwrap();
    let twice = 2 * u128::from(u64::MAX);
    assert_eq!(bob.amount(junk), (twice, 0), "and all of it is seen");

    let invoice = mallory.witness(gold, 400);
    bench.transfer(&mut bob, &mut mallory, &invoice);
    assert_eq!((bob.amount(gold), bob.amount(junk)), ((600, 0), (twice, 0)));
    let invoice = mallory.witness(junk, 5);
    let paid = bob.pay(&bench, &[pay(&invoice)]).unwrap();
    bench.mine(1);
    mallory.accept(&bench, &paid.files[0]).unwrap();
    bob.sync(&bench);
    assert_eq!(bob.amount(junk), (twice - 5, 0));
    assert_eq!(bob.amount(gold), (600, 0));
}
