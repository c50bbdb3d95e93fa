//! Reading and writing the primitives of `strict_encoding` over a slice.
//!
//! Integers are little-endian; a length prefix takes one byte, for no list of a schema may be
//! longer than 255.

/// Why bytes are not a canonical encoding.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// The input ends too early.
    #[error("input ends: {needed} bytes expected, {left} left")]
    End {
        /// Bytes that the next field takes.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// Bytes follow the value.
    #[error("{0} bytes after the end")]
    Trailing(usize),
    /// Keys of a map that do not ascend strictly.
    #[error("{what} number {found} after {previous}, expected strictly ascending numbers")]
    Order {
        /// What the map holds.
        what: &'static str,
        /// The key before.
        previous: u16,
        /// The key found.
        found: u16,
    },
    /// A byte that names none of the known variants, in a place that will get no new ones.
    #[error("{what} tag {found}, expected one below {expected}")]
    Tag {
        /// What it would name.
        what: &'static str,
        /// The byte.
        found: u8,
        /// The first byte that means nothing.
        expected: u8,
    },
    /// Text that is not UTF-8.
    #[error("text is not UTF-8 after {0} bytes")]
    Utf8(usize),
    /// More than a consensus limit.
    #[error("{found} {what}, expected at most {max}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// How many.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// Rules of a later version: not invalid, but nothing can be said.
    #[error("{what} {found} is unsupported: a newer version of this software may know it")]
    Unsupported {
        /// A version or a tag.
        what: &'static str,
        /// The byte.
        found: u8,
    },
}

type Decoded<T> = Result<T, DecodeError>;

pub(super) fn take<'a>(input: &mut &'a [u8], needed: usize) -> Decoded<&'a [u8]> {
    let left = input.len();
    let (taken, rest) = input
        .split_at_checked(needed)
        .ok_or(DecodeError::End { needed, left })?;
    *input = rest;
    Ok(taken)
}

fn array<const N: usize>(input: &mut &[u8]) -> Decoded<[u8; N]> {
    let left = input.len();
    let (taken, rest) = input
        .split_first_chunk::<N>()
        .ok_or(DecodeError::End { needed: N, left })?;
    *input = rest;
    Ok(*taken)
}

pub(super) fn take_u8(input: &mut &[u8]) -> Decoded<u8> {
    array::<1>(input).map(u8::from_le_bytes)
}

pub(super) fn take_u16(input: &mut &[u8]) -> Decoded<u16> {
    array(input).map(u16::from_le_bytes)
}

pub(super) fn take_u32(input: &mut &[u8]) -> Decoded<u32> {
    array(input).map(u32::from_le_bytes)
}

pub(super) fn take_u64(input: &mut &[u8]) -> Decoded<u64> {
    array(input).map(u64::from_le_bytes)
}

/// A text of at most 255 bytes.
pub(super) fn take_text(input: &mut &[u8]) -> Decoded<String> {
    let length = take_u8(input)?;
    let bytes = take(input, usize::from(length))?;
    let text =
        std::str::from_utf8(bytes).map_err(|error| DecodeError::Utf8(error.valid_up_to()))?;
    Ok(text.to_owned())
}

/// Refuses more than a limit.
pub(super) fn within(what: &'static str, found: usize, max: usize) -> Decoded<()> {
    if found > max {
        return Err(DecodeError::Limit { what, found, max });
    }
    Ok(())
}

/// The one byte before a list of at most 255 items.
///
/// A longer list has no encoding; what is written for one decodes to no schema.
pub(super) fn put_length(output: &mut Vec<u8>, length: usize) {
    output.push(u8::try_from(length).unwrap_or(u8::MAX));
}

pub(super) fn put_text(output: &mut Vec<u8>, text: &str) {
    put_length(output, text.len());
    output.extend_from_slice(text.as_bytes());
}
