//! Forward migrations: each version is one script, applied in one transaction.

use bdk_wallet::ChangeSet;
use bdk_wallet::rusqlite::{Connection, Transaction};

use super::file::begin;
use super::{StoreError, parents, standing, witnesses};

/// What each version adds to the one before.
const SCRIPTS: [&str; 9] = [
    include_str!("sql/v1.sql"),
    include_str!("sql/v2.sql"),
    include_str!("sql/v3.sql"),
    include_str!("sql/v4.sql"),
    include_str!("sql/v5.sql"),
    include_str!("sql/v6.sql"),
    include_str!("sql/v7.sql"),
    include_str!("sql/v8.sql"),
    include_str!("sql/v9.sql"),
];

/// The current version of the wallet's file, its `user_version`.
pub const VERSION: i64 = 9;

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
    if (1..=7).contains(&version) {
        parents::fill(db)?;
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
    use bulla_core::operation::Input;
    use bulla_core::{ContractId, OperationId};

    use super::super::operations::{self, OperationRow};
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

    /// A number as the bytes of an id.
    fn id(n: u8) -> String {
        format!("x'{}'", format!("{n:02x}").repeat(32))
    }

    /// A file of version 6 with operation 2 in witnesses 20 and 21, and operation 3 in witness 30, which
    /// consumes leaves of it with these seals and spends output 1 of witness 20. Gives what it builds on.
    fn parents_of_version_6(seals: &[&str]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut db = Connection::open_in_memory().unwrap();
        let db = begin(&mut db).unwrap();
        ChangeSet::init_sqlite_tables(&db).unwrap();
        for script in &SCRIPTS[..6] {
            db.execute_batch(script).unwrap();
        }
        let run = |sql: String| db.execute_batch(&sql).unwrap();
        let (genesis, parent, child) = (id(1), id(2), id(3));
        run(format!(
            "INSERT INTO contracts VALUES ({genesis}, x'', 0, 0)"
        ));
        for (seq, (operation, of)) in (1..).zip([(&parent, &genesis), (&child, &parent)]) {
            run(format!(
                "INSERT INTO operations VALUES ({operation}, {genesis}, {seq}, x'', NULL)"
            ));
            for n in 0..seals.len() {
                run(format!(
                    "INSERT INTO inputs VALUES ({operation}, {of}, 0, {n})"
                ));
            }
        }
        for (n, seal) in seals.iter().enumerate() {
            run(format!(
                "INSERT INTO leaves VALUES ({parent}, 0, {n}, 0, x'', NULL, NULL, x'', {seal})"
            ));
        }
        for (operation, witness) in [(&parent, id(20)), (&parent, id(21)), (&child, id(30))] {
            run(format!(
                "INSERT INTO witnesses (txid, tx, own, status) VALUES ({witness}, x'', 0, 0);
                 INSERT INTO anchors VALUES ({witness}, {genesis}, x'', x'');
                 INSERT INTO anchored VALUES ({witness}, {genesis}, {operation}, x'')"
            ));
        }
        let spent = format!("{}01000000'", id(20).trim_end_matches('\''));
        run(format!("INSERT INTO spent VALUES ({spent}, {})", id(30)));
        apply(&db, 6).unwrap();
        let mut statement = db
            .prepare(
                "SELECT o.id, v.txid FROM parents p JOIN operations o ON o.n = p.operation
                 JOIN witnesses v ON v.n = p.parent_witness",
            )
            .unwrap();
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn what_builds_on_something_that_was_forgotten_keeps_its_input_and_has_no_effect() {
        let mut db = Connection::open_in_memory().unwrap();
        let db = begin(&mut db).unwrap();
        for script in &SCRIPTS[..8] {
            db.execute_batch(script).unwrap();
        }
        // Operation 2 is mined, and consumes a leaf of operation 3, which is no more.
        let (genesis, child, parent, witness) = (id(1), id(2), id(3), id(20));
        db.execute_batch(&format!(
            "INSERT INTO contracts VALUES ({genesis}, x'', 0, 0);
             INSERT INTO operations VALUES ({child}, {genesis}, 7, x'', NULL);
             INSERT INTO inputs VALUES ({child}, {genesis}, 1, 0), ({child}, {parent}, 1, 0);
             INSERT INTO witnesses VALUES ({witness}, x'', 0, 2, 5, NULL, 5);
             INSERT INTO anchors VALUES ({witness}, {genesis}, x'', x'');
             INSERT INTO anchored VALUES ({witness}, {genesis}, {child}, x'')"
        ))
        .unwrap();
        apply(&db, 8).unwrap();
        let [child, parent] = [2, 3].map(|n| OperationId::from_bytes([n; 32]));
        let contract = ContractId::from_bytes([1; 32]);
        let of = |operation| Input {
            operation,
            owned_type: 1,
            index: 0,
        };
        let inputs = [of(contract.into()), of(parent)];
        assert_eq!(operations::inputs(&db, &child).unwrap(), inputs);
        let stands = || {
            standing::refresh_all(&db).unwrap();
            [parent, child].map(|operation| standing::height(&db, &operation).unwrap())
        };
        assert_eq!(stands(), [None, Some(None)]);
        assert_eq!(operations::get(&db, &parent).unwrap(), None);
        // It can be learned again.
        let again = OperationRow {
            id: parent,
            contract,
            seq: operations::next_seq(&db).unwrap(),
            transition: vec![4],
        };
        operations::put(&db, &again).unwrap();
        operations::put_inputs(&db, &parent, &[of(contract.into())]).unwrap();
        db.execute(
            "INSERT INTO anchored SELECT witness, contract, ?1, x'' FROM anchored",
            [operations::seq(&db, &parent).unwrap()],
        )
        .unwrap();
        let known = operations::get(&db, &parent).unwrap();
        assert_eq!(known.map(|row| row.transition), Some(again.transition));
        assert_eq!(stands(), [Some(Some(5)), Some(Some(5))]);
    }

    #[test]
    fn what_was_proven_before_version_7_builds_on_the_only_witness_that_can_be_meant() {
        let (at, elsewhere) = ("x'000100000007'", "x'01'");
        let meant = vec![(vec![3; 32], vec![0x14; 32])];
        assert_eq!(parents_of_version_6(&[at]), meant);
        assert_eq!(parents_of_version_6(&[elsewhere, at]), meant);
        assert_eq!(parents_of_version_6(&[elsewhere]), []);
        // Output 2 of either is not spent.
        assert_eq!(parents_of_version_6(&["x'000200000007'"]), []);
    }
}
