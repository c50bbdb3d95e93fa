//! The whole path of an asset on the sandbox: issue, invoice, send, accept, and what goes wrong.

use crate::bench::{Bench, code, handed, issue, pay, request};
use bulla_core::ContractId;
use bulla_wallet::api::{
    BitcoinAmount, InvoiceState, InvoiceTarget, Method, Page, Payment, PlanOptions,
};
use bulla_wallet::coins::Place;
use bulla_wallet::invoice::Beneficiary;

#[test]
fn an_issued_supply_is_settled_at_once_on_an_own_coin() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    assert_eq!(
        code(alice.wallet().issue(&issue("GOLD", 1_000))),
        "no-carrier"
    );
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    assert_eq!(alice.amount(contract), (1_000, 0));
    alice.reopen();
    assert_eq!(alice.amount(contract), (1_000, 0));
    let asset = &alice.wallet().balance().unwrap().assets[0];
    assert_eq!(
        (asset.ticker.as_str(), asset.display.as_str()),
        ("GOLD", "10.00")
    );
    assert_eq!(code(alice.wallet().issue(&issue("GOLD", 1))), "no-carrier");
}

#[test]
fn a_witness_output_transfer_arrives_and_leaves_change() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    let received = bench.transfer(&mut alice, &mut bob, &invoice);
    assert_eq!((received.amount, received.confirmations), (300, 1));
    assert_eq!(
        (received.state.name(), received.already_known),
        ("settled", false)
    );
    assert_eq!(received.invoices[0].state, InvoiceState::Settled);
    assert_eq!(bob.amount(contract), (300, 0));
    assert_eq!(alice.amount(contract), (700, 0));
}

#[test]
fn a_blinded_transfer_arrives_on_the_payees_own_coin() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let none = bob
        .wallet()
        .invoice(&request(contract, 1, InvoiceTarget::Blind(None)));
    assert_eq!(code(none), "no-carrier");
    bench.carriers(&mut bob, 1);
    let coin = bob.sealed()[0];
    let invoice = bob.blind(contract, 300);
    assert!(bob.wallet().reserved().unwrap().contains(&coin));
    let received = bench.transfer(&mut alice, &mut bob, &invoice);
    assert_eq!(received.leaves[0].outpoint, coin);
    assert_eq!(bob.amount(contract), (300, 0));
    assert!(
        bob.wallet().reserved().unwrap().is_empty(),
        "settled, so nothing is held"
    );
}

#[test]
fn e27_ten_transfers_back_and_forth_spend_tapret_change_each_time() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    for round in 0..10_u64 {
        let (from, to) = if round % 2 == 0 {
            (&mut alice, &mut bob)
        } else {
            (&mut bob, &mut alice)
        };
        let amount = if round % 2 == 0 { 100 } else { 60 };
        let invoice = to.witness(contract, amount);
        to.reopen();
        let received = bench.transfer(from, to, &invoice);
        assert_eq!(
            (received.amount, received.state.name()),
            (u128::from(amount), "settled"),
            "{round}"
        );
        from.reopen();
        let tapret = from.wallet().coins();
        let tapret = tapret.iter().filter(|coin| coin.tapret.is_some()).count();
        assert!(tapret >= 1, "the change of round {round} is a tapret coin");
    }
    assert_eq!(alice.amount(contract), (800, 0));
    assert_eq!(bob.amount(contract), (200, 0));
}

#[test]
fn a_batch_pays_three_invoices_of_two_payees_in_one_transaction() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let (mut bob, mut carol) = (bench.party("bob", 100_000), bench.party("carol", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut bob, 1);
    let invoices = [
        bob.blind(contract, 10),
        bob.witness(contract, 20),
        carol.witness(contract, 30),
    ];
    let payments: Vec<_> = invoices.iter().map(pay).collect();
    let paid = alice.pay(&bench, &payments).unwrap();
    bench.mine(1);
    let first = bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!((first.amount, first.already_known), (10, false));
    let second = bob.accept(&bench, &paid.files[1]).unwrap();
    assert_eq!((second.amount, second.already_known), (20, false));
    let third = carol.accept(&bench, &paid.files[2]).unwrap();
    assert_eq!((third.amount, third.already_known), (30, false));
    alice.sync(&bench);
    assert_eq!(alice.amount(contract), (940, 0));
    assert_eq!(bob.amount(contract), (30, 0));
    assert_eq!(carol.amount(contract), (30, 0));
}

