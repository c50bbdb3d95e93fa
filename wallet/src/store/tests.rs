use std::path::{Path, PathBuf};

use bdk_wallet::rusqlite::{self, Connection};
use bitcoin::consensus::serialize;
use bitcoin::hashes::Hash;
use bitcoin::key::XOnlyPublicKey;
use bitcoin::{OutPoint, ScriptBuf, Transaction, TxIn, Txid, absolute, transaction};
use bulla_core::commit::Commitment;
use bulla_core::consignment::Parents;
use bulla_core::frame::BlockProof;
use bulla_core::operation::Input;
use bulla_core::seal::{Blinding, Seal};
use bulla_core::{ContractId, OperationId, SchemaId, SecretSeal};

use super::contracts::ContractRow;
use super::invoices::InvoiceRow;
use super::operations::{LeafRow, OperationRow};
use super::quarantine::Waiting;
use super::reserved::{Holder, ReservedRow};
use super::tapret::TapretRow;
use super::transfers::{ItemRow, TransferRow};
use super::witnesses::{AnchorRow, AnchoredRow, WitnessRow};
use super::*;
use crate::Network;
use crate::chain::Position;

struct Dir(tempfile::TempDir);

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("wallet.sqlite")
    }
}

fn new_store(path: &Path) -> Connection {
    let mut db = create(path).unwrap();
    let tx = begin(&mut db).unwrap();
    init(&tx).unwrap();
    tx.commit().unwrap();
    db
}

fn contract_id(n: u8) -> ContractId {
    ContractId::from_bytes([n; 32])
}

fn operation_id(n: u8) -> OperationId {
    OperationId::from_bytes([n; 32])
}

fn schema_id(n: u8) -> SchemaId {
    SchemaId::from_bytes([n; 32])
}

fn secret(n: u8) -> SecretSeal {
    SecretSeal::from_bytes([n; 32])
}

fn txid(n: u8) -> Txid {
    Txid::from_byte_array([n; 32])
}

fn outpoint(n: u8) -> OutPoint {
    OutPoint {
        txid: txid(n),
        vout: u32::from(n),
    }
}

fn transaction(n: u32) -> Transaction {
    Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::new(txid(0), n),
            ..TxIn::default()
        }],
        output: Vec::new(),
    }
}

fn contract(n: u8) -> ContractRow {
    ContractRow {
        id: contract_id(n),
        header: vec![],
        issued: false,
        added: 0,
    }
}

fn key() -> XOnlyPublicKey {
    // The x coordinate of the generator of secp256k1.
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        .parse()
        .unwrap()
}

