//! Queries on the block tree, the best chain and its coins.

use bdk_wallet::chain::BlockId;
use bdk_wallet::rusqlite::{self, Connection, OptionalExtension, Row, params};
use bitcoin::consensus::encode::serialize;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, Block, BlockHash, OutPoint, ScriptBuf, Transaction, TxOut, Txid};

use super::store::decode;
use super::transaction::is_unspendable;

/// Blocks whose times make the median time past (BIP 113).
const MEDIAN_SPAN: u32 = 11;

/// A stored block, without its transactions.
pub(super) struct Node {
    pub id: BlockId,
    pub prev: BlockHash,
    pub time: u32,
    pub invalid: bool,
}

/// An output in the best chain, or, for the mempool, one that the next block may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Coin {
    pub output: TxOut,
    pub height: u32,
    pub coinbase: bool,
}

pub(super) fn hash_of(bytes: [u8; 32]) -> BlockHash {
    BlockHash::from_byte_array(bytes)
}

pub(super) fn txid_of(bytes: [u8; 32]) -> Txid {
    Txid::from_byte_array(bytes)
}

fn node_of(row: &Row<'_>) -> rusqlite::Result<Node> {
    Ok(Node {
        id: BlockId {
            height: row.get(0)?,
            hash: hash_of(row.get(1)?),
        },
        prev: hash_of(row.get(2)?),
        time: row.get(3)?,
        invalid: row.get(4)?,
    })
}

/// The best block. A sandbox has at least its genesis.
pub(super) fn tip(db: &Connection) -> rusqlite::Result<BlockId> {
    db.prepare_cached("SELECT height, hash FROM chain ORDER BY height DESC LIMIT 1")?
        .query_row([], |row| {
            Ok(BlockId {
                height: row.get(0)?,
                hash: hash_of(row.get(1)?),
            })
        })
}

/// The hash at a height of the best chain.
pub(super) fn hash_at(db: &Connection, height: u32) -> rusqlite::Result<Option<BlockHash>> {
    db.prepare_cached("SELECT hash FROM chain WHERE height = ?1")?
        .query_row([height], |row| row.get(0).map(hash_of))
        .optional()
}

/// Whether a block is in the best chain.
pub(super) fn is_best(db: &Connection, id: BlockId) -> rusqlite::Result<bool> {
    Ok(hash_at(db, id.height)? == Some(id.hash))
}

/// A stored block's place in the tree.
pub(super) fn node(db: &Connection, hash: &BlockHash) -> rusqlite::Result<Option<Node>> {
    db.prepare_cached("SELECT height, hash, prev, time, invalid FROM block WHERE hash = ?1")?
        .query_row([hash.as_byte_array()], node_of)
        .optional()
}

/// A stored block.
pub(super) fn block(db: &Connection, hash: &BlockHash) -> rusqlite::Result<Option<Block>> {
    let raw: Option<Vec<u8>> = db
        .prepare_cached("SELECT raw FROM block WHERE hash = ?1")?
        .query_row([hash.as_byte_array()], |row| row.get(0))
        .optional()?;
    raw.map(|raw| decode(&raw)).transpose()
}

/// How many blocks this sandbox ever stored, which makes each coinbase unique.
pub(super) fn blocks_ever(db: &Connection) -> rusqlite::Result<u64> {
    db.prepare_cached("SELECT coalesce(max(number), 0) FROM block")?
        .query_row([], |row| row.get(0))
}

/// Stores a block in the tree, not yet in the best chain.
pub(super) fn store_block(db: &Connection, block: &Block, height: u32) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO block (hash, prev, height, time, invalid, raw) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
    )?
    .execute(params![
        block.block_hash().as_byte_array(),
        block.header.prev_blockhash.as_byte_array(),
        height,
        block.header.time,
        serialize(block)
    ])?;
    Ok(())
}

/// Remembers that a block breaks a rule.
pub(super) fn mark_invalid(db: &Connection, hash: &BlockHash) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE block SET invalid = 1 WHERE hash = ?1")?
        .execute([hash.as_byte_array()])?;
    Ok(())
}

