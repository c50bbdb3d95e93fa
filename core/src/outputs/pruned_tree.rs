//! Merging and narrowing of what is shown of an amount tree.

use amplify::confinement::Confined;

use super::leaf::{self, Leaf};
use super::pruned::{Pruned, Sibling};
use super::tree::{join, left_count, whole_root};
use super::{Amounts, Leaves, Root};
use crate::seal::AssignedSeal;

/// A subtree, as far as it is shown.
enum Node {
    Leaf(Leaf<u64>),
    Hidden(Root),
    Inner(Box<(Node, Node)>),
}

impl Node {
    fn of_whole(leaves: &[Leaf<u64>]) -> Self {
        match leaves {
            [leaf] => Self::Leaf(*leaf),
            [] => Self::Hidden(whole_root(leaves)),
            _ => {
                let middle = left_count(super::tree::count(leaves)) as usize;
                let (left, right) = leaves.split_at(middle.min(leaves.len()));
                Self::inner(Self::of_whole(left), Self::of_whole(right))
            }
        }
    }

    fn of(leaves: &Leaves) -> Option<Self> {
        match leaves {
            Leaves::Amount(amounts) => Some(Self::of_whole(amounts.leaves())),
            Leaves::Pruned(pruned) => Some(pruned.fold(
                &mut |leaf| Self::Leaf(*leaf),
                &mut Self::Hidden,
                &mut |left, right| Self::inner(left, right),
            )),
            Leaves::Token(_) | Leaves::Right(_) | Leaves::Data(_) => None,
        }
    }

    fn inner(left: Self, right: Self) -> Self {
        Self::Inner(Box::new((left, right)))
    }

    fn root(&self) -> Root {
        match self {
            Self::Leaf(leaf) => leaf::node(leaf),
            Self::Hidden(root) => *root,
            Self::Inner(children) => join(&children.0.root(), &children.1.root()),
        }
    }

    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Inner(a), Self::Inner(b)) => {
                let ((a_left, a_right), (b_left, b_right)) = (*a, *b);
                Self::inner(a_left.merge(b_left), a_right.merge(b_right))
            }
            (Self::Leaf(a), Self::Leaf(b)) => {
                let seal = if matches!(a.seal, AssignedSeal::Revealed(_)) {
                    a.seal
                } else {
                    b.seal
                };
                Self::Leaf(Leaf {
                    state: a.state,
                    seal,
                })
            }
            // Equal roots make shapes equal, so at least one side is hidden.
            (Self::Hidden(_), shown) | (shown, _) => shown,
        }
    }

    /// Collects leaves and the largest subtrees without one, from left to right.
    fn parts(&self, start: u32, leaves: &mut Vec<(u32, Leaf<u64>)>, siblings: &mut Vec<Sibling>) {
        match self {
            Self::Leaf(leaf) => leaves.push((start, *leaf)),
            Self::Hidden(root) => {
                siblings.push(Sibling {
                    hash: root.hash,
                    amount: root.aggregate,
                });
            }
            Self::Inner(children) => {
                let left = children.0.root_count();
                children.0.parts(start, leaves, siblings);
                children
                    .1
                    .parts(start.saturating_add(left), leaves, siblings);
            }
        }
    }

    fn root_count(&self) -> u32 {
        match self {
            Self::Leaf(_) => 1,
            Self::Hidden(root) => root.count,
            Self::Inner(children) => children
                .0
                .root_count()
                .saturating_add(children.1.root_count()),
        }
    }

    /// Hides the leaves for which `keep` does not hold.
    fn narrow(self, start: u32, keep: &impl Fn(u32) -> bool) -> Self {
        match self {
            Self::Leaf(leaf) if keep(start) => Self::Leaf(leaf),
            Self::Leaf(leaf) => Self::Hidden(leaf::node(&leaf)),
            Self::Hidden(root) => Self::Hidden(root),
            Self::Inner(children) => {
                let middle = start.saturating_add(children.0.root_count());
                let (left, right) = *children;
                match (left.narrow(start, keep), right.narrow(middle, keep)) {
                    (Self::Hidden(left), Self::Hidden(right)) => Self::Hidden(join(&left, &right)),
                    (left, right) => Self::inner(left, right),
                }
            }
        }
    }

    fn into_leaves(self) -> Option<Leaves> {
        let count = self.root_count();
        let (mut leaves, mut siblings) = (Vec::new(), Vec::new());
        self.parts(0, &mut leaves, &mut siblings);
        if siblings.is_empty() {
            let leaves: Vec<_> = leaves.into_iter().map(|(_, leaf)| leaf).collect();
            return Amounts::new(Confined::try_from(leaves).ok()?)
                .ok()
                .map(Leaves::Amount);
        }
        let (shown, siblings) = (
            Confined::try_from(leaves).ok()?,
            Confined::try_from(siblings).ok()?,
        );
        Pruned::new(count, shown, siblings).ok().map(Leaves::Pruned)
    }
}

/// Everything that either view of one amount tree shows; none if they are of two trees.
pub(super) fn merge(a: &Leaves, b: &Leaves) -> Option<Leaves> {
    let (a, b) = (Node::of(a)?, Node::of(b)?);
    (a.root() == b.root()).then(|| a.merge(b))?.into_leaves()
}

/// The amount tree with only those leaves shown for which `keep` holds.
pub(super) fn narrow(leaves: &Leaves, keep: &impl Fn(u32) -> bool) -> Option<Leaves> {
    Node::of(leaves)?.narrow(0, keep).into_leaves()
}
