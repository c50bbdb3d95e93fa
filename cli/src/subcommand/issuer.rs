//! `issuer`: who says that he issued a contract, and signs for it.

pub mod hand_over;
mod key;
mod sign;
mod state;
pub mod verify;

use clap::Subcommand;

use super::{Result, boxed};
use crate::settings::Settings;

/// What issuers sign and hand over.
#[derive(Subcommand, Debug)]
pub enum Issuer {
    /// The public key of this wallet that signs as an issuer, for `issue --issuer` and `issue --signer`
    Key(key::Key),
    /// Sign the operations in a request that wait for your key
    Sign(sign::Sign),
    /// Write the consignments again of invoices that a contract was issued to
    HandOver(hand_over::HandOver),
    /// Sign that whoever has this wallet's issuer key claims an identity for a contract
    State(state::State),
    /// Check the signature of a statement; needs no wallet
    Verify(verify::Verify),
    /// Check a statement and keep it, to be shown with the contract by `assets`
    Import(verify::Import),
}

impl Issuer {
    /// Runs the command.
    ///
    /// # Errors
    /// If the contract is not known, or a statement is not signed by the key it names.
    pub fn run(self, settings: &Settings) -> Result {
        match self {
            Self::Key(command) => boxed(command.run(settings)),
            Self::Sign(command) => boxed(command.run(settings)),
            Self::HandOver(command) => boxed(command.run(settings)),
            Self::State(command) => boxed(command.run(settings)),
            Self::Verify(command) => boxed(command.run(settings)),
            Self::Import(command) => boxed(command.run(settings)),
        }
    }
}
