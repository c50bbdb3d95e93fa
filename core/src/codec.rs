//! Strict encoding over slices: the bytes of `strict_encoding`, without its run-time type names.
//!
//! Integers are little-endian, a collection has a length prefix as wide as its maximum needs, a
//! union has one tag byte (PROTOCOL.md §1). A property test compares every object with
//! `strict_encoding` itself. A decoder never reserves memory for more items than the bytes left
//! can hold, and never reads past them.

use amplify::confinement::Confined;

use crate::commit::WireError;

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
}

/// Bytes that are being read, with the offset for errors.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    left: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, at: 0 }
    }

    pub(crate) const fn left(&self) -> usize {
        self.left.len()
    }

    /// The next `len` bytes.
    pub(crate) fn take(&mut self, what: &'static str, len: usize) -> Result<&'a [u8], DecodeError> {
        let Some((head, tail)) = self.left.split_at_checked(len) else {
            let found = self.left.len();
            return Err(DecodeError::Short {
                what,
                at: self.at,
                expected: len,
                found,
            });
        };
        self.left = tail;
        self.at += len;
        Ok(head)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        let Some((head, tail)) = self.left.split_first_chunk::<N>() else {
            let found = self.left.len();
            return Err(DecodeError::Short {
                what,
                at: self.at,
                expected: N,
                found,
            });
        };
        self.left = tail;
        self.at += N;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.array(what).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A length prefix of a collection of `min` to `max` items.
    pub(crate) fn length(
        &mut self,
        what: &'static str,
        min: usize,
        max: usize,
    ) -> Result<usize, DecodeError> {
        let mut wide = [0; 8];
        let bytes = self.take(what, prefix_width(max))?;
        for (to, from) in wide.iter_mut().zip(bytes) {
            *to = *from;
        }
        let found = u64::from_le_bytes(wide);
        match usize::try_from(found) {
            Ok(length) if (min..=max).contains(&length) => Ok(length),
            _ => Err(DecodeError::Limit {
                what,
                min: min as u64,
                max: max as u64,
                found,
            }),
        }
    }

    /// A byte string with a length prefix.
    pub(crate) fn blob(
        &mut self,
        what: &'static str,
        min: usize,
        max: usize,
    ) -> Result<&'a [u8], DecodeError> {
        let length = self.length(what, min, max)?;
        self.take(what, length)
    }

    /// Reads with a function over the slice that is left.
    pub(crate) fn with<T>(
        &mut self,
        read: impl FnOnce(&mut &'a [u8]) -> Result<T, WireError>,
    ) -> Result<T, DecodeError> {
        let mut rest = self.left;
        let value = read(&mut rest)?;
        self.at += self.left.len() - rest.len();
        self.left = rest;
        Ok(value)
    }

    /// No byte is left.
    pub(crate) fn end(&self, what: &'static str) -> Result<(), DecodeError> {
        match self.left.len() {
            0 => Ok(()),
            found => Err(DecodeError::Trailing { what, found }),
        }
    }
}

/// Bytes of the length prefix of a collection of at most `max` items.
const fn prefix_width(max: usize) -> usize {
    match max {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xff_ffff => 3,
        _ => 4,
    }
}

/// Writes a length prefix; `length <= max` is an invariant of the confined collections.
pub(crate) fn put_length(out: &mut Vec<u8>, length: usize, max: usize) {
    let bytes = (length as u64).to_le_bytes();
    out.extend(bytes.iter().take(prefix_width(max)));
}

/// Writes a byte string with its length prefix.
pub(crate) fn put_blob(out: &mut Vec<u8>, bytes: &[u8], max: usize) {
    put_length(out, bytes.len(), max);
    out.extend_from_slice(bytes);
}

/// Something with an encoding.
pub(crate) trait Encode {
    /// Appends the encoding.
    fn encode_to(&self, out: &mut Vec<u8>);
}

/// Something that can be read back.
pub(crate) trait Decode: Sized {
    /// What errors call it.
    const NAME: &'static str;
    /// The least number of bytes one takes: bounds what a length prefix can make us reserve.
    const MIN_BYTES: usize;

    /// Reads one from the front.
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

impl<T: Encode, const MIN: usize, const MAX: usize> Encode for Confined<Vec<T>, MIN, MAX> {
    fn encode_to(&self, out: &mut Vec<u8>) {
        put_length(out, self.len(), MAX);
        for item in self {
            item.encode_to(out);
        }
    }
}

impl<T: Decode, const MIN: usize, const MAX: usize> Decode for Confined<Vec<T>, MIN, MAX> {
    const NAME: &'static str = T::NAME;
    const MIN_BYTES: usize = prefix_width(MAX);

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length(T::NAME, MIN, MAX)?;
        let mut items = Vec::with_capacity(length.min(reader.left() / T::MIN_BYTES));
        for _ in 0..length {
            items.push(T::decode_from(reader)?);
        }
        confine(T::NAME, items)
    }
}

/// Checks the bounds of a list.
pub(crate) fn confine<T, const MIN: usize, const MAX: usize>(
    what: &'static str,
    items: Vec<T>,
) -> Result<Confined<Vec<T>, MIN, MAX>, DecodeError> {
    let found = items.len() as u64;
    Confined::try_from(items).map_err(|_| DecodeError::Limit {
        what,
        min: MIN as u64,
        max: MAX as u64,
        found,
    })
}

/// Gives public objects `encode` and `decode`.
macro_rules! objects {
    ($($object:ty),* $(,)?) => {$(
        impl $object {
            /// The encoding (PROTOCOL.md §1).
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                let mut out = Vec::new();
                $crate::codec::Encode::encode_to(self, &mut out);
                out
            }

            /// Reads the object back.
            ///
            /// # Errors
            /// If the bytes are not exactly the one encoding of such an object.
            pub fn decode(bytes: &[u8]) -> Result<Self, $crate::codec::DecodeError> {
                let mut reader = $crate::codec::Reader::new(bytes);
                let object = <Self as $crate::codec::Decode>::decode_from(&mut reader)?;
                reader.end(<Self as $crate::codec::Decode>::NAME)?;
                Ok(object)
            }
        }
    )*};
}
pub(crate) use objects;

