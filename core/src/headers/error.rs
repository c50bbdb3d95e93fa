//! Why headers, a file of them or a block proof are refused.

use bitcoin::{BlockHash, CompactTarget, Target, TxMerkleNode};

use crate::DecodeError;

/// Why headers are refused. The chain stays as it was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HeaderError {
    /// No chain can begin there.
    #[error(
        "a chain cannot begin at height {height}; expected 0 or a checkpoint that begins a period"
    )]
    Base {
        /// The height.
        height: u32,
    },
    /// The block before the first of the headers is not in the chain.
    #[error(
        "the headers follow block {parent}, which is not in the chain; give the headers from a common block on"
    )]
    Unconnected {
        /// The block they follow.
        parent: BlockHash,
    },
    /// A header does not follow the one before.
    #[error("header {height} follows block {found}; expected {expected}")]
    Link {
        /// Its height.
        height: u32,
        /// The block before.
        expected: BlockHash,
        /// The block it names.
        found: BlockHash,
    },
    /// A header names another target than the rules give.
    #[error("header {height} names target {found:#x}; expected {expected:#x}")]
    Bits {
        /// Its height.
        height: u32,
        /// By the rules of the chain.
        expected: CompactTarget,
        /// In the header.
        found: CompactTarget,
    },
    /// A header's hash is above its target.
    #[error("block {hash} at height {height} has too little work; expected at most {target:x}")]
    Work {
        /// Its height.
        height: u32,
        /// Its hash.
        hash: BlockHash,
        /// The target.
        target: Target,
    },
    /// Another block than the compiled-in checkpoint.
    #[error("block {found} at height {height} is not the checkpoint {expected}; another chain")]
    Checkpoint {
        /// The height.
        height: u32,
        /// The checkpoint.
        expected: BlockHash,
        /// The block.
        found: BlockHash,
    },
    /// A branch leaves the chain below a checkpoint that the chain has.
    #[error(
        "the headers leave the chain after height {fork}; below checkpoint {checkpoint} it is final"
    )]
    Final {
        /// The last common block.
        fork: u32,
        /// The checkpoint.
        checkpoint: u32,
    },
    /// A header is not younger than the median of the eleven before.
    #[error("header {height} has time {found}; expected more than the median {median} before it")]
    Median {
        /// Its height.
        height: u32,
        /// The median, in seconds since 1970.
        median: u32,
        /// Its time.
        found: u32,
    },
    /// The first header of a period is older than the one before by too much (BIP-94).
    #[error("header {height} begins a period at time {found}; expected at least {least}")]
    Timewarp {
        /// Its height.
        height: u32,
        /// The least time allowed, in seconds since 1970.
        least: i64,
        /// Its time.
        found: u32,
    },
    /// A header is more than two hours ahead of the clock.
    #[error(
        "header {height} has time {found}; expected at most {most}, two hours ahead of the clock"
    )]
    Future {
        /// Its height.
        height: u32,
        /// The most allowed, in seconds since 1970.
        most: u64,
        /// Its time.
        found: u32,
    },
}

impl HeaderError {
    /// The height of a header, and the number of the rule of PROTOCOL.md §14.1 that it breaks; none where headers
    /// have no place in the chain.
    pub const fn rule(&self) -> Option<(u32, u8)> {
        match *self {
            Self::Link { height, .. } => Some((height, 1)),
            Self::Bits { height, .. } => Some((height, 2)),
            Self::Work { height, .. } => Some((height, 3)),
            Self::Checkpoint { height, .. } => Some((height, 4)),
            Self::Median { height, .. } => Some((height, 5)),
            Self::Timewarp { height, .. } => Some((height, 6)),
            Self::Future { height, .. } => Some((height, 7)),
            Self::Base { .. } | Self::Unconnected { .. } | Self::Final { .. } => None,
        }
    }
}

/// Why a file of headers is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FileError {
    /// Not headers.
    #[error("not a file of headers")]
    Decode(#[from] DecodeError),
    /// Headers that break a rule.
    #[error("the file's headers are no chain")]
    Header(#[from] HeaderError),
}

impl FileError {
    /// See [`HeaderError::rule`]; none where the bytes are no headers.
    pub const fn rule(&self) -> Option<(u32, u8)> {
        match self {
            Self::Header(error) => error.rule(),
            Self::Decode(_) => None,
        }
    }
}

/// Why a block proof shows nothing. It is a hint: that is never a verdict.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
    /// The chain does not reach its last checkpoint, so anyone could have made it.
    #[error(
        "the header chain ends at {tip}; expected checkpoint {checkpoint} at least, fetch more headers"
    )]
    Short {
        /// Height of the tip.
        tip: u32,
        /// The last checkpoint.
        checkpoint: u32,
    },
    /// The chain has no header at this height.
    #[error("the proof names height {height}; the headers go from {base} to {tip}")]
    Height {
        /// In the proof.
        height: u32,
        /// The lowest known.
        base: u32,
        /// The highest known.
        tip: u32,
    },
    /// The proof is of another block than the one it is asked for.
    #[error("the proof names height {found}; expected {expected}")]
    OtherHeight {
        /// Where the transaction is said to be.
        expected: u32,
        /// In the proof.
        found: u32,
    },
    /// The position does not fit the length of the branch.
    #[error("position {position} is not in a tree of depth {depth}")]
    Position {
        /// In the proof.
        position: u32,
        /// Hashes of the branch.
        depth: u32,
    },
    /// A left sibling equals the hash so far: no block has such a position (CVE-2012-2459).
    #[error("the left sibling at level {level} is a copy; only a right one may be")]
    LeftCopy {
        /// Levels below, 0 for the transaction itself.
        level: u32,
    },
    /// An inner node is a transaction of 64 bytes (CVE-2017-12842).
    #[error(
        "the node above level {level} is a transaction of 64 bytes, so what is below may be forged"
    )]
    Transaction {
        /// Levels below the two hashes, 0 for the transaction itself.
        level: u32,
    },
    /// The branch leads to another root.
    #[error("the branch leads to {found}; the header of that block has {expected}")]
    Root {
        /// Of the header.
        expected: TxMerkleNode,
        /// By the branch.
        found: TxMerkleNode,
    },
}