#[test]
fn two_contracts_on_one_coin_move_together() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let gold = bench.issue(&mut alice, "GOLD", 1_000);
    let iron = bench.issue(&mut alice, "IRON", 500);
    bench.carriers(&mut bob, 1);
    let coin = bob.sealed()[0];
    let blind = |contract, amount| request(contract, amount, InvoiceTarget::Blind(None));
    let first = bob.wallet().invoice(&blind(gold, 100)).unwrap();
    bench.transfer(&mut alice, &mut bob, &first);
    let on_coin = InvoiceTarget::Blind(Some(coin));
    let second = bob.wallet().invoice(&request(iron, 50, on_coin)).unwrap();
    bench.transfer(&mut alice, &mut bob, &second);
    assert_eq!(bob.wallet().allocations(coin).unwrap().len(), 2);
    let back = alice.witness(gold, 30);
    bench.transfer(&mut bob, &mut alice, &back);
    assert_eq!((bob.amount(gold), bob.amount(iron)), ((70, 0), (50, 0)));
    assert_eq!(
        (alice.amount(gold), alice.amount(iron)),
        ((930, 0), (450, 0))
    );
    // What was carried along can be spent again.
    let back = alice.witness(iron, 50);
    bench.transfer(&mut bob, &mut alice, &back);
    assert_eq!((bob.amount(gold), bob.amount(iron)), ((70, 0), (0, 0)));
    assert_eq!(alice.amount(iron), (500, 0));
}

#[test]
fn where_nothing_stays_the_commitment_is_in_an_op_return() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 1_000);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    assert!(paid.tx.output[0].script_pubkey.is_op_return());
    bench.mine(1);
    bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(bob.amount(contract), (1_000, 0));
    alice.sync(&bench);
    assert_eq!(alice.amount(contract), (0, 0));
}

#[test]
fn op_return_on_demand_keeps_the_change() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let options = PlanOptions {
        method: Method::Opret,
        ..PlanOptions::default()
    };
    for amount in [100, 200] {
        let invoice = bob.witness(contract, amount);
        let paid = alice.pay_with(&bench, &[pay(&invoice)], &options).unwrap();
        assert!(paid.tx.output[0].script_pubkey.is_op_return());
        bench.mine(1);
        bob.accept(&bench, &paid.files[0]).unwrap();
        alice.sync(&bench);
    }
    assert_eq!(
        (alice.amount(contract), bob.amount(contract)),
        ((700, 0), (300, 0))
    );
}

#[test]
fn a_held_transfer_waits_for_the_signed_acknowledgement() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    let options = PlanOptions {
        hold: true,
        ..PlanOptions::default()
    };
    let (prepared, _) = alice.prepare(&[pay(&invoice)], &options).unwrap();
    assert!(prepared.hold);
    let files = alice.wallet().deliver(prepared.transfer).unwrap();
    assert_eq!(alice.state(prepared.transfer), "delivered");
    let early = alice.wallet().broadcast(prepared.transfer, &bench.sandbox);
    assert_eq!(code(early), "unacknowledged");
    let received = bob.accept(&bench, &files[0].bytes).unwrap();
    assert_eq!(
        (received.state.name(), received.confirmations),
        ("received", 0)
    );
    assert_eq!(
        bob.amount(contract),
        (0, 0),
        "no witness was seen, so nothing is credited"
    );
    alice.reopen();
    let ack = &received.acknowledgements[0];
    let forged = ack.replace(&ack[ack.len() - 4..], "0000");
    assert_eq!(
        code(alice.wallet().acknowledged(prepared.transfer, &forged)),
        "acknowledgement"
    );
    let transfer = alice.wallet().acknowledged(prepared.transfer, ack).unwrap();
    assert!(transfer.items[0].acknowledged);
    alice
        .wallet()
        .broadcast(prepared.transfer, &bench.sandbox)
        .unwrap();
    bench.mine(1);
    bob.sync(&bench);
    alice.sync(&bench);
    assert_eq!(
        (alice.amount(contract), bob.amount(contract)),
        ((700, 0), (300, 0))
    );
    assert_eq!(alice.state(prepared.transfer), "settled");
    assert_eq!(bob.state(received.transfer), "settled");
}

