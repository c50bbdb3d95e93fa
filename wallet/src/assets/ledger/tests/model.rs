//! The same as a pure function over everything at once: what the queries are compared with.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use bitcoin::Txid;
use bulla_core::{ContractId, OperationId};

use super::super::{Depth, Standing};
use crate::chain::Position;

/// An operation: its parents and its witnesses.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: OperationId,
    pub parents: Vec<OperationId>,
    pub witnesses: Vec<Txid>,
}

/// Where a witness stands, and whether it is ours and live.
pub type Witnesses = BTreeMap<Txid, (Position, bool)>;

/// The operations with effect; parents come before their children.
pub fn standings(
    contract: ContractId,
    operations: &[Operation],
    witnesses: &Witnesses,
    tip: u32,
) -> BTreeMap<OperationId, Standing> {
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
    standings
}

fn standing(
    operation: &Operation,
    standings: &BTreeMap<OperationId, Standing>,
    witnesses: &Witnesses,
    tip: u32,
) -> Option<Standing> {
    let mut best = None;
    for txid in &operation.witnesses {
        let rank = match witnesses.get(txid)? {
            (Position::Mined { height }, _) if *height <= tip => (tip - height + 1, false),
            (Position::Mined { .. } | Position::Mempool, _) => (0, true),
            (Position::Absent, true) => (0, false),
            (Position::Absent | Position::Conflicted { .. }, _) => continue,
        };
        best = best.max(Some((rank, Reverse(*txid))));
    }
    let ((depth, _), Reverse(txid)) = best?;
    let mut depth = Depth::Confirmations(depth);
    for parent in &operation.parents {
        depth = depth.min(standings.get(parent)?.depth);
    }
    Some(Standing {
        depth,
        witness: Some(txid),
    })
}
