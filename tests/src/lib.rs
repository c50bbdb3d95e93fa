//! Bulla: tests.

pub mod servers;
