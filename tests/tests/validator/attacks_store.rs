//! What a receiver has proven before, replayed, relied on and filled up: the model of the kit and the wallet's
//! real store.

use bulla_core::frame::{Frame, Terminal};
use bulla_core::operation::Input;
use bulla_core::outputs::Leaves;
use bulla_core::validator::{Check, Rules};
use bulla_tests::kit::{
    Consignment, Fails, History, Kind, Receiver, Store, View, accept, refuse_under, rules, swap,
};
use bulla_wallet::api::{InvoiceRequest, InvoiceState};

use super::store_witnesses::in_file;

#[test]
fn a12_a_file_that_is_replayed_is_consistent_again_and_credited_once() {
    let mut receiver = Receiver::new(bulla_tests::kit::Carry::Opret);
    let leaf = receiver.pay();
    let file = receiver.whole(leaf);
    assert_eq!(accept(&file), accept(&file));
    assert!(!receiver.accept(&file).unwrap().already_known);
    assert_eq!(receiver.amounts(), (1, 0));
    for _ in 0..2 {
        assert!(receiver.accept(&file).unwrap().already_known);
        assert_eq!(receiver.amounts(), (1, 0));
    }
}

#[test]
fn g01_l05_another_genesis_of_the_same_words_does_not_pay_the_invoice() {
    let asked = History::fixed(1_000);
    let mut forged = asked.clone();
    forged.edit_genesis(|genesis| genesis.timestamp += 1);
    let mut receiver = Receiver::of(forged);
    let file = asked.consignment(View::Everything).encode();
    receiver.wallet.import_contract(&file).unwrap();
    let request = InvoiceRequest {
        contract: Some(asked.contract()),
        amount: Some(1_000),
        ..InvoiceRequest::default()
    };
    let draft = receiver.payment_for(&request, &[receiver.history.seed(0)], &[1_000]);
    let frame = receiver.history.push(draft);
    receiver.mine(frame);
    let file = receiver.whole(receiver.history.leaf(frame, 0));
    // It is a contract like any other, and says so itself.
    assert_eq!(accept(&file).contract, receiver.history.contract());
    receiver.accept(&file).unwrap();
    let invoices = receiver.wallet.invoices().unwrap();
    assert_eq!(invoices[0].state, InvoiceState::Partial);
    assert!(invoices[0].received.is_empty());
}

/// Ten leaves, the first of which pays the wallet, which has seen no other.
fn batch() -> (Receiver, Store) {
    let mut receiver = Receiver::of(History::fixed(1_000));
    let seed = receiver.history.seed(0);
    let draft = receiver.payment(&[seed], &[100; 10]);
    let frame = receiver.history.push(draft);
    receiver.mine(frame);
    let first = receiver.history.leaf(frame, 0);
    let shown = narrow(&receiver.history, first).encode();
    receiver.accept(&shown).unwrap();
    let mut store = Store::of(&receiver.history, 1);
    store.leaves.retain(|(_, leaf, _), _| *leaf == first);
    (receiver, store)
}

/// The history with this leaf of its first frame shown and no other.
fn narrow(history: &History, leaf: Input) -> Consignment {
    let mut consignment = history.consignment(View::Everything);
    consignment.tamper(0, |frame| {
        let of = &mut frame.transitions[0].transition.outputs;
        *of = of.pruned(|_, index| index == leaf.index);
    });
    let last = history.drafts().len() - 1;
    let handed = if last == 0 {
        leaf
    } else {
        history.leaf(last, 0)
    };
    consignment.hand_over([Terminal::Leaf(handed)]);
    consignment
}

