use bitcoin::{Amount, TxOut};
use bulla_core::commit::{Commitment, Method, host_output};

use super::*;
use crate::coins::{CoinsError, Leftover, PlainInputs, set_opret, set_tapret};

const CARRIER: Amount = crate::defaults::CARRIER;

fn commitment(n: u8) -> Commitment {
    Commitment::from_byte_array([n; 32])
}

/// Makes a tapret output in a transaction that spends the given sealed coins, as a transfer does:
/// recorded and committed before it is signed.
fn anchor(bench: &mut Bench, spend: Vec<bitcoin::OutPoint>, n: u8) -> Transaction {
    let slot = bench.reveal(Place::Sealed);
    let change = bench.reveal(Place::Plain);
    let plan = TxPlan {
        spend,
        outputs: vec![TxOut {
            value: CARRIER,
            script_pubkey: slot.script.clone(),
        }],
        plain: PlainInputs::AsNeeded,
        leftover: Leftover::Change(change.script),
        ..bench.pay(elsewhere(), None)
    };
    let mut psbt = bench.draft(&plan).unwrap().psbt;
    let (row, proof) = set_tapret(&mut psbt, 0, &slot, commitment(n)).unwrap();
    bench
        .wallet
        .command("test", |command| {
            Ok(command.coins.record(&command.db, row)?)
        })
        .unwrap();
    let tx = bench.signed(psbt);
    assert_eq!(host_output(&tx), Some((0, Method::Tapret)));
    proof.verify(commitment(n), &tx).unwrap();
    bench.broadcast(&tx);
    tx
}

#[test]
fn a_tapret_coin_is_found_and_spent_again_many_times_over() {
    let mut bench = Bench::funded(100_000);
    let mut spend = Vec::new();
    for n in 1..=6 {
        let tx = anchor(&mut bench, spend, n);
        // Before it is mined, after it is mined, and by a wallet that was closed in between.
        for round in 0..3 {
            let sealed = bench.coins(Place::Sealed);
            assert_eq!(sealed.len(), 1, "round {round} of {n}");
            assert_eq!(sealed[0].outpoint.txid, tx.compute_txid());
            assert_eq!(sealed[0].tapret, Some(commitment(n)));
            assert_eq!(sealed[0].value, CARRIER);
            bench = bench.reopen();
            if round == 0 {
                bench.mine(1);
            }
        }
        spend = vec![bench.coins(Place::Sealed)[0].outpoint];
    }
    let balance = bench.wallet.coin_balance();
    assert_eq!((balance.sealed, balance.sealed_coins), (CARRIER, 1));
    let fees: Amount = bench
        .wallet
        .transactions(0, 6)
        .iter()
        .map(|entry| entry.fee.unwrap())
        .sum();
    assert_eq!(balance.settled + CARRIER + fees, sat(100_000));
}

#[test]
fn a_chain_of_unconfirmed_tapret_coins_can_be_spent() {
    let mut bench = Bench::funded(100_000);
    let mut spend = Vec::new();
    for n in 1..=5 {
        let tx = anchor(&mut bench, spend, n);
        spend = vec![bitcoin::OutPoint {
            txid: tx.compute_txid(),
            vout: 0,
        }];
    }
    bench.mine(1);
    assert_eq!(bench.coins(Place::Sealed)[0].depth, 1);
}

#[test]
fn a_tapret_coin_counts_in_the_history() {
    let mut bench = Bench::funded(100_000);
    let tx = anchor(&mut bench, Vec::new(), 1);
    let entry = bench.wallet.transactions(0, 1)[0];
    assert_eq!(entry.txid, tx.compute_txid());
    assert_eq!(entry.sent - entry.received, entry.fee.unwrap());
}

#[test]
fn a_transaction_that_only_touches_tapret_coins_is_noticed() {
    let mut bench = Bench::funded(100_000);
    let tx = anchor(&mut bench, Vec::new(), 1);
    bench.mine(1);
    let sealed = bench.coins(Place::Sealed)[0].outpoint;
    assert_eq!(sealed.txid, tx.compute_txid());
    let plan = TxPlan {
        spend: vec![sealed],
        leftover: Leftover::Drain(elsewhere()),
        plain: PlainInputs::None,
        ..bench.pay(elsewhere(), None)
    };
    let spending = bench.signed(bench.draft(&plan).unwrap().psbt);
    // The wallet is not told: it has to find this one by a scan.
    bench.sandbox.broadcast(&spending).unwrap();
    bench.mine(1);
    assert!(bench.coins(Place::Sealed).is_empty());
    assert_eq!(
        bench.wallet.transactions(0, 1)[0].txid,
        spending.compute_txid()
    );
}

