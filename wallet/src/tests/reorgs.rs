use bitcoin::Amount;

use super::*;
use crate::chain::Position;
use crate::sandbox::Contents;
use crate::store::witnesses::{self, WitnessRow};

#[test]
fn a_reorg_that_drops_a_payment_drops_the_coin() {
    let mut bench = Bench::funded(50_000);
    let txid = bench.wallet.coins()[0].outpoint.txid;
    bench
        .sandbox
        .reorg(1, &Contents::Nothing, &elsewhere())
        .unwrap();
    let report = bench.wallet.sync(&bench.sandbox).unwrap();
    assert!(report.fork.is_some());
    // It waits again.
    assert_eq!(bench.wallet.coins()[0].height, None);
    bench.sandbox.evict(txid).unwrap();
    bench.sync();
    assert!(bench.wallet.coins().is_empty());
    assert!(bench.wallet.transactions(0, 10).is_empty());
}

#[test]
fn a_reorg_that_mines_a_payment_elsewhere_moves_the_coin() {
    let mut bench = Bench::funded(50_000);
    let height = bench.wallet.coins()[0].height.unwrap();
    bench.mine(3);
    bench
        .sandbox
        .reorg(4, &Contents::Nothing, &elsewhere())
        .unwrap();
    bench.sandbox.mine(1, &elsewhere()).unwrap();
    bench.sync();
    assert!(bench.wallet.coins()[0].height.unwrap() > height);
    let bench = bench.reopen();
    assert_eq!(bench.wallet.coins().len(), 1);
    assert_eq!(bench.wallet.coin_balance().settled, sat(50_000));
}

#[test]
fn a_reorg_while_nobody_looked_is_noticed_at_the_next_sync() {
    let mut bench = Bench::funded(50_000);
    bench.mine(2);
    let txid = bench.wallet.coins()[0].outpoint.txid;
    bench
        .sandbox
        .reorg(3, &Contents::Nothing, &elsewhere())
        .unwrap();
    bench.sandbox.evict(txid).unwrap();
    bench.sandbox.mine(10, &elsewhere()).unwrap();
    let mut bench = bench.reopen();
    bench.sync();
    assert_eq!(bench.wallet.coin_balance().settled, Amount::ZERO);
    assert!(bench.wallet.coins().is_empty());
}

#[test]
fn an_evicted_payment_of_our_own_gives_its_coins_back() {
    let mut bench = Bench::funded(100_000);
    let tx = bench.signed(bench.draft(&bench.pay(elsewhere(), None)).unwrap().psbt);
    bench.broadcast(&tx);
    assert!(bench.wallet.coins().is_empty());
    bench.sandbox.evict(tx.compute_txid()).unwrap();
    bench.sync();
    assert_eq!(bench.wallet.coins().len(), 1);
    // And takes them again when it is handed over again.
    bench.broadcast(&tx);
    assert!(bench.wallet.coins().is_empty());
    bench.mine(1);
    assert!(bench.wallet.coins().is_empty());
}

#[test]
fn repeating_a_sync_changes_nothing() {
    let mut bench = Bench::funded(50_000);
    let before = (bench.wallet.coins(), bench.wallet.tip());
    for _ in 0..3 {
        let report = bench.wallet.sync(&bench.sandbox).unwrap();
        assert_eq!((report.transactions, report.fork), (0, None));
    }
    assert_eq!((bench.wallet.coins(), bench.wallet.tip()), before);
}

#[test]
fn a_restored_wallet_finds_its_plain_coins_across_gaps() {
    let mut bench = Bench::with(Keys::restore(ABANDON, None).unwrap());
    // Every 15th address, so that each is found only once the one before it is.
    for index in [0, 15, 30, 45, 60] {
        let slot = bench.wallet.coin_set().slot(Place::Plain, index);
        bench
            .sandbox
            .fund(&slot.script, sat(10_000), Confirm::Now)
            .unwrap();
    }
    bench.sandbox.mine(20, &elsewhere()).unwrap();
    bench.sync();
    assert_eq!(bench.wallet.coin_balance().settled, sat(50_000));
    assert_eq!(bench.wallet.coin_set().next_index(Place::Plain), 61);
}

#[test]
fn what_lies_behind_the_gap_is_found_with_a_larger_one() {
    let mut bench = Bench::new();
    let slot = bench.wallet.coin_set().slot(Place::Plain, 50);
    bench
        .sandbox
        .fund(&slot.script, sat(10_000), Confirm::Now)
        .unwrap();
    bench.sync();
    assert!(bench.wallet.coins().is_empty());
    bench.wallet.set_gap(60).unwrap();
    bench.sync();
    assert_eq!(bench.wallet.coins().len(), 1);
    assert_eq!(bench.reopen().wallet.coins().len(), 1);
}

#[test]
fn what_happened_before_the_birthday_is_found_by_a_rescan() {
    let mut bench = Bench::new();
    let to = bench.wallet.address().unwrap().script_pubkey();
    bench.sandbox.fund(&to, sat(10_000), Confirm::Now).unwrap();
    bench.sandbox.mine(5, &elsewhere()).unwrap();
    let tip = bench.sandbox.tip().unwrap().height;
    bench.wallet.set_birthday(tip).unwrap();
    bench.sync();
    assert!(bench.wallet.coins().is_empty());
    bench.wallet.rescan(&bench.sandbox, 0).unwrap();
    assert_eq!(bench.wallet.coins().len(), 1);
}

#[test]
fn an_earlier_birthday_is_looked_at_by_the_next_sync() {
    let mut bench = Bench::new();
    let to = bench.wallet.address().unwrap().script_pubkey();
    bench.sandbox.fund(&to, sat(10_000), Confirm::Now).unwrap();
    bench.sandbox.mine(5, &elsewhere()).unwrap();
    bench
        .wallet
        .set_birthday(bench.sandbox.tip().unwrap().height)
        .unwrap();
    bench.sync();
    bench.wallet.set_birthday(0).unwrap();
    bench.sync();
    assert_eq!(bench.wallet.coins().len(), 1);
}

#[test]
fn a_sync_says_which_witnesses_are_elsewhere() {
    let mut bench = Bench::funded(100_000);
    let tx = bench.signed(
        bench
            .draft(&bench.pay(elsewhere(), Some(sat(1_000))))
            .unwrap()
            .psbt,
    );
    let txid = tx.compute_txid();
    let row = WitnessRow {
        tx: tx.clone(),
        own: true,
        position: Position::Absent,
        since: 0,
    };
    bench
        .wallet
        .command("test", |command| Ok(witnesses::put(&command.db, &row)?))
        .unwrap();
    let sync = |bench: &mut Bench| bench.wallet.sync(&bench.sandbox).unwrap().moved;
    assert_eq!(sync(&mut bench), []);
    bench.broadcast(&tx);
    assert_eq!(sync(&mut bench), [(txid, Position::Mempool)]);
    bench.sandbox.mine(1, &elsewhere()).unwrap();
    let height = bench.sandbox.tip().unwrap().height;
    assert_eq!(sync(&mut bench), [(txid, Position::Mined { height })]);
    bench.sandbox.mine(2, &elsewhere()).unwrap();
    assert_eq!(sync(&mut bench), []);
    bench
        .sandbox
        .reorg(3, &Contents::Without(vec![txid]), &elsewhere())
        .unwrap();
    assert_eq!(sync(&mut bench), [(txid, Position::Mempool)]);
    bench.sandbox.evict(txid).unwrap();
    assert_eq!(sync(&mut bench), [(txid, Position::Absent)]);
}
