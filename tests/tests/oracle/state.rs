//! The whole state of both: the best block, the mempool, and every unspent output.

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::{Connection, Row};
use bitcoin::consensus::encode::serialize;
use bitcoin::hashes::{Hash, HashEngine, sha256d};
use bitcoin::{Amount, OutPoint, ScriptBuf, TxOut, Txid};
use serde_json::json;

use crate::pair::Pair;

/// Asserts that both have the same best block, mempool and unspent outputs.
pub fn assert_same(pair: &Pair) {
    pair.tip();
    assert_eq!(sandbox_mempool(pair), node_mempool(pair), "mempools");
    let theirs = pair
        .node
        .rpc("gettxoutsetinfo", &[json!("hash_serialized_3")]);
    let ours = sandbox_coins_hash(pair).to_string();
    assert_eq!(json!(ours), theirs["hash_serialized_3"], "unspent outputs");
}

/// What waits, as both see it.
pub fn mempool(pair: &Pair) -> BTreeSet<Txid> {
    let found = sandbox_mempool(pair);
    assert_eq!(found, node_mempool(pair), "mempools");
    found
}

fn node_mempool(pair: &Pair) -> BTreeSet<Txid> {
    let txids = pair.node.rpc("getrawmempool", &[]);
    serde_json::from_value(txids).expect("txids")
}

fn sandbox_mempool(pair: &Pair) -> BTreeSet<Txid> {
    let file = Connection::open(pair.file()).expect("the sandbox's file");
    let mut statement = file.prepare("SELECT txid FROM pool").expect("a table");
    let txids = statement.query_map([], |row| row.get(0).map(Txid::from_byte_array));
    txids
        .expect("rows")
        .map(|txid| txid.expect("an id"))
        .collect()
}

/// Core's `hash_serialized_3` (`kernel/coinstats.cpp`) of the coins in the sandbox's file.
fn sandbox_coins_hash(pair: &Pair) -> sha256d::Hash {
    let file = Connection::open(pair.file()).expect("the sandbox's file");
    let mut statement = file
        .prepare(
            "SELECT txid, vout, height, coinbase, value, script FROM coin
             WHERE spender IS NULL ORDER BY txid, vout",
        )
        .expect("a table");
    let coins = statement.query_map([], serialized);
    let mut engine = sha256d::Hash::engine();
    for coin in coins.expect("rows") {
        engine.input(&coin.expect("a coin"));
    }
    sha256d::Hash::from_engine(engine)
}

fn serialized(row: &Row<'_>) -> Result<Vec<u8>, bdk_wallet::rusqlite::Error> {
    let outpoint = OutPoint {
        txid: Txid::from_byte_array(row.get(0)?),
        vout: row.get(1)?,
    };
    let (height, coinbase): (u32, bool) = (row.get(2)?, row.get(3)?);
    let output = TxOut {
        value: Amount::from_sat(row.get(4)?),
        script_pubkey: ScriptBuf::from_bytes(row.get(5)?),
    };
    let mut bytes = serialize(&outpoint);
    bytes.extend((height * 2 + u32::from(coinbase)).to_le_bytes());
    bytes.extend(serialize(&output));
    Ok(bytes)
}
