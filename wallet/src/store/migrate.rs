//! Forward migrations: each version is one script, applied in one transaction.

use bdk_wallet::ChangeSet;
use bdk_wallet::rusqlite::{Connection, Transaction};

use super::file::begin;
use super::{StoreError, standing, witnesses};

/// What each version adds to the one before.
const SCRIPTS: [&str; 7] = [
    include_str!("sql/v1.sql"),
    include_str!("sql/v2.sql"),
    include_str!("sql/v3.sql"),
    include_str!("sql/v4.sql"),
    include_str!("sql/v5.sql"),
    include_str!("sql/v6.sql"),
    include_str!("sql/v7.sql"),
];

/// The current version of the wallet's file, its `user_version`.
pub const VERSION: i64 = 7;

/// Brings a file from its version to the current one, all in one transaction.
pub(super) fn run(db: &mut Connection, version: i64) -> Result<(), StoreError> {
    if version == VERSION {
        return Ok(());
    }
    let db = begin(db)?;
    apply(&db, version)?;
    Ok(db.commit()?)
}

/// Applies the scripts behind `version`; version 0 is an empty file. BDK keeps the versions of its
/// own tables.
pub(super) fn apply(db: &Transaction<'_>, version: i64) -> Result<(), StoreError> {
    ChangeSet::init_sqlite_tables(db)?;
    for (number, script) in (1..).zip(SCRIPTS) {
        if number > version {
            db.execute_batch(script)?;
        }
    }
    if (1..=2).contains(&version) {
        fill_version_3(db)?;
    }
    Ok(db.pragma_update(None, "user_version", VERSION)?)
}

/// The rows that version 3 derives from those of version 2.
fn fill_version_3(db: &Transaction<'_>) -> Result<(), StoreError> {
    witnesses::refresh_spent(db)?;
    standing::refresh_all(db)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_a_script() {
        assert_eq!(i64::try_from(SCRIPTS.len()), Ok(VERSION));
    }

    #[test]
    fn a_header_of_wire_format_0_loses_its_second_network() {
        let mut db = Connection::open_in_memory().unwrap();
        let db = begin(&mut db).unwrap();
        for script in &SCRIPTS[..2] {
            db.execute_batch(script).unwrap();
        }
        let old = [[0].as_slice(), &[7; 32], &[1, 0, 9, 8]].concat();
        let insert = "INSERT INTO contracts VALUES (x'05', ?1, 0, 0)";
        db.execute(insert, [old]).unwrap();
        apply(&db, 2).unwrap();
        let header = db.query_row("SELECT header FROM contracts", [], |row| row.get(0));
        let header: Vec<u8> = header.unwrap();
        assert_eq!(header, [1, 1, 0, 9, 8]);
    }
}