#[test]
#[cfg(unix)]
fn a_new_file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new();
    drop(new_store(&dir.file()));
    let mode = std::fs::metadata(dir.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_closed_wallet_is_one_file() {
    let dir = Dir::new();
    drop(new_store(&dir.file()));
    assert_eq!(std::fs::read_dir(dir.0.path()).unwrap().count(), 1);
}

#[test]
fn an_existing_wallet_is_never_overwritten() {
    let dir = Dir::new();
    drop(new_store(&dir.file()));
    assert!(matches!(
        create(&dir.file()),
        Err(StoreError::Exists { .. })
    ));
}

#[test]
fn a_file_left_by_a_killed_create_is_taken_over() {
    let dir = Dir::new();
    drop(create(&dir.file()).unwrap());
    assert!(matches!(
        open(&dir.file()),
        Err(StoreError::NotAWallet { .. })
    ));
    drop(new_store(&dir.file()));
    open(&dir.file()).unwrap();
}

#[test]
fn what_is_no_wallet_is_refused_unchanged() {
    let dir = Dir::new();
    assert!(matches!(
        open(&dir.file()),
        Err(StoreError::NotFound { .. })
    ));
    std::fs::write(
        dir.file(),
        "a letter to somebody, long enough to be no header of a database",
    )
    .unwrap();
    let before = std::fs::read(dir.file()).unwrap();
    assert!(matches!(
        open(&dir.file()),
        Err(StoreError::NotAWallet { .. })
    ));
    assert!(matches!(
        create(&dir.file()),
        Err(StoreError::NotAWallet { .. })
    ));
    assert_eq!(std::fs::read(dir.file()).unwrap(), before);
}

#[test]
fn the_database_of_another_program_is_refused_unchanged() {
    let dir = Dir::new();
    let other = Connection::open(dir.file()).unwrap();
    other
        .execute_batch("CREATE TABLE notes (text TEXT); PRAGMA user_version = 1")
        .unwrap();
    drop(other);
    let before = std::fs::read(dir.file()).unwrap();
    assert!(matches!(
        open(&dir.file()),
        Err(StoreError::NotAWallet { .. })
    ));
    assert!(matches!(
        create(&dir.file()),
        Err(StoreError::NotAWallet { .. })
    ));
    assert_eq!(std::fs::read(dir.file()).unwrap(), before);
}

#[test]
fn a_newer_file_is_refused_unchanged() {
    let dir = Dir::new();
    let db = new_store(&dir.file());
    db.pragma_update(None, "user_version", VERSION + 1).unwrap();
    drop(db);
    let before = std::fs::read(dir.file()).unwrap();
    match open(&dir.file()) {
        Err(StoreError::Newer { found, newest }) => {
            assert_eq!((found, newest), (VERSION + 1, VERSION));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read(dir.file()).unwrap(), before);
}

#[test]
fn a_second_user_is_told_that_the_wallet_is_in_use() {
    let dir = Dir::new();
    let first = new_store(&dir.file());
    assert!(matches!(open(&dir.file()), Err(StoreError::Busy)));
    drop(first);
    open(&dir.file()).unwrap();
}

#[test]
fn what_is_not_committed_did_not_happen() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    contracts::allow_schema(&tx, &schema_id(1)).unwrap();
    drop(tx);
    assert!(contracts::allowed_schemas(&db).unwrap().is_empty());
}

#[test]
fn meta_is_read_as_it_was_written() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    assert!(matches!(Meta::load(&db), Err(StoreError::Damaged { .. })));
    let network = Network::Signet {
        challenge: Some(vec![0x51]),
    };
    let mut meta = Meta {
        genesis: network.genesis_hash(),
        network,
        birthday: 7,
        gap: 20,
        created: 9,
        synced: None,
    };
    for synced in [None, Some(0), Some(u32::MAX)] {
        meta.synced = synced;
        let tx = begin(&mut db).unwrap();
        meta.save(&tx).unwrap();
        tx.commit().unwrap();
        assert_eq!(Meta::load(&db).unwrap(), meta);
    }
}

#[test]
fn operations_are_read_as_they_were_written_and_ancestors_come_first() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    let contract = ContractRow {
        id: contract_id(1),
        header: vec![1],
        issued: true,
        added: 5,
    };
    contracts::put(&tx, &contract).unwrap();
    let later = ContractRow {
        header: vec![1, 2],
        issued: false,
        ..contract.clone()
    };
    contracts::put(&tx, &later).unwrap();
    let expected = ContractRow {
        header: vec![1, 2],
        ..contract
    };
    assert_eq!(
        contracts::get(&tx, &contract_id(1)).unwrap(),
        Some(expected.clone())
    );
    assert_eq!(contracts::all(&tx).unwrap(), [expected]);

    let mut rows = Vec::new();
    for n in [9, 3, 5] {
        let seq = operations::next_seq(&tx).unwrap();
        let row = OperationRow {
            id: operation_id(n),
            contract: contract_id(1),
            seq,
            transition: vec![n],
        };
        operations::put(&tx, &row).unwrap();
        rows.push(row);
    }
    assert_eq!(
        operations::get(&tx, &operation_id(3)).unwrap().as_ref(),
        rows.get(1)
    );

    let input = Input {
        operation: operation_id(1),
        owned_type: 4000,
        index: u32::MAX,
    };
    operations::put_inputs(&tx, &operation_id(9), &[input]).unwrap();
    operations::put_inputs(&tx, &operation_id(9), &[input]).unwrap();
    assert_eq!(operations::inputs(&tx, &operation_id(9)).unwrap(), [input]);
}

#[test]
fn a_leaf_keeps_the_largest_amount_and_gains_its_seal() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    contracts::put(&tx, &contract(1)).unwrap();
    let hidden = LeafRow {
        operation: operation_id(1),
        ty: 1,
        index: 0,
        kind: 0,
        amount: u64::MAX,
        token: Some(3),
        data: Some(vec![1]),
        secret: secret(2),
        seal: None,
    };
    operations::put_leaf(&tx, &hidden).unwrap();
    assert_eq!(
        operations::leaf(&tx, &operation_id(1), 1, 0).unwrap(),
        Some(hidden.clone())
    );
    assert_eq!(operations::leaves_on(&tx, outpoint(3)).unwrap(), []);
    let contract_of_genesis = ContractId::from_bytes([1; 32]);
    let seal = Seal::outpoint(outpoint(3), Blinding([9; 16]));
    let shown = LeafRow {
        seal: Some(seal.encode()),
        ..hidden.clone()
    };
    operations::put_leaf(&tx, &shown).unwrap();
    operations::put_leaf(&tx, &hidden).unwrap();
    assert_eq!(
        operations::leaves_on(&tx, outpoint(3)).unwrap(),
        [(contract_of_genesis, shown.clone())]
    );
    assert_eq!(
        operations::leaves_of_secret(&tx, &secret(2)).unwrap(),
        [shown]
    );
}

