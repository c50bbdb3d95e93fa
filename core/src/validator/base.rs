//! What a delta builds on: the leaves open as the own store proved them (PROTOCOL.md §8.5).

use super::Validator;
use super::failure::{Check, Failure};
use super::known::KnownLeaf;
use crate::frame::{Base, BaseEntry};
use crate::seal::AssignedSeal;
use crate::wire::open::opens;

impl Validator<'_> {
    /// Opens the leaves that a delta builds on, each of which the own store must have proven.
    pub(super) fn base(&mut self, base: Base) -> Result<(), Failure> {
        let known = self.known_leaves(&base)?;
        for (entry, leaf) in base.0.iter().zip(known) {
            self.open_known(entry, leaf)?;
        }
        self.base = base.0.release();
        let known = self.rules.known;
        let behind = known.behind(self.contract, &self.base);
        let clash = behind.clash();
        self.behind = Some(behind);
        if let Some(outpoint) = clash {
            let expected = "leaves whose histories do not spend one output twice";
            let place = self.place();
            return Err(place.invalid(Check::OutpointSpentTwice, expected, outpoint));
        }
        Ok(())
    }

    fn known_leaves(&self, base: &Base) -> Result<Vec<KnownLeaf>, Failure> {
        let place = self.place();
        let genesis = self.contract.into();
        if base.0.iter().any(|entry| entry.leaf.operation == genesis) {
            let expected = "leaves of transitions: those of the genesis are shown in the header";
            let found = "a leaf of the genesis";
            let place = place.operation(genesis);
            return Err(place.invalid(Check::NotCanonical, expected, found));
        }
        let (mut leaves, mut missing) = (Vec::with_capacity(base.0.len()), Vec::new());
        for entry in &base.0 {
            match self
                .rules
                .known
                .leaf(self.contract, &entry.leaf, entry.witness)
            {
                Some(leaf) => leaves.push(leaf),
                None => missing.push(entry.leaf.operation.to_string()),
            }
        }
        if missing.is_empty() {
            return Ok(leaves);
        }
        missing.dedup();
        let expected = "operations that the own store has proven";
        Err(place.unresolved(Check::BaseMissing, expected, missing.join(" ")))
    }

    fn open_known(&mut self, entry: &BaseEntry, leaf: KnownLeaf) -> Result<(), Failure> {
        let place = self
            .place()
            .witness(entry.witness)
            .operation(entry.leaf.operation);
        let seal = match entry.seal {
            None => AssignedSeal::Secret(leaf.seal),
            Some(seal) if seal.conceal() == leaf.seal => AssignedSeal::Revealed(seal),
            Some(seal) => {
                let expected = format!("the seal that was proven before, {}", leaf.seal);
                return Err(place.invalid(Check::Decode, expected, seal.conceal()));
            }
        };
        if !opens(&leaf.state, &seal, leaf.outputs as usize) {
            let expected = "leaves that can be consumed";
            let found = "an amount of 0, or a seal over no output";
            return Err(place.invalid(Check::InputMissing, expected, found));
        }
        self.state.leaves.open_base(entry, seal, leaf.state);
        Ok(())
    }
}
