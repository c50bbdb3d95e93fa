//! Forward migrations: each version is one script, applied in one transaction.

use bdk_wallet::ChangeSet;
use bdk_wallet::rusqlite::{Connection, Transaction};

use super::file::begin;
use super::{StoreError, standing, witnesses};

/// What each version adds to the one before.
const SCRIPTS: [&str; 3] = [
    include_str!("sql/v1.sql"),
    include_str!("sql/v2.sql"),
    include_str!("sql/v3.sql"),
];

/// The current version of the wallet's file, its `user_version`.
pub const VERSION: i64 = 3;

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
    if version == 2 {
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
}