/// `Encode` and `Decode` of identifiers: their 32 bytes.
macro_rules! plain_ids {
    ($($id:ty = $name:literal),* $(,)?) => {$(
        impl Encode for $id {
            fn encode_to(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.as_bytes());
            }
        }

        impl Decode for $id {
            const NAME: &'static str = $name;
            const MIN_BYTES: usize = 32;

            fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                reader.array($name).map(Self::from_bytes)
            }
        }
    )*};
}

plain_ids! {
    crate::id::ContractId = "contract id",
    crate::id::OperationId = "operation id",
    crate::id::SchemaId = "schema id",
    crate::id::SecretSeal = "secret seal",
    crate::id::NetworkId = "network id",
}

impl From<WireError> for DecodeError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Short {
                what,
                expected,
                found,
            } => Self::Short {
                what,
                at: 0,
                expected,
                found,
            },
            WireError::NotCanonical { what } => Self::NotCanonical { what },
            WireError::Limit { what, max, found } => Self::Limit {
                what,
                min: 0,
                max,
                found,
            },
            WireError::UnknownTag { what, found } => Self::value(what, "a known tag", found),
            WireError::Invalid { what } => Self::value(what, "valid bytes", "others"),
            WireError::Trailing { found } => Self::Trailing {
                what: "proof",
                found,
            },
        }
    }
}

impl From<crate::schema::DecodeError> for DecodeError {
    fn from(error: crate::schema::DecodeError) -> Self {
        use crate::schema::DecodeError as E;
        match error {
            E::End { needed, left } => Self::Short {
                what: "schema",
                at: 0,
                expected: needed,
                found: left,
            },
            E::Trailing(found) => Self::Trailing {
                what: "schema",
                found,
            },
            E::Order { what, .. } => Self::NotCanonical { what },
            E::Tag { what, found, .. } => Self::value(what, "a known tag", found),
            E::Utf8(at) => Self::value("text in a schema", "UTF-8", at),
            E::Limit { what, found, max } => Self::Limit {
                what,
                min: 0,
                max: max as u64,
                found: found as u64,
            },
            E::Unsupported { what, found } => Self::Unsupported {
                what,
                found: found.into(),
            },
        }
    }
}
