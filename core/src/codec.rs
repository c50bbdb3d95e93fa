//! Strict encoding over slices: the bytes of `strict_encoding`, without its run-time type names.
//!
//! Integers are little-endian, a collection has a length prefix as wide as its maximum needs, a
//! union has one tag byte (PROTOCOL.md §1). A property test compares every object with
//! `strict_encoding` itself. A decoder reserves no more memory than the bytes left to read take
//! (or [`SMALL`] for a short list), whatever a length prefix says, and never reads past them.

use amplify::confinement::Confined;

pub use crate::decode_error::DecodeError;

/// Bytes that a list may always reserve, so that short lists need one allocation.
const SMALL: usize = 4_096;

/// Bytes that are being read, with the offset for errors.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    left: &'a [u8],
    total: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            left: bytes,
            total: bytes.len(),
        }
    }

    /// The same behind so many bytes that were read elsewhere.
    pub(crate) const fn behind(self, read: usize) -> Self {
        let (left, total) = (self.left, self.total.saturating_add(read));
        Self { left, total }
    }

    pub(crate) const fn left(&self) -> usize {
        self.left.len()
    }

    #[cold]
    const fn short(&self, what: &'static str, expected: usize) -> DecodeError {
        DecodeError::Short {
            what,
            at: self.total - self.left.len(),
            expected,
            found: self.left.len(),
        }
    }

    /// The next `len` bytes.
    #[inline]
    pub(crate) fn take(&mut self, what: &'static str, len: usize) -> Result<&'a [u8], DecodeError> {
        let Some((head, tail)) = self.left.split_at_checked(len) else {
            return Err(self.short(what, len));
        };
        self.left = tail;
        Ok(head)
    }

    /// The next `N` bytes.
    #[inline]
    pub(crate) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        let Some((head, tail)) = self.left.split_first_chunk::<N>() else {
            return Err(self.short(what, N));
        };
        self.left = tail;
        Ok(*head)
    }

    #[inline]
    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    #[inline]
    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.array(what).map(u16::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.array(what).map(u32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A length prefix of a collection of `min` to `max` items, at most 2^32 - 1.
    #[inline]
    pub(crate) fn length(
        &mut self,
        what: &'static str,
        min: usize,
        max: usize,
    ) -> Result<usize, DecodeError> {
        let found = match prefix_width(max) {
            1 => self.u8(what)?.into(),
            2 => self.u16(what)?.into(),
            3 => {
                let [a, b, c] = self.array(what)?;
                u32::from_le_bytes([a, b, c, 0])
            }
            _ => self.u32(what)?,
        };
        match usize::try_from(found) {
            Ok(length) if (min..=max).contains(&length) => Ok(length),
            _ => Err(DecodeError::limit(what, min, max, found.into())),
        }
    }

    /// A byte string with a length prefix.
    #[inline]
    pub(crate) fn blob(
        &mut self,
        what: &'static str,
        min: usize,
        max: usize,
    ) -> Result<&'a [u8], DecodeError> {
        let length = self.length(what, min, max)?;
        self.take(what, length)
    }

    /// An empty list with room for `length` items, as far as the bytes left make that many likely.
    pub(crate) fn list<T: Decode>(&self, length: usize) -> Vec<T> {
        let possible = self.left() / T::MIN_BYTES.max(1);
        let room = self.left().max(SMALL) / size_of::<T>().max(1);
        Vec::with_capacity(length.min(possible).min(room))
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
#[inline]
const fn prefix_width(max: usize) -> usize {
    match max {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xff_ffff => 3,
        _ => 4,
    }
}

/// Writes a length prefix; `length <= max` is an invariant of the confined collections.
#[inline]
pub(crate) fn put_length(out: &mut Vec<u8>, length: usize, max: usize) {
    let bytes = (length.min(max) as u64).to_le_bytes();
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
    const MIN_BYTES: usize = prefix_width(MAX) + MIN * T::MIN_BYTES;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length(T::NAME, MIN, MAX)?;
        let mut items = reader.list(length);
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
    Confined::try_from(items).map_err(|_| DecodeError::limit(what, MIN, MAX, found))
}

/// Gives public objects `encode` and `decode`.
macro_rules! objects {
    ($($object:ty),* $(,)?) => {$(
        impl $object {
            /// The encoding (PROTOCOL.md §1).
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                let mut out = Vec::with_capacity(64);
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
            #[inline]
            fn encode_to(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.as_bytes());
            }
        }

        impl Decode for $id {
            const NAME: &'static str = $name;
            const MIN_BYTES: usize = 32;

            #[inline]
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

#[cfg(test)]
mod tests;
