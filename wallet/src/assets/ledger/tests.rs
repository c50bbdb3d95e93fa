//! The queries over a real store, compared with the pure [`model`] each time they are asked.

mod model;

use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Transaction, TxIn, absolute};
use bulla_core::seal::{Blinding, Seal};
use proptest::prelude::*;

use super::*;
use crate::store::contracts::ContractRow;
use crate::store::operations::{LeafRow, OperationRow};
use crate::store::transfers::{self, TransferRow};
use crate::store::witnesses::{AnchorRow, AnchoredRow, WitnessRow};
use crate::store::{self, begin, init};

const CONTRACT: ContractId = ContractId::from_bytes([1; 32]);
const TIP: u32 = 100;
/// One more than there are.
const WITNESSES: u8 = 16;

fn op(n: u8) -> OperationId {
    if n == 0 {
        CONTRACT.into()
    } else {
        OperationId::from_bytes([n + 10; 32])
    }
}

fn transaction(n: u8) -> Transaction {
    let spent = OutPoint::new(Txid::from_byte_array([n; 32]), 0);
    Transaction {
        version: Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: spent,
            ..TxIn::default()
        }],
        output: Vec::new(),
    }
}

fn txid(n: u8) -> Txid {
    transaction(n).compute_txid()
}

fn leaf(n: u8) -> Input {
    Input {
        operation: op(n),
        owned_type: 0,
        index: 0,
    }
}

/// A store and the same facts as the model takes them.
struct World {
    db: Connection,
    operations: Vec<model::Operation>,
    witnesses: model::Witnesses,
    tip: u32,
}

impl World {
    fn new() -> Self {
        let mut db = Connection::open_in_memory().unwrap();
        let tx = begin(&mut db).unwrap();
        init(&tx).unwrap();
        let contract = ContractRow {
            id: CONTRACT,
            header: Vec::new(),
            issued: false,
            added: 0,
        };
        contracts::put(&tx, &contract).unwrap();
        for w in 1..WITNESSES {
            let row = WitnessRow {
                tx: transaction(w),
                own: true,
                position: Position::Absent,
                since: 0,
            };
            witnesses::put(&tx, &row).unwrap();
        }
        tx.commit().unwrap();
        Self {
            db,
            operations: Vec::new(),
            witnesses: (1..WITNESSES)
                .map(|w| (txid(w), (Position::Absent, false)))
                .collect(),
            tip: TIP,
        }
    }

