//! Frames: the messages a consignment is made of (PROTOCOL.md §8).

mod base;
mod block_proof;
mod signed;
mod terminals;
mod witness_frame;

pub use self::base::{Base, BaseEntry};
pub use self::block_proof::BlockProof;
pub use self::signed::{KeySignature, SignatureBytes, Signatures, Signed, signature_message};
pub use self::terminals::{Terminal, Terminals};
pub use self::witness_frame::WitnessFrame;
use crate::codec::{Decode, DecodeError, Encode, Reader, objects};

const WITNESS: u8 = 0;
const BLOCK_PROOF: u8 = 1;
const BASE: u8 = 2;
const TERMINALS: u8 = 3;

/// A frame; its first byte is its kind.
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

impl Encode for Frame {
    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Witness(frame) => {
                out.push(WITNESS);
                frame.encode_to(out);
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
    const MIN_BYTES: usize = 3;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("frame kind")? {
            WITNESS => {
                WitnessFrame::decode_from(reader).map(|frame| Self::Witness(Box::new(frame)))
            }
            BLOCK_PROOF => BlockProof::decode_from(reader).map(Self::BlockProof),
            BASE => Base::decode_from(reader).map(Self::Base),
            TERMINALS => Terminals::decode_from(reader).map(Self::Terminals),
            kind => Err(DecodeError::Unsupported {
                what: "frame kind",
                found: kind.into(),
            }),
        }
    }
}

objects!(Frame);
