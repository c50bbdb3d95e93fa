//! Bytes of every object: one encoding each, no panic on any input, limits, recorded cases.

#[path = "../common/mod.rs"]
mod common;

mod canonical;
mod limits;
