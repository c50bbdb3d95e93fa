//! Invoices that this wallet wrote.

use bdk_wallet::rusqlite::{Connection, OptionalExtension, Row, Transaction};
use bitcoin::key::XOnlyPublicKey;
use bitcoin::{OutPoint, ScriptBuf};

use bulla_core::{ContractId, SecretSeal};

use super::StoreError;
use super::blob::{Blob, optional, unwrap};
use super::reserved::seconds;

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRow {
    /// Its text.
    pub text: String,
    /// The contract, if it asks for one.
    pub contract: Option<ContractId>,
    /// The amount, if it asks for one, in the smallest unit.
    pub amount: Option<u64>,
    /// The concealed seal of a blinded invoice.
    pub secret: Option<SecretSeal>,
    /// The output script of a witness-output invoice.
    pub script: Option<ScriptBuf>,
    /// Index of that script on the sealed keychain.
    pub index: Option<u32>,
    /// The coin under the seal of a blinded invoice.
    pub outpoint: Option<OutPoint>,
    /// The blinding of its seal.
    pub blinding: [u8; 16],
    /// The key that signs its acknowledgement.
    pub ack: XOnlyPublicKey,
    /// The contact that the key is kept for; none: the key is this invoice's own.
    pub contact: Option<String>,
    /// When it was written, in seconds since 1970.
    pub created: u64,
    /// Until when it can be paid, in seconds since 1970.
    pub expiry: Option<u64>,
    /// The state of its transfer.
    pub state: String,
    /// Why the transfer failed.
    pub reason: Option<String>,
}

/// Stores a new invoice and numbers it.
pub fn insert(db: &Transaction<'_>, row: &InvoiceRow) -> Result<i64, StoreError> {
    db.execute(
        "INSERT INTO invoices (text, contract, amount, secret, script, idx, outpoint, blinding, ack, created, expiry, state, reason, contact)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        (
            &row.text,
            optional(row.contract.as_ref()),
            optional(row.amount.as_ref()),
            optional(row.secret.as_ref()),
            optional(row.script.as_ref()),
            row.index,
            optional(row.outpoint.as_ref()),
            Blob(&row.blinding),
            Blob(&row.ack),
            seconds(row.created),
            row.expiry.map(seconds),
            &row.state,
            &row.reason,
            &row.contact,
        ),
    )?;
    Ok(db.last_insert_rowid())
}

/// Notes how far an invoice is.
pub fn set_state(
    db: &Transaction<'_>,
    id: i64,
    state: &str,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    db.execute(
        "UPDATE invoices SET state = ?2, reason = ?3 WHERE id = ?1",
        (id, state, reason),
    )?;
    Ok(())
}

const INVOICE: &str = "SELECT id, text, contract, amount, secret, script, idx, outpoint, blinding, ack, created, expiry, state, reason, contact FROM invoices";

/// An invoice by its number.
pub fn get(db: &Connection, id: i64) -> Result<Option<InvoiceRow>, StoreError> {
    let found = db
        .query_row(&format!("{INVOICE} WHERE id = ?1"), [id], read)
        .optional()?;
    Ok(found.map(|(_, row)| row))
}

/// The invoices behind one of these numbers, with theirs, the oldest first.
pub fn after(db: &Connection, number: i64) -> Result<Vec<(i64, InvoiceRow)>, StoreError> {
    select(db, "WHERE id > ?1 ORDER BY id", [number])
}

/// All invoices with their numbers, the oldest first.
pub fn all(db: &Connection) -> Result<Vec<(i64, InvoiceRow)>, StoreError> {
    select(db, "ORDER BY id", ())
}

/// The invoice with this text.
pub fn by_text(db: &Connection, text: &str) -> Result<Option<(i64, InvoiceRow)>, StoreError> {
    Ok(select(db, "WHERE text = ?1", [text])?.pop())
}

/// The invoices that ask for payment to a concealed seal.
pub fn by_secret(
    db: &Connection,
    secret: &SecretSeal,
) -> Result<Vec<(i64, InvoiceRow)>, StoreError> {
    select(db, "WHERE secret = ?1 ORDER BY id", [Blob(secret)])
}

/// The invoices that ask for payment to an output script.
pub fn by_script(
    db: &Connection,
    script: &ScriptBuf,
) -> Result<Vec<(i64, InvoiceRow)>, StoreError> {
    select(db, "WHERE script = ?1 ORDER BY id", [Blob(script)])
}

/// Whether an invoice asks for payment to an output script.
pub fn is_script(db: &Connection, script: &ScriptBuf) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("SELECT 1 FROM invoices WHERE script = ?1")?;
    Ok(statement.exists([Blob(script)])?)
}

fn select(
    db: &Connection,
    condition: &str,
    params: impl bdk_wallet::rusqlite::Params,
) -> Result<Vec<(i64, InvoiceRow)>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{INVOICE} {condition}"))?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> bdk_wallet::rusqlite::Result<(i64, InvoiceRow)> {
    let (blinding, ack): (Blob<_>, Blob<_>) = (row.get(8)?, row.get(9)?);
    let (created, expiry): (i64, Option<i64>) = (row.get(10)?, row.get(11)?);
    let invoice = InvoiceRow {
        text: row.get(1)?,
        contract: unwrap(row.get(2)?),
        amount: unwrap(row.get(3)?),
        secret: unwrap(row.get(4)?),
        script: unwrap(row.get(5)?),
        index: row.get(6)?,
        outpoint: unwrap(row.get(7)?),
        blinding: blinding.0,
        ack: ack.0,
        created: created.unsigned_abs(),
        expiry: expiry.map(i64::unsigned_abs),
        state: row.get(12)?,
        reason: row.get(13)?,
        contact: row.get(14)?,
    };
    Ok((row.get(0)?, invoice))
}
