//! Transfers and what each of them pays.

use bdk_wallet::rusqlite::{
    Connection, OptionalExtension, Params, Row, Transaction as SqlTransaction,
};
use bitcoin::{Transaction, Txid};

use bulla_core::operation::Input;
use bulla_core::{ContractId, OperationId};

use super::StoreError;
use super::blob::{Blob, optional, unwrap};
use super::reserved::seconds;

/// A transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRow {
    /// Its id.
    pub id: [u8; 16],
    /// Whether it was sent or received.
    pub direction: String,
    /// How far it is.
    pub state: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// Its transaction.
    pub txid: Option<Txid>,
    /// The PSBT as it was prepared.
    pub psbt: Option<Vec<u8>>,
    /// The signed transaction.
    pub tx: Option<Transaction>,
    /// The fee in satoshis.
    pub fee: Option<u64>,
    /// When it began, in seconds since 1970.
    pub created: u64,
    /// When it last changed, in seconds since 1970.
    pub updated: u64,
    /// When a batch is broadcast although acknowledgements are missing, in seconds since 1970.
    pub deadline: Option<u64>,
}

/// One payment of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRow {
    /// The transfer.
    pub transfer: [u8; 16],
    /// Its number in the transfer.
    pub n: u32,
    /// The invoice it pays.
    pub invoice: Option<String>,
    /// The contract.
    pub contract: Option<ContractId>,
    /// The amount in the smallest unit.
    pub amount: Option<u64>,
    /// The operation that pays it.
    pub operation: Option<OperationId>,
    /// The operation of a leaf that is left behind.
    pub abandoned: Option<OperationId>,
    /// The owned type of the leaf.
    pub ty: Option<u16>,
    /// The number of the leaf in its type.
    pub index: Option<u32>,
    /// Whether the broadcast waits for its acknowledgement.
    pub awaited: bool,
    /// Whether the receiver acknowledged it.
    pub acked: bool,
    /// The acknowledgement.
    pub ack: Option<Vec<u8>>,
}

impl ItemRow {
    /// The leaf that pays it, once there is one.
    pub fn leaf(&self) -> Option<Input> {
        self.leaf_of(self.operation?)
    }

    /// The leaf that is left behind.
    pub fn abandoned_leaf(&self) -> Option<Input> {
        self.leaf_of(self.abandoned?)
    }

    fn leaf_of(&self, operation: OperationId) -> Option<Input> {
        Some(Input {
            operation,
            owned_type: self.ty?,
            index: self.index?,
        })
    }
}

/// Stores a transfer, or everything that changed in it.
pub fn put(db: &SqlTransaction<'_>, row: &TransferRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO transfers (id, direction, state, reason, txid, psbt, tx, fee, created, updated, deadline)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute((
            Blob(&row.id),
            &row.direction,
            &row.state,
            &row.reason,
            optional(row.txid.as_ref()),
            &row.psbt,
            optional(row.tx.as_ref()),
            row.fee,
            seconds(row.created),
            seconds(row.updated),
            row.deadline.map(seconds),
        ))?;
    Ok(())
}

const TRANSFER: &str = "SELECT id, direction, state, reason, txid, psbt, tx, fee, created, updated, deadline FROM transfers";

/// A transfer by its id.
pub fn get(db: &Connection, id: &[u8; 16]) -> Result<Option<TransferRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{TRANSFER} WHERE id = ?1"))?;
    Ok(statement.query_row([Blob(id)], read).optional()?)
}

/// The transfers of a transaction.
pub fn by_txid(db: &Connection, txid: Txid) -> Result<Vec<TransferRow>, StoreError> {
    select(db, "WHERE txid = ?1 ORDER BY created, id", [Blob(&txid)])
}

/// All transfers, the newest first, `limit` of them behind the first `offset`.
pub fn page(db: &Connection, offset: u32, limit: u32) -> Result<Vec<TransferRow>, StoreError> {
    select(
        db,
        "ORDER BY created DESC, id LIMIT ?2 OFFSET ?1",
        [offset, limit],
    )
}

