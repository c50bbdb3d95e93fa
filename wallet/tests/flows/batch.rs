//! One transaction that pays many: each payee gets its own leaf and the siblings, and pays for no other.

use bitcoin::{Address, ScriptBuf, WitnessProgram, WitnessVersion};
use bulla_core::SecretSeal;
use bulla_core::consignment::{Explicit, parts};
use bulla_core::frame::Frame;
use bulla_core::header::Header;
use bulla_core::outputs::{Leaves, Pruned};
use bulla_core::seal::Blinding;
use bulla_wallet::api::{Payment, PlanOptions};
use bulla_wallet::invoice::{Beneficiary, Invoice};

use crate::bench::{Bench, code, pay};

/// The same invoice to the seal of a stranger.
fn stranger(invoice: &Invoice, n: usize) -> Invoice {
    let mut secret = [0x5e; 32];
    secret[..8].copy_from_slice(&(n as u64).to_be_bytes());
    Invoice {
        to: Beneficiary::Seal(SecretSeal::from_bytes(secret)),
        ..invoice.clone()
    }
}

/// The same invoice to the address of a stranger.
fn elsewhere(invoice: &Invoice, n: u64) -> Invoice {
    let mut key = [0x5e; 32];
    key[..8].copy_from_slice(&n.to_be_bytes());
    let program = WitnessProgram::new(WitnessVersion::V1, &key).unwrap();
    let script = ScriptBuf::new_witness_program(&program);
    let address = Address::from_script(&script, bitcoin::Network::Regtest).unwrap();
    Invoice {
        to: Beneficiary::Address {
            address: address.into_unchecked(),
            blinding: Blinding([7; 16]),
        },
        ..invoice.clone()
    }
}

/// The list of the last transition, which a payee of a batch sees pruned.
fn last_list(consignment: &[u8]) -> Pruned {
    let mut parts = parts(consignment).map(Result::unwrap);
    let header = Header::decode(parts.next().unwrap()).unwrap();
    let mut explicit = Explicit::new(&header);
    let mut last = None;
    for part in parts {
        if let Frame::Witness(frame) = explicit.frame(part).unwrap() {
            last = frame.transitions.last().cloned();
        }
    }
    match &last.unwrap().transition.outputs.0[&0] {
        Leaves::Pruned(pruned) => pruned.clone(),
        whole => panic!("{} leaves are shown", whole.count()),
    }
}

/// Pays so many invoices, three of them of people who then accept. Gives the bytes of the largest
/// consignment.
fn batch(count: usize) -> usize {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 1_000_000);
    let contract = bench.issue(&mut alice, "PAY", 10_000_000);
    let mut people: Vec<_> = ["bob", "carol", "dora"]
        .into_iter()
        .map(|name| bench.party(name, 100_000))
        .collect();
    let mut invoices = Vec::new();
    for (n, person) in people.iter_mut().enumerate() {
        bench.carriers(person, 1);
        invoices.push(person.blind(contract, 100 + n as u64));
    }
    let places = [0, count / 2, count - 1];
    let invoice = |n| match places.iter().position(|place| *place == n) {
        Some(person) => invoices[person].clone(),
        None => stranger(&invoices[0], n),
    };
    let payments: Vec<Payment> = (0..count).map(|n| pay(&invoice(n))).collect();
    let paid = alice.pay(&bench, &payments).unwrap();
    bench.mine(1);
    assert_eq!(paid.files.len(), count);
    for (n, (person, place)) in people.iter_mut().zip(places).enumerate() {
        person.accept(&bench, &paid.files[place]).unwrap();
        assert_eq!(person.amount(contract), (100 + n as u128, 0));
    }
    // Found consistent, and none of his.
    let stranger = people[0].accept(&bench, &paid.files[1]);
    assert_eq!(code(stranger), "not-ours");
    let depth = (count + 1).next_power_of_two().ilog2() as usize;
    for (n, file) in paid.files.iter().enumerate().step_by(1 + count / 97) {
        let list = last_list(file);
        let shown: Vec<_> = list.leaves().iter().map(|(index, _)| *index).collect();
        // Its own, and the payer's change, on which the next payment can build.
        assert_eq!(shown, [n, count].map(|n| u32::try_from(n).unwrap()));
        assert!(list.siblings().len() <= 2 * depth);
    }
    paid.files.iter().map(Vec::len).max().unwrap()
}

#[test]
fn each_payee_of_a_batch_gets_its_leaf_and_the_siblings() {
    let (some, many) = (batch(32), batch(500));
    // From 33 to 501 leaves the two paths are nine steps longer: a sibling is a hash and a sum.
    assert!(many <= some + 9 * 41 + 8, "{some} {many}");
}

#[test]
#[ignore = "long: 10,000 invoices"]
fn a_batch_of_ten_thousand_is_paid_at_once() {
    let bytes = batch(10_000);
    println!("batch_10k_receiver_bytes {bytes}");
    assert!(bytes < 4_000, "{bytes}");
}

#[test]
fn more_address_invoices_than_a_transaction_can_carry_are_refused_with_how_many_fit() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 10_000_000);
    let mut bob = bench.party("bob", 0);
    let contract = bench.issue(&mut alice, "PAY", 10_000_000);
    let invoice = bob.witness(contract, 5);
    let payments: Vec<_> = (0..2_400).map(|n| pay(&elsewhere(&invoice, n))).collect();
    let options = PlanOptions {
        max_fee: Some(1_000_000),
        ..PlanOptions::default()
    };
    let refused = alice.prepare(&payments, &options).unwrap_err();
    assert_eq!(refused.code(), "too-heavy");
    assert!(
        refused.to_string().contains("2322 of its 2402 outputs fit"),
        "{refused}"
    );
    alice.prepare(&[pay(&invoice)], &options).unwrap();
}
