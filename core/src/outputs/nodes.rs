//! A tree of amounts with every node hashed once, for many narrow views of one list.

use std::collections::BTreeSet;

use amplify::confinement::Confined;

use super::leaf::{self, Leaf};
use super::pruned::{Pruned, Sibling};
use super::tree::{Root, join, left_count};
use super::{Amounts, Leaves};

/// Amounts with the nodes of their tree. A view costs as many steps as it has leaves and siblings; one
/// of [`Outputs::pruned`](super::Outputs::pruned) hashes the whole list.
#[derive(Clone, Debug)]
pub struct AmountTree {
    amounts: Amounts,
    /// After the nodes of its left and then its right subtree stands each node: 2n - 1 over n leaves.
    nodes: Vec<Root>,
}

impl AmountTree {
    /// Hashes every node.
    pub fn new(amounts: Amounts) -> Self {
        let mut nodes = Vec::with_capacity(2 * amounts.leaves().len());
        hash(amounts.leaves(), &mut nodes);
        Self { amounts, nodes }
    }

    /// The list with only these leaves shown; whole if that hides none. Numbers beyond it are ignored.
    pub fn view(&self, shown: &BTreeSet<u32>) -> Leaves {
        let wanted: Vec<u32> = shown.iter().copied().collect();
        let (mut leaves, mut siblings) = (Vec::new(), Vec::new());
        let parts = (&mut leaves, &mut siblings);
        self.parts(0, (0, self.amounts.leaves()), &wanted, parts);
        let count = super::tree::count(self.amounts.leaves());
        let pruned = Confined::try_from(leaves)
            .ok()
            .zip(Confined::try_from(siblings).ok())
            .and_then(|(leaves, siblings)| Pruned::new(count, leaves, siblings).ok());
        pruned.map_or_else(|| Leaves::Amount(self.amounts.clone()), Leaves::Pruned)
    }

    /// Collects wanted leaves and the largest subtrees without one, from left to right. The nodes of
    /// the subtree begin at `node`, its leaves are those behind the number of the first.
    fn parts(
        &self,
        node: usize,
        (start, leaves): (u32, &[Leaf<u64>]),
        wanted: &[u32],
        parts: (&mut Vec<(u32, Leaf<u64>)>, &mut Vec<Sibling>),
    ) {
        let count = super::tree::count(leaves);
        let end = start.saturating_add(count);
        let below = wanted.partition_point(|index| *index < end);
        let wanted = wanted.get(..below).unwrap_or_default();
        match (wanted, leaves) {
            ([], _) => {
                let root = self.nodes.get(node + (2 * leaves.len()).saturating_sub(2));
                parts.1.extend(root.map(|root| Sibling {
                    hash: root.hash,
                    amount: root.aggregate,
                }));
            }
            (_, [leaf]) => parts.0.push((start, *leaf)),
            _ => {
                let middle = left_count(count);
                let (left, right) = leaves.split_at((middle as usize).min(leaves.len()));
                let split = start.saturating_add(middle);
                let at = wanted.partition_point(|index| *index < split);
                let (first, second) = wanted.split_at(at);
                self.parts(node, (start, left), first, (&mut *parts.0, &mut *parts.1));
                let node = node + (2 * left.len()).saturating_sub(1);
                self.parts(node, (split, right), second, parts);
            }
        }
    }
}

/// Appends the nodes of a subtree; depth is at most 20.
fn hash(leaves: &[Leaf<u64>], nodes: &mut Vec<Root>) -> Root {
    let root = match leaves {
        [] => super::tree::whole_root(leaves),
        [leaf] => leaf::node(leaf),
        _ => {
            let middle = left_count(super::tree::count(leaves)) as usize;
            let (left, right) = leaves.split_at(middle.min(leaves.len()));
            let left = hash(left, nodes);
            join(&left, &hash(right, nodes))
        }
    };
    nodes.push(root);
    root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretSeal;
    use crate::outputs::Outputs;
    use crate::seal::AssignedSeal;

    fn amounts(n: u8) -> Amounts {
        let leaf = |i| Leaf {
            state: u64::from(i) + 1,
            seal: AssignedSeal::Secret(SecretSeal::from_bytes([i; 32])),
        };
        Amounts::new(Confined::try_from_iter((0..n).map(leaf)).unwrap()).unwrap()
    }

    #[test]
    fn a_view_is_the_one_that_narrowing_gives() {
        for n in 1..20 {
            let tree = AmountTree::new(amounts(n));
            let types = [(3, Leaves::Amount(amounts(n)))];
            let whole = Outputs(Confined::try_from_iter(types).unwrap());
            for bits in 0..1_u32 << n.min(9) {
                let wanted: BTreeSet<u32> = (0..u32::from(n))
                    .filter(|i| bits >> (i % 9) & 1 == 1)
                    .collect();
                let narrow = whole.pruned(|_, index| wanted.contains(&index));
                assert_eq!(tree.view(&wanted), narrow.0[&3], "{wanted:?} of {n}");
            }
        }
    }

    #[test]
    fn a_number_beyond_the_list_changes_nothing() {
        let tree = AmountTree::new(amounts(5));
        assert_eq!(tree.view(&[2, 5, 900].into()), tree.view(&[2].into()));
    }
}
