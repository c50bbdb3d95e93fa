//! Shape and hashes of the Merkle aggregate tree: RFC 6962, with sums and counts in each node.

use super::leaf::{self, Leaf};
use crate::hash::tags;
use crate::state::LeafState;

/// A node of the tree, at last the root.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Root {
    /// Hash.
    pub hash: [u8; 32],
    /// Sum of the amounts below, in smallest units; 0 for kinds other than Amount.
    pub aggregate: u64,
    /// Number of leaves below.
    pub count: u32,
}

/// The number of leaves to the left of a node over `count` leaves (at least 2): the largest
/// power of two below `count`.
pub(super) const fn left_count(count: u32) -> u32 {
    1 << (u32::BITS - 1 - (count - 1).leading_zeros())
}

/// Joins two nodes. The sums of one list were checked when the list was made (at most `u64::MAX`
/// and 2^20), so saturation is never reached.
pub(super) fn join(left: &Root, right: &Root) -> Root {
    let mut message = [0; 88];
    let (l, r) = message.split_at_mut(44);
    put(l, left);
    put(r, right);
    Root {
        hash: tags::OUTPUT_NODE.hash(&message),
        aggregate: left.aggregate.saturating_add(right.aggregate),
        count: left.count.saturating_add(right.count),
    }
}

/// hash || le8(aggregate) || le4(count), 44 bytes.
fn put(to: &mut [u8], node: &Root) {
    let aggregate = node.aggregate.to_le_bytes();
    let count = node.count.to_le_bytes();
    let bytes = node.hash.iter().chain(&aggregate).chain(&count);
    for (to, from) in to.iter_mut().zip(bytes) {
        *to = *from;
    }
}

/// The number of leaves; lists are confined to at most 2^20.
pub(super) fn count<S>(leaves: &[Leaf<S>]) -> u32 {
    u32::try_from(leaves.len()).unwrap_or(u32::MAX)
}

/// The root over all leaves (at least one); depth is at most 20.
pub(super) fn whole_root<S: LeafState>(leaves: &[Leaf<S>]) -> Root {
    match leaves {
        [leaf] => leaf::node(leaf),
        [] => Root {
            hash: [0; 32],
            aggregate: 0,
            count: 0,
        },
        _ => {
            let middle = left_count(count(leaves)) as usize;
            let (left, right) = leaves.split_at(middle.min(leaves.len()));
            join(&whole_root(left), &whole_root(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_left_subtree_is_the_largest_power_of_two_below() {
        let found = [2, 3, 4, 5, 8, 9, 1 << 20, (1 << 20) + 1].map(left_count);
        assert_eq!(found, [1, 2, 2, 4, 4, 8, 1 << 19, 1 << 20]);
    }
}
