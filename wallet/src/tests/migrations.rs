use bdk_wallet::rusqlite::Connection;

use super::*;
use crate::coins::Leftover;
use crate::store;

/// A file that version 1 wrote.
const VERSION_1: &str = include_str!("../../tests/fixtures/store-v1.sql");

fn old_file(dir: &tempfile::TempDir) -> PathBuf {
    let path = dir.path().join("wallet.sqlite");
    Connection::open(&path)
        .unwrap()
        .execute_batch(VERSION_1)
        .unwrap();
    path
}

/// The statements that made everything in a file.
fn schema(path: &std::path::Path) -> Vec<String> {
    let db = store::open(path).unwrap();
    let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
    let mut statement = db.prepare(sql).unwrap();
    statement
        .query_map((), |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn a_file_of_version_1_opens_with_all_its_coins() {
    let dir = tempfile::tempdir().unwrap();
    let wallet = Wallet::open(&old_file(&dir)).unwrap();
    assert_eq!((wallet.tip().height, wallet.synced()), (113, Some(113)));
    assert_eq!(wallet.descriptors().fingerprint.to_string(), "73c5da0a");
    let balance = wallet.coin_balance();
    assert_eq!((balance.settled, balance.sealed), (sat(98_268), sat(1_000)));
    assert_eq!(wallet.transactions(0, 10).len(), 3);
}

#[test]
fn a_tapret_coin_of_version_1_can_be_spent() {
    let dir = tempfile::tempdir().unwrap();
    let wallet = Wallet::open(&old_file(&dir)).unwrap();
    let coin = wallet
        .coins()
        .into_iter()
        .find(|coin| coin.tapret.is_some())
        .unwrap();
    let to = wallet.coin_set().peek(Place::Plain, 0);
    let plan = coins::sweep(vec![coin.outpoint], &to, rate(1));
    assert_eq!(plan.leftover, Leftover::Drain(to.script));
    let mut psbt = wallet.coin_set().draft(&plan).unwrap().psbt;
    wallet.sign(&mut psbt, &passphrase()).unwrap();
    coins::finalize(&psbt).unwrap();
}

#[test]
fn a_migrated_file_is_like_a_new_one() {
    let (old, new) = (tempfile::tempdir().unwrap(), Bench::new());
    let file = new.file();
    drop(new.wallet);
    assert_eq!(schema(&old_file(&old)), schema(&file));
}

#[test]
fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = old_file(&dir);
    // A table of this name is in the way of version 2.
    let db = Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE reserved (x)").unwrap();
    drop(db);
    let before = std::fs::read(&path).unwrap();
    assert_eq!(failure(Wallet::open(&path)).code(), "wallet-file");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
