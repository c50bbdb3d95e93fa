//! The validator on bytes: what it accepts, and each reason for which it refuses.

mod accepted;
mod checks;
mod stream;