#[test]
fn sealed_coins_never_pay_fees_or_payments() {
    let mut bench = Bench::funded(10_000);
    for _ in 0..3 {
        let slot = bench.reveal(Place::Sealed);
        bench
            .sandbox
            .fund(&slot.script, sat(50_000), Confirm::Now)
            .unwrap();
    }
    bench.sync();
    assert_eq!(bench.wallet.coin_balance().sealed, sat(150_000));
    let short = bench.draft(&bench.pay(elsewhere(), Some(sat(20_000))));
    assert!(
        matches!(short, Err(CoinsError::InsufficientSats { available, .. }) if available == sat(10_000))
    );
    let all = bench.draft(&bench.pay(elsewhere(), None)).unwrap();
    assert!(all.inputs.iter().all(|coin| coin.place == Place::Plain));
    assert_eq!(all.inputs.len(), 1);
}

#[test]
fn a_sweep_brings_empty_carriers_back_to_plain() {
    let mut bench = Bench::new();
    let slot = bench.reveal(Place::Sealed);
    bench
        .sandbox
        .fund(&slot.script, sat(5_000), Confirm::Now)
        .unwrap();
    bench.sync();
    let to = bench.reveal(Place::Plain);
    let empty = bench
        .coins(Place::Sealed)
        .iter()
        .map(|coin| coin.outpoint)
        .collect();
    let draft = bench.draft(&coins::sweep(empty, &to, rate(1))).unwrap();
    let tx = bench.signed(draft.psbt);
    bench.broadcast(&tx);
    assert!(bench.coins(Place::Sealed).is_empty());
    assert_eq!(bench.wallet.coin_balance().pending, sat(5_000) - draft.fee);
}

#[test]
fn an_opret_commitment_takes_the_place_that_was_held_for_it() {
    let mut bench = Bench::funded(100_000);
    let placeholder = TxOut {
        value: Amount::ZERO,
        script_pubkey: coins::opret_placeholder(),
    };
    let plan = TxPlan {
        outputs: vec![
            placeholder,
            TxOut {
                value: CARRIER,
                script_pubkey: elsewhere(),
            },
        ],
        ..bench.pay(elsewhere(), Some(sat(1)))
    };
    let draft = bench.draft(&plan).unwrap();
    let mut psbt = draft.psbt;
    assert!(matches!(
        set_opret(&mut psbt, 1, commitment(7)),
        Err(CoinsError::NotTheHost { output: 1 })
    ));
    let proof = set_opret(&mut psbt, 0, commitment(7)).unwrap();
    let tx = bench.signed(psbt);
    proof.verify(commitment(7), &tx).unwrap();
    assert_eq!(host_output(&tx), Some((0, Method::Opret)));
    assert_eq!(
        tx.output[0].script_pubkey,
        bulla_core::commit::opret::script(commitment(7))
    );
    assert_eq!(tx.vsize() as u64, draft.vbytes);
    bench.broadcast(&tx);
}

#[test]
fn a_commitment_is_put_nowhere_but_into_its_own_output() {
    let mut bench = Bench::funded(100_000);
    let slot = bench.reveal(Place::Sealed);
    let mut psbt = bench
        .draft(&bench.pay(elsewhere(), Some(sat(1_000))))
        .unwrap()
        .psbt;
    for vout in [0, 1, 2] {
        let result = set_tapret(&mut psbt, vout, &slot, commitment(1));
        assert!(matches!(result, Err(CoinsError::NotTheHost { output }) if output == vout));
    }
}

#[test]
fn sealed_slots_are_peeked_at_before_they_are_taken() {
    let mut bench = Bench::new();
    let (first, second) = {
        let coins = bench.wallet.coin_set();
        (coins.peek(Place::Sealed, 0), coins.peek(Place::Sealed, 1))
    };
    assert_eq!((first.index, second.index), (0, 1));
    assert_ne!(first.script, second.script);
    let taken = bench
        .wallet
        .command("test", |command| Ok(command.coins.take(&second)))
        .unwrap();
    assert!(taken);
    let mut bench = bench.reopen();
    // Both were given out: the second, and the first with it.
    let again = bench
        .wallet
        .command("test", |command| Ok(command.coins.take(&first)))
        .unwrap();
    assert!(!again);
    assert_eq!(bench.reveal(Place::Sealed).index, 2);
}