    fn change(&mut self, change: impl FnOnce(&bdk_wallet::rusqlite::Transaction<'_>)) {
        let tx = begin(&mut self.db).unwrap();
        change(&tx);
        tx.commit().unwrap();
    }

    /// Operation `n` that consumes leaves of `parents`.
    fn operation(&mut self, n: u8, parents: &[u8]) {
        let row = |seq| OperationRow {
            id: op(n),
            contract: CONTRACT,
            seq,
            transition: Vec::new(),
        };
        let inputs: Vec<_> = parents.iter().map(|parent| leaf(*parent)).collect();
        self.change(|tx| {
            operations::put(tx, &row(operations::next_seq(tx).unwrap())).unwrap();
            operations::put_inputs(tx, &op(n), &inputs).unwrap();
        });
        self.operations.push(model::Operation {
            id: op(n),
            parents: parents.iter().map(|parent| op(*parent)).collect(),
            witnesses: Vec::new(),
        });
    }

    /// Anchors operation `n` in witness `w`.
    fn anchor(&mut self, n: u8, w: u8) {
        self.change(|tx| {
            let row = AnchorRow {
                contract: CONTRACT,
                witness: txid(w),
                anchor: Vec::new(),
                bundle: Vec::new(),
            };
            witnesses::put_anchor(tx, &row).unwrap();
            let row = AnchoredRow {
                contract: CONTRACT,
                witness: txid(w),
                operation: op(n),
                signatures: Vec::new(),
            };
            witnesses::put_anchored(tx, &row).unwrap();
        });
        let of = self.operations.iter_mut().find(|known| known.id == op(n));
        of.unwrap().witnesses.push(txid(w));
    }

    fn place(&mut self, w: u8, position: Position) {
        let tip = self.tip;
        self.change(|tx| witnesses::set_position(tx, txid(w), position, tip).unwrap());
        self.witnesses.get_mut(&txid(w)).unwrap().0 = position;
    }

    fn live(&mut self, w: u8, live: bool) {
        let state = if live { "broadcast" } else { "failed" };
        let row = TransferRow {
            id: [w; 16],
            direction: "sent".to_owned(),
            state: state.to_owned(),
            reason: None,
            txid: Some(txid(w)),
            psbt: None,
            tx: None,
            fee: None,
            created: 0,
            updated: 0,
            deadline: None,
        };
        self.change(|tx| transfers::put(tx, &row).unwrap());
        self.witnesses.get_mut(&txid(w)).unwrap().1 = live;
    }

    /// What has effect by the queries, which is what has effect by the model.
    fn standings(&mut self) -> Vec<Option<Standing>> {
        let model = model::standings(CONTRACT, &self.operations, &self.witnesses, self.tip);
        let ledger = Ledger::new(&self.db, self.tip);
        let mut found = Vec::new();
        for operation in &self.operations {
            let standing = ledger.standing(operation.id).unwrap();
            assert_eq!(standing, model.get(&operation.id).copied());
            found.push(standing);
        }
        // The last first, so that its history is walked.
        let ledger = Ledger::new(&self.db, self.tip);
        let last = self.operations.last();
        let again = last.map(|last| ledger.standing(last.id).unwrap());
        assert_eq!(again, found.last().copied());
        let before = self.heights();
        self.change(|tx| {
            let forget = "UPDATE operations SET height = NULL WHERE contract IS NOT NULL";
            tx.execute(forget, ()).unwrap();
            store::standing::refresh_all(tx).unwrap();
        });
        assert_eq!(self.heights(), before, "the cache is what can be computed");
        found
    }

    fn heights(&self) -> Vec<Option<u32>> {
        let height =
            |known: &model::Operation| standing::height(&self.db, &known.id).unwrap().unwrap();
        self.operations.iter().map(height).collect()
    }
}

/// Operation `n` that consumes leaves of `parents`, anchored in `witnesses`.
fn row(n: u8, parents: &[u8], witnesses: &[u8]) -> (u8, Vec<u8>, Vec<u8>) {
    (n, parents.to_vec(), witnesses.to_vec())
}

fn world(operations: &[(u8, Vec<u8>, Vec<u8>)], witnesses: &[(u8, Position, bool)]) -> World {
    let mut world = World::new();
    for (n, parents, witnesses) in operations {
        world.operation(*n, parents);
        for w in witnesses {
            world.anchor(*n, *w);
        }
    }
    for (w, position, live) in witnesses {
        world.place(*w, *position);
        world.live(*w, *live);
    }
    world
}

fn depths(
    operations: &[(u8, Vec<u8>, Vec<u8>)],
    witnesses: &[(u8, Position, bool)],
) -> Vec<Option<(Depth, Txid)>> {
    let found = world(operations, witnesses).standings().into_iter();
    found
        .map(|found| found.map(|s| (s.depth, s.witness.unwrap())))
        .collect()
}

fn at(depth: u32, witness: u8) -> (Depth, Txid) {
    (Depth::Confirmations(depth), txid(witness))
}

use Position::{Absent, Mempool, Mined};

const CONFLICTED: Position = Position::Conflicted { by: None };

#[test]
fn a_genesis_is_settled_at_once() {
    let world = World::new();
    let standing = Ledger::new(&world.db, 0).standing(op(0)).unwrap();
    assert!(standing.unwrap().depth.reaches(1_000_000));
}

#[test]
fn depth_is_that_of_the_weakest_ancestor_in_any_order_of_height() {
    let operations = [
        row(1, &[0], &[1]),
        row(2, &[1], &[2]),
        row(3, &[1, 2], &[3]),
    ];
    let mined = |height| Mined { height };
    let witnesses = [
        (1, mined(100), false),
        (2, mined(90), false),
        (3, mined(95), false),
    ];
    assert_eq!(
        depths(&operations, &witnesses),
        [Some(at(1, 1)), Some(at(1, 2)), Some(at(1, 3))]
    );
    let witnesses = [
        (1, mined(80), false),
        (2, Mempool, false),
        (3, mined(95), false),
    ];
    assert_eq!(
        depths(&operations, &witnesses),
        [Some(at(21, 1)), Some(at(0, 2)), Some(at(0, 3))]
    );
}

#[test]
fn what_is_absent_or_conflicted_has_no_effect_nor_have_its_children() {
    let operations = [row(1, &[0], &[1]), row(2, &[1], &[2])];
    for status in [Absent, CONFLICTED] {
        let witnesses = [(1, status, false), (2, Mined { height: 5 }, false)];
        assert_eq!(depths(&operations, &witnesses), [None, None]);
    }
}

#[test]
fn our_own_live_witness_counts_before_the_network_shows_it() {
    let operations = [row(1, &[0], &[1])];
    assert_eq!(depths(&operations, &[(1, Absent, true)]), [Some(at(0, 1))]);
    assert_eq!(depths(&operations, &[(1, CONFLICTED, true)]), [None]);
}

#[test]
fn of_two_witnesses_of_one_operation_the_mined_one_counts() {
    let operations = [row(1, &[0], &[1, 2])];
    let replaced = [(1, CONFLICTED, true), (2, Mined { height: 99 }, false)];
    assert_eq!(depths(&operations, &replaced), [Some(at(2, 2))]);
    let waiting = [(1, Absent, true), (2, Mempool, false)];
    assert_eq!(depths(&operations, &waiting), [Some(at(0, 2))]);
}

#[test]
fn a_reorg_only_changes_the_facts() {
    let operations = [row(1, &[0], &[1])];
    let before = depths(&operations, &[(1, Mined { height: 99 }, false)]);
    let during = depths(&operations, &[(1, Mempool, false)]);
    let after = depths(&operations, &[(1, Mined { height: 99 }, false)]);
    assert_eq!(
        (before, during),
        (vec![Some(at(2, 1))], vec![Some(at(0, 1))])
    );
    assert_eq!(after, [Some(at(2, 1))]);
    let beyond_the_tip = depths(&operations, &[(1, Mined { height: TIP + 1 }, false)]);
    assert_eq!(beyond_the_tip, [Some(at(0, 1))]);
}

#[test]
fn a_parent_nobody_knows_is_refused_by_the_store() {
    let mut world = world(&[row(1, &[0], &[1])], &[]);
    let tx = begin(&mut world.db).unwrap();
    let refused = operations::put_inputs(&tx, &op(1), &[leaf(2)]).unwrap_err();
    let reason = format!("{refused:?}");
    assert!(
        reason.contains("NOT NULL constraint failed: inputs.parent"),
        "{reason}"
    );
}

#[test]
fn a_leaf_is_held_by_the_output_of_the_witness_that_counts() {
    let operations = [row(1, &[0], &[1, 2])];
    let mut world = world(&operations, &[(1, CONFLICTED, false), (2, Mempool, false)]);
    let blinding = Blinding([7; 16]);
    let at = |vout| Seal::Witness { vout, blinding };
    let coin = OutPoint::new(txid(9), 3);
    let leaves = [
        (leaf(1), 7, at(3)),
        (
            Input {
                index: 1,
                ..leaf(1)
            },
            0,
            at(3),
        ),
        (
            Input {
                index: 2,
                ..leaf(1)
            },
            5,
            Seal::outpoint(coin, blinding),
        ),
        (leaf(0), 5, at(3)),
    ];
    world.change(|tx| {
        for (leaf, amount, seal) in leaves {
            operations::put_leaf(tx, &leaf_row(leaf, amount, seal)).unwrap();
        }
    });
    let on = |outpoint| Ledger::new(&world.db, TIP).on(outpoint).unwrap();
    let amounts = |outpoint| -> Vec<_> {
        let on = on(outpoint).into_iter();
        on.map(|held| (held.contract, held.leaf, held.state))
            .collect()
    };
    let held = |leaf, amount| (CONTRACT, leaf, State::Amount(amount));
    assert_eq!(amounts(OutPoint::new(txid(2), 3)), [held(leaf(1), 7)]);
    assert_eq!(
        amounts(coin),
        [held(
            Input {
                index: 2,
                ..leaf(1)
            },
            5
        )]
    );
    for other in [(txid(1), 3), (txid(2), 4), (txid(9), 4), (txid(8), 3)] {
        assert_eq!(on(OutPoint::new(other.0, other.1)), []);
    }
    // A genesis has no witness to be over an output of.
    assert_eq!(on(OutPoint::new(Txid::all_zeros(), 3)), []);
}

fn leaf_row(leaf: Input, amount: u64, seal: Seal) -> LeafRow {
    LeafRow {
        operation: leaf.operation,
        ty: leaf.owned_type,
        index: leaf.index,
        kind: 0,
        amount,
        token: None,
        data: None,
        secret: seal.conceal(),
        seal: Some(seal.encode()),
    }
}

#[derive(Clone, Debug)]
enum Event {
    /// A new operation that consumes leaves of some of those before it, in a witness.
    Operation { parents: Vec<u8>, witness: u8 },
    /// One more witness of an operation.
    Anchor { operation: u8, witness: u8 },
    /// A witness is somewhere else.
    Place { witness: u8, position: Position },
    /// Our transfer goes on, or is given up.
    Live { witness: u8, live: bool },
    /// The best block is another.
    Tip { height: u32 },
}

fn event() -> impl Strategy<Value = Event> {
    let witness = || 1..WITNESSES;
    let position = prop_oneof![
        6 => (1_u32..24).prop_map(|height| Mined { height }),
        1 => Just(Mempool),
        1 => Just(Absent),
        1 => Just(CONFLICTED),
    ];
    prop_oneof![
        4 => (prop::collection::vec(any::<u8>(), 1..4), witness())
            .prop_map(|(parents, witness)| Event::Operation { parents, witness }),
        1 => (any::<u8>(), witness())
            .prop_map(|(operation, witness)| Event::Anchor { operation, witness }),
        8 => (witness(), position)
            .prop_map(|(witness, position)| Event::Place { witness, position }),
        1 => (witness(), any::<bool>()).prop_map(|(witness, live)| Event::Live { witness, live }),
        1 => (15_u32..30).prop_map(|height| Event::Tip { height }),
    ]
}

fn happen(world: &mut World, event: &Event) {
    let count = u8::try_from(world.operations.len()).unwrap();
    match event {
        Event::Operation { parents, witness } => {
            let parents: Vec<u8> = parents.iter().map(|n| n % (count + 1)).collect();
            world.operation(count + 1, &parents);
            world.anchor(count + 1, *witness);
        }
        Event::Anchor { operation, witness } if count > 0 => {
            let operation = operation % count + 1;
            let known = &world.operations[usize::from(operation) - 1];
            if !known.witnesses.contains(&txid(*witness)) {
                world.anchor(operation, *witness);
            }
        }
        Event::Anchor { .. } => {}
        Event::Place { witness, position } => world.place(*witness, *position),
        Event::Live { witness, live } => world.live(*witness, *live),
        Event::Tip { height } => world.tip = *height,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_queries_say_what_the_model_says(events in prop::collection::vec(event(), 1..60)) {
        let mut world = World::new();
        for event in &events {
            happen(&mut world, event);
            world.standings();
        }
    }
}
