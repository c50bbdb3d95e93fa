//! Queries on the mempool's tables. Rows are numbered in the order of arrival, parents first.

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::{self, Connection, OptionalExtension, params};
use bitcoin::consensus::encode::serialize;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, TxOut, Txid};

use super::ledger::{Coin, txid_of};
use super::store::decode;

/// A transaction that waits, with what was computed when it came.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub tx: Transaction,
    pub fee: Amount,
    pub vsize: u64,
}

/// All, in the order of arrival.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<Entry>> {
    let mut statement = db.prepare_cached("SELECT raw, fee, vsize FROM pool ORDER BY number")?;
    let rows = statement.query_map([], |row| {
        let raw: Vec<u8> = row.get(0)?;
        Ok(Entry {
            tx: decode(&raw)?,
            fee: Amount::from_sat(row.get(1)?),
            vsize: row.get(2)?,
        })
    })?;
    rows.collect()
}

/// How many transactions wait.
pub(super) fn count(db: &Connection) -> rusqlite::Result<usize> {
    db.prepare_cached("SELECT count(*) FROM pool")?
        .query_row([], |row| row.get(0))
}

/// A waiting transaction.
pub(super) fn get(db: &Connection, txid: &Txid) -> rusqlite::Result<Option<Transaction>> {
    let raw: Option<Vec<u8>> = db
        .prepare_cached("SELECT raw FROM pool WHERE txid = ?1")?
        .query_row([txid.as_byte_array()], |row| row.get(0))
        .optional()?;
    raw.map(|raw| decode(&raw)).transpose()
}

/// Whether a transaction waits.
pub(super) fn contains(db: &Connection, txid: &Txid) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM pool WHERE txid = ?1")?
        .exists([txid.as_byte_array()])
}

/// Fee and virtual size of a waiting transaction.
pub(super) fn cost(db: &Connection, txid: &Txid) -> rusqlite::Result<(Amount, u64)> {
    db.prepare_cached("SELECT fee, vsize FROM pool WHERE txid = ?1")?
        .query_row([txid.as_byte_array()], |row| {
            Ok((Amount::from_sat(row.get(0)?), row.get(1)?))
        })
}

/// The waiting transaction that spends an output.
pub(super) fn spender(db: &Connection, outpoint: &OutPoint) -> rusqlite::Result<Option<Txid>> {
    db.prepare_cached("SELECT spender FROM pool_spend WHERE txid = ?1 AND vout = ?2")?
        .query_row(
            params![outpoint.txid.as_byte_array(), outpoint.vout],
            |row| row.get(0).map(txid_of),
        )
        .optional()
}

/// An output of a waiting transaction, as if mined at `height`.
pub(super) fn coin(
    db: &Connection,
    outpoint: &OutPoint,
    height: u32,
) -> rusqlite::Result<Option<Coin>> {
    db.prepare_cached("SELECT value, script FROM pool_coin WHERE txid = ?1 AND vout = ?2")?
        .query_row(
            params![outpoint.txid.as_byte_array(), outpoint.vout],
            |row| {
                let value = Amount::from_sat(row.get(0)?);
                let script_pubkey = ScriptBuf::from_bytes(row.get(1)?);
                Ok(Coin {
                    output: TxOut {
                        value,
                        script_pubkey,
                    },
                    height,
                    coinbase: false,
                })
            },
        )
        .optional()
}

/// Adds a checked transaction. `spent` has one output for each input, in order.
pub(super) fn insert(db: &Connection, entry: &Entry, spent: &[TxOut]) -> rusqlite::Result<()> {
    let txid = entry.tx.compute_txid();
    let id = txid.as_byte_array();
    db.prepare_cached("INSERT INTO pool (txid, fee, vsize, raw) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            id,
            entry.fee.to_sat(),
            entry.vsize,
            serialize(&entry.tx)
        ])?;
    let mut mark = db.prepare_cached(
        "INSERT INTO pool_spend (txid, vout, script, spender) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (input, output) in entry.tx.input.iter().zip(spent) {
        let OutPoint { txid: from, vout } = input.previous_output;
        mark.execute(params![
            from.as_byte_array(),
            vout,
            output.script_pubkey.as_bytes(),
            id
        ])?;
    }
    let mut create = db.prepare_cached(
        "INSERT INTO pool_coin (txid, vout, value, script) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (vout, output) in (0u32..).zip(&entry.tx.output) {
        let script = output.script_pubkey.as_bytes();
        create.execute(params![id, vout, output.value.to_sat(), script])?;
    }
    Ok(())
}

/// Removes one transaction; its children stay.
pub(super) fn remove(db: &Connection, txid: &Txid) -> rusqlite::Result<()> {
    for statement in [
        "DELETE FROM pool WHERE txid = ?1",
        "DELETE FROM pool_spend WHERE spender = ?1",
        "DELETE FROM pool_coin WHERE txid = ?1",
    ] {
        db.prepare_cached(statement)?
            .execute([txid.as_byte_array()])?;
    }
    Ok(())
}

/// Removes everything.
pub(super) fn clear(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch("DELETE FROM pool; DELETE FROM pool_spend; DELETE FROM pool_coin;")
}

/// Waiting transactions that spend an output of this one.
pub(super) fn children(db: &Connection, txid: &Txid) -> rusqlite::Result<Vec<Txid>> {
    let mut statement =
        db.prepare_cached("SELECT DISTINCT spender FROM pool_spend WHERE txid = ?1")?;
    statement
        .query_map([txid.as_byte_array()], |row| row.get(0).map(txid_of))?
        .collect()
}

/// Waiting transactions that this waiting one spends.
fn parents(db: &Connection, txid: &Txid) -> rusqlite::Result<Vec<Txid>> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT pool.txid FROM pool_spend JOIN pool ON pool.txid = pool_spend.txid
         WHERE pool_spend.spender = ?1",
    )?;
    statement
        .query_map([txid.as_byte_array()], |row| row.get(0).map(txid_of))?
        .collect()
}

fn closure(
    start: impl IntoIterator<Item = Txid>,
    next: impl Fn(&Txid) -> rusqlite::Result<Vec<Txid>>,
) -> rusqlite::Result<BTreeSet<Txid>> {
    let mut found = BTreeSet::new();
    let mut queue: Vec<Txid> = start.into_iter().collect();
    while let Some(txid) = queue.pop() {
        if found.insert(txid) {
            queue.extend(next(&txid)?);
        }
    }
    Ok(found)
}

/// These transactions and all that depend on them.
pub(super) fn descendants(
    db: &Connection,
    of: impl IntoIterator<Item = Txid>,
) -> rusqlite::Result<BTreeSet<Txid>> {
    closure(of, |txid| children(db, txid))
}

/// These transactions and all they depend on.
pub(super) fn ancestors(
    db: &Connection,
    of: impl IntoIterator<Item = Txid>,
) -> rusqlite::Result<BTreeSet<Txid>> {
    closure(of, |txid| parents(db, txid))
}

/// These transactions and all that are connected with them, without any of `except`.
pub(super) fn cluster(
    db: &Connection,
    of: impl IntoIterator<Item = Txid>,
    except: &BTreeSet<Txid>,
) -> rusqlite::Result<BTreeSet<Txid>> {
    closure(of, |txid| {
        let mut near = parents(db, txid)?;
        near.extend(children(db, txid)?);
        near.retain(|txid| !except.contains(txid));
        Ok(near)
    })
}
