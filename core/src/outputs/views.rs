//! Views of one operation's outputs: who shows which leaves and seals. None changes the id.

use std::collections::BTreeMap;

use amplify::confinement::Confined;

use super::{Leaf, Leaves, Outputs, pruned_tree};
use crate::seal::{AssignedSeal, Seal};

/// Two views are not of one operation.
#[derive(Copy, Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the outputs of two different operations cannot be merged")]
pub struct NotOneOperation;

impl Outputs {
    /// Everything that either view shows.
    ///
    /// # Errors
    /// If they are not views of one operation's outputs.
    pub fn merge(&self, other: &Self) -> Result<Self, NotOneOperation> {
        if self.0.len() != other.0.len() {
            return Err(NotOneOperation);
        }
        let merged = self.0.iter().zip(&other.0).map(|((ty, a), (other_ty, b))| {
            let leaves = (ty == other_ty).then(|| merge(a, b)).flatten();
            leaves.map(|leaves| (*ty, leaves)).ok_or(NotOneOperation)
        });
        Ok(collect(merged.collect::<Result<_, _>>()?))
    }

    /// The view in which exactly those seals are revealed for which `seal` gives one (it must be
    /// the leaf's), and all others secret.
    #[must_use]
    pub fn with_seals(&self, seal: impl Fn(u16, u32, &AssignedSeal) -> Option<Seal>) -> Self {
        let types = self.0.iter().map(|(ty, leaves)| {
            let of = |index: u32, assigned: &AssignedSeal| match seal(*ty, index, assigned) {
                Some(seal) => AssignedSeal::Revealed(seal),
                None => AssignedSeal::Secret(assigned.conceal()),
            };
            (*ty, leaves.map_seals(&of))
        });
        collect(types.collect())
    }

    /// The view that shows, of Amount types, only those leaves for which `keep` holds.
    #[must_use]
    pub fn pruned(&self, keep: impl Fn(u16, u32) -> bool) -> Self {
        self.map(|ty, leaves| leaves.pruned(|index| keep(ty, index)))
    }

    /// The view with each type's list replaced by another view of it.
    #[must_use]
    pub fn map(&self, view: impl Fn(u16, &Leaves) -> Leaves) -> Self {
        let types = self.0.iter().map(|(ty, leaves)| (*ty, view(*ty, leaves)));
        collect(types.collect())
    }
}

impl Leaves {
    /// The view that shows, of amounts, only those leaves for which `keep` holds.
    #[must_use]
    pub fn pruned(&self, keep: impl Fn(u32) -> bool) -> Self {
        pruned_tree::narrow(self, &keep).unwrap_or_else(|| self.clone())
    }

    fn map_seals(&self, seal: &impl Fn(u32, &AssignedSeal) -> AssignedSeal) -> Self {
        let mut changed = self.clone();
        match &mut changed {
            Self::Amount(amounts) => amounts.map_seals(seal),
            Self::Pruned(pruned) => pruned.map_seals(seal),
            Self::Token(leaves) => map_list(leaves, seal),
            Self::Right(leaves) => map_list(leaves, seal),
            Self::Data(leaves) => map_list(leaves, seal),
        }
        changed
    }
}

pub(super) fn map_list<S, const MIN: usize, const MAX: usize>(
    leaves: &mut Confined<Vec<Leaf<S>>, MIN, MAX>,
    seal: &impl Fn(u32, &AssignedSeal) -> AssignedSeal,
) {
    for (index, leaf) in (0..).zip(leaves.iter_mut()) {
        leaf.seal = seal(index, &leaf.seal);
    }
}

/// As many types as a view had, so they fit.
fn collect(types: BTreeMap<u16, Leaves>) -> Outputs {
    Outputs(Confined::try_from(types).unwrap_or_default())
}

fn merge(a: &Leaves, b: &Leaves) -> Option<Leaves> {
    match (a, b) {
        (Leaves::Token(a), Leaves::Token(b)) => merge_list(a, b).map(Leaves::Token),
        (Leaves::Right(a), Leaves::Right(b)) => merge_list(a, b).map(Leaves::Right),
        (Leaves::Data(a), Leaves::Data(b)) => merge_list(a, b).map(Leaves::Data),
        _ => pruned_tree::merge(a, b),
    }
}

fn merge_list<S: Clone + PartialEq, const MIN: usize, const MAX: usize>(
    a: &Confined<Vec<Leaf<S>>, MIN, MAX>,
    b: &Confined<Vec<Leaf<S>>, MIN, MAX>,
) -> Option<Confined<Vec<Leaf<S>>, MIN, MAX>> {
    let same =
        |(a, b): (&Leaf<S>, &Leaf<S>)| a.state == b.state && a.seal.conceal() == b.seal.conceal();
    if a.len() != b.len() || !a.iter().zip(b).all(same) {
        return None;
    }
    let mut merged = a.clone();
    for (leaf, other) in merged.iter_mut().zip(b) {
        if matches!(other.seal, AssignedSeal::Revealed(_)) {
            leaf.seal = other.seal;
        }
    }
    Some(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::Amounts;
    use crate::seal::Blinding;

    fn seal(n: u32) -> Seal {
        Seal::Witness {
            vout: n,
            blinding: Blinding([7; 16]),
        }
    }

    fn outputs(n: u32) -> Outputs {
        let leaves: Vec<_> = (0..n)
            .map(|i| Leaf {
                state: u64::from(i) + 1,
                seal: AssignedSeal::Revealed(seal(i)),
            })
            .collect();
        let amounts = Amounts::new(Confined::try_from(leaves).unwrap()).unwrap();
        collect([(4, Leaves::Amount(amounts))].into())
    }

    fn roots(outputs: &Outputs) -> Vec<crate::outputs::Root> {
        outputs.0.values().map(Leaves::root).collect()
    }

    #[test]
    fn every_view_has_the_same_root() {
        for n in 1..20 {
            let whole = outputs(n);
            let secret = whole.with_seals(|_, _, _| None);
            assert_eq!(roots(&secret), roots(&whole));
            for keep in 0..n {
                let pruned = whole.pruned(|_, index| index == keep);
                assert_eq!(roots(&pruned), roots(&whole), "{keep} of {n}");
                assert_eq!(pruned.shown().count(), 1);
            }
            assert_eq!(roots(&whole.pruned(|_, _| false)), roots(&whole));
        }
    }

    #[test]
    fn pruned_views_merge_into_the_whole() {
        let whole = outputs(11);
        let even = whole.pruned(|_, index| index % 2 == 0);
        let odd = whole.pruned(|_, index| index % 2 == 1);
        assert_eq!(even.merge(&odd), Ok(whole));
    }

    #[test]
    fn merging_reveals_what_either_view_reveals() {
        let whole = outputs(5);
        let reveal = |n: u32| move |_: u16, i: u32, _: &AssignedSeal| (i == n).then(|| seal(i));
        let merged = whole
            .with_seals(reveal(1))
            .merge(&whole.with_seals(reveal(3)))
            .unwrap();
        let both = whole.with_seals(|_, i, _| (i == 1 || i == 3).then(|| seal(i)));
        assert_eq!(merged, both);
    }

    #[test]
    fn outputs_of_two_operations_do_not_merge() {
        assert_eq!(outputs(5).merge(&outputs(6)), Err(NotOneOperation));
    }
}
