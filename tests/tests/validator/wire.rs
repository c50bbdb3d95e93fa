//! The wire form: references that are due, that lead nowhere, and what a transition weighs.

use bitcoin::{ScriptBuf, TxOut};
use bulla_core::consignment::Writer;
use bulla_core::frame::{Terminal, Terminals};
use bulla_core::header::Header;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_core::wire::SpentTxid;
use bulla_tests::kit::make::{at, coin, key, on, p2tr, p2wpkh, spend};
use bulla_tests::kit::{Carry, Draft, Fails, History, View, accept, refuse};

/// Two leaves on one coin and a third on another; a frame consumes them all, the next what it made.
fn history() -> History {
    let assignments = [coin(0), coin(0), coin(1)].map(|coin| (0, State::Amount(100), on(coin)));
    let of = History::fixed_among(&[100, 100, 100]);
    let globals = of.genesis().globals.clone();
    let mut history = History::new(of.schema.clone(), globals, &assignments);
    let seeds = [0, 1, 2].map(|n| history.seed(n));
    let first = history.transfer(&seeds, &[100, 200]);
    history.transfer(&[history.leaf(first, 1)], &[200]);
    history
}

fn canonical(says: &'static str) -> Fails {
    Fails::invalid((Check::NotCanonical, says))
}

fn decode(says: &'static str) -> Fails {
    Fails::invalid((Check::Decode, says))
}

const NOT_OPEN: &str =
    "expected the number of an open leaf that no input of this frame took before";
const NO_SEAL: &str = "expected an input of this frame with an open leaf and a revealed seal";

#[test]
fn what_is_open_and_what_a_seal_tells_is_a_reference() {
    let history = history();
    accept(&history.encode());
    let consignment = history.consignment(View::Leaves);
    consignment.encode_wire(0, |frame| {
        assert_eq!(frame.transitions[0].inputs.numbers, [0, 1, 2]);
        let spent: Vec<_> = frame.transaction.inputs.iter().map(|i| i.txid).collect();
        assert_eq!(spent.len(), 2);
        assert!(spent.contains(&SpentTxid::Input(0)), "the lowest of two");
        assert!(spent.contains(&SpentTxid::Input(2)));
    });
    consignment.encode_wire(1, |frame| {
        assert_eq!(
            frame.transitions[0].inputs.numbers,
            [4],
            "after three seeds"
        );
        assert_eq!(frame.transaction.inputs[0].txid, SpentTxid::Input(0));
    });
}

#[test]
fn an_open_leaf_in_full_is_not_canonical() {
    let history = history();
    let leaf = history.leaf(0, 1);
    let bytes = history.consignment(View::Leaves).encode_wire(1, |frame| {
        let inputs = &mut frame.transitions[0].inputs;
        inputs.numbers.clear();
        inputs.explicit.push(leaf);
    });
    refuse(
        &bytes,
        canonical("an input whose leaf is open is written in full"),
    );
}

#[test]
fn a_number_of_nothing_open_is_no_input() {
    // Consumed before, of the frame itself, never given, and the largest.
    for number in [0, 5, 1_000, u64::MAX - 1] {
        let bytes = history().consignment(View::Leaves).encode_wire(1, |frame| {
            frame.transitions[0].inputs.numbers = vec![number];
        });
        refuse(&bytes, decode(NOT_OPEN));
    }
}

#[test]
fn a_leaf_that_never_opens_keeps_its_number_and_is_no_input() {
    let mut history = History::fixed(100);
    let first = history.transfer(&[history.seed(0)], &[0, 100]);
    history.transfer(&[history.leaf(first, 1)], &[100]);
    let consignment = history.consignment(View::Leaves);
    accept(&consignment.encode());
    let bytes = consignment.encode_wire(1, |frame| {
        let numbers = &mut frame.transitions[0].inputs.numbers;
        assert_eq!(*numbers, [2]);
        *numbers = vec![1];
    });
    refuse(&bytes, decode(NOT_OPEN));
}

#[test]
fn a_txid_that_a_seal_tells_is_not_written_in_full() {
    let history = history();
    let txid = history.txid(0);
    let bytes = history.consignment(View::Leaves).encode_wire(1, |frame| {
        frame.transaction.inputs[0].txid = SpentTxid::Explicit(txid);
    });
    refuse(
        &bytes,
        canonical("a txid that the seal of an input tells is written in full"),
    );
}

