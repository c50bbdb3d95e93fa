//! Frames in explicit form: the messages that a consignment is made of (PROTOCOL.md §8). How they
//! travel is [`wire`](crate::wire)'s.

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

/// A frame.
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

/// Whether items ascend strictly.
pub(crate) fn ascend<T: PartialOrd>(items: impl Iterator<Item = T> + Clone) -> bool {
    items.clone().zip(items.skip(1)).all(|(a, b)| a < b)
}
