//! A consignment as bytes: a stream of length-prefixed parts, the header first (PROTOCOL.md §8).

use std::collections::BTreeMap;

use bitcoin::Txid;

use crate::codec::{DecodeError, Reader, put_blob};
use crate::frame::{Base, Frame, Terminals, WitnessFrame};
use crate::header::Header;
use crate::limits::FRAME_BYTES;
use crate::seal::AssignedSeal;
use crate::wire::Taken;
use crate::wire::open::OpenLeaves;
use crate::{ContractId, OperationId, SecretSeal, wire};

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

/// The parts of what is left of a consignment behind so many bytes.
pub const fn parts_behind(rest: &[u8], read: usize) -> Parts<'_> {
    Parts {
        reader: Reader::new(rest).behind(read),
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

/// Writes a consignment: takes explicit frames, and writes references where they are due.
#[derive(Clone, Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    open: OpenLeaves<()>,
}

impl Writer {
    /// Begins with a header.
    ///
    /// # Errors
    /// If the header is too large.
    pub fn new(header: &Header) -> Result<Self, TooLarge> {
        let mut writer = Self {
            bytes: Vec::new(),
            open: OpenLeaves::default(),
        };
        writer.part(&header.encode())?;
        writer.open.open_genesis(&header.genesis, drop);
        Ok(writer)
    }

    /// One that goes on where this one stands, with no bytes yet: for consignments that begin alike.
    #[must_use]
    pub fn fork(&self) -> Self {
        let (bytes, open) = (Vec::new(), self.open.clone());
        Self { bytes, open }
    }

    /// What was written so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends a frame. Says nothing about whether it is right.
    ///
    /// # Errors
    /// If it is too large.
    pub fn frame(&mut self, frame: &Frame) -> Result<(), TooLarge> {
        self.part(&wire::Frame::reduce(frame, &self.open).encode())?;
        match frame {
            Frame::Witness(frame) => {
                for input in frame
                    .transitions
                    .iter()
                    .flat_map(|signed| &signed.transition.inputs)
                {
                    if let Some(number) = self.open.number(input) {
                        self.open.take(number);
                    }
                }
                self.open.open_frame(frame, &transition_ids(frame), drop);
            }
            Frame::Base(base) => open_base(&mut self.open, base),
            Frame::BlockProof(_) | Frame::Terminals(_) => {}
        }
        Ok(())
    }

    /// Appends bytes as they are.
    ///
    /// # Errors
    /// If they are too many.
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

/// The transitions that one builds on, each with the witness in which it was shown, or stands in the base.
/// A genesis has none.
pub type Parents = BTreeMap<OperationId, Txid>;

/// A frame in its explicit form; of a witness frame, what is known of its transitions, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    /// The frame.
    pub frame: Frame,
    /// The ids of the transitions.
    pub ids: Vec<OperationId>,
    /// What the transitions build on.
    pub parents: Vec<Parents>,
}

/// Reads frames back to their explicit form. Only what the bytes say, and what is needed to follow
/// references, is checked: whoever wants a verdict asks the [`validator`](crate::validator).
#[derive(Clone, Debug)]
pub struct Explicit {
    contract: ContractId,
    open: OpenLeaves<()>,
}

impl Explicit {
    /// Begins with a header.
    pub fn new(header: &Header) -> Self {
        let mut open = OpenLeaves::default();
        open.open_genesis(&header.genesis, drop);
        let contract = header.genesis.contract_id();
        Self { contract, open }
    }

    /// The explicit form of the next frame, out of the bytes of its part.
    ///
    /// # Errors
    /// If the bytes are no frame, or it refers to what is not there.
    pub fn frame(&mut self, part: &[u8]) -> Result<Frame, DecodeError> {
        Ok(self.read(part)?.frame)
    }

    /// The same with the ids of the transitions that it shows, and what they build on.
    ///
    /// # Errors
    /// As [`Explicit::frame`].
    pub fn read(&mut self, part: &[u8]) -> Result<Read, DecodeError> {
        let (mut ids, mut parents) = (Vec::new(), Vec::new());
        let frame = match wire::Frame::decode(part)? {
            wire::Frame::Witness(frame) => {
                let wire::Resolved { frame, taken } =
                    frame.resolve(self.contract, &mut self.open)?;
                ids = transition_ids(&frame);
                parents = taken.iter().map(|taken| parents_of(taken)).collect();
                self.open.open_frame(&frame, &ids, drop);
                Frame::Witness(Box::new(frame))
            }
            wire::Frame::Base(base) => {
                open_base(&mut self.open, &base);
                Frame::Base(base)
            }
            wire::Frame::BlockProof(proof) => Frame::BlockProof(proof),
            wire::Frame::Terminals(terminals) => Frame::Terminals(terminals),
        };
        Ok(Read {
            frame,
            ids,
            parents,
        })
    }
}

fn parents_of(taken: &[Taken<()>]) -> Parents {
    let leaves = taken.iter().filter_map(|(_, leaf)| leaf.as_ref());
    let parents = leaves.filter_map(|leaf| Some((leaf.input.operation, leaf.witness?)));
    parents.collect()
}

fn transition_ids(frame: &WitnessFrame) -> Vec<OperationId> {
    let transitions = frame.transitions.iter();
    transitions.map(|signed| signed.transition.id()).collect()
}

/// Whoever has not proven the leaves knows no more than whether their seals are revealed.
fn open_base(open: &mut OpenLeaves<()>, base: &Base) {
    let unknown = AssignedSeal::Secret(SecretSeal::from_bytes([0; 32]));
    for entry in &base.0 {
        let seal = entry.seal.map_or(unknown, AssignedSeal::Revealed);
        open.open_base(entry, seal, ());
    }
}
