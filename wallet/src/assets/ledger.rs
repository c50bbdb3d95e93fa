//! What has effect: a function of the operations known and of where their witnesses stand, computed by
//! query, never patched.
//!
//! An operation has effect while one of its witnesses is mined, in the mempool, or our own and live,
//! and every parent has effect. Its depth is the least over itself and all ancestors, in whatever order
//! of height they were mined. Where a history is mined as a whole the store knows its greatest height;
//! what is not is walked, and is little.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use bdk_wallet::rusqlite::Connection;
use bitcoin::{OutPoint, Txid};
use bulla_core::operation::Input;
use bulla_core::state::State;
use bulla_core::{ContractId, OperationId};

use super::rows;
use crate::chain::Position;
use crate::store::witnesses::Standpoint;
use crate::store::{StoreError, contracts, operations, standing, witnesses};

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
    /// The contract.
    pub contract: ContractId,
    /// The leaf.
    pub leaf: Input,
    /// What it is.
    pub state: State,
    /// How sure it is.
    pub depth: Depth,
}

/// What has effect, as the last `sync` or `accept` heard it. It remembers what it computed: a change
/// of the store asks for a new one.
#[derive(Debug)]
pub struct Ledger<'a> {
    db: &'a Connection,
    /// Height of the best block.
    tip: u32,
    found: RefCell<BTreeMap<OperationId, Option<Standing>>>,
}

/// An operation whose parents are still to be looked at.
struct Open {
    operation: OperationId,
    own: Standing,
    parents: Vec<OperationId>,
}

impl<'a> Ledger<'a> {
    /// Of this store, under a best block of this height.
    pub const fn new(db: &'a Connection, tip: u32) -> Self {
        let found = RefCell::new(BTreeMap::new());
        Self { db, tip, found }
    }

    /// How an operation stands, if it has effect.
    pub fn standing(&self, operation: OperationId) -> Result<Option<Standing>, StoreError> {
        let mut found = self.found.borrow_mut();
        let mut path: Vec<Open> = Vec::new();
        let mut next = Some(operation);
        loop {
            if let Some(operation) = next.take()
                && !found.contains_key(&operation)
            {
                match self.look(operation)? {
                    Looked::Known(standing) => {
                        found.insert(operation, standing);
                    }
                    Looked::Open(open) => path.push(open),
                }
            }
            let Some(open) = path.last_mut() else { break };
            match settle(open, &found) {
                Step::Parent(parent) => next = Some(parent),
                Step::Done(standing) => {
                    found.insert(open.operation, standing);
                    path.pop();
                }
            }
        }
        Ok(found.get(&operation).copied().flatten())
    }

    /// The leaves with effect that an output holds; it may have been spent since: the caller asks for
    /// his own unspent coins. Leaves of amount 0 never open.
    pub fn on(&self, outpoint: OutPoint) -> Result<Vec<Allocation>, StoreError> {
        let mut on = Vec::new();
        for (contract, row) in operations::leaves_on(self.db, outpoint)? {
            let (leaf, state, seal) = rows::leaf(&row)?;
            let Some(standing) = self.standing(leaf.operation)? else {
                continue;
            };
            let held = seal.and_then(|seal| seal.resolve(standing.witness));
            if held == Some(outpoint) && state != State::Amount(0) {
                on.push(Allocation {
                    outpoint,
                    contract,
                    leaf,
                    state,
                    depth: standing.depth,
                });
            }
        }
        Ok(on)
    }

    fn look(&self, operation: OperationId) -> Result<Looked, StoreError> {
        let Some(height) = standing::height(self.db, &operation)? else {
            return Ok(Looked::Known(self.genesis(operation)?));
        };
        let witnesses = witnesses::of_operation(self.db, &operation)?;
        let Some(own) = own(&witnesses, self.tip) else {
            return Ok(Looked::Known(None));
        };
        Ok(match height.filter(|height| *height <= self.tip) {
            Some(height) => Looked::Known(Some(Standing {
                depth: Depth::Confirmations((self.tip - height).saturating_add(1)),
                ..own
            })),
            None => Looked::Open(Open {
                operation,
                own,
                parents: parents(self.db, operation)?,
            }),
        })
    }

    /// What is no transition: a genesis, or not known.
    fn genesis(&self, operation: OperationId) -> Result<Option<Standing>, StoreError> {
        let contract = ContractId::from_bytes(operation.to_bytes());
        Ok(contracts::exists(self.db, &contract)?.then_some(Standing {
            depth: Depth::Genesis,
            witness: None,
        }))
    }
}

enum Looked {
    Known(Option<Standing>),
    Open(Open),
}

enum Step {
    Parent(OperationId),
    Done(Option<Standing>),
}

/// Takes in the parents that are known, up to the first that is not.
fn settle(open: &mut Open, found: &BTreeMap<OperationId, Option<Standing>>) -> Step {
    while let Some(parent) = open.parents.last() {
        match found.get(parent) {
            None => return Step::Parent(*parent),
            Some(None) => return Step::Done(None),
            Some(Some(standing)) => {
                open.own.depth = open.own.depth.min(standing.depth);
                open.parents.pop();
            }
        }
    }
    Step::Done(Some(open.own))
}

/// The operations whose leaves an operation consumes, each once.
pub(crate) fn parents(
    db: &Connection,
    operation: OperationId,
) -> Result<Vec<OperationId>, StoreError> {
    let inputs = operations::inputs(db, &operation)?;
    let mut parents: Vec<_> = inputs.into_iter().map(|input| input.operation).collect();
    parents.dedup();
    Ok(parents)
}

/// How an operation would stand without its history.
fn own(witnesses: &[Standpoint], tip: u32) -> Option<Standing> {
    let ranked = witnesses
        .iter()
        .filter_map(|witness| Some((rank(witness, tip)?, witness.txid)));
    let (rank, txid) = ranked.max_by_key(|(rank, txid)| (*rank, Reverse(*txid)))?;
    Some(Standing {
        depth: Depth::Confirmations(rank.depth),
        witness: Some(txid),
    })
}

/// Which of an operation's witnesses counts: the deepest; in the mempool before ours that is not.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    depth: u32,
    in_mempool: bool,
}

fn rank(witness: &Standpoint, tip: u32) -> Option<Rank> {
    match witness.position {
        Position::Mined { height } if height <= tip => Some(Rank {
            depth: (tip - height).saturating_add(1),
            in_mempool: false,
        }),
        Position::Mined { .. } | Position::Mempool => Some(Rank {
            depth: 0,
            in_mempool: true,
        }),
        Position::Absent if witness.live => Some(Rank {
            depth: 0,
            in_mempool: false,
        }),
        Position::Absent | Position::Conflicted { .. } => None,
    }
}

#[cfg(test)]
mod tests;