#[test]
fn too_little_of_an_asset_or_of_bitcoin_changes_nothing() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 2_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let before = alice.wallet().balance().unwrap();
    let invoice = bob.witness(contract, 1_001);
    assert_eq!(
        code(alice.pay(&bench, &[pay(&invoice)])),
        "insufficient-asset"
    );
    let sats = request(contract, 10, InvoiceTarget::Witness);
    let sats = bulla_wallet::api::InvoiceRequest {
        sats: Some(50_000),
        ..sats
    };
    let invoice = bob.wallet().invoice(&sats).unwrap();
    assert_eq!(
        code(alice.pay(&bench, &[pay(&invoice)])),
        "insufficient-sats"
    );
    let unknown = ContractId::from_bytes([9; 32]);
    let invoice = bob.witness(unknown, 1);
    assert_eq!(
        code(alice.pay(&bench, &[pay(&invoice)])),
        "unknown-contract"
    );
    assert_eq!(alice.wallet().balance().unwrap(), before);
    assert_eq!(
        alice.wallet().transfers(&Page::default()).unwrap().len(),
        1,
        "the carrier alone"
    );
}

#[test]
fn a_repeated_consignment_credits_nothing_again() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    bench.mine(1);
    let first = bob.accept(&bench, &paid.files[0]).unwrap();
    let again = bob.accept(&bench, &paid.files[0]).unwrap();
    assert!(again.already_known && !first.already_known);
    assert_eq!((again.transfer, again.amount), (first.transfer, 300));
    assert_eq!(bob.amount(contract), (300, 0));
    assert_eq!(code(alice.pay(&bench, &[pay(&invoice)])), "already-paid");
}

#[test]
fn a_consignment_for_somebody_else_is_refused_and_leaves_no_trace() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let mut carol = bench.party("carol", 0);
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    assert_eq!(code(carol.accept(&bench, &paid.files[0])), "not-ours");
    assert!(carol.wallet().assets().unwrap().is_empty());
    assert!(
        carol
            .wallet()
            .transfers(&Page::default())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn i12_i14_damaged_consignments_are_refused_and_change_nothing() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    bench.mine(1);
    let file = &paid.files[0];
    for length in (0..file.len()).step_by(41) {
        assert_eq!(
            code(bob.accept(&bench, &file[..length])),
            "invalid",
            "cut at {length}"
        );
    }
    for at in (0..file.len()).step_by(29) {
        let mut flipped = file.clone();
        flipped[at] ^= 1;
        assert!(bob.accept(&bench, &flipped).is_err(), "flipped at {at}");
    }
    assert!(bob.wallet().assets().unwrap().is_empty());
    assert_eq!(bob.accept(&bench, file).unwrap().amount, 300);
}

#[test]
fn plain_payments_and_sweeps_leave_allocations_alone() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    bench.carriers(&mut alice, 2);
    let full = alice.sealed().len();
    alice.pay(&bench, &[Payment::Sweep]).unwrap();
    bench.mine(1);
    alice.sync(&bench);
    assert_eq!(
        (full, alice.sealed().len()),
        (3, 1),
        "only the coin with the supply stays"
    );
    let address = bob.wallet().address().unwrap().into_unchecked();
    let amount = BitcoinAmount::All;
    alice
        .pay(&bench, &[Payment::Bitcoin { address, amount }])
        .unwrap();
    bench.mine(1);
    alice.sync(&bench);
    assert_eq!(alice.amount(contract), (1_000, 0));
    assert_eq!(alice.wallet().balance().unwrap().bitcoin.settled, 0);
    let nothing = alice
        .wallet()
        .plan(&[Payment::Sweep], &PlanOptions::default());
    assert_eq!(code(nothing), "nothing-to-do");
}