#[test]
fn h12_a_known_operation_shows_another_leaf_with_a_false_path() {
    let (mut receiver, store) = batch();
    let rules = Rules {
        known: &store,
        ..rules()
    };
    let seventh = receiver.history.leaf(0, 7);
    receiver.history.transfer(&[seventh], &[100]);
    let history = receiver.history.clone();
    let honest = narrow(&history, seventh);
    assert!(receiver.wallet.validate(&honest.encode()).is_ok());
    // In a delta nothing is shown of it: the leaf itself must be proven, not its operation.
    let delta = history.delta(1).encode();
    let missing = Fails::new(Kind::Unresolved, Check::BaseMissing);
    refuse_under(&rules, &delta, missing);
    let error = receiver.accept(&delta).unwrap_err();
    assert_eq!(error.code(), "base-missing");
    assert_eq!(error.missing(), [history.id(0)]);
    // In full, its path is walked whatever was proven of the operation before.
    let Frame::Witness(frame) = &honest.frames[0] else {
        panic!("the first frame is a witness frame");
    };
    let Leaves::Pruned(pruned) = &frame.transitions[0].transition.outputs.0[&0] else {
        panic!("a leaf of ten is shown");
    };
    for sibling in pruned.siblings() {
        let junk = honest.encode_with(0, |bytes| {
            let mut other = sibling.hash;
            other[0] ^= 1;
            swap(bytes, &sibling.hash, &other);
        });
        let expected = Fails::invalid(Check::Dbc).witness(history.txid(0));
        refuse_under(&rules, &junk, expected);
        let error = receiver.accept(&junk).unwrap_err();
        assert_eq!(error.code(), "invalid", "{error}");
    }
    // Nor does its frame come again beside a base that rests on it.
    let mut again = history.delta(1);
    let base = [history.entry(0, history.leaf(0, 0))];
    again.frames[0] = Frame::Base(bulla_core::frame::Base::new(base).unwrap());
    again.frames.insert(1, honest.frames[0].clone());
    let reason = (
        Check::Order,
        "expected witnesses that do not lie behind the base",
    );
    let expected = Fails::invalid(reason).witness(history.txid(0));
    refuse_under(&rules, &again.encode(), expected);
    let error = receiver.accept(&again.encode()).unwrap_err();
    assert_eq!(error.code(), "invalid", "{error}");
}

#[test]
fn i14_more_than_a_wallet_keeps_of_what_nobody_has_seen_is_refused_and_not_kept() {
    let mut receiver = Receiver::new(bulla_tests::kit::Carry::Opret);
    receiver.grow(1_001);
    let change = receiver.change;
    let draft = receiver.payment(&[change], &[1, (1 << 40) - 1_002]);
    let frame = receiver.history.push(draft);
    let file = receiver.whole(receiver.history.leaf(frame, 0));
    let error = receiver.accept(&file).unwrap_err();
    assert_eq!(error.code(), "quarantine-full");
    assert!(receiver.wallet.assets().unwrap().is_empty());
}

/// As many contracts as a wallet keeps of others of which nobody has seen a transaction.
const MANY: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO contracts SELECT randomblob(32), x'00', 0, 0 FROM n";

fn unseen() -> (Receiver, Vec<u8>) {
    let mut receiver = Receiver::new(bulla_tests::kit::Carry::Opret);
    let change = receiver.change;
    let draft = receiver.payment(&[change], &[1, (1 << 40) - 1]);
    let frame = receiver.history.push(draft);
    let file = receiver.whole(receiver.history.leaf(frame, 0));
    (in_file(receiver, MANY), file)
}

#[test]
fn i14_more_contracts_than_a_wallet_keeps_unseen_are_refused_unless_they_were_imported_or_are_mined()
 {
    let (mut receiver, file) = unseen();
    let error = receiver.accept(&file).unwrap_err();
    assert_eq!(error.code(), "contracts-full", "{error}");
    let mut contract = receiver.history.consignment(View::Everything);
    contract.frames.drain(..contract.frames.len() - 1);
    contract.hand_over([]);
    let contract = contract.encode();
    receiver.wallet.import_contract(&contract).unwrap();
    receiver.accept(&file).unwrap();
    assert!(receiver.accept(&file).unwrap().already_known);
    let (mut receiver, file) = unseen();
    receiver.mine(0);
    receiver.accept(&file).unwrap();
}
