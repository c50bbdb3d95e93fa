//! Bulla's core: consensus objects, commitments and the validator.
//!
//! Data flows one way: [`seal`] → [`operation`] → [`bundle`] → [`commit`] → [`anchor`] →
//! [`consignment`] → [`validator`]. Nothing here does I/O, reads a clock, draws randomness or
//! panics on input; `PROTOCOL.md` beside this crate specifies every byte.

#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod anchor;
pub mod bundle;
mod codec;
pub mod commit;
pub mod consignment;
mod decode_error;
pub mod frame;
mod hash;
pub mod header;
pub mod headers;
mod id;
pub mod limits;
mod network;
pub mod operation;
pub mod outputs;
pub mod schema;
pub mod seal;
mod settle;
pub mod state;
pub mod validator;
pub mod value;
pub mod wire;
pub mod witness;

pub use self::decode_error::DecodeError;
pub use self::id::{
    BundleId, ContractId, NetworkId, OperationId, ParseIdError, SchemaId, SecretSeal,
};
