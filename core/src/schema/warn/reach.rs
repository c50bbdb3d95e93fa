//! What nobody can receive, use or hand on.

use std::collections::{BTreeMap, BTreeSet};

use super::Warning;
use crate::schema::types::{Occurs, Schema, TransitionDef};

impl Schema {
    /// Warns of each owned type, then of each transition.
    pub(super) fn warn_of_reach(&self, warnings: &mut Vec<Warning>) {
        let received = self.received();
        for (number, def) in &self.owned {
            let owned = def.name.clone();
            let makers = self.makers(*number);
            let mut transitions = self.transitions.values();
            let consumed = transitions.any(|def| def.inputs.contains_key(number));
            let mut transitions = self.transitions.values();
            if !received.contains(number) {
                warnings.push(if makers.is_empty() {
                    Warning::NeverMade { owned }
                } else {
                    let makers = makers.join(" and ");
                    Warning::NeverReceived { owned, makers }
                });
            } else if !consumed {
                warnings.push(Warning::NeverConsumed { owned });
            } else if !transitions.any(|def| moves_alone(def, *number)) {
                warnings.push(Warning::NotMovable { owned });
            }
        }
        for def in self.transitions.values() {
            if let Some(missing) = missing(def, &received) {
                warnings.push(Warning::NeverUsed {
                    transition: def.name.clone(),
                    owned: self.name_of(missing),
                });
            }
        }
    }

    /// What the genesis makes, and what transitions make of what can be received.
    fn received(&self) -> BTreeSet<u16> {
        let mut received: BTreeSet<_> = self.genesis.outputs.keys().copied().collect();
        loop {
            let before = received.len();
            for def in self.transitions.values() {
                if missing(def, &received).is_none() {
                    received.extend(def.outputs.keys());
                }
            }
            if received.len() == before {
                return received;
            }
        }
    }

    fn makers(&self, owned: u16) -> Vec<&str> {
        let transitions = self.transitions.values();
        let makers = transitions.filter(|def| def.outputs.contains_key(&owned));
        makers.map(|def| def.name.as_str()).collect()
    }
}

/// The first input that a transition needs and nobody can receive; one it may have, if it can have
/// no other.
fn missing(def: &TransitionDef, received: &BTreeSet<u16>) -> Option<u16> {
    let absent = |owned: &&u16| !received.contains(*owned);
    let mut needed = def.inputs.iter().filter(|(_, occurs)| occurs.min > 0);
    let needed = needed.find_map(|(owned, _)| Some(owned).filter(absent));
    let any = def.inputs.keys().any(|owned| received.contains(owned));
    let first = def.inputs.keys().next().filter(|_| !any);
    needed.or(first).copied()
}

/// Whether a transition can take a type alone and give it back, and needs nothing else.
fn moves_alone(def: &TransitionDef, owned: u16) -> bool {
    let listed = |occurs: Option<&Occurs>| occurs.is_some_and(|occurs| occurs.max > 0);
    let optional = |occurs: &BTreeMap<u16, Occurs>| {
        let mut others = occurs.iter();
        others.all(|(other, occurs)| *other == owned || occurs.min == 0)
    };
    let unneeded = |occurs: &BTreeMap<u16, Occurs>| occurs.values().all(|occurs| occurs.min == 0);
    listed(def.inputs.get(&owned))
        && listed(def.outputs.get(&owned))
        && optional(&def.inputs)
        && optional(&def.outputs)
        && unneeded(&def.globals)
        && unneeded(&def.metadata)
}
