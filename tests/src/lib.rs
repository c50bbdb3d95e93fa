//! Bulla: tests.
