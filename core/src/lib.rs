//! Bulla: core.

pub mod schema;
