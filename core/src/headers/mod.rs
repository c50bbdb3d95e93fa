//! A chain of block headers that was checked, and block proofs against it (PROTOCOL.md §14).
//!
//! Everything here works without a network: whoever has a file of headers can say where a witness
//! was mined. Not checked, because headers alone do not show it: what is in the blocks, the
//! challenge of a signet (BIP-325: **anyone can extend a signet header chain** at its low
//! difficulty), and the version numbers of blocks.

mod branch;
mod chain;
mod checkpoints;
mod error;
mod file;
mod merkle;
mod params;
mod retarget;
mod view;

pub use self::chain::{Change, HeaderChain};
pub use self::error::{FileError, HeaderError, ProofError};
pub use self::merkle::{check_proof, prove};
pub use self::params::ChainParams;
pub use self::view::{Proven, Unproven};