#[test]
fn nothing_is_signed_that_would_lose_an_allocation() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let burn = PlanOptions {
        abandon: [contract].into(),
        ..PlanOptions::default()
    };
    let plan = alice.wallet().plan(&[Payment::Sweep], &burn).unwrap();
    let prepared = alice.wallet().prepare(plan).unwrap();
    // The same coins in a transaction that nobody prepared.
    let mut foreign = prepared.psbt.clone();
    foreign.unsigned_tx.output[0].value -= bitcoin::Amount::from_sat(1);
    let signed = alice
        .wallet()
        .sign(&mut foreign, &crate::bench::passphrase());
    assert_eq!(code(signed), "would-burn");
    let mut named = prepared.psbt;
    alice
        .wallet()
        .sign(&mut named, &crate::bench::passphrase())
        .unwrap();
    let tx = alice.wallet().finish(prepared.transfer, named).unwrap();
    assert!(
        tx.output
            .iter()
            .all(|output| !output.script_pubkey.is_op_return())
    );
}

#[test]
fn two_transfers_at_once_take_different_coins_and_a_stale_plan_is_refused() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let (first, second) = (bob.witness(contract, 100), bob.witness(contract, 100));
    let options = PlanOptions::default();
    let plan = alice.wallet().plan(&[pay(&first)], &options).unwrap();
    let other = alice.wallet().plan(&[pay(&second)], &options).unwrap();
    let prepared = alice.wallet().prepare(plan).unwrap();
    assert_eq!(code(alice.wallet().prepare(other)), "insufficient-asset");
    alice.wallet().cancel(prepared.transfer).unwrap();
    assert_eq!(alice.state(prepared.transfer), "failed");
    let received = bench.transfer(&mut alice, &mut bob, &second);
    assert_eq!(received.amount, 100);
    assert_eq!(alice.amount(contract), (900, 0));
}

#[test]
fn a_transaction_that_was_not_prepared_does_not_finish() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 100);
    let plan = alice
        .wallet()
        .plan(&[pay(&invoice)], &PlanOptions::default())
        .unwrap();
    let prepared = alice.wallet().prepare(plan).unwrap();
    let mut other = prepared.psbt.clone();
    other.unsigned_tx.output[1].value -= bitcoin::Amount::from_sat(1);
    assert_eq!(
        code(alice.wallet().finish(prepared.transfer, other)),
        "other-transaction"
    );
    let unsigned = alice
        .wallet()
        .finish(prepared.transfer, prepared.psbt.clone());
    assert_eq!(code(unsigned), "not-signed");
    let early = alice.wallet().broadcast(prepared.transfer, &bench.sandbox);
    assert_eq!(code(early), "not-signed");
    let mut psbt = prepared.psbt;
    alice
        .wallet()
        .sign(&mut psbt, &crate::bench::passphrase())
        .unwrap();
    let tx = alice
        .wallet()
        .finish(prepared.transfer, psbt.clone())
        .unwrap();
    assert_eq!(
        alice.wallet().finish(prepared.transfer, psbt).unwrap(),
        tx,
        "twice is fine"
    );
    alice
        .wallet()
        .broadcast(prepared.transfer, &bench.sandbox)
        .unwrap();
    alice
        .wallet()
        .broadcast(prepared.transfer, &bench.sandbox)
        .unwrap();
    assert_eq!(
        code(alice.wallet().cancel(prepared.transfer)),
        "broadcast-already"
    );
}

