//! Which operations a leaf needs, and in which order their witnesses are shown.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::Txid;
use bulla_core::OperationId;

/// These operations and all their ancestors, the genesis included. `parents` gives the operations
/// whose leaves one consumes; of a genesis none. Iterative: histories are deep.
///
/// # Errors
/// Those of `parents`.
pub fn ancestors<E>(
    of: impl IntoIterator<Item = OperationId>,
    mut parents: impl FnMut(OperationId) -> Result<Vec<OperationId>, E>,
) -> Result<BTreeSet<OperationId>, E> {
    let mut open: Vec<OperationId> = of.into_iter().collect();
    let mut found = BTreeSet::new();
    while let Some(operation) = open.pop() {
        if found.insert(operation) {
            open.extend(parents(operation)?);
        }
    }
    Ok(found)
}

/// What decides the order of frames.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    /// The witness the operation is shown in.
    pub witness: Txid,
    /// Operations whose leaves it consumes.
    pub parents: Vec<OperationId>,
    /// The order in which the wallet learned of it.
    pub seq: u64,
}

/// The witnesses, each once, such that a witness comes after those of all parents of its operations;
/// where that leaves a choice, the one learned of first. Operations without an entry (the genesis)
/// are there from the start. None if witnesses depend on each other in a circle.
pub fn frames(operations: &BTreeMap<OperationId, Placed>) -> Option<Vec<Txid>> {
    let mut needs: BTreeMap<Txid, BTreeSet<Txid>> = BTreeMap::new();
    let mut needed_by: BTreeMap<Txid, BTreeSet<Txid>> = BTreeMap::new();
    let mut first: BTreeMap<Txid, u64> = BTreeMap::new();
    for placed in operations.values() {
        let needs = needs.entry(placed.witness).or_default();
        let seq = first.entry(placed.witness).or_insert(placed.seq);
        *seq = placed.seq.min(*seq);
        for parent in placed
            .parents
            .iter()
            .filter_map(|parent| operations.get(parent))
        {
            needs.insert(parent.witness);
            needed_by
                .entry(parent.witness)
                .or_default()
                .insert(placed.witness);
        }
    }
    let mut ready: BTreeSet<(u64, Txid)> = needs
        .iter()
        .filter(|(_, needs)| needs.is_empty())
        .filter_map(|(witness, _)| Some((*first.get(witness)?, *witness)))
        .collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some((_, witness)) = ready.pop_first() {
        order.push(witness);
        for child in needed_by.remove(&witness).unwrap_or_default() {
            let Some(left) = needs.get_mut(&child) else {
                continue;
            };
            left.remove(&witness);
            if left.is_empty() {
                ready.insert((*first.get(&child)?, child));
            }
        }
    }
    (order.len() == needs.len()).then_some(order)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bitcoin::hashes::Hash;

    use super::*;

    fn op(n: u32) -> OperationId {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        OperationId::from_bytes(bytes)
    }

    fn txid(n: u8) -> Txid {
        Txid::from_byte_array([n; 32])
    }

    fn order(operations: &[(u32, u8, &[u32])]) -> Option<Vec<Txid>> {
        let placed = operations
            .iter()
            .zip(1..)
            .map(|((n, witness, parents), seq)| {
                let parents = parents.iter().map(|n| op(*n)).collect();
                (
                    op(*n),
                    Placed {
                        witness: txid(*witness),
                        parents,
                        seq,
                    },
                )
            });
        frames(&placed.collect())
    }

    #[test]
    fn only_ancestors_are_needed() {
        let parents = |id: OperationId| -> Result<Vec<OperationId>, Infallible> {
            Ok(match id {
                id if id == op(3) => vec![op(1), op(0)],
                id if id == op(2) => vec![op(1)],
                id if id == op(1) => vec![op(0)],
                _ => vec![],
            })
        };
        assert_eq!(
            ancestors([op(3)], parents),
            Ok([op(0), op(1), op(3)].into())
        );
    }

    #[test]
    fn a_deep_history_does_not_overflow_the_stack() {
        let parents = |id: OperationId| -> Result<Vec<OperationId>, Infallible> {
            let n = u32::from_be_bytes(id.as_bytes()[..4].try_into().unwrap());
            Ok(n.checked_sub(1).map(op).into_iter().collect())
        };
        assert_eq!(ancestors([op(200_000)], parents).unwrap().len(), 200_001);
    }

    #[test]
    fn a_witness_comes_after_those_of_its_parents_however_it_was_learned() {
        // Two operations in witness 1: the second was learned last, and builds on witness 3.
        let operations: &[(u32, u8, &[u32])] =
            &[(1, 1, &[]), (2, 2, &[1]), (3, 3, &[]), (4, 1, &[3])];
        assert_eq!(order(operations), Some(vec![txid(3), txid(1), txid(2)]));
    }

    #[test]
    fn independent_witnesses_come_as_they_were_learned() {
        assert_eq!(
            order(&[(9, 7, &[]), (5, 3, &[]), (6, 5, &[9])]),
            Some(vec![txid(7), txid(3), txid(5)])
        );
    }

    #[test]
    fn a_circle_has_no_order() {
        assert_eq!(order(&[(1, 1, &[2]), (2, 2, &[1])]), None);
    }
}