#[test]
fn a_witness_keeps_its_place_until_the_chain_says_otherwise() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    let row = WitnessRow {
        tx: transaction(1),
        own: true,
        position: Position::Absent,
        since: 0,
    };
    let txid = row.tx.compute_txid();
    witnesses::put(&tx, &row).unwrap();
    for position in [
        Position::Mempool,
        Position::Conflicted { by: Some(txid) },
        Position::Conflicted { by: None },
        Position::Mined { height: 100 },
    ] {
        let tip = 7 + u32::from(position == Position::Conflicted { by: None });
        witnesses::set_position(&tx, txid, position, tip).unwrap();
        let expected = WitnessRow {
            position,
            since: 7,
            ..row.clone()
        };
        assert_eq!(witnesses::get(&tx, txid).unwrap(), Some(expected));
    }
    let foreign = WitnessRow { own: false, ..row };
    witnesses::put(&tx, &foreign).unwrap();
    let found = witnesses::get(&tx, txid).unwrap().unwrap();
    assert!(found.own && found.position == Position::Mined { height: 100 });
    assert_eq!(witnesses::movable(&tx, 101).unwrap().len(), 0);
    assert_eq!(witnesses::movable(&tx, 100).unwrap().len(), 1);
}

#[test]
fn anchors_are_read_as_they_were_written() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    contracts::put(&tx, &contract(1)).unwrap();
    let operation = OperationRow {
        id: operation_id(2),
        contract: contract_id(1),
        seq: operations::next_seq(&tx).unwrap(),
        transition: vec![],
    };
    operations::put(&tx, &operation).unwrap();
    let row = WitnessRow {
        tx: transaction(1),
        own: false,
        position: Position::Absent,
        since: 0,
    };
    let witness = row.tx.compute_txid();
    witnesses::put(&tx, &row).unwrap();
    let anchor = AnchorRow {
        contract: contract_id(1),
        witness,
        anchor: vec![1],
        bundle: vec![2],
    };
    witnesses::put_anchor(&tx, &anchor).unwrap();
    let anchored = AnchoredRow {
        contract: contract_id(1),
        witness,
        operation: operation_id(2),
        signatures: vec![3],
    };
    witnesses::put_anchored(&tx, &anchored).unwrap();
    assert_eq!(
        witnesses::anchor(&tx, &contract_id(1), witness).unwrap(),
        Some(anchor)
    );
    assert_eq!(
        witnesses::anchored_in(&tx, &contract_id(1), witness).unwrap(),
        [anchored]
    );
    assert_eq!(operations::next_seq(&tx).unwrap(), operation.seq + 1);
}

#[test]
fn a_block_proof_of_what_is_no_witness_goes_to_no_other_one() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    let row = WitnessRow {
        tx: transaction(1),
        own: false,
        position: Position::Mined { height: 3 },
        since: 3,
    };
    witnesses::put(&tx, &row).unwrap();
    let (witness, other) = (row.tx.compute_txid(), transaction(2).compute_txid());
    let proof = |height| BlockProof {
        height,
        position: 0,
        branch: amplify::confinement::Confined::default(),
    };
    headers::put_proof(&tx, other, &proof(4)).unwrap();
    assert_eq!(headers::proof(&tx, witness).unwrap(), None);
    for height in [3, 5] {
        headers::put_proof(&tx, witness, &proof(height)).unwrap();
        let found = headers::proof(&tx, witness).unwrap();
        assert_eq!(found, Some(proof(height)));
    }
}

