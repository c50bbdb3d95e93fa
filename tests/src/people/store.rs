//! Everything in a wallet's file as one text, to be compared.

use std::fmt::Write;
use std::path::Path;

use bdk_wallet::rusqlite::types::ValueRef;
use bdk_wallet::rusqlite::{Connection, OpenFlags, Row};
use bitcoin::hex::DisplayHex;

/// Every row of every table, in an order of its own. The file must not be open.
pub(super) fn dump(path: &Path) -> String {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the wallet's file opens");
    let mut text = String::new();
    for table in rows(
        &db,
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    ) {
        let mut lines = rows(&db, &format!("SELECT * FROM \"{table}\""));
        lines.sort_unstable();
        for line in lines {
            writeln!(text, "{table} {line}").expect("a string takes text");
        }
    }
    text
}

fn rows(db: &Connection, query: &str) -> Vec<String> {
    let mut statement = db.prepare(query).expect("a query");
    let columns = statement.column_count();
    let lines = statement
        .query_map((), |row| line(row, columns))
        .expect("rows");
    lines.map(|line| line.expect("a row")).collect()
}

fn line(row: &Row<'_>, columns: usize) -> bdk_wallet::rusqlite::Result<String> {
    let values: bdk_wallet::rusqlite::Result<Vec<_>> = (0..columns)
        .map(|column| row.get_ref(column).map(text))
        .collect();
    Ok(values?.join("|"))
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "-".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.to_lower_hex_string(),
    }
}
