use bitcoin::{Amount, TxOut};

use super::*;
use crate::coins::{CoinsError, Leftover, PlainInputs};

#[test]
fn money_that_comes_in_is_pending_then_settled() {
    let mut bench = Bench::new();
    let to = bench.wallet.address().unwrap().script_pubkey();
    bench
        .sandbox
        .fund(&to, sat(50_000), Confirm::Later)
        .unwrap();
    bench.sync();
    let balance = bench.wallet.coin_balance();
    assert_eq!(
        (balance.settled, balance.pending),
        (Amount::ZERO, sat(50_000))
    );
    bench.mine(1);
    let balance = bench.wallet.coin_balance();
    assert_eq!(
        (balance.settled, balance.pending),
        (sat(50_000), Amount::ZERO)
    );
    assert_eq!(bench.wallet.coins()[0].depth, 1);
    bench.mine(2);
    assert_eq!(bench.wallet.coins()[0].depth, 3);
}

#[test]
fn no_address_is_given_twice() {
    let mut bench = Bench::new();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..9 {
        assert!(seen.insert(bench.wallet.address().unwrap()));
    }
    let mut bench = bench.reopen();
    assert!(seen.insert(bench.wallet.address().unwrap()));
}

#[test]
fn addresses_never_run_beyond_what_a_restored_wallet_looks_at() {
    let mut bench = Bench::new();
    let first = bench.wallet.address().unwrap();
    for _ in 1..crate::defaults::GAP / 2 {
        assert_ne!(bench.wallet.address().unwrap(), first);
    }
    assert_eq!(bench.wallet.address().unwrap(), first);
    bench
        .sandbox
        .fund(&first.script_pubkey(), sat(1_000), Confirm::Now)
        .unwrap();
    bench.sync();
    assert_ne!(bench.wallet.address().unwrap(), first);
}

#[test]
fn a_payment_pays_what_it_says_and_change_comes_last() {
    let mut bench = Bench::funded(100_000);
    let draft = bench
        .draft(&bench.pay(elsewhere(), Some(sat(30_000))))
        .unwrap();
    let tx = bench.signed(draft.psbt);
    assert_eq!(
        tx.output[0],
        TxOut {
            value: sat(30_000),
            script_pubkey: elsewhere()
        }
    );
    assert_eq!(draft.leftover, Some(1));
    assert_eq!(tx.output[1].value, sat(70_000) - draft.fee);
    // The fee rate is exact for the size that was signed.
    assert_eq!(tx.vsize() as u64, draft.vbytes);
    assert_eq!(draft.fee, rate(2).fee_vb(draft.vbytes).unwrap());
    bench.broadcast(&tx);
    let balance = bench.wallet.coin_balance();
    assert_eq!(balance.pending, sat(70_000) - draft.fee);
    bench.mine(1);
    assert_eq!(bench.wallet.coin_balance().settled, sat(70_000) - draft.fee);
}

#[test]
fn every_input_signals_that_it_can_be_replaced() {
    let bench = Bench::funded(100_000);
    let draft = bench
        .draft(&bench.pay(elsewhere(), Some(sat(30_000))))
        .unwrap();
    assert!(
        draft
            .psbt
            .unsigned_tx
            .input
            .iter()
            .all(|input| input.sequence.is_rbf())
    );
}

#[test]
fn paying_all_leaves_nothing() {
    let mut bench = Bench::funded(100_000);
    bench.fund(20_000);
    let draft = bench.draft(&bench.pay(elsewhere(), None)).unwrap();
    let tx = bench.signed(draft.psbt);
    assert_eq!(tx.output.len(), 1);
    assert_eq!(tx.output[0].value, sat(120_000) - draft.fee);
    bench.broadcast(&tx);
    assert!(bench.wallet.coins().is_empty());
}

#[test]
fn change_below_dust_goes_to_the_fee() {
    let bench = Bench::funded(100_000);
    let plan = bench.pay(elsewhere(), Some(sat(99_500)));
    let draft = bench.draft(&plan).unwrap();
    assert_eq!(draft.leftover, None);
    assert_eq!(draft.psbt.unsigned_tx.output.len(), 1);
    assert_eq!(draft.fee, sat(500));
}

