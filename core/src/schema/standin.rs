//! Types that belong to other modules of core; this file goes away when they are merged.

use std::fmt;

/// The tagged hash of an encoded schema.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SchemaId(pub [u8; 32]);

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What the leaves of one owned type carry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum StateKind {
    /// A u64 in the smallest unit of the asset.
    Amount = 0,
    /// A token id and a fraction of it.
    Token = 1,
    /// Nothing: holding it is all.
    Right = 2,
    /// Bytes.
    Data = 3,
}
