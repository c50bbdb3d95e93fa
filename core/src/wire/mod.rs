//! The wire form of frames, format 1 (PROTOCOL.md §8): compact numbers, and references to leaves
//! that are open and to txids that their seals tell.
//!
//! [`Frame::decode`] needs nothing but bytes. What a reference means follows from the frames before:
//! the validator and [`consignment`](crate::consignment) resolve it to the explicit
//! [`crate::frame::Frame`] with the same running numbers.

pub(crate) mod open;
mod outputs;
pub(crate) mod seal;
mod transaction;
mod transition;
pub(crate) mod varint;
mod witness_frame;

use self::open::OpenLeaves;
pub use self::transaction::{Spend, SpentTxid, Transaction};
pub use self::transition::{Inputs, Transition};
pub use self::witness_frame::WitnessFrame;
pub(crate) use self::witness_frame::{Resolved, Taken};
use crate::codec::{Decode, DecodeError, Encode, Reader, objects};
use crate::frame::{self, Base, BlockProof, Terminals};

const WITNESS: u8 = 0;
const BLOCK_PROOF: u8 = 1;
const BASE: u8 = 2;
const TERMINALS: u8 = 3;

/// A frame as it travels; its first byte is its kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// A witness transaction and what the contract does in it.
    Witness(Box<WitnessFrame>),
    /// Where the witness of the frame before was mined: a hint.
    BlockProof(BlockProof),
    /// What a delta builds on.
    Base(Base),
    /// What the consignment hands over: the last frame.
    Terminals(Terminals),
}

impl Frame {
    /// The wire form of a frame where nothing is open: without a reference.
    pub fn explicit(frame: &frame::Frame) -> Self {
        Self::reduce(frame, &OpenLeaves::<()>::default())
    }

    /// The wire form of a frame that stands where these leaves are open.
    pub(crate) fn reduce<T>(frame: &frame::Frame, open: &OpenLeaves<T>) -> Self {
        match frame {
            frame::Frame::Witness(frame) => {
                Self::Witness(Box::new(WitnessFrame::reduce(frame, open)))
            }
            frame::Frame::BlockProof(proof) => Self::BlockProof(proof.clone()),
            frame::Frame::Base(base) => Self::Base(base.clone()),
            frame::Frame::Terminals(terminals) => Self::Terminals(terminals.clone()),
        }
    }
}

impl Encode for Frame {
    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Witness(frame) => {
                out.push(WITNESS);
                frame.put(out);
            }
            Self::BlockProof(proof) => {
                out.push(BLOCK_PROOF);
                proof.encode_to(out);
            }
            Self::Base(base) => {
                out.push(BASE);
                base.encode_to(out);
            }
            Self::Terminals(terminals) => {
                out.push(TERMINALS);
                terminals.encode_to(out);
            }
        }
    }
}

impl Decode for Frame {
    const NAME: &'static str = "frame";
    const MIN_BYTES: usize = 2;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("frame kind")? {
            WITNESS => WitnessFrame::read(reader).map(|frame| Self::Witness(Box::new(frame))),
            BLOCK_PROOF => BlockProof::decode_from(reader).map(Self::BlockProof),
            BASE => Base::decode_from(reader).map(Self::Base),
            TERMINALS => Terminals::decode_from(reader).map(Self::Terminals),
            kind => Err(DecodeError::unsupported("frame kind", kind)),
        }
    }
}

objects!(Frame);
