//! Bulla: tests.

pub mod kit;
pub mod servers;
pub mod world;
