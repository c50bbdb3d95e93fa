//! Bulla: tests.

pub mod kit;
pub mod people;
pub mod program;
pub mod servers;
pub mod world;
