//! Consignments as files: the bytes that core reads, or one zstd frame (RFC 8878) around them. What is
//! hashed, validated and stored is always what is inside.

use std::borrow::Cow;
use std::io::{self, BufRead, Chain, Cursor, Read};

use bulla_core::{DecodeError, consignment};
use thiserror::Error;
use zstd::stream::read::Decoder;

/// What a zstd frame begins with. As the first bytes of a consignment it would announce a header of 3 MB
/// in wire format 0xfd.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The largest window that a sender may ask the reader to keep: 2^23 bytes, 8 MiB.
const WINDOW_LOG: u32 = 23;

/// Bytes of the length of a part.
const PREFIX: u64 = 3;

/// Of zstd's levels 1 to 22: what is left to gain above it is below 1% of a consignment, mostly hashes.
const LEVEL: i32 = 9;

/// Why there is nothing to read in a file.
#[derive(Debug, Error)]
pub enum ContainerError {
    /// The file gives no bytes.
    #[error("the file cannot be read ({cause})")]
    Unreadable {
        /// What the system says.
        cause: io::Error,
    },
    /// Not a whole zstd frame within the window.
    #[error(
        "the compressed file is damaged, or asks for a window above 8 MiB ({cause}); ask the sender for it again, uncompressed"
    )]
    Damaged {
        /// What the decoder says.
        cause: io::Error,
    },
    /// More inside than is read.
    #[error("the file holds more than {budget} bytes, the limit of this machine")]
    TooLarge {
        /// Bytes that are read at most.
        budget: u64,
    },
    /// Bytes behind the frame.
    #[error("{found} bytes follow the end of the compressed file; ask the sender for it again")]
    Trailing {
        /// How many.
        found: u64,
    },
}

impl ContainerError {
    /// A stable name of the kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "container-unreadable",
            Self::Damaged { .. } => "container-damaged",
            Self::TooLarge { .. } => "container-too-large",
            Self::Trailing { .. } => "container-trailing",
        }
    }
}

/// A file, its first bytes read before.
type Begun<R> = Chain<Cursor<Vec<u8>>, R>;

/// What a file holds, packed or not; no more than a budget of it is read.
struct Inside<R: BufRead> {
    from: Form<R>,
    budget: u64,
    left: u64,
}

enum Form<R: BufRead> {
    Plain(Begun<R>),
    Packed(Box<Decoder<'static, Begun<R>>>),
}

impl<R: BufRead> Inside<R> {
    fn open(mut file: R, budget: u64) -> Result<Self, ContainerError> {
        let mut begin = Vec::new();
        let first = file.by_ref().take(MAGIC.len() as u64);
        read(first, &mut begin).map_err(|cause| ContainerError::Unreadable { cause })?;
        let is_packed = begin == MAGIC;
        let begun = Cursor::new(begin).chain(file);
        let from = if is_packed {
            Form::Packed(Box::new(decoder(begun)?))
        } else {
            Form::Plain(begun)
        };
        let left = budget;
        Ok(Self { from, budget, left })
    }

    /// Appends so many bytes, or all there are.
    fn fill(&mut self, bytes: u64, into: &mut Vec<u8>) -> Result<(), ContainerError> {
        let bytes = bytes.min(self.left.saturating_add(1));
        let found =
            match &mut self.from {
                Form::Plain(file) => read(file.take(bytes), into)
                    .map_err(|cause| ContainerError::Unreadable { cause }),
                Form::Packed(decoder) => read(decoder.take(bytes), into)
                    .map_err(|cause| ContainerError::Damaged { cause }),
            }?;
        let budget = self.budget;
        let left = self.left.checked_sub(found);
        self.left = left.ok_or(ContainerError::TooLarge { budget })?;
        Ok(())
    }

    /// Bytes that were read.
    const fn read(&self) -> u64 {
        self.budget - self.left
    }