#[test]
fn a_payment_to_a_script_of_ours_waits_for_its_consignment() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    bench.mine(1);
    bob.sync(&bench);
    let swept = bob
        .wallet()
        .plan(&[Payment::Sweep], &PlanOptions::default());
    assert_eq!(
        code(swept),
        "nothing-to-do",
        "the coin may hold what we do not know yet"
    );
    bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(bob.amount(contract), (300, 0));
}

#[test]
fn a_reorg_takes_back_and_brings_again() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    bench.mine(1);
    let received = bob.accept(&bench, &paid.files[0]).unwrap();
    alice.sync(&bench);
    assert_eq!(
        (alice.state(paid.transfer), bob.state(received.transfer)),
        ("settled".into(), "settled".into())
    );
    let without = bulla_wallet::sandbox::Contents::Without(vec![paid.txid]);
    bench
        .sandbox
        .reorg(1, &without, &bitcoin::ScriptBuf::new())
        .unwrap();
    alice.sync(&bench);
    bob.sync(&bench);
    assert_eq!(
        (alice.amount(contract), bob.amount(contract)),
        ((0, 700), (0, 300))
    );
    assert_eq!(
        (alice.state(paid.transfer), bob.state(received.transfer)),
        ("broadcast".into(), "received".into())
    );
    bench.mine(1);
    alice.sync(&bench);
    bob.sync(&bench);
    assert_eq!(
        (alice.amount(contract), bob.amount(contract)),
        ((700, 0), (300, 0))
    );
    assert_eq!(
        (alice.state(paid.transfer), bob.state(received.transfer)),
        ("settled".into(), "settled".into())
    );
}

#[test]
fn what_builds_on_a_transaction_that_is_nowhere_is_handed_over_once_it_is_back() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let mut carol = bench.party("carol", 0);
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    let first = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    bench.mine(1);
    bob.accept(&bench, &first.files[0]).unwrap();
    let invoice = carol.witness(contract, 100);
    let second = bob.pay(&bench, &[pay(&invoice)]).unwrap();
    let nowhere = bitcoin::ScriptBuf::new();
    let without = bulla_wallet::sandbox::Contents::Nothing;
    bench.sandbox.reorg(1, &without, &nowhere).unwrap();
    bench.sandbox.evict(first.txid).unwrap();
    bob.sync(&bench);
    let error = bob.wallet().deliver(second.transfer).unwrap_err();
    let (txid, said) = (first.txid, error.to_string());
    let expected = format!("transaction {txid} of the history is neither in the chain nor");
    assert!(said.starts_with(&expected), "{said}");
    assert!(error.remedy().unwrap().contains("`sync`"));
    assert_eq!(error.code(), "taken-back");
    alice.sync(&bench);
    bob.sync(&bench);
    let again = bob.wallet().deliver(second.transfer).unwrap();
    bench.mine(1);
    carol.accept(&bench, &again[0].bytes).unwrap();
    assert_eq!(carol.amount(contract), (100, 0));
}

#[test]
fn an_evicted_witness_has_no_effect_until_it_is_broadcast_again() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    let received = bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(bob.amount(contract), (0, 300));
    bench.sandbox.evict(paid.txid).unwrap();
    bob.sync(&bench);
    assert_eq!(bob.amount(contract), (0, 0));
    assert_eq!(bob.state(received.transfer), "received");
    alice.sync(&bench);
    assert_eq!(
        bench.sandbox.status().unwrap().mempool,
        1,
        "its sender broadcast it again"
    );
    bench.mine(1);
    bob.sync(&bench);
    assert_eq!(bob.amount(contract), (300, 0));
}

