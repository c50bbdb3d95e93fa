//! State is computed, never patched: a pure function of the operations known and of where their
//! witnesses stand.
//!
//! An operation has effect while one of its witnesses is mined, in the mempool, or our own and live,
//! and every parent has effect. Its depth is the least over itself and all ancestors, in whatever order
//! of height they were mined.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use bitcoin::{OutPoint, Txid};
use bulla_core::operation::Input;
use bulla_core::seal::Seal;
use bulla_core::state::State;
use bulla_core::{ContractId, OperationId};

/// Where a witness stands, as the last `sync` or `accept` heard it.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WitnessStatus {
    /// In the best chain.
    Mined {
        /// Height of its block.
        height: u32,
    },
    /// In the source's mempool.
    Mempool,
    /// Neither.
    Absent,
    /// A mined transaction spends one of its inputs.
    Conflicted,
}

/// A witness.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct WitnessRow {
    /// The transaction.
    pub txid: Txid,
    /// Where it stands.
    pub status: WitnessStatus,
    /// Ours, broadcast or about to be, and not given up.
    pub live: bool,
}

/// An operation of one contract, except its genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperationRow {
    /// Its id.
    pub id: OperationId,
    /// What it consumes.
    pub inputs: Vec<Input>,
    /// Every witness it is anchored in.
    pub witnesses: Vec<Txid>,
}

/// A leaf whose seal is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeafRow {
    /// The leaf.
    pub leaf: Input,
    /// What it is.
    pub state: State,
    /// Its seal.
    pub seal: Seal,
}

/// How sure an operation is: confirmations of the weakest witness of its history. A genesis has
/// none and is as sure as can be.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Depth {
    /// So many confirmations; 0: not mined.
    Confirmations(u32),
    /// No witness in its history.
    Genesis,
}

impl Depth {
    /// Whether it is at least this deep.
    pub fn reaches(self, depth: u32) -> bool {
        self >= Self::Confirmations(depth)
    }

    /// The number of confirmations; `u32::MAX` without a witness.
    pub const fn confirmations(self) -> u32 {
        match self {
            Self::Confirmations(depth) => depth,
            Self::Genesis => u32::MAX,
        }
    }
}

/// An operation that has effect.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Of the weakest witness of its history.
    pub depth: Depth,
    /// The witness that counts; none for a genesis.
    pub witness: Option<Txid>,
}

/// An output that holds a leaf with effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allocation {
    /// The output.
    pub outpoint: OutPoint,
    /// The leaf.
    pub leaf: Input,
    /// What it is.
    pub state: State,
    /// How sure it is.
    pub depth: Depth,
}

/// What has effect of one contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    standings: BTreeMap<OperationId, Standing>,
}

impl Ledger {
    /// Walks the operations in an order in which parents come before their children.
    pub fn new(
        contract: ContractId,
        operations: &[OperationRow],
        witnesses: &BTreeMap<Txid, WitnessRow>,
        tip: u32,
    ) -> Self {
        let genesis = Standing {
            depth: Depth::Genesis,
            witness: None,
        };
        let mut standings = BTreeMap::from([(contract.into(), genesis)]);
        for operation in operations {
            if let Some(standing) = standing(operation, &standings, witnesses, tip) {
                standings.insert(operation.id, standing);
            }
        }
        Self { standings }
    }

    /// How an operation stands, if it has effect.
    pub fn standing(&self, operation: &OperationId) -> Option<&Standing> {
        self.standings.get(operation)
    }

    /// The leaves with effect and the outputs that hold them, which may have been spent since: the
    /// caller keeps those that are its own unspent coins. Leaves of amount 0 never open.
    pub fn allocations<'a>(
        &'a self,
        leaves: impl IntoIterator<Item = &'a LeafRow> + 'a,
    ) -> impl Iterator<Item = Allocation> + 'a {
        leaves.into_iter().filter_map(|row| {
            let standing = self.standings.get(&row.leaf.operation)?;
            let outpoint = row.seal.resolve(standing.witness)?;
            (row.state != State::Amount(0)).then(|| Allocation {
                outpoint,
                leaf: row.leaf,
                state: row.state.clone(),
                depth: standing.depth,
            })
        })
    }
}

fn standing(
    operation: &OperationRow,
    standings: &BTreeMap<OperationId, Standing>,
    witnesses: &BTreeMap<Txid, WitnessRow>,
    tip: u32,
) -> Option<Standing> {
    let known = operation
        .witnesses
        .iter()
        .filter_map(|txid| witnesses.get(txid));
    let (rank, txid) = known
        .filter_map(|row| Some((rank(row, tip)?, row.txid)))
        .max_by_key(|(rank, txid)| (*rank, Reverse(*txid)))?;
    let mut depth = Depth::Confirmations(rank.depth);
    for input in &operation.inputs {
        depth = depth.min(standings.get(&input.operation)?.depth);
    }
    Some(Standing {
        depth,
        witness: Some(txid),
    })
}

/// Which of an operation's witnesses counts: the deepest; in the mempool before ours that is not.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    depth: u32,
    in_mempool: bool,
}