    /// That a container is whole, and nothing follows it. What was not read of it is passed over.
    fn end(self) -> Result<(), ContainerError> {
        let Form::Packed(mut decoder) = self.from else {
            return Ok(());
        };
        let (budget, left) = (self.budget, self.left);
        let passed = io::copy(
            &mut decoder.by_ref().take(left.saturating_add(1)),
            &mut io::sink(),
        );
        if passed.map_err(|cause| ContainerError::Damaged { cause })? > left {
            return Err(ContainerError::TooLarge { budget });
        }
        let rest = io::copy(&mut decoder.finish(), &mut io::sink());
        match rest.map_err(|cause| ContainerError::Unreadable { cause })? {
            0 => Ok(()),
            found => Err(ContainerError::Trailing { found }),
        }
    }
}

fn read(mut from: impl Read, into: &mut Vec<u8>) -> io::Result<u64> {
    Ok(from.read_to_end(into)? as u64)
}

fn decoder<R: BufRead>(file: R) -> Result<Decoder<'static, R>, ContainerError> {
    let damaged = |cause| ContainerError::Damaged { cause };
    let mut decoder = Decoder::with_buffer(file).map_err(damaged)?.single_frame();
    decoder.window_log_max(WINDOW_LOG).map_err(damaged)?;
    Ok(decoder)
}

/// The parts of a consignment in a file, one at a time, as [`consignment::parts`] gives them from memory:
/// no more than one is held, beside the window of a container.
pub struct Parts<R: BufRead> {
    inside: Option<Inside<R>>,
    failed: Option<ContainerError>,
}

impl<R: BufRead> Parts<R> {
    /// Begins to read a file, of which no more than `budget` bytes are taken from inside.
    ///
    /// # Errors
    /// [`ContainerError`].
    pub fn open(file: R, budget: u64) -> Result<Self, ContainerError> {
        Ok(Self {
            inside: Some(Inside::open(file, budget)?),
            failed: None,
        })
    }

    /// That the file was well, as far as it was read: without it the parts say nothing.
    ///
    /// # Errors
    /// [`ContainerError`], with which the parts ended early.
    pub fn finish(self) -> Result<(), ContainerError> {
        self.failed.map_or(Ok(()), Err)
    }

    fn part(&mut self) -> Result<Option<Result<Vec<u8>, DecodeError>>, ContainerError> {
        let Some(inside) = &mut self.inside else {
            return Ok(None);
        };
        let mut prefix = Vec::new();
        inside.fill(PREFIX, &mut prefix)?;
        let mut part = Vec::new();
        if let [a, b, c] = *prefix {
            let length = u32::from_le_bytes([a, b, c, 0]);
            inside.fill(length.into(), &mut part)?;
            if length > 0 && u32::try_from(part.len()) == Ok(length) {
                return Ok(Some(Ok(part)));
            }
        }
        let read = inside.read();
        self.inside.take().map_or(Ok(()), Inside::end)?;
        // What is left is no part; core says why.
        let rest = [prefix, part].concat();
        let before = usize::try_from(read).unwrap_or(usize::MAX);
        let before = before.saturating_sub(rest.len());
        let rest = consignment::parts_behind(&rest, before).next();
        Ok(rest.map(|part| part.map(<[u8]>::to_vec)))
    }
}

impl<R: BufRead> Iterator for Parts<R> {
    type Item = Result<Vec<u8>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.part().unwrap_or_else(|error| {
            self.inside = None;
            self.failed = Some(error);
            None
        })
    }
}

/// The consignment in a file that was read: the bytes themselves, or what is inside if they are a
/// container. Reserves no more than `budget` bytes and the window.
///
/// # Errors
/// [`ContainerError`]; a consignment that is no container is never one.
pub fn open(bytes: &[u8], budget: u64) -> Result<Cow<'_, [u8]>, ContainerError> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut inside = Inside::open(bytes, budget)?;
    let mut content = Vec::new();
    inside.fill(u64::MAX, &mut content)?;
    inside.end()?;
    Ok(Cow::Owned(content))
}