/// Stores operation `n`, which consumes a leaf of operation `parent`, in witness `w`.
fn put_operation(tx: &rusqlite::Transaction<'_>, n: u8, parent: u8, w: u32, own: bool) -> Txid {
    let row = WitnessRow {
        tx: transaction(w),
        own,
        position: Position::Absent,
        since: 10,
    };
    witnesses::put(tx, &row).unwrap();
    let row = OperationRow {
        id: operation_id(n),
        contract: contract_id(1),
        seq: operations::next_seq(tx).unwrap(),
        transition: vec![0; 100 * usize::from(n)],
    };
    operations::put(tx, &row).unwrap();
    let input = Input {
        operation: operation_id(parent),
        owned_type: 0,
        index: 0,
    };
    operations::put_inputs(tx, &operation_id(n), &[input]).unwrap();
    let witness = transaction(w).compute_txid();
    let anchor = AnchorRow {
        contract: contract_id(1),
        witness,
        anchor: vec![],
        bundle: vec![],
    };
    witnesses::put_anchor(tx, &anchor).unwrap();
    let anchored = AnchoredRow {
        contract: contract_id(1),
        witness,
        operation: operation_id(n),
        signatures: vec![],
    };
    witnesses::put_anchored(tx, &anchored).unwrap();
    witness
}

#[test]
fn what_waits_is_bounded_in_number_and_in_bytes() {
    let waiting = |transactions, bytes| Waiting {
        transactions,
        bytes,
    };
    let limit = waiting(10, 100);
    let over = |after: Waiting, before| after.grew_beyond(limit, before);
    assert!(!over(waiting(10, 100), waiting(0, 0)));
    assert!(over(waiting(11, 0), waiting(10, 0)));
    assert!(over(waiting(1, 101), waiting(0, 0)));
    assert!(
        !over(waiting(11, 101), waiting(11, 101)),
        "nothing new waits"
    );
    assert!(over(waiting(11, 102), waiting(11, 101)));
}

#[test]
fn h14_i14_what_waits_for_long_is_forgotten_with_all_that_hangs_on_it() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    contracts::put(&tx, &contract(1)).unwrap();
    put_operation(&tx, 2, 1, 2, false);
    put_operation(&tx, 3, 2, 3, false);
    let conflicted = put_operation(&tx, 4, 1, 4, false);
    let by = Position::Conflicted { by: None };
    witnesses::set_position(&tx, conflicted, by, 20).unwrap();
    // One more witness of the same operation, mined.
    let mined = put_operation(&tx, 4, 1, 5, false);
    witnesses::set_position(&tx, mined, Position::Mined { height: 9 }, 20).unwrap();
    put_operation(&tx, 6, 1, 6, true);
    // What our own builds on stays.
    put_operation(&tx, 7, 1, 7, false);
    put_operation(&tx, 8, 7, 8, true);
    let known = |n| operations::get(&tx, &operation_id(n)).unwrap().is_some();
    let all = |list: &[u8]| list.iter().all(|n| known(*n));
    let waits = quarantine::waiting(&tx).unwrap();
    let bytes = [2, 3, 4, 7].map(|n| serialize(&transaction(n)).len() as u64);
    let transitions = [2_u64, 3, 7].map(|n| 100 * n);
    // One more of an operation waits, whatever became of the other.
    assert_eq!(waits.transactions, 4);
    assert_eq!(
        waits.bytes,
        bytes.iter().chain(&transitions).sum::<u64>(),
        "of transactions, also of one whose transition does not wait, and of transitions"
    );
    quarantine::forget(&tx, 10, 20).unwrap();
    assert!(all(&[2, 3, 4, 6, 7, 8]), "not longer than that");
    quarantine::forget(&tx, 11, 20).unwrap();
    assert!(all(&[4, 6, 7, 8]) && !known(2) && !known(3));
    assert!(witnesses::get(&tx, conflicted).unwrap().is_some());
    quarantine::forget(&tx, 0, 21).unwrap();
    assert!(all(&[4, 6, 7, 8]));
    assert_eq!(witnesses::get(&tx, conflicted).unwrap(), None);
    assert_eq!(quarantine::waiting(&tx).unwrap().transactions, 1);
    let left = |table: &str| -> u32 {
        let sql = format!("SELECT count(*) FROM {table}");
        tx.query_row(&sql, (), |row| row.get(0)).unwrap()
    };
    for table in ["inputs", "anchored", "anchors", "witnesses"] {
        assert_eq!(left(table), 4, "{table}");
    }
    assert_eq!(left("operations"), 4 + 1, "the genesis");
    let dangling = "SELECT count(*) FROM spent WHERE witness NOT IN (SELECT n FROM witnesses)";
    let dangling: u32 = tx.query_row(dangling, (), |row| row.get(0)).unwrap();
    assert_eq!(dangling, 0, "a number can be given again");
    tx.commit().unwrap();
}