fn rank(row: &WitnessRow, tip: u32) -> Option<Rank> {
    match row.status {
        WitnessStatus::Mined { height } if height <= tip => Some(Rank {
            depth: (tip - height).saturating_add(1),
            in_mempool: false,
        }),
        WitnessStatus::Mined { .. } | WitnessStatus::Mempool => Some(Rank {
            depth: 0,
            in_mempool: true,
        }),
        WitnessStatus::Absent if row.live => Some(Rank {
            depth: 0,
            in_mempool: false,
        }),
        WitnessStatus::Absent | WitnessStatus::Conflicted => None,
    }
}

#[cfg(test)]
mod tests {
    use bitcoin::hashes::Hash;
    use bulla_core::seal::Blinding;

    use super::*;

    const CONTRACT: ContractId = ContractId::from_bytes([1; 32]);
    const TIP: u32 = 100;

    fn op(n: u8) -> OperationId {
        if n == 0 {
            CONTRACT.into()
        } else {
            OperationId::from_bytes([n + 10; 32])
        }
    }

    fn txid(n: u8) -> Txid {
        Txid::from_byte_array([n; 32])
    }

    fn leaf(n: u8) -> Input {
        Input {
            operation: op(n),
            owned_type: 0,
            index: 0,
        }
    }

    /// Operation `n` that consumes leaves of `parents`, anchored in `witnesses`.
    fn row(n: u8, parents: &[u8], witnesses: &[u8]) -> OperationRow {
        OperationRow {
            id: op(n),
            inputs: parents.iter().map(|parent| leaf(*parent)).collect(),
            witnesses: witnesses.iter().map(|n| txid(*n)).collect(),
        }
    }

    fn depths(
        operations: &[OperationRow],
        witnesses: &[(u8, WitnessStatus, bool)],
    ) -> Vec<Option<(Depth, Txid)>> {
        let witnesses = witnesses
            .iter()
            .map(|(n, status, live)| {
                (
                    txid(*n),
                    WitnessRow {
                        txid: txid(*n),
                        status: *status,
                        live: *live,
                    },
                )
            })
            .collect();
        let ledger = Ledger::new(CONTRACT, operations, &witnesses, TIP);
        let standing = |row: &OperationRow| ledger.standing(&row.id).copied();
        let found = operations.iter().map(standing);
        found
            .map(|found| found.map(|s| (s.depth, s.witness.unwrap())))
            .collect()
    }

    fn at(depth: u32, witness: u8) -> (Depth, Txid) {
        (Depth::Confirmations(depth), txid(witness))
    }

    use WitnessStatus::{Absent, Conflicted, Mempool, Mined};

    #[test]
    fn a_genesis_is_settled_at_once() {
        let ledger = Ledger::new(CONTRACT, &[], &BTreeMap::new(), 0);
        let standing = ledger.standing(&op(0)).unwrap();
        assert!(standing.depth.reaches(1_000_000));
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
        for status in [Absent, Conflicted] {
            let witnesses = [(1, status, false), (2, Mined { height: 5 }, false)];
            assert_eq!(depths(&operations, &witnesses), [None, None]);
        }
    }

    #[test]
    fn our_own_live_witness_counts_before_the_network_shows_it() {
        let operations = [row(1, &[0], &[1])];
        assert_eq!(depths(&operations, &[(1, Absent, true)]), [Some(at(0, 1))]);
        assert_eq!(depths(&operations, &[(1, Conflicted, true)]), [None]);
    }

    #[test]
    fn of_two_witnesses_of_one_operation_the_mined_one_counts() {
        let operations = [row(1, &[0], &[1, 2])];
        let replaced = [(1, Conflicted, true), (2, Mined { height: 99 }, false)];
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
    fn a_parent_nobody_knows_gives_no_effect() {
        let operations = [row(2, &[1], &[2])];
        assert_eq!(
            depths(&operations, &[(2, Mined { height: 1 }, false)]),
            [None]
        );
    }

    #[test]
    fn a_leaf_is_held_by_the_output_of_the_witness_that_counts() {
        let operations = [row(1, &[0], &[1, 2])];
        let rows: BTreeMap<_, _> = [(1, Conflicted), (2, Mempool)]
            .map(|(n, status)| {
                (
                    txid(n),
                    WitnessRow {
                        txid: txid(n),
                        status,
                        live: false,
                    },
                )
            })
            .into();
        let ledger = Ledger::new(CONTRACT, &operations, &rows, TIP);
        let blinding = Blinding([0; 16]);
        let leaves = [
            LeafRow {
                leaf: leaf(1),
                state: State::Amount(7),
                seal: Seal::Witness { vout: 3, blinding },
            },
            LeafRow {
                leaf: Input {
                    index: 1,
                    ..leaf(1)
                },
                state: State::Amount(0),
                seal: Seal::Witness { vout: 4, blinding },
            },
            LeafRow {
                leaf: leaf(0),
                state: State::Right,
                seal: Seal::Witness { vout: 0, blinding },
            },
        ];
        let found: Vec<_> = ledger.allocations(&leaves).collect();
        assert_eq!(
            found.len(),
            1,
            "an amount of 0 and a witness seal of a genesis never open"
        );
        assert_eq!(found[0].outpoint, OutPoint::new(txid(2), 3));
    }
}
