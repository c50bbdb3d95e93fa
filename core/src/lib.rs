//! Bulla: core.

pub mod commit;