#[test]
fn the_witness_on_which_something_kept_was_proven_stays() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    contracts::put(&tx, &contract(1)).unwrap();
    let there = |witness| witnesses::get(&tx, witness).unwrap().is_some();
    let note = |child: u8, witness, parent: u8, on| {
        let on = Parents::from([(operation_id(parent), on)]);
        parents::put(&tx, &operation_id(child), witness, &on).unwrap();
    };
    // Our own builds on the second of two.
    let [first, second] = [2, 3].map(|w| put_operation(&tx, 2, 1, w, false));
    let own = put_operation(&tx, 4, 2, 4, true);
    note(4, own, 2, second);
    quarantine::forget(&tx, 11, 11).unwrap();
    assert!(!there(first) && there(second));
    // It builds on either: one of them is enough, and one there must be.
    let third = put_operation(&tx, 2, 1, 5, false);
    note(4, own, 2, third);
    quarantine::forget(&tx, 11, 11).unwrap();
    assert_eq!(
        [second, third]
            .into_iter()
            .filter(|one| there(*one))
            .count(),
        1
    );
    let left = if there(second) { second } else { third };
    let expected = Parents::from([(operation_id(2), left)]);
    assert_eq!(parents::get(&tx, &operation_id(4), own).unwrap(), expected);
    // Of what was stored before that was noted, one of two stays as well.
    let old = [6, 7].map(|w| put_operation(&tx, 6, 1, w, false));
    put_operation(&tx, 8, 6, 8, true);
    quarantine::forget(&tx, 11, 11).unwrap();
    assert_eq!(old.into_iter().filter(|one| there(*one)).count(), 1);
    // What is forgotten leaves no note behind.
    let parent = put_operation(&tx, 10, 1, 10, false);
    let child = put_operation(&tx, 11, 10, 11, false);
    note(11, child, 10, parent);
    quarantine::forget(&tx, 11, 11).unwrap();
    assert!(!there(parent) && !there(child));
    let notes = "SELECT count(*) FROM parents";
    let notes: u32 = tx.query_row(notes, (), |row| row.get(0)).unwrap();
    assert_eq!(notes, 1);
}

#[test]
fn an_anchor_without_its_contract_is_refused() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    let anchor = AnchorRow {
        contract: contract_id(1),
        witness: txid(1),
        anchor: vec![],
        bundle: vec![],
    };
    assert!(matches!(
        witnesses::put_anchor(&tx, &anchor),
        Err(StoreError::Sqlite { .. })
    ));
}

#[test]
fn invoices_are_found_by_what_they_ask_for() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    let row = InvoiceRow {
        text: "bulla:?".to_owned(),
        contract: Some(contract_id(1)),
        amount: Some(u64::MAX),
        secret: Some(secret(2)),
        script: Some(ScriptBuf::from(vec![0x51])),
        index: Some(3),
        outpoint: Some(outpoint(4)),
        blinding: [5; 16],
        ack: key(),
        contact: Some("carol".to_owned()),
        created: 6,
        expiry: Some(7),
        state: "invoiced".to_owned(),
        reason: None,
    };
    let number = invoices::insert(&tx, &row).unwrap();
    assert_eq!(invoices::get(&tx, number).unwrap(), Some(row.clone()));
    assert_eq!(
        invoices::by_secret(&tx, &secret(2)).unwrap(),
        [(number, row.clone())]
    );
    assert_eq!(
        invoices::by_script(&tx, &ScriptBuf::from(vec![0x51])).unwrap(),
        [(number, row.clone())]
    );
    assert_eq!(
        invoices::by_text(&tx, "bulla:?").unwrap(),
        Some((number, row.clone()))
    );
    assert!(invoices::by_secret(&tx, &secret(3)).unwrap().is_empty());
    assert!(invoices::insert(&tx, &row).is_err(), "the same text twice");
    invoices::set_state(&tx, number, "failed", Some("expired")).unwrap();
    let failed = InvoiceRow {
        state: "failed".to_owned(),
        reason: Some("expired".to_owned()),
        ..row
    };
    assert_eq!(invoices::all(&tx).unwrap(), [(number, failed)]);
}

