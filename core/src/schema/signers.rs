//! Signatures that a contract asks for: who must sign, and whether a genesis names good keys
//! (PROTOCOL.md §9.5).

use std::collections::BTreeSet;

use bitcoin::XOnlyPublicKey;

use super::eval::value;
use super::facts::{Value, values_of};
use super::rule::{Rule, Threshold, name};
use super::types::{Schema, TransitionDef};

/// A `signed(m, K)` rule with the values of a genesis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignatureRule<'a> {
    /// Its place in the list of rules, from 0.
    pub rule: usize,
    /// m: how many keys must sign.
    pub threshold: u64,
    /// K: the values of the genesis that are the keys, in their order.
    pub keys: &'a [Value<'a>],
}

/// Why a genesis cannot have the signers it names.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignerFailure {
    /// No count of signatures can be enough, or none is needed.
    #[error(
        "{threshold} signatures of {keys} keys for transition `{transition}`, expected 1 to {keys}"
    )]
    Threshold {
        /// The transition.
        transition: String,
        /// m.
        threshold: u64,
        /// How many keys there are.
        keys: usize,
    },
    /// The m of the rule is not one number of the genesis.
    #[error("threshold `{global}` of transition `{transition}` is not one number")]
    NoThreshold {
        /// The transition.
        transition: String,
        /// The global that should hold it.
        global: String,
    },
    /// A key stands twice.
    #[error("key {index} of global `{global}` repeats an earlier one, expected keys that differ")]
    Repeated {
        /// The global with the keys.
        global: String,
        /// Its place among the keys, from 0.
        index: usize,
    },
    /// A key that is no point of the curve.
    #[error("key {index} of global `{global}` is not an x coordinate (BIP340)")]
    NotAKey {
        /// The global with the keys.
        global: String,
        /// Its place among the keys, from 0.
        index: usize,
    },
}

impl TransitionDef {
    /// The `signed` rule of this transition with the globals of a genesis; [`Schema::check`] allows
    /// one, for signatures name keys by their number in one list.
    ///
    /// A threshold that [`Schema::check_signers`] would refuse is `u64::MAX` if it is no number.
    pub fn signature_rules<'a>(
        &'a self,
        genesis: &'a [Value<'a>],
    ) -> impl Iterator<Item = SignatureRule<'a>> {
        let rules = self.rules.iter().enumerate();
        rules.filter_map(move |(rule, of)| match of {
            Rule::Signed { threshold, keys } => Some(SignatureRule {
                rule,
                threshold: resolve(*threshold, genesis).unwrap_or(u64::MAX),
                keys: values_of(*keys, genesis),
            }),
            _ => None,
        })
    }
}

impl Schema {
    /// Whether every `signed` rule can be met by the keys that a genesis publishes.
    ///
    /// # Errors
    /// Of the lowest transition, in it the first rule: its keys, then its threshold.
    pub fn check_signers(&self, genesis: &[Value<'_>]) -> Result<(), SignerFailure> {
        let mut checked = BTreeSet::new();
        for def in self.transitions.values() {
            for rule in &def.rules {
                let Rule::Signed { threshold, keys } = *rule else {
                    continue;
                };
                let found = values_of(keys, genesis);
                if checked.insert(keys) {
                    self.check_keys(keys, found)?;
                }
                self.check_threshold(def, threshold, found.len(), genesis)?;
            }
        }
        Ok(())
    }

    fn check_keys(&self, global: u16, keys: &[Value<'_>]) -> Result<(), SignerFailure> {
        let global = || self.global_name(global);
        let mut seen = BTreeSet::new();
        for (index, (_, key)) in keys.iter().enumerate() {
            if !seen.insert(*key) {
                let global = global();
                return Err(SignerFailure::Repeated { global, index });
            }
            XOnlyPublicKey::from_slice(key).map_err(|_| SignerFailure::NotAKey {
                global: global(),
                index,
            })?;
        }
        Ok(())
    }

    fn check_threshold(
        &self,
        def: &TransitionDef,
        threshold: Threshold,
        keys: usize,
        genesis: &[Value<'_>],
    ) -> Result<(), SignerFailure> {
        let transition = || def.name.clone();
        let threshold =
            resolve(threshold, genesis).map_err(|global| SignerFailure::NoThreshold {
                transition: transition(),
                global: self.global_name(global),
            })?;
        let within = usize::try_from(threshold).is_ok_and(|m| (1..=keys).contains(&m));
        within
            .then_some(())
            .ok_or_else(|| SignerFailure::Threshold {
                transition: transition(),
                threshold,
                keys,
            })
    }

    fn global_name(&self, number: u16) -> String {
        name(number, self.globals.get(&number).map(|def| &def.name))
    }
}

/// The number a threshold stands for, or else the global that does not hold one.
fn resolve(threshold: Threshold, genesis: &[Value<'_>]) -> Result<u64, u16> {
    match threshold {
        Threshold::Const(m) => Ok(m),
        Threshold::Genesis(global) => {
            let number = value(genesis, "genesis global", global).map_err(|_| global)?;
            u64::try_from(number).map_err(|_| global)
        }
    }
}
