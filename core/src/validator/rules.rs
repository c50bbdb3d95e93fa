//! What a validator is asked to accept.

use std::collections::BTreeSet;

use super::known::{Known, NothingKnown};
use crate::{NetworkId, SchemaId};

/// Which schemas are accepted. A schema comes from the sender, so meeting it proves nothing about
/// what it allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SchemaPolicy {
    /// Any that is well-formed; the user reads it.
    Any,
    /// Only these.
    Only(BTreeSet<SchemaId>),
}

/// Limits of this machine: beyond them the answer is *unresolved*, never *invalid*.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of a consignment.
    pub bytes: u64,
    /// Leaves that are open at one time.
    pub leaves: u64,
}

impl Default for Limits {
    /// 1 GiB, 2^22 leaves.
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            leaves: 1 << 22,
        }
    }
}

/// What a validator is asked to accept.
#[derive(Clone)]
pub struct Rules<'a> {
    /// The chain.
    pub network: NetworkId,
    /// Which schemas.
    pub schemas: SchemaPolicy,
    /// Limits of this machine.
    pub limits: Limits,
    /// What was proven before.
    pub known: &'a dyn Known,
}

impl Rules<'_> {
    /// Rules for a chain and a list of schemas, with nothing known before.
    pub fn new(network: NetworkId, schemas: SchemaPolicy) -> Self {
        Self {
            network,
            schemas,
            limits: Limits::default(),
            known: &NothingKnown,
        }
    }
}
