//! L: what an invoice asks for, as far as content decides it. The wallet compares it with what it
//! asked for; these tests say what it can rely on.

use bitcoin::{Network, OutPoint};
use bulla_core::NetworkId;
use bulla_core::frame::Terminal;
use bulla_core::state::State;
use bulla_core::validator::{Check, Rules, SchemaPolicy, TerminalState};
use bulla_tests::kit::make::{at, coin, on};
use bulla_tests::kit::{Fails, History, View, accept, amounts_at, refuse, refuse_under};

fn paid(assignments: &[bulla_tests::kit::make::Assignment]) -> History {
    let mut history = History::fixed(1_000);
    let act = history.act("transfer", &[history.seed(0)], assignments);
    history.push(history.draft(vec![act]));
    history
}

#[test]
fn l04_h11_what_is_handed_over_is_named_with_its_amount_and_its_output() {
    let history = paid(&[
        (0, State::Amount(300), on(coin(5))),
        (0, State::Amount(700), at(1)),
    ]);
    let mut consignment = history.consignment(View::Everything);
    consignment.hand_over([Terminal::Leaf(history.leaf(0, 0))]);
    let content = accept(&consignment.encode());
    let [
        TerminalState::Leaf {
            leaf,
            state,
            outpoint,
            witness,
            ..
        },
    ] = &content.terminals[..]
    else {
        panic!("one leaf is handed over: {:?}", content.terminals);
    };
    assert_eq!(*leaf, history.leaf(0, 0));
    assert_eq!(state.amount(), 300);
    assert_eq!(*outpoint, Some(coin(5)));
    assert_eq!(*witness, Some(history.txid(0)));
}

#[test]
fn l05_the_same_asset_by_another_issuer_is_another_contract() {
    let (own, mut other) = (History::fixed(1_000), History::fixed(1_000));
    other.edit_genesis(|genesis| genesis.timestamp += 1);
    other.transfer(&[other.seed(0)], &[1_000]);
    let content = accept(&other.encode());
    assert_eq!(content.contract, other.contract());
    assert_ne!(content.contract, own.contract());
}

#[test]
fn l06_an_asset_of_another_chain_is_refused_at_the_header() {
    let history = paid(&amounts_at(&[1_000]));
    let main = Rules::new(NetworkId::of_network(Network::Bitcoin), SchemaPolicy::Any);
    let expected = Fails::invalid(Check::Network).operation(history.contract());
    refuse_under(&main, &history.encode(), expected);
}

#[test]
fn l11_a_sender_that_picks_another_output_hands_over_that_output() {
    for vout in 0..3 {
        let history = paid(&[
            (0, State::Amount(900), at(vout)),
            (0, State::Amount(100), at(2)),
        ]);
        let mut consignment = history.consignment(View::Everything);
        consignment.hand_over([Terminal::Leaf(history.leaf(0, 0))]);
        let content = accept(&consignment.encode());
        let txid = history.txid(0);
        let expected = Some(OutPoint { txid, vout });
        assert!(matches!(
            &content.terminals[..],
            [TerminalState::Leaf { outpoint, .. }] if *outpoint == expected
        ));
    }
    let history = paid(&[
        (0, State::Amount(900), at(3)),
        (0, State::Amount(100), at(2)),
    ]);
    let mut consignment = history.consignment(View::Everything);
    consignment.hand_over([Terminal::Leaf(history.leaf(0, 0))]);
    let expected = Fails::invalid(Check::Terminal).operation(history.id(0));
    refuse(&consignment.encode(), expected);
}

#[test]
fn l01_one_seal_paid_twice_is_handed_over_twice() {
    let secret = bulla_core::seal::AssignedSeal::Secret(on(coin(5)).conceal());
    let history = paid(&[
        (0, State::Amount(500), secret),
        (0, State::Amount(500), secret),
    ]);
    assert_eq!(accept(&history.encode()).terminals.len(), 2);
}
