//! A consignment as bytes: a stream of length-prefixed parts, the header first (PROTOCOL.md §8).

use crate::codec::{DecodeError, Reader, put_blob};
use crate::frame::{Frame, Terminals};
use crate::header::Header;
use crate::limits::FRAME_BYTES;

/// Splits a consignment into its header and frames, without decoding them.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    reader: Reader<'a>,
}

/// The parts of a consignment: first the header's bytes, then each frame's.
pub const fn parts(consignment: &[u8]) -> Parts<'_> {
    Parts {
        reader: Reader::new(consignment),
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<&'a [u8], DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.left() == 0 {
            return None;
        }
        let part = self.reader.blob("header or frame", 1, FRAME_BYTES);
        if part.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(part)
    }
}

/// A header or frame that does not fit its length prefix.
#[derive(Copy, Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "a part of {found} bytes; a header or frame has at most 16777215: show fewer leaves or send fewer inputs at once"
)]
pub struct TooLarge {
    /// Bytes of the part.
    pub found: usize,
}

/// Writes a consignment.
#[derive(Clone, Debug)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Begins with a header.
    ///
    /// # Errors
    /// If the header is too large.
    pub fn new(header: &Header) -> Result<Self, TooLarge> {
        let mut writer = Self { bytes: Vec::new() };
        writer.part(&header.encode())?;
        Ok(writer)
    }

    /// Appends a frame.
    ///
    /// # Errors
    /// If it is too large.
    pub fn frame(&mut self, frame: &Frame) -> Result<(), TooLarge> {
        self.part(&frame.encode())
    }

    /// Appends a frame that is encoded already.
    ///
    /// # Errors
    /// If it is too large.
    pub fn part(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        if bytes.len() > FRAME_BYTES {
            return Err(TooLarge { found: bytes.len() });
        }
        put_blob(&mut self.bytes, bytes, FRAME_BYTES);
        Ok(())
    }

    /// Ends with the terminals.
    ///
    /// # Errors
    /// If they are too large.
    pub fn finish(mut self, terminals: Terminals) -> Result<Vec<u8>, TooLarge> {
        self.frame(&Frame::Terminals(terminals))?;
        Ok(self.bytes)
    }
}
