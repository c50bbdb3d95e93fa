//! Bulla: tests.

pub mod servers;
pub mod world;