#[test]
fn a_conflicting_transaction_fails_the_transfer_on_both_sides() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let (first, second) = (bob.witness(contract, 300), bob.witness(contract, 400));
    let options = PlanOptions::default();
    // Signed, cancelled, and yet sent by somebody who kept it, after another spend was broadcast.
    let (cancelled, old) = alice.prepare(&[pay(&first)], &options).unwrap();
    alice.wallet().cancel(cancelled.transfer).unwrap();
    let paid = alice.pay(&bench, &[pay(&second)]).unwrap();
    let received = bob.accept(&bench, &paid.files[0]).unwrap();
    bench.sandbox.evict(paid.txid).unwrap();
    let only = bulla_wallet::sandbox::Contents::Only(vec![old]);
    bench
        .sandbox
        .mine_block(&only, &bitcoin::ScriptBuf::new())
        .unwrap();
    alice.sync(&bench);
    bob.sync(&bench);
    assert_eq!(alice.state(paid.transfer), "failed");
    assert_eq!(bob.state(received.transfer), "failed");
    assert_eq!(
        alice.state(cancelled.transfer),
        "settled",
        "the chain decides"
    );
    assert_eq!(alice.amount(contract), (700, 0));
    assert_eq!(bob.amount(contract), (0, 0));
    let late = bob.accept(&bench, &handed(&cancelled)).unwrap();
    assert_eq!((late.amount, bob.amount(contract)), (300, (300, 0)));
    assert_eq!(code(bob.accept(&bench, &paid.files[0])), "conflicted");
}

#[test]
fn an_output_that_does_not_pay_the_payees_script_is_not_his() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let mut invoice = bob.witness(contract, 300);
    let own = alice.witness(contract, 300);
    let (Beneficiary::Address { address, .. }, Beneficiary::Address { address: other, .. }) =
        (&mut invoice.to, own.to)
    else {
        panic!("both are paid to an address");
    };
    *address = other;
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    bench.mine(1);
    assert_eq!(code(bob.accept(&bench, &paid.files[0])), "not-ours");
    assert!(bob.wallet().assets().unwrap().is_empty());
}

#[test]
fn j11_l01_one_invoice_paid_by_two_payers_is_credited_twice() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let mut carol = bench.party("carol", 100_000);
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let share = carol.witness(contract, 400);
    bench.transfer(&mut alice, &mut carol, &share);
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 100);
    let first = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    let second = carol.pay(&bench, &[pay(&invoice)]).unwrap();
    let one = bob.accept(&bench, &first.files[0]).unwrap();
    let two = bob.accept(&bench, &second.files[0]).unwrap();
    assert_eq!((one.transfer, two.already_known), (two.transfer, false));
    assert_eq!(two.invoices[0].received, [(contract, 200)]);
    bench.mine(1);
    bob.sync(&bench);
    assert_eq!(bob.amount(contract), (200, 0));
    let back = alice.witness(contract, 200);
    bench.transfer(&mut bob, &mut alice, &back);
    assert_eq!(
        (alice.amount(contract), bob.amount(contract)),
        ((700, 0), (0, 0))
    );
}

#[test]
fn unconfirmed_change_can_be_spent_and_what_others_sent_waits_for_a_block() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoices = [bob.witness(contract, 100), bob.witness(contract, 200)];
    let paid: Vec<_> = invoices
        .iter()
        .map(|invoice| alice.pay(&bench, &[pay(invoice)]).unwrap())
        .collect();
    assert_eq!(alice.amount(contract), (0, 700));
    for paid in &paid {
        bob.accept(&bench, &paid.files[0]).unwrap();
    }
    assert_eq!(bob.amount(contract), (0, 300));
    let back = alice.witness(contract, 50);
    assert_eq!(code(bob.pay(&bench, &[pay(&back)])), "insufficient-asset");
    bench.mine(1);
    alice.sync(&bench);
    bob.sync(&bench);
    let received = bench.transfer(&mut bob, &mut alice, &back);
    assert_eq!(received.amount, 50);
    assert_eq!(
        (alice.amount(contract), bob.amount(contract)),
        ((750, 0), (250, 0))
    );
}