/// The transfers in a state.
pub fn in_state(
    db: &Connection,
    direction: &str,
    state: &str,
) -> Result<Vec<TransferRow>, StoreError> {
    select(
        db,
        "WHERE direction = ?1 AND state = ?2 ORDER BY created, id",
        [direction, state],
    )
}

/// The settled transfers that hang on what is not mined, or is mined above a height.
pub fn shallow(db: &Connection, height: Option<u32>) -> Result<Vec<TransferRow>, StoreError> {
    select(
        db,
        "WHERE state = 'settled' AND (
             txid IN (SELECT txid FROM witnesses WHERE status IN (0, 1, 3)
                      UNION ALL SELECT txid FROM witnesses WHERE status = 2 AND height > ?1)
             OR id IN (SELECT i.transfer FROM operations o JOIN transfer_items i ON i.operation = o.id
                       WHERE o.height > ?1
                       UNION ALL
                       SELECT i.transfer FROM operations o JOIN transfer_items i ON i.operation = o.id
                       WHERE o.height IS NULL))
         ORDER BY created, id",
        [height.map_or(-1, i64::from)],
    )
}

/// Stores a payment of a transfer, or what changed in it.
pub fn put_item(db: &SqlTransaction<'_>, row: &ItemRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO transfer_items (transfer, n, invoice, contract, amount, operation, type, idx, awaited, acked, ack, abandoned)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute((
            Blob(&row.transfer),
            row.n,
            &row.invoice,
            optional(row.contract.as_ref()),
            optional(row.amount.as_ref()),
            optional(row.operation.as_ref()),
            row.ty,
            row.index,
            row.awaited,
            row.acked,
            &row.ack,
            optional(row.abandoned.as_ref()),
        ))?;
    Ok(())
}

const ITEM: &str = "SELECT transfer, n, invoice, contract, amount, operation, type, idx, awaited, acked, ack, abandoned FROM transfer_items";

/// The payments of a transfer, in order.
pub fn items(db: &Connection, transfer: &[u8; 16]) -> Result<Vec<ItemRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{ITEM} WHERE transfer = ?1 ORDER BY n"))?;
    let rows = statement.query_map([Blob(transfer)], read_item)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The payments of an invoice, over all transfers.
pub fn items_of_invoice(db: &Connection, invoice: &str) -> Result<Vec<ItemRow>, StoreError> {
    let mut statement =
        db.prepare_cached(&format!("{ITEM} WHERE invoice = ?1 ORDER BY transfer, n"))?;
    let rows = statement.query_map([invoice], read_item)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn select(
    db: &Connection,
    condition: &str,
    params: impl Params,
) -> Result<Vec<TransferRow>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{TRANSFER} {condition}"))?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<TransferRow> {
    let id: Blob<_> = row.get(0)?;
    let (created, updated, deadline): (i64, i64, Option<i64>) =
        (row.get(8)?, row.get(9)?, row.get(10)?);
    Ok(TransferRow {
        id: id.0,
        direction: row.get(1)?,
        state: row.get(2)?,
        reason: row.get(3)?,
        txid: unwrap(row.get(4)?),
        psbt: row.get(5)?,
        tx: unwrap(row.get(6)?),
        fee: row.get(7)?,
        created: created.unsigned_abs(),
        updated: updated.unsigned_abs(),
        deadline: deadline.map(i64::unsigned_abs),
    })
}

fn read_item(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<ItemRow> {
    let transfer: Blob<_> = row.get(0)?;
    Ok(ItemRow {
        transfer: transfer.0,
        n: row.get(1)?,
        invoice: row.get(2)?,
        contract: unwrap(row.get(3)?),
        amount: unwrap(row.get(4)?),
        operation: unwrap(row.get(5)?),
        ty: row.get(6)?,
        index: row.get(7)?,
        awaited: row.get(8)?,
        acked: row.get(9)?,
        ack: row.get(10)?,
        abandoned: unwrap(row.get(11)?),
    })
}