/// A consignment in a container, with a checksum.
///
/// # Errors
/// If memory is short.
pub fn pack(consignment: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Write;
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.include_checksum(true)?;
    encoder.write_all(consignment)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: u64 = 1 << 20;

    fn sample() -> Vec<u8> {
        (0..100_000_u32)
            .flat_map(|n| (n / 7).to_le_bytes())
            .collect()
    }

    #[test]
    fn what_is_packed_comes_out_and_what_is_not_stays() {
        let packed = pack(&sample()).unwrap();
        assert!(packed.len() < sample().len() / 2);
        assert_eq!(*open(&packed, BUDGET).unwrap(), sample());
        assert!(matches!(open(&sample(), 0), Ok(Cow::Borrowed(bytes)) if bytes == sample()));
        assert!(matches!(open(&[], 0), Ok(Cow::Borrowed(&[]))));
    }

    #[test]
    fn i06_a_bomb_is_read_up_to_the_budget_only() {
        let bomb = pack(&vec![0; 64 << 20]).unwrap();
        assert!(bomb.len() < 1 << 14);
        let refused = open(&bomb, BUDGET);
        assert!(matches!(
            refused,
            Err(ContainerError::TooLarge { budget: BUDGET })
        ));
        let packed = pack(&sample()).unwrap();
        let short = open(&packed, sample().len() as u64 - 1);
        assert!(matches!(short, Err(ContainerError::TooLarge { .. })));
    }

    #[test]
    fn a_window_above_8_mib_is_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(WINDOW_LOG + 1).unwrap();
        std::io::Write::write_all(&mut encoder, &vec![7; 17 << 20]).unwrap();
        let wide = encoder.finish().unwrap();
        let refused = open(&wide, 1 << 30);
        assert!(
            matches!(refused, Err(ContainerError::Damaged { .. })),
            "{refused:?}"
        );
    }

    #[test]
    fn a_cut_a_changed_and_a_longer_container_are_refused() {
        let packed = pack(&sample()).unwrap();
        let cut = open(&packed[..packed.len() - 1], BUDGET);
        assert!(
            matches!(cut, Err(ContainerError::Damaged { .. })),
            "{cut:?}"
        );
        let mut changed = packed.clone();
        *changed.last_mut().unwrap() ^= 1;
        let changed = open(&changed, BUDGET);
        assert!(
            matches!(changed, Err(ContainerError::Damaged { .. })),
            "{changed:?}"
        );
        let twice = [packed.as_slice(), &packed].concat();
        let twice = open(&twice, BUDGET);
        assert!(
            matches!(twice, Err(ContainerError::Trailing { found }) if found == packed.len() as u64)
        );
    }

    fn parts_of(file: &[u8]) -> Result<Vec<Result<Vec<u8>, DecodeError>>, ContainerError> {
        let mut parts = Parts::open(file, BUDGET)?;
        let all = parts.by_ref().collect();
        parts.finish().map(|()| all)
    }

    /// Bytes of a consignment, cut, with an empty part, and with none.
    fn texts() -> Vec<Vec<u8>> {
        let whole = [
            &[3, 0, 0, 1, 2, 3][..],
            &[1, 0, 0, 9],
            &[0, 1, 0],
            &[7; 256],
        ]
        .concat();
        let cut = (0..whole.len()).map(|length| whole[..length].to_vec());
        let empty = [&whole, &[0, 0, 0, 1][..]].concat();
        cut.chain([whole.clone(), empty]).collect()
    }

    #[test]
    fn parts_come_out_of_a_file_and_of_a_container_as_out_of_memory() {
        for text in texts() {
            let expected: Vec<_> = consignment::parts(&text)
                .map(|part| part.map(<[u8]>::to_vec))
                .collect();
            assert_eq!(parts_of(&text).unwrap(), expected);
            assert_eq!(parts_of(&pack(&text).unwrap()).unwrap(), expected);
        }
    }

    #[test]
    fn parts_of_a_file_that_is_damaged_or_too_large_end_with_the_reason() {
        let part = |length: u32| {
            let [a, b, c, _] = length.to_le_bytes();
            [&[a, b, c][..], &vec![5; length as usize]].concat()
        };
        let large = part(2 << 20);
        for file in [&large, &pack(&large).unwrap()] {
            let refused = parts_of(file);
            let is_expected = matches!(refused, Err(ContainerError::TooLarge { budget: BUDGET }));
            assert!(is_expected, "{refused:?}");
        }
        let packed = pack(&part(1_000)).unwrap();
        let cut = parts_of(&packed[..packed.len() - 1]);
        assert!(
            matches!(cut, Err(ContainerError::Damaged { .. })),
            "{cut:?}"
        );
        let longer = parts_of(&[packed.as_slice(), &[1, 2]].concat());
        let is_expected = matches!(longer, Err(ContainerError::Trailing { found: 2 }));
        assert!(is_expected, "{longer:?}");
    }
}
