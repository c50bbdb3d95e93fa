//! Who says that he issued a contract (PROTOCOL.md §15.1).
//!
//! A statement is a short text: a key claims an identity for a contract, and signs that. Its
//! signature proves that whoever has the key said so, and nothing about the identity. The genesis may name
//! the issuer's key; a statement by another key proves nothing about the issuer either.

mod claim;
mod error;
mod keep;
mod statement;

pub use self::claim::{Claim, Domain, Fingerprint};
pub use self::error::{ClaimError, IdentityError};
pub(crate) use self::keep::kept;
pub use self::keep::{MAX_STATEMENTS, issuer};
pub use self::statement::{MAX_BYTES, Statement};
