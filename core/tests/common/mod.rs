//! Objects of every kind for the tests of bytes.

pub mod arbitrary;
pub mod codecs;
pub mod frames;
