//! Who says that he issued a contract, and contract files.

use bulla_core::ContractId;
use bulla_wallet::identity::{Claim, MAX_STATEMENTS, Statement};

use crate::bench::{Bench, Party, code, issue, passphrase};

fn domain(text: &str) -> Claim {
    format!("domain {text}").parse().unwrap()
}

/// A contract whose genesis names Alice's issuer key number 0.
fn named(bench: &Bench, alice: &mut Party) -> ContractId {
    bench.carriers(alice, 1);
    let key = alice.wallet().issuer_key(&passphrase(), 0).unwrap();
    let key = key.serialize().to_vec();
    let issue = issue("GOLD", 1_000).value("issuer", key);
    alice.wallet().issue(&issue).unwrap()
}

fn state(party: &mut Party, contract: ContractId, claim: &str, number: u32) -> Statement {
    let wallet = party.wallet();
    let statement = wallet.state_issuer(contract, domain(claim), number, &passphrase());
    statement.unwrap()
}

#[test]
fn a_statement_is_signed_by_the_key_that_the_genesis_names() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = named(&bench, &mut alice);
    let statement = state(&mut alice, contract, "example.com", 0);
    let file = alice.wallet().contract_file(contract).unwrap();
    bob.wallet().import_contract(&file).unwrap();
    let read: Statement = statement.to_string().parse().unwrap();
    bob.wallet().keep_statement(&read).unwrap();
    bob.wallet().keep_statement(&read).unwrap();
    bob.reopen();
    for party in [&mut alice, &mut bob] {
        let asset = party.wallet().asset(contract).unwrap();
        assert_eq!(asset.issuer, Some(statement.key()));
        assert_eq!(asset.statements, std::slice::from_ref(&statement));
    }
}

#[test]
fn g15_a_statement_by_another_key_is_not_taken_for_the_issuers() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let contract = named(&bench, &mut alice);
    let statement = state(&mut alice, contract, "example.com", 1);
    let asset = alice.wallet().asset(contract).unwrap();
    assert_ne!(asset.issuer, Some(statement.key()));
    let nobody = bench.issue(&mut alice, "LEAD", 5);
    assert_eq!(alice.wallet().asset(nobody).unwrap().issuer, None);
}

#[test]
fn statements_about_what_is_not_known_or_too_many_are_not_kept() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = named(&bench, &mut alice);
    let statement = state(&mut alice, contract, "example.com", 0);
    let unknown = bob.wallet().keep_statement(&statement);
    assert_eq!(code(unknown), "unknown-contract");
    for number in 1..MAX_STATEMENTS {
        state(&mut alice, contract, &format!("example{number}.com"), 0);
    }
    let wallet = alice.wallet();
    let more = wallet.state_issuer(contract, domain("one.more"), 0, &passphrase());
    assert_eq!(code(more), "too-many-statements");
    wallet.keep_statement(&statement).unwrap();
}

#[test]
fn a_contract_file_is_no_consignment() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let file = alice.wallet().contract_file(contract).unwrap();
    assert_eq!(code(bob.accept(&bench, &file)), "contract-file");
    assert!(bob.wallet().assets().unwrap().is_empty());
    assert_eq!(bob.wallet().import_contract(&file).unwrap(), contract);
    assert_eq!(bob.wallet().asset(contract).unwrap().ticker, "GOLD");
    let again = bob.wallet().contract_file(contract).unwrap();
    assert_eq!(again, file, "handed on as it came");
}
