//! The keys of a wallet: the words, the vault they are kept in, and what derives from them.
//!
//! Spending keys stand encrypted in the store and are opened by [`Vault::open`] alone. Everything
//! else a wallet needs every day, public descriptors and the [`ViewSecret`], stands in the clear.

mod descriptors;
mod error;
mod issuer;
mod passphrase;
mod spending;
mod vault;
mod view;

pub use self::descriptors::Descriptors;
pub use self::error::KeysError;
pub use self::passphrase::Passphrase;
pub use self::spending::{Keys, Words};
pub use self::vault::Vault;
pub use self::view::ViewSecret;
