//! What is refused with a clear error, and changes nothing.

use bitcoin::Network::Regtest;
use bulla_core::validator::{Rules, SchemaPolicy, validate};
use bulla_core::{ContractId, NetworkId};
use bulla_tests::people::{Person, Sent, assert_refused, pay};
use bulla_tests::world::Chain;
use bulla_wallet::Network;
use bulla_wallet::api::{BitcoinAmount, InvoiceState};
use bulla_wallet::invoice::{Invoice, InvoiceError};
use bulla_wallet::transfer::ack::{Acknowledgement, Verdict};

use super::{FUNDS, SUPPLY, funded, issued};

pub fn more_of_an_asset_than_there_is_is_refused(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, SUPPLY + 1);
    alice.unchanged(|alice| {
        let plan = alice.plan(&[pay(&invoice)]);
        assert_refused(
            plan,
            "insufficient-asset",
            &format!("1 more `asset` of contract {contract}"),
        );
    });
    let halves = [bob.invoice(contract, SUPPLY), bob.invoice(contract, 5)];
    alice.unchanged(|alice| {
        let plan = alice.plan(&halves.each_ref().map(pay));
        assert_refused(plan, "insufficient-asset", "5 more `asset` of contract");
    });
    let most = [bob.invoice(contract, u64::MAX), bob.invoice(contract, 1)];
    alice.unchanged(|alice| {
        let plan = alice.plan(&most.each_ref().map(pay));
        assert_refused(plan, "too-large", "exceed 2^64 - 1");
    });
}

pub fn more_satoshis_than_there_are_are_refused(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let address = bob.address();
    alice.unchanged(|alice| {
        let payment = bulla_tests::people::to_address(&address, BitcoinAmount::Sats(FUNDS));
        assert_refused(alice.plan(&[payment]), "insufficient-sats", "sat missing");
    });
    let everything = bulla_tests::people::to_address(&address, BitcoinAmount::All);
    alice.send(chain, &[everything]);
    chain.mine(1);
    alice.sync(chain);
    // The satoshis under the asset are no satoshis to pay with.
    let invoice = bob.invoice(contract, 1);
    alice.unchanged(|alice| {
        assert_refused(
            alice.plan(&[pay(&invoice)]),
            "insufficient-sats",
            "sat missing",
        );
    });
    alice.holds(contract, SUPPLY, 0);
    let mut carol = Person::new("carol");
    carol.sync(chain);
    carol.unchanged(|carol| {
        assert_refused(carol.try_issue("CLAY", 1), "no-carrier", "1000 sat");
    });
}

pub fn invoices_that_cannot_be_paid_are_refused(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    bob.make_carriers(chain, 1);
    let mut mallory = funded(chain, "mallory");
    let unknown = mallory.issue(chain, "CLAY", SUPPLY);
    let good = bob.blind_invoice(contract, 10);
    let main = NetworkId::of_network(bitcoin::Network::Bitcoin);
    let refused: [(Invoice, &str, &str); 3] = [
        (
            Invoice {
                network: main,
                ..good.clone()
            },
            "wrong-network",
            "for bitcoin, this wallet is on regtest",
        ),
        (
            Invoice {
                expiry: Some(1_700_000_000),
                ..good.clone()
            },
            "expired",
            "expired at 1700000000",
        ),
        (
            Invoice {
                contract: Some(unknown),
                ..good.clone()
            },
            "unknown-contract",
            &unknown.to_string(),
        ),
    ];
    for (invoice, code, names) in refused {
        let invoice = invoice.to_string().parse().expect("a well-formed invoice");
        alice.unchanged(|alice| {
            assert_refused(alice.plan(&[pay(&invoice)]), code, names);
        });
    }
    alice.pay(chain, &mut bob, &good);
    bob.holds(contract, 10, 0);
}

pub fn malformed_invoices_are_refused(chain: &dyn Chain) {
    let (_, mut bob, contract) = issued(chain);
    let text = bob.invoice(contract, 10).to_string();
    assert_eq!(
        text.parse::<Invoice>().map(|invoice| invoice.to_string()),
        Ok(text.clone())
    );
    for length in 0..text.len() {
        let cut = text.get(..length).expect("ASCII").parse::<Invoice>();
        assert!(cut.is_err(), "{length} bytes of an invoice");
    }
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let changed = String::from_utf8(bytes).expect("ASCII");
        let answer = changed.parse::<Invoice>();
        assert!(answer.is_err(), "byte {at} changed: {changed}");
    }
    let (body, _) = text.split_once("&sum=").expect("a checksum");
    let answer = format!("{body}&sum=00000000").parse::<Invoice>();
    assert!(
        matches!(answer, Err(InvoiceError::Checksum { .. })),
        "{answer:?}"
    );
}

pub fn an_invoice_is_paid_once(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 10);
    alice.unchanged(|alice| {
        let twice = alice.plan(&[pay(&invoice), pay(&invoice)]);
        assert_refused(twice, "same-payee", "payment 2 is that of payment 1");
    });
    let sent = alice.pay(chain, &mut bob, &invoice);
    alice.unchanged(|alice| {
        let again = alice.plan(&[pay(&invoice)]);
        assert_refused(again, "already-paid", &sent.transfer.to_string());
    });
    alice.holds(contract, SUPPLY - 10, 0);
    bob.holds(contract, 10, 0);
}

