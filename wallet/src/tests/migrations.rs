use bdk_wallet::rusqlite::Connection;
use bdk_wallet::rusqlite::types::Value;

use super::*;
use crate::coins::Leftover;
use crate::store;

/// A file that version 1 wrote.
const VERSION_1: &str = include_str!("../../tests/fixtures/store-v1.sql");

/// A file that version 8 wrote.
const VERSION_8: &str = include_str!("../../tests/fixtures/store-v8.sql");

fn file_of(version: &str, dir: &tempfile::TempDir) -> PathBuf {
    let path = dir.path().join("wallet.sqlite");
    Connection::open(&path)
        .unwrap()
        .execute_batch(version)
        .unwrap();
    path
}

fn old_file(dir: &tempfile::TempDir) -> PathBuf {
    file_of(VERSION_1, dir)
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

/// The rows of each table that version 9 numbers: as version 8 has them, and as version 9 does.
const NUMBERED: [(&str, &str); 9] = [
    (
        "SELECT id, contract, height, transition FROM operations ORDER BY seq",
        "SELECT o.id, c.id, o.height, o.transition
         FROM operations o JOIN operations c ON c.n = o.contract ORDER BY o.n",
    ),
    (
        "SELECT operation, parent, type, idx FROM inputs ORDER BY 1, 2, 3, 4",
        "SELECT o.id, p.id, type, idx FROM inputs i
         JOIN operations o ON o.n = i.operation JOIN operations p ON p.n = i.parent ORDER BY 1, 2, 3, 4",
    ),
    (
        "SELECT * FROM leaves ORDER BY operation, type, idx",
        "SELECT o.id, type, idx, kind, amount, token, data, secret, seal
         FROM leaves l JOIN operations o ON o.n = l.operation ORDER BY o.id, type, idx",
    ),
    (
        "SELECT txid, tx, own, status, height, conflict, since FROM witnesses ORDER BY txid",
        "SELECT txid, tx, own, status, height, conflict, since FROM witnesses ORDER BY txid",
    ),
    (
        "SELECT outpoint, witness FROM spent ORDER BY 1, 2",
        "SELECT outpoint, txid FROM spent JOIN witnesses ON n = witness ORDER BY 1, 2",
    ),
    (
        "SELECT witness, contract, anchor, bundle FROM anchors ORDER BY 1, 2",
        "SELECT w.txid, c.id, anchor, bundle FROM anchors a
         JOIN witnesses w ON w.n = a.witness JOIN operations c ON c.n = a.contract ORDER BY 1, 2",
    ),
    (
        "SELECT witness, contract, operation, signatures FROM anchored ORDER BY 1, 2, 3",
        "SELECT w.txid, c.id, o.id, signatures FROM anchored a JOIN witnesses w ON w.n = a.witness
         JOIN operations c ON c.n = a.contract JOIN operations o ON o.n = a.operation ORDER BY 1, 2, 3",
    ),
    (
        "SELECT operation, witness, parent, parent_witness, n FROM parents ORDER BY 1, 2, 3, 4",
        "SELECT o.id, w.txid, p.id, v.txid, nth FROM parents q JOIN operations o ON o.n = q.operation
         JOIN witnesses w ON w.n = q.witness JOIN operations p ON p.n = q.parent
         JOIN witnesses v ON v.n = q.parent_witness ORDER BY 1, 2, 3, 4",
    ),
    (
        "SELECT txid, height, position, branch FROM block_proofs ORDER BY txid",
        "SELECT txid, p.height, position, branch FROM block_proofs p
         JOIN witnesses ON n = witness ORDER BY txid",
    ),
];

fn rows(db: &Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut statement = db.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map((), |row| (0..columns).map(|n| row.get(n)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_file_of_version_8_keeps_every_row() {
    let dir = tempfile::tempdir().unwrap();
    let path = file_of(VERSION_8, &dir);
    let old = Connection::open(&path).unwrap();
    let before = NUMBERED.map(|(sql, _)| rows(&old, sql));
    assert!(before.iter().all(|rows| rows.len() >= 7));
    drop(old);
    let mut wallet = Wallet::open(&path).unwrap();
    for ((_, sql), before) in NUMBERED.iter().zip(before) {
        assert_eq!(rows(&wallet.db, sql), before, "{sql}");
    }
    let violations = rows(&wallet.db, "PRAGMA foreign_key_check");
    assert_eq!(violations, Vec::<Vec<Value>>::new());
    // What is computed from them is there as well, and the genesis and its leaf are.
    let cached = "SELECT height FROM operations ORDER BY n";
    let heights = rows(&wallet.db, cached);
    let again = wallet.command("test", |command| {
        Ok(store::standing::refresh_all(&command.db)?)
    });
    again.unwrap();
    assert_eq!(rows(&wallet.db, cached), heights);
    let assets = wallet.balance().unwrap().assets;
    let held: Vec<_> = assets.iter().map(|asset| asset.settled).collect();
    assert_eq!(held, [5], "five payments of one unit");
}