#[test]
fn a_txid_refers_to_the_lowest_input_that_tells_it() {
    let consignment = history().consignment(View::Leaves);
    let with = |number| {
        consignment.encode_wire(0, |frame| {
            let mut inputs = frame.transaction.inputs.iter_mut();
            let lowest = inputs.find(|input| input.txid == SpentTxid::Input(0));
            lowest.unwrap().txid = SpentTxid::Input(number);
        })
    };
    refuse(
        &with(1),
        canonical("a spent txid refers to an input that is not the lowest to tell it"),
    );
    for nothing in [3, u64::MAX - 1] {
        refuse(&with(nothing), decode(NO_SEAL));
    }
}

#[test]
fn an_input_whose_seal_is_secret_tells_no_txid() {
    let mut history = history();
    history.edit(0, |draft| {
        let outputs = &mut draft.acts[0].transition.outputs;
        *outputs = outputs.with_seals(|_, _, _| None);
    });
    let second = Fails::invalid((Check::SealNotClosed, "an input whose seal is still secret"))
        .operation(history.id(1))
        .witness(history.txid(1));
    let consignment = history.consignment(View::Leaves);
    refuse(&consignment.encode(), second);
    let bytes = consignment.encode_wire(1, |frame| {
        frame.transaction.inputs[0].txid = SpentTxid::Input(0);
    });
    refuse(&bytes, decode(NO_SEAL));
}

#[test]
fn a_transaction_that_no_block_holds_is_beyond_the_limit() {
    for (outputs, length, says) in [
        (
            1,
            1_000_001,
            "bytes of a witness transaction: 1000106; the limit is 10 to 1000000",
        ),
        (
            111_112,
            0,
            "outputs of the witness transaction: 111112; the limit is 0 to 111111",
        ),
    ] {
        let bytes = history().consignment(View::Leaves).encode_wire(0, |frame| {
            let script = ScriptBuf::from_bytes(vec![0x51; length]);
            let output = TxOut {
                script_pubkey: script,
                ..TxOut::NULL
            };
            frame.transaction.outputs = vec![output; outputs];
        });
        refuse(&bytes, Fails::invalid((Check::Limit, says)));
    }
}

/// Bytes per frame of a line of transfers: each with a blinded payment, and change on an output.
fn weight(shape: impl Fn(&mut Draft, u32), frames: u32) -> usize {
    let mut history = History::fixed(1_000_000);
    let mut change = history.seed(0);
    for n in 1..=frames {
        let rest = 1_000_000 - u64::from(n) * 1_000;
        let payment = AssignedSeal::Secret(on(coin(n)).conceal());
        let assignments = [
            (0, State::Amount(1_000), payment),
            (0, State::Amount(rest), at(0)),
        ];
        let act = history.act("transfer", &[change], &assignments);
        let mut draft = history.draft(vec![act]);
        draft.carry = Carry::Tapret(None);
        draft.entropy = u64::from(n) << 32;
        shape(&mut draft, n);
        let frame = history.push(draft);
        change = history.leaf(frame, 1);
    }
    let mut consignment = history.consignment(View::Leaves);
    consignment.hand_over([Terminal::Leaf(change)]);
    accept(&consignment.encode());
    let parts = consignment.parts();
    let bytes: usize = parts[1..=frames as usize]
        .iter()
        .map(|part| part.len() + 3)
        .sum();
    bytes / frames as usize
}

fn plain(draft: &mut Draft, script: ScriptBuf) {
    draft.transaction.output.truncate(2);
    draft.transaction.output[1].script_pubkey = script;
    draft.transaction.output[1].value = bitcoin::Amount::from_sat(90_000_000);
}

#[test]
fn a_transfer_takes_few_bytes() {
    let peers = weight(|draft, _| plain(draft, p2wpkh()), 200);
    let wallets = weight(
        |draft, n| {
            plain(draft, p2tr(key(1)));
            draft.transaction.input.push(spend(coin(100_000 + n)));
        },
        200,
    );
    let header = Header::new(bulla_schemas::fixed(), History::fixed(1).genesis().clone());
    let contract = Writer::new(&header)
        .unwrap()
        .finish(Terminals::default())
        .unwrap();
    println!(
        "peers {peers}, wallets {wallets}, contract file {}",
        contract.len()
    );
    assert!(peers <= 220, "{peers}");
    assert!(wallets <= 300, "{wallets}");
    assert!(contract.len() <= 1_024, "{}", contract.len());
}
