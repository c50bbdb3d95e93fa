use std::fmt;

use bitcoin::hex::DisplayHex;

/// What a transaction carries: the outer hash of a multi-protocol commitment.
///
/// It fixes depth, cofactor and root of the tree, hence one message per protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// The commitment with these bytes.
    pub const fn from_byte_array(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, in the order in which an output carries them.
    pub const fn to_byte_array(self) -> [u8; 32] {
        self.0
    }

    /// The bytes, in the order in which an output carries them.
    pub const fn as_byte_array(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hex(), f)
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({self})")
    }
}