#[test]
fn the_order_of_outputs_is_never_changed() {
    let mut bench = Bench::funded(100_000);
    for amount in [5_000, 6_000, 7_000] {
        bench.fund(amount);
    }
    let outputs: Vec<_> = [9_000, 400, 50_000, 1_000, 40_000]
        .map(|value| TxOut {
            value: sat(value),
            script_pubkey: elsewhere(),
        })
        .into();
    let plan = TxPlan {
        outputs: outputs.clone(),
        ..bench.pay(elsewhere(), Some(sat(1)))
    };
    let draft = bench.draft(&plan).unwrap();
    let found = &draft.psbt.unsigned_tx.output;
    assert_eq!(found[..outputs.len()], outputs);
    assert_eq!(draft.leftover, Some(5));
}

#[test]
fn too_little_money_is_an_error_that_says_how_much_is_missing() {
    let bench = Bench::funded(10_000);
    match bench.draft(&bench.pay(elsewhere(), Some(sat(20_000)))) {
        Err(CoinsError::InsufficientSats {
            missing,
            available,
            needed,
        }) => {
            assert_eq!(available, sat(10_000));
            assert_eq!(needed, available + missing);
            assert!(missing > sat(10_000) && missing < sat(10_500), "{missing}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn exactly_the_missing_amount_is_enough() {
    let mut bench = Bench::funded(10_000);
    let plan = bench.pay(elsewhere(), Some(sat(20_000)));
    let Err(CoinsError::InsufficientSats { missing, .. }) = bench.draft(&plan) else {
        panic!()
    };
    // One more coin is one more input: its fee comes on top.
    let input = rate(2).fee_vb(58).unwrap();
    bench.fund((missing + input).to_sat());
    bench.draft(&plan).unwrap();
}

#[test]
fn an_empty_wallet_pays_nothing() {
    let bench = Bench::new();
    let all = bench.draft(&bench.pay(elsewhere(), None));
    assert!(matches!(all, Err(CoinsError::NothingToSpend)), "{all:?}");
    let some = bench.draft(&bench.pay(elsewhere(), Some(sat(1_000))));
    assert!(
        matches!(some, Err(CoinsError::InsufficientSats { .. })),
        "{some:?}"
    );
}

#[test]
fn dust_and_absurd_fees_are_refused() {
    let bench = Bench::funded(100_000);
    match bench.draft(&bench.pay(elsewhere(), Some(sat(329)))) {
        Err(CoinsError::Dust {
            output: 0,
            value,
            least,
        }) => {
            assert_eq!((value, least), (sat(329), sat(330)));
        }
        other => panic!("{other:?}"),
    }
    let plan = TxPlan {
        max_fee: sat(100),
        ..bench.pay(elsewhere(), Some(sat(1_000)))
    };
    match bench.draft(&plan) {
        Err(CoinsError::FeeTooHigh { limit, .. }) => assert_eq!(limit, sat(100)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn kept_coins_are_not_touched() {
    let mut bench = Bench::funded(100_000);
    bench.fund(90_000);
    let kept = bench.coins(Place::Plain)[0].clone();
    let avoid = [kept.outpoint].into();
    let plan = TxPlan {
        avoid,
        ..bench.pay(elsewhere(), None)
    };
    let draft = bench.draft(&plan).unwrap();
    assert_eq!(draft.inputs.len(), 1);
    assert_ne!(draft.inputs[0].outpoint, kept.outpoint);
    // Unless they are named.
    let plan = TxPlan {
        spend: vec![kept.outpoint],
        ..plan
    };
    assert_eq!(bench.draft(&plan).unwrap().inputs.len(), 2);
}

#[test]
fn unconfirmed_money_of_others_does_not_pay() {
    let mut bench = Bench::new();
    let to = bench.wallet.address().unwrap().script_pubkey();
    bench
        .sandbox
        .fund(&to, sat(50_000), Confirm::Later)
        .unwrap();
    bench.sync();
    assert!(!bench.wallet.coins()[0].trusted);
    let draft = bench.draft(&bench.pay(elsewhere(), Some(sat(1_000))));
    assert!(matches!(draft, Err(CoinsError::InsufficientSats { .. })));
}

#[test]
fn own_change_pays_before_it_is_mined() {
    let mut bench = Bench::funded(100_000);
    for _ in 0..3 {
        let plan = bench.pay(elsewhere(), Some(sat(10_000)));
        bench.reveal(Place::Plain);
        let tx = bench.signed(bench.draft(&plan).unwrap().psbt);
        bench.broadcast(&tx);
        let coins = bench.wallet.coins();
        assert_eq!(coins.len(), 1);
        assert!(coins[0].trusted && coins[0].height.is_none());
    }
    bench.mine(1);
    assert_eq!(bench.wallet.coins()[0].depth, 1);
}

#[test]
fn newly_mined_money_waits_for_100_blocks() {
    let mut bench = Bench::new();
    let to = bench.wallet.address().unwrap().script_pubkey();
    bench.sandbox.mine(1, &to).unwrap();
    bench.mine(98);
    let coin = bench.wallet.coins()[0].clone();
    assert_eq!((coin.depth, coin.mature, coin.trusted), (99, false, false));
    assert_eq!(bench.wallet.coin_balance().settled, Amount::ZERO);
    let plan = TxPlan {
        spend: vec![coin.outpoint],
        ..bench.pay(elsewhere(), None)
    };
    assert!(matches!(
        bench.draft(&plan),
        Err(CoinsError::Immature { depth: 99, .. })
    ));
    bench.mine(1);
    let tx = bench.signed(bench.draft(&plan).unwrap().psbt);
    bench.broadcast(&tx);
}

#[test]
fn the_history_shows_what_was_sent_received_and_paid_for() {
    let mut bench = Bench::funded(100_000);
    let draft = bench
        .draft(&bench.pay(elsewhere(), Some(sat(30_000))))
        .unwrap();
    let tx = bench.signed(draft.psbt);
    bench.broadcast(&tx);
    let history = bench.wallet.transactions(0, 10);
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].txid, tx.compute_txid());
    assert_eq!(
        (history[0].sent, history[0].received),
        (sat(100_000), sat(70_000) - draft.fee)
    );
    assert_eq!((history[0].fee, history[0].height), (Some(draft.fee), None));
    assert_eq!(
        (history[1].sent, history[1].received),
        (Amount::ZERO, sat(100_000))
    );
    assert_eq!(bench.wallet.transactions(1, 10), history[1..]);
    bench.mine(1);
    let history = bench.wallet.transactions(0, 1);
    assert_eq!(history[0].height, Some(bench.wallet.tip().height));
}

#[test]
fn coins_that_cost_more_than_they_bring_stay() {
    let mut bench = Bench::funded(100_000);
    bench.fund(350);
    let plan = TxPlan {
        fee_rate: rate(10),
        ..bench.pay(elsewhere(), None)
    };
    assert_eq!(bench.draft(&plan).unwrap().inputs.len(), 1);
}

#[test]
fn a_drain_takes_the_rest_of_a_payment_as_well() {
    let bench = Bench::funded(100_000);
    let plan = TxPlan {
        outputs: vec![TxOut {
            value: sat(1_000),
            script_pubkey: elsewhere(),
        }],
        leftover: Leftover::Drain(elsewhere()),
        plain: PlainInputs::All,
        ..bench.pay(elsewhere(), None)
    };
    let draft = bench.draft(&plan).unwrap();
    assert_eq!(draft.leftover, Some(1));
    assert_eq!(
        draft.psbt.unsigned_tx.output[1].value,
        sat(99_000) - draft.fee
    );
}

#[test]
fn change_stays_where_a_restored_wallet_finds_it() {
    let mut bench = Bench::with(Keys::restore(ABANDON, None).unwrap());
    bench.fund(100_000);
    // As many addresses as there are, then payments that never happen and take a change slot each.
    for _ in 0..2 * crate::defaults::GAP {
        bench.wallet.address().unwrap();
        let change = bench.wallet.coin_set().change_slot();
        bench
            .wallet
            .command("test", |command| Ok(command.coins.take(&change)))
            .unwrap();
    }
    let plan = bench.pay(elsewhere(), Some(sat(10_000)));
    let tx = bench.signed(bench.draft(&plan).unwrap().psbt);
    bench.broadcast(&tx);
    bench.mine(1);
    let balance = bench.wallet.coin_balance();
    let Bench {
        dir,
        sandbox,
        wallet,
    } = bench;
    drop(wallet);
    let file = dir.path().join("restored.sqlite");
    let keys = Keys::restore(ABANDON, None).unwrap();
    let mut restored = Wallet::create(&file, Network::Regtest, keys, &passphrase()).unwrap();
    restored.sync(&sandbox).unwrap();
    assert_eq!(restored.coin_balance(), balance);
}
