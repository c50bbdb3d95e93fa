//! Bulla: core.
