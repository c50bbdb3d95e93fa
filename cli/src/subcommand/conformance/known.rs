//! What a receiver has proven before, as a case of the suite has it.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{OutPoint, Txid};
use bulla_core::frame::BaseEntry;
use bulla_core::operation::Input;
use bulla_core::state::State;
use bulla_core::validator::{Behind, Known, KnownLeaf};
use bulla_core::{ContractId, OperationId, SecretSeal};
use serde::Deserialize;

/// The leaves that were proven, and what the operations on which they build do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    leaves: Vec<Proven>,
    operations: Vec<Done>,
}

/// A leaf of an operation in a witness.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proven {
    contract: ContractId,
    operation: OperationId,
    #[serde(rename = "type")]
    owned_type: u16,
    leaf: u32,
    witness: Txid,
    /// In smallest units.
    amount: String,
    seal: SecretSeal,
    /// How many outputs the witness has.
    outputs: u32,
}

/// An operation in a witness.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {
    operation: OperationId,
    witness: Txid,
    /// What the witness spends.
    spends: BTreeSet<OutPoint>,
    /// What the operation consumes.
    inputs: Vec<Consumed>,
}

/// A leaf that an operation consumes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consumed {
    operation: OperationId,
    #[serde(rename = "type")]
    owned_type: u16,
    leaf: u32,
    /// The witness of its operation, none for a genesis.
    witness: Option<Txid>,
}

impl Store {
    /// The operations behind the entries of a base.
    fn ancestors(&self, base: &[BaseEntry]) -> Vec<&Done> {
        let mut next: Vec<_> = base
            .iter()
            .map(|entry| (entry.leaf.operation, entry.witness))
            .collect();
        let mut behind = BTreeMap::new();
        while let Some(key) = next.pop() {
            let mut all = self.operations.iter();
            let Some(found) = all.find(|done| (done.operation, done.witness) == key) else {
                continue;
            };
            if behind.insert(key, found).is_none() {
                let inputs = found.inputs.iter();
                next.extend(inputs.filter_map(|input| Some((input.operation, input.witness?))));
            }
        }
        behind.into_values().collect()
    }
}

impl Known for Store {
    fn leaf(&self, contract: ContractId, leaf: &Input, witness: Txid) -> Option<KnownLeaf> {
        let place = (
            contract,
            leaf.operation,
            leaf.owned_type,
            leaf.index,
            witness,
        );
        let mut leaves = self.leaves.iter();
        let found = leaves.find(|leaf| {
            let Proven {
                contract,
                operation,
                owned_type,
                leaf,
                witness,
                ..
            } = **leaf;
            (contract, operation, owned_type, leaf, witness) == place
        })?;
        Some(KnownLeaf {
            state: State::Amount(found.amount.parse().ok()?),
            seal: found.seal,
            outputs: found.outputs,
        })
    }

    fn behind(&self, _: ContractId, base: &[BaseEntry]) -> Box<dyn Behind + '_> {
        Box::new(Ancestors(self.ancestors(base)))
    }
}

/// The operations behind the entries of a base.
struct Ancestors<'a>(Vec<&'a Done>);

impl Behind for Ancestors<'_> {
    fn has_witness(&self, witness: Txid) -> bool {
        self.0.iter().any(|done| done.witness == witness)
    }

    fn spender(&self, outpoint: OutPoint) -> Option<Txid> {
        let mut done = self.0.iter();
        Some(done.find(|done| done.spends.contains(&outpoint))?.witness)
    }

    fn consumes(&self, leaf: &Input) -> bool {
        let place = (leaf.operation, leaf.owned_type, leaf.index);
        let mut inputs = self.0.iter().flat_map(|done| &done.inputs);
        inputs.any(|input| (input.operation, input.owned_type, input.leaf) == place)
    }

    fn clash(&self) -> Option<OutPoint> {
        let mut spent = BTreeMap::new();
        for done in &self.0 {
            for out in &done.spends {
                if *spent.entry(*out).or_insert(done.witness) != done.witness {
                    return Some(*out);
                }
            }
        }
        None
    }
}