/// Median time of the eleven blocks that end with this one (BIP 113), in any branch.
pub(super) fn median_time_past(db: &Connection, hash: &BlockHash) -> rusqlite::Result<u32> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE back (prev, time, steps) AS (
            SELECT prev, time, 1 FROM block WHERE hash = ?1
            UNION ALL
            SELECT block.prev, block.time, steps + 1
            FROM back JOIN block ON block.hash = back.prev WHERE steps < ?2
        ) SELECT time FROM back ORDER BY time",
    )?;
    let times: Vec<u32> = statement
        .query_map(params![hash.as_byte_array(), MEDIAN_SPAN], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    times
        .get(times.len() / 2)
        .copied()
        .ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// Puts a stored block on top of the best chain.
pub(super) fn extend_chain(db: &Connection, id: BlockId) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO chain (height, hash) VALUES (?1, ?2)")?
        .execute(params![id.height, id.hash.as_byte_array()])?;
    Ok(())
}

/// Takes the best block off the chain, with its coins and transactions; what it spent is unspent.
pub(super) fn drop_tip(db: &Connection) -> rusqlite::Result<Block> {
    let tip = tip(db)?;
    for statement in [
        "DELETE FROM coin WHERE height = ?1",
        "UPDATE coin SET spender = NULL, spent_height = NULL WHERE spent_height = ?1",
        "DELETE FROM mined WHERE height = ?1",
        "DELETE FROM chain WHERE height = ?1",
    ] {
        db.prepare_cached(statement)?.execute([tip.height])?;
    }
    block(db, &tip.hash)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// An unspent output of the best chain.
pub(super) fn coin(db: &Connection, outpoint: &OutPoint) -> rusqlite::Result<Option<Coin>> {
    db.prepare_cached(
        "SELECT value, script, height, coinbase FROM coin
         WHERE txid = ?1 AND vout = ?2 AND spender IS NULL",
    )?
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
                height: row.get(2)?,
                coinbase: row.get(3)?,
            })
        },
    )
    .optional()
}

/// The transaction of the best chain that spends an output.
pub(super) fn spender(db: &Connection, outpoint: &OutPoint) -> rusqlite::Result<Option<Txid>> {
    db.prepare_cached(
        "SELECT spender FROM coin WHERE txid = ?1 AND vout = ?2 AND spender IS NOT NULL",
    )?
    .query_row(
        params![outpoint.txid.as_byte_array(), outpoint.vout],
        |row| row.get(0).map(txid_of),
    )
    .optional()
}

/// The height of a transaction of the best chain.
pub(super) fn mined_at(db: &Connection, txid: &Txid) -> rusqlite::Result<Option<u32>> {
    db.prepare_cached("SELECT height FROM mined WHERE txid = ?1")?
        .query_row([txid.as_byte_array()], |row| row.get(0))
        .optional()
}

/// A transaction of the best chain.
pub(super) fn mined(db: &Connection, txid: &Txid) -> rusqlite::Result<Option<Transaction>> {
    let raw: Option<Vec<u8>> = db
        .prepare_cached("SELECT raw FROM mined WHERE txid = ?1")?
        .query_row([txid.as_byte_array()], |row| row.get(0))
        .optional()?;
    raw.map(|raw| decode(&raw)).transpose()
}

/// Applies one transaction of a block: its inputs are spent, its outputs are coins.
pub(super) fn apply(db: &Connection, tx: &Transaction, height: u32) -> rusqlite::Result<()> {
    let txid = tx.compute_txid();
    let mut spend = db.prepare_cached(
        "UPDATE coin SET spender = ?3, spent_height = ?4 WHERE txid = ?1 AND vout = ?2",
    )?;
    for input in tx.input.iter().filter(|_| !tx.is_coinbase()) {
        let OutPoint { txid: from, vout } = input.previous_output;
        spend.execute(params![
            from.as_byte_array(),
            vout,
            txid.as_byte_array(),
            height
        ])?;
    }
    let mut create = db.prepare_cached(
        "INSERT INTO coin (txid, vout, value, script, height, coinbase)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (vout, output) in (0u32..).zip(&tx.output) {
        if is_unspendable(&output.script_pubkey) {
            continue;
        }
        create.execute(params![
            txid.as_byte_array(),
            vout,
            output.value.to_sat(),
            output.script_pubkey.as_bytes(),
            height,
            tx.is_coinbase()
        ])?;
    }
    db.prepare_cached("INSERT INTO mined (txid, height, raw) VALUES (?1, ?2, ?3)")?
        .execute(params![txid.as_byte_array(), height, serialize(tx)])?;
    Ok(())
}
