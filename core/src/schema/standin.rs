//! Types of other rooms that schemas speak of.

pub use crate::id::SchemaId;
pub use crate::state::StateKind;
