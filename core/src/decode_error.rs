//! Why bytes are not an object: one error for every decoder.

/// Why bytes are not an object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("{what} at byte {at} needs {expected} bytes; {found} are left")]
    Short {
        /// What was being read.
        what: &'static str,
        /// Offset of the read.
        at: usize,
        /// Bytes it needs.
        expected: usize,
        /// Bytes that are left.
        found: usize,
    },
    /// Bytes follow the object.
    #[error("{found} bytes follow the end of {what}; expected none")]
    Trailing {
        /// The object.
        what: &'static str,
        /// How many bytes.
        found: usize,
    },
    /// A value that the field cannot have.
    #[error("{what} is {found}; expected {expected}")]
    Value {
        /// The field.
        what: &'static str,
        /// What the field allows.
        expected: &'static str,
        /// The value found.
        found: String,
    },
    /// A second encoding of something that has one.
    #[error("not canonical: {what}")]
    NotCanonical {
        /// Which rule is broken.
        what: &'static str,
    },
    /// More or fewer than a consensus limit allows.
    #[error("{what}: {found}; the limit is {min} to {max}")]
    Limit {
        /// What is limited.
        what: &'static str,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
        /// The number found.
        found: u64,
    },
    /// A format, version, tag or frame kind that this software does not know.
    #[error("{what} {found} is not supported by this software; a newer version may know it")]
    Unsupported {
        /// What carries the number.
        what: &'static str,
        /// The number found.
        found: u64,
    },
}

impl DecodeError {
    /// A value out of its field's range.
    #[cold]
    pub(crate) fn value(what: &'static str, expected: &'static str, found: impl ToString) -> Self {
        Self::Value {
            what,
            expected,
            found: found.to_string(),
        }
    }

    pub(crate) const fn not_canonical(what: &'static str) -> Self {
        Self::NotCanonical { what }
    }

    /// A count beyond a limit.
    pub(crate) const fn limit(what: &'static str, min: usize, max: usize, found: u64) -> Self {
        Self::Limit {
            what,
            min: min as u64,
            max: max as u64,
            found,
        }
    }

    pub(crate) const fn unsupported(what: &'static str, found: u8) -> Self {
        Self::Unsupported {
            what,
            found: found as u64,
        }
    }
}