#[test]
fn transfers_are_listed_newest_first_in_pages() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    let row = |n: u8| TransferRow {
        id: [n; 16],
        direction: "send".to_owned(),
        state: "prepared".to_owned(),
        reason: None,
        txid: Some(txid(n)),
        psbt: Some(vec![n]),
        tx: Some(transaction(1)),
        fee: Some(200),
        created: u64::from(n),
        updated: u64::MAX,
        deadline: None,
    };
    for n in 1..=3 {
        transfers::put(&tx, &row(n)).unwrap();
    }
    let item = ItemRow {
        transfer: [2; 16],
        n: 0,
        invoice: Some("bulla:?".to_owned()),
        contract: Some(contract_id(1)),
        amount: Some(1),
        operation: Some(operation_id(2)),
        abandoned: Some(operation_id(3)),
        ty: Some(1),
        index: Some(0),
        awaited: true,
        acked: false,
        ack: None,
    };
    transfers::put_item(&tx, &item).unwrap();
    let acked = ItemRow {
        awaited: true,
        acked: true,
        ack: Some(vec![1]),
        ..item
    };
    transfers::put_item(&tx, &acked).unwrap();
    transfers::put(
        &tx,
        &TransferRow {
            state: "broadcast".to_owned(),
            ..row(2)
        },
    )
    .unwrap();

    assert_eq!(
        transfers::items(&tx, &[2; 16]).unwrap(),
        std::slice::from_ref(&acked)
    );
    assert_eq!(
        transfers::items_of_invoice(&tx, "bulla:?").unwrap(),
        [acked]
    );
    let ids = |rows: Vec<TransferRow>| rows.iter().map(|row| row.id[0]).collect::<Vec<_>>();
    assert_eq!(ids(transfers::page(&tx, 0, 2).unwrap()), [3, 2]);
    assert_eq!(ids(transfers::page(&tx, 2, 2).unwrap()), [1]);
    assert_eq!(
        ids(transfers::in_state(&tx, "send", "prepared").unwrap()),
        [1, 3]
    );
    assert_eq!(ids(transfers::by_txid(&tx, txid(2)).unwrap()), [2]);
    // The end of time is kept as the last second a column can hold.
    let expected = TransferRow {
        updated: i64::MAX.unsigned_abs(),
        ..row(3)
    };
    assert_eq!(transfers::get(&tx, &[3; 16]).unwrap(), Some(expected));
}

#[test]
fn l02_a_coin_is_kept_for_one_holder_at_a_time() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    let first = ReservedRow {
        outpoint: outpoint(1),
        holder: Holder::Transfer([1; 16]),
        until: None,
    };
    let second = ReservedRow {
        outpoint: outpoint(2),
        holder: Holder::Invoice(7),
        until: Some(100),
    };
    assert!(reserved::insert(&tx, &first).unwrap());
    assert!(reserved::insert(&tx, &second).unwrap());
    assert!(
        !reserved::insert(
            &tx,
            &ReservedRow {
                outpoint: outpoint(1),
                ..second
            }
        )
        .unwrap()
    );
    assert_eq!(reserved::all(&tx).unwrap(), [first, second]);
    assert_eq!(reserved::outpoints(&tx, 99).unwrap().len(), 2);
    assert_eq!(reserved::outpoints(&tx, 100).unwrap().len(), 1);
    reserved::release_expired(&tx, 100).unwrap();
    assert_eq!(reserved::all(&tx).unwrap(), [first]);
    reserved::release(&tx, Holder::Transfer([1; 16])).unwrap();
    assert!(reserved::all(&tx).unwrap().is_empty());
}

#[test]
fn tapret_outputs_are_read_as_they_were_written() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    let row = TapretRow {
        script: ScriptBuf::from(vec![0x51, 0x20]),
        index: 3,
        internal_key: key(),
        commitment: Commitment::from_byte_array([1; 32]),
        root: bitcoin::taproot::TapNodeHash::from_byte_array([2; 32]),
    };
    tapret::insert(&tx, &row).unwrap();
    tapret::insert(&tx, &row).unwrap();
    assert_eq!(tapret::all(&tx).unwrap(), [row]);
}

#[test]
fn bytes_that_are_no_value_are_damage() {
    let dir = Dir::new();
    let mut db = new_store(&dir.file());
    let tx = begin(&mut db).unwrap();
    tx.execute("INSERT INTO schemas_allowed (id) VALUES (x'00')", ())
        .unwrap();
    assert!(matches!(
        contracts::allowed_schemas(&tx),
        Err(StoreError::Damaged { .. })
    ));
}