#[test]
fn a_forged_but_consistent_spend_changes_no_balance() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    // With her wallet file, but not her passphrase, a thief can prepare, and sign nothing.
    let mut thief = alice.copy("thief");
    let plan = thief
        .wallet()
        .plan(&[pay(&invoice)], &PlanOptions::default())
        .unwrap();
    let forged = thief.wallet().prepare(plan).unwrap();
    for _ in 0..2 {
        let received = bob.accept(&bench, &handed(&forged)).unwrap();
        assert_eq!(
            (received.state.name(), received.confirmations),
            ("received", 0)
        );
        bench.mine(1);
        bob.sync(&bench);
        alice.sync(&bench);
        assert_eq!(
            (alice.amount(contract), bob.amount(contract)),
            ((1_000, 0), (0, 0))
        );
    }
    // The owner's own payment makes it conflicted.
    let invoice = bob.witness(contract, 400);
    bench.transfer(&mut alice, &mut bob, &invoice);
    assert_eq!(
        (alice.amount(contract), bob.amount(contract)),
        ((600, 0), (400, 0))
    );
    let late = bob.accept(&bench, &handed(&forged));
    assert_eq!(code(late), "conflicted");
}

#[test]
fn l05_l07_an_expired_or_foreign_invoice_is_not_paid() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let mut invoice = bob.witness(contract, 1);
    invoice.expiry = Some(1);
    assert_eq!(code(alice.pay(&bench, &[pay(&invoice)])), "expired");
    let mut invoice = bob.witness(contract, 1);
    invoice.network = bulla_wallet::Network::SIGNET.id();
    assert_eq!(code(alice.pay(&bench, &[pay(&invoice)])), "wrong-network");
    let invoice = bob.witness(contract, 1);
    let twice = [pay(&invoice), pay(&invoice)];
    assert_eq!(code(alice.pay(&bench, &twice)), "same-payee");
}

#[test]
fn less_than_invoiced_is_kept_but_not_called_paid() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    // The payer's own edition of the invoice asks for less.
    let less = bulla_wallet::invoice::Invoice {
        amount: Some(299),
        ..invoice
    };
    let paid = alice.pay(&bench, &[pay(&less)]).unwrap();
    bench.mine(1);
    let received = bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(received.invoices[0].state, InvoiceState::Partial);
    assert_eq!(bob.amount(contract), (299, 0));
    let ack: bulla_wallet::transfer::ack::Acknowledgement =
        received.acknowledgements[0].parse().unwrap();
    assert_eq!(
        ack.claimed().verdict,
        bulla_wallet::transfer::ack::Verdict::Refused
    );
}

#[test]
fn another_asset_than_invoiced_is_kept_but_does_not_pay() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let gold = bench.issue(&mut alice, "GOLD", 1_000);
    let iron = bench.issue(&mut alice, "IRON", 1_000);
    let invoice = bob.witness(gold, 300);
    let other = bulla_wallet::invoice::Invoice {
        contract: Some(iron),
        ..invoice
    };
    let paid = alice.pay(&bench, &[pay(&other)]).unwrap();
    bench.mine(1);
    let received = bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(received.invoices[0].state, InvoiceState::Partial);
    assert_eq!(
        bob.amount(iron),
        (300, 0),
        "it lies on a coin of his, so he has to know"
    );
}

#[test]
fn a_contract_file_makes_a_contract_known() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let file = alice.wallet().contract_file(contract).unwrap();
    assert_eq!(bob.wallet().import_contract(&file).unwrap(), contract);
    let assets = bob.wallet().assets().unwrap();
    assert_eq!(
        (assets[0].ticker.as_str(), assets[0].precision),
        ("GOLD", 2)
    );
    assert!(bob.wallet().balance().unwrap().assets.is_empty());
}

#[test]
fn sealed_change_holds_the_carrier_satoshis_only() {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 0));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    bench.transfer(&mut alice, &mut bob, &invoice);
    let coins = alice.wallet().coins();
    let sealed: Vec<_> = coins
        .iter()
        .filter(|coin| coin.place == Place::Sealed)
        .collect();
    assert_eq!(sealed.len(), 1);
    assert_eq!(sealed[0].value.to_sat(), 1_000);
    let carriers = alice.wallet().balance().unwrap().carriers;
    assert_eq!((carriers.coins, carriers.sats), (1, 1_000));
}
