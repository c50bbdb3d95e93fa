//! The compact file: 80 bytes a header.

use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, TxMerkleNode};

use super::{ChainParams, FileError, HeaderChain, HeaderError};
use crate::DecodeError;
use crate::codec::Reader;

/// Begins a file whose first header is not at height 0. No header of a first block does.
const MAGIC: [u8; 8] = *b"bullahdr";
/// Bytes of a header.
const HEADER: usize = 80;

impl HeaderChain {
    /// The file (PROTOCOL.md §14.3): the headers, after the height of the first unless it is 0.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.headers().len() * HEADER + 12);
        if self.base() > 0 {
            out.extend_from_slice(&MAGIC);
            out.extend_from_slice(&self.base().to_le_bytes());
        }
        for header in self.headers() {
            put(&mut out, header);
        }
        out
    }

    /// Reads and checks a file. Memory is linear in its bytes; how many to read is the caller's
    /// limit. `now` is the clock, in seconds since 1970.
    ///
    /// # Errors
    /// If the bytes are not headers, or the headers break a rule. Whether they reach the last
    /// checkpoint is said by [`HeaderChain::reaches_checkpoint`].
    pub fn decode(params: ChainParams, bytes: &[u8], now: u64) -> Result<Self, FileError> {
        let mut reader = Reader::new(bytes);
        let base = head(&mut reader, bytes)?;
        let first = header(&mut reader)?;
        let mut headers = Vec::with_capacity(reader.left() / HEADER);
        while reader.left() > 0 {
            headers.push(header(&mut reader)?);
        }
        let mut chain = Self::begin(params, base, first)?;
        chain.follow(&headers, now)?;
        Ok(chain)
    }

    /// Takes what must follow the tip.
    fn follow(&mut self, headers: &[Header], now: u64) -> Result<(), HeaderError> {
        self.adopt(self.headers().len(), headers, now).map(drop)
    }
}

/// The height of the first header.
fn head(reader: &mut Reader<'_>, bytes: &[u8]) -> Result<u32, DecodeError> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(0);
    }
    reader.take("head of a file of headers", MAGIC.len())?;
    match reader.u32("height of the first header")? {
        0 => Err(DecodeError::not_canonical("a head that says height 0")),
        height => Ok(height),
    }
}

fn header(reader: &mut Reader<'_>) -> Result<Header, DecodeError> {
    const WHAT: &str = "header";
    let mut fields = Reader::new(reader.take(WHAT, HEADER)?);
    Ok(Header {
        version: Version::from_consensus(i32::from_le_bytes(fields.array(WHAT)?)),
        prev_blockhash: BlockHash::from_byte_array(fields.array(WHAT)?),
        merkle_root: TxMerkleNode::from_byte_array(fields.array(WHAT)?),
        time: fields.u32(WHAT)?,
        bits: CompactTarget::from_consensus(fields.u32(WHAT)?),
        nonce: fields.u32(WHAT)?,
    })
}

fn put(out: &mut Vec<u8>, header: &Header) {
    out.extend_from_slice(&header.version.to_consensus().to_le_bytes());
    out.extend_from_slice(header.prev_blockhash.as_byte_array());
    out.extend_from_slice(header.merkle_root.as_byte_array());
    out.extend_from_slice(&header.time.to_le_bytes());
    out.extend_from_slice(&header.bits.to_consensus().to_le_bytes());
    out.extend_from_slice(&header.nonce.to_le_bytes());
}
