//! Reading bytes from a peer: a slice that is shortened from the front, one value at a time.

use thiserror::Error;

/// Why bytes are not one of the objects of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WireError {
    /// The bytes end inside a value.
    #[error("{what}: {found} bytes left, expected {expected}; the data is cut off")]
    Short {
        /// The value that was read.
        what: &'static str,
        /// Bytes the value takes.
        expected: usize,
        /// Bytes that were left.
        found: usize,
    },
    /// The value has another encoding, and only that one is accepted.
    #[error("{what} is not in its canonical form")]
    NotCanonical {
        /// The rule that was broken.
        what: &'static str,
    },
    /// A number is beyond its consensus limit.
    #[error("{what} is {found}, expected at most {max}")]
    Limit {
        /// The number that was read.
        what: &'static str,
        /// The largest value accepted.
        max: u64,
        /// The value found.
        found: u64,
    },
    /// A tag byte that stands for nothing.
    #[error("{what} has the unknown tag {found}")]
    UnknownTag {
        /// The object whose tag was read.
        what: &'static str,
        /// The byte found.
        found: u8,
    },
    /// Bytes of the right length that are not a value of the type.
    #[error("these bytes are not {what}")]
    Invalid {
        /// The type.
        what: &'static str,
    },
    /// Bytes follow the last value.
    #[error("{found} bytes follow the end, expected none")]
    Trailing {
        /// How many bytes follow.
        found: usize,
    },
}

/// Takes the next `N` bytes off the cursor.
pub(crate) fn take<const N: usize>(
    cursor: &mut &[u8],
    what: &'static str,
) -> Result<[u8; N], WireError> {
    let (head, rest) = cursor.split_first_chunk::<N>().ok_or(WireError::Short {
        what,
        expected: N,
        found: cursor.len(),
    })?;
    *cursor = rest;
    Ok(*head)
}

/// Takes the next `len` bytes off the cursor, without a copy.
pub(crate) fn take_slice<'a>(
    cursor: &mut &'a [u8],
    len: usize,
    what: &'static str,
) -> Result<&'a [u8], WireError> {
    let (head, rest) = cursor.split_at_checked(len).ok_or(WireError::Short {
        what,
        expected: len,
        found: cursor.len(),
    })?;
    *cursor = rest;
    Ok(head)
}

/// Takes one byte off the cursor.
pub(crate) fn take_byte(cursor: &mut &[u8], what: &'static str) -> Result<u8, WireError> {
    take(cursor, what).map(u8::from_le_bytes)
}

/// Requires that nothing is left.
///
/// # Errors
/// [`WireError::Trailing`] with the number of bytes left.
pub fn finish(cursor: &[u8]) -> Result<(), WireError> {
    match cursor.len() {
        0 => Ok(()),
        found => Err(WireError::Trailing { found }),
    }
}