pub fn less_than_was_asked_for_is_flagged(chain: &dyn Chain) {
    let (mut alice, mut bob, clay) = issued(chain);
    let gold = alice.issue(chain, "GOLD", SUPPLY);
    let asked = [bob.invoice(clay, 500), bob.invoice(clay, 500)];
    // Alice pays one of them short, and the other with something else.
    let wrong = [
        Invoice {
            amount: Some(499),
            ..asked[0].clone()
        },
        Invoice {
            contract: Some(gold),
            ..asked[1].clone()
        },
    ];
    let sent = alice.send(chain, &wrong.each_ref().map(pay));
    for (consignment, asked) in sent.consignments.iter().zip(&asked) {
        let received = bob.accept(chain, &consignment.bytes);
        assert_eq!(received.invoices.len(), 1);
        assert_eq!(received.invoices[0].invoice, *asked);
        assert_eq!(received.invoices[0].state, InvoiceState::Partial);
        let said: Acknowledgement = received.acknowledgements[0].parse().expect("his word");
        assert_eq!(said.claimed().verdict, Verdict::Refused);
    }
    chain.mine(1);
    bob.sync(chain);
    // It is Bob's all the same.
    bob.holds(clay, 499, 0);
    bob.holds(gold, 500, 0);
}

/// Bob with some of the asset, and a consignment that pays him more, which he has not seen.
fn on_the_way(chain: &dyn Chain) -> (Person, ContractId, Sent) {
    let (mut alice, mut bob, contract) = issued(chain);
    let first = bob.invoice(contract, 100);
    alice.pay(chain, &mut bob, &first);
    let invoice = bob.invoice(contract, 900);
    let sent = alice.send(chain, &[pay(&invoice)]);
    chain.mine(1);
    bob.sync(chain);
    (bob, contract, sent)
}

pub fn truncated_consignments_are_refused(chain: &dyn Chain) {
    let (mut bob, contract, sent) = on_the_way(chain);
    let bytes = sent.bytes();
    bob.unchanged(|bob| {
        for length in (0..bytes.len()).step_by(3) {
            let answer = bob.try_accept(chain, &bytes[..length]);
            assert_refused(answer, "invalid", "the consignment is refused");
        }
        let longer = [bytes, &[0]].concat();
        assert_refused(bob.try_accept(chain, &longer), "invalid", "refused");
    });
    bob.accept(chain, bytes);
    bob.holds(contract, 1_000, 0);
}

pub fn flipped_bits_change_no_balance(chain: &dyn Chain) {
    let (mut bob, contract, sent) = on_the_way(chain);
    let flipped = |at: usize| {
        let mut bytes = sent.bytes().to_vec();
        bytes[at] ^= 1 << (at % 8);
        bytes
    };
    let (mut consistent, mut hints) = (Vec::new(), Vec::new());
    let rules = Rules::new(NetworkId::of_network(Regtest), SchemaPolicy::Any);
    let content = |bytes: &[u8]| {
        let mut content = validate(bytes, &rules).ok()?.get().clone();
        content.proofs.clear();
        Some(content)
    };
    let original = content(sent.bytes());
    bob.unchanged(|bob| {
        for at in (0..sent.bytes().len()).step_by(5) {
            match content(&flipped(at)) {
                None => {
                    let answer = bob.try_accept(chain, &flipped(at));
                    let code = answer.expect_err("refused").code();
                    let refused = ["invalid", "unresolved"].contains(&code);
                    assert!(refused, "byte {at}: {code}");
                }
                found if found == original => hints.push(at),
                Some(_) => consistent.push(at),
            }
        }
    });
    // Some bits make another transaction, which carries the same commitment and is never mined.
    for at in consistent {
        if let Ok(received) = bob.try_accept(chain, &flipped(at)) {
            assert_ne!(received.state.name(), "settled", "byte {at}");
        }
        bob.holds(contract, 100, 0);
    }
    // A wrong block proof is no reason to refuse: the wallet asks its source.
    bob.accept(chain, &flipped(*hints.first().expect("a block proof")));
    bob.holds(contract, 1_000, 0);
}

pub fn a_consignment_for_somebody_else_is_refused(chain: &dyn Chain) {
    let (mut bob, contract, sent) = on_the_way(chain);
    let mut carol = funded(chain, "carol");
    carol.unchanged(|carol| {
        let answer = carol.try_accept(chain, sent.bytes());
        assert_refused(answer, "not-ours", &contract.to_string());
    });
    bob.accept(chain, sent.bytes());
    bob.holds(contract, 1_000, 0);
}

pub fn another_chain_is_refused_by_name(chain: &dyn Chain) {
    let mut alice = Person::on("alice", Network::Testnet4);
    alice.unchanged(|alice| {
        let name = chain.source().name();
        assert_refused(alice.try_sync(chain), "wrong-chain", &name);
    });
    let (_, _, sent) = on_the_way(chain);
    alice.unchanged(|alice| {
        let answer = alice.try_accept(chain, sent.bytes());
        let error = answer.expect_err("a consignment of another chain");
        assert!(
            ["wrong-chain", "invalid"].contains(&error.code()),
            "{error}"
        );
    });
}
