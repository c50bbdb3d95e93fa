//! Numbers of the wire form: LEB128 in its shortest form, at most 10 bytes (PROTOCOL.md §8.2).

use crate::codec::{DecodeError, Reader};

/// Bits of a byte that carry the number; the highest says that more bytes follow.
const LOW: u8 = 0x7f;

impl Reader<'_> {
    /// A number below 2^64.
    pub(crate) fn varint(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8(what)?;
            if shift == 63 && byte > 1 {
                return Err(DecodeError::value(what, "a number below 2^64", "more"));
            }
            value |= u64::from(byte & LOW) << shift;
            if byte & !LOW == 0 {
                if byte == 0 && shift > 0 {
                    let what = "a number is not in its shortest form";
                    return Err(DecodeError::not_canonical(what));
                }
                return Ok(value);
            }
        }
        Err(DecodeError::value(what, "a number below 2^64", "more"))
    }

    /// A number that fits its field.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, what: &'static str) -> Result<T, DecodeError> {
        let found = self.varint(what)?;
        let expected = match size_of::<T>() {
            1 => "at most 255",
            2 => "at most 65535",
            _ => "at most 2^32 - 1",
        };
        T::try_from(found).map_err(|_| DecodeError::value(what, expected, found))
    }

    /// A number of items or bytes.
    pub(crate) fn count(
        &mut self,
        what: &'static str,
        min: usize,
        max: usize,
    ) -> Result<usize, DecodeError> {
        let found = self.varint(what)?;
        match usize::try_from(found) {
            Ok(count) if (min..=max).contains(&count) => Ok(count),
            _ => Err(DecodeError::limit(what, min, max, found)),
        }
    }

    /// A list of `min` to `max` items of at least `least` bytes each, which bounds what a count can
    /// make us reserve.
    pub(crate) fn items<T>(
        &mut self,
        what: &'static str,
        (min, max): (usize, usize),
        least: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.count(what, min, max)?;
        let mut items = Vec::with_capacity(count.min(self.left() / least));
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }

    /// Bytes after their number.
    pub(crate) fn bytes(&mut self, what: &'static str, max: usize) -> Result<&[u8], DecodeError> {
        let length = self.count(what, 0, max)?;
        self.take(what, length)
    }
}

/// Writes a number.
pub(crate) fn put(out: &mut Vec<u8>, number: impl Into<u64>) {
    let mut left = number.into();
    loop {
        // The mask leaves 7 bits.
        #[allow(clippy::cast_possible_truncation)]
        let low = (left & u64::from(LOW)) as u8;
        left >>= 7;
        if left == 0 {
            return out.push(low);
        }
        out.push(low | !LOW);
    }
}

/// Writes a number of items or bytes.
pub(crate) fn put_count(out: &mut Vec<u8>, count: usize) {
    put(out, count as u64);
}

/// Writes bytes after their number.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<u64, DecodeError> {
        let mut reader = Reader::new(bytes);
        let number = reader.varint("a number")?;
        reader.end("a number").map(|()| number)
    }

    #[test]
    fn every_number_has_one_form() {
        let edges = (0..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        for number in edges.chain([u64::MAX]) {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            assert!(bytes.len() <= 10);
            assert_eq!(read(&bytes), Ok(number));
            let last = bytes.len() - 1;
            bytes[last] |= 0x80;
            bytes.push(0);
            assert!(read(&bytes).is_err(), "{number}");
        }
        assert_eq!(read(&[0x80, 1]), Ok(128));
    }

    #[test]
    fn a_longer_form_is_not_canonical_and_a_larger_number_no_number() {
        let what = "a number is not in its shortest form";
        let longer = Err(DecodeError::NotCanonical { what });
        assert_eq!(read(&[0x80, 0]), longer);
        assert_eq!(read(&[0x81, 0x80, 0]), longer);
        let nine = [0xff; 9].as_slice();
        assert_eq!(read(&[nine, &[0]].concat()), longer);
        assert_eq!(read(&[nine, &[1]].concat()), Ok(u64::MAX));
        for last in [2, 0x80, 0xff] {
            let beyond = read(&[nine, &[last]].concat());
            assert!(matches!(beyond, Err(DecodeError::Value { .. })), "{last}");
        }
    }

    #[test]
    fn a_number_fits_its_field_and_a_count_its_limits() {
        let of = |bytes: &'static [u8]| Reader::new(bytes);
        assert_eq!(of(&[0xff, 0xff, 3]).number::<u16>("kind"), Ok(0xffff));
        let beyond = DecodeError::value("kind", "at most 65535", 0x1_0000);
        assert_eq!(of(&[0x80, 0x80, 4]).number::<u16>("kind"), Err(beyond));
        let limit = DecodeError::limit("items", 1, 2, 3);
        assert_eq!(of(&[3]).count("items", 1, 2), Err(limit));
        assert_eq!(of(&[2]).count("items", 1, 2), Ok(2));
    }
}
