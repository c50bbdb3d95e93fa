//! Each standard schema, and those of the documentation, both ways: what is meant to be allowed is
//! accepted, and each rule refuses what it is there for.

mod collectible;
mod examples;
mod fixed;
mod inflatable;
mod operation;
mod permissioned;
mod replaceable;
mod unique;
