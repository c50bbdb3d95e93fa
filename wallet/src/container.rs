//! Compressed consignments: one zstd frame (RFC 8878) around the bytes that core reads. What is hashed,
//! validated and stored is always what is inside.

use std::borrow::Cow;
use std::io::Read;

use thiserror::Error;
use zstd::stream::read::Decoder;

/// What a zstd frame begins with. As the first bytes of a consignment it would announce a header of 3 MB
/// in wire format 0xfd.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The largest window that a sender may ask the reader to keep: 2^23 bytes, 8 MiB.
const WINDOW_LOG: u32 = 23;

/// Of zstd's levels 1 to 22: what is left to gain above it is below 1% of a consignment, mostly hashes.
const LEVEL: i32 = 9;

/// Why there is nothing to read in a container.
#[derive(Debug, Error)]
pub enum ContainerError {
    /// Not a whole zstd frame within the window.
    #[error(
        "the compressed file is damaged, or asks for a window above 8 MiB ({cause}); ask the sender for it again, uncompressed"
    )]
    Damaged {
        /// What the decoder says.
        cause: std::io::Error,
    },
    /// More inside than is read.
    #[error("the compressed file holds more than {budget} bytes, the limit of this machine")]
    TooLarge {
        /// Bytes that are read at most.
        budget: u64,
    },
    /// Bytes behind the frame.
    #[error("{found} bytes follow the end of the compressed file; ask the sender for it again")]
    Trailing {
        /// How many.
        found: usize,
    },
}

impl ContainerError {
    /// A stable name of the kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "container-damaged",
            Self::TooLarge { .. } => "container-too-large",
            Self::Trailing { .. } => "container-trailing",
        }
    }
}

/// The consignment in a file: the bytes themselves, or what is inside if they are a container. Reserves
/// no more than `budget` bytes and the window.
///
/// # Errors
/// [`ContainerError`]; a consignment that is no container is never one.
pub fn open(bytes: &[u8], budget: u64) -> Result<Cow<'_, [u8]>, ContainerError> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(Cow::Borrowed(bytes));
    }
    let damaged = |cause| ContainerError::Damaged { cause };
    let mut left = bytes;
    let mut decoder = Decoder::with_buffer(&mut left)
        .map_err(damaged)?
        .single_frame();
    decoder.window_log_max(WINDOW_LOG).map_err(damaged)?;
    let mut inside = Vec::new();
    let mut bounded = (&mut decoder).take(budget.saturating_add(1));
    bounded.read_to_end(&mut inside).map_err(damaged)?;
    if inside.len() as u64 > budget {
        return Err(ContainerError::TooLarge { budget });
    }
    drop(decoder);
    match left.len() {
        0 => Ok(Cow::Owned(inside)),
        found => Err(ContainerError::Trailing { found }),
    }
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
        assert!(matches!(twice, Err(ContainerError::Trailing { found }) if found == packed.len()));
    }
}
