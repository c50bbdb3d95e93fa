//! What the wallet states, and what it keeps of what others state.

use bitcoin::key::XOnlyPublicKey;
use bulla_core::ContractId;
use bulla_core::header::Header;
use bulla_schemas::roles::global::ISSUER;

use super::{Claim, IdentityError, Statement};
use crate::assets::rows::damaged;
use crate::keys::Passphrase;
use crate::store::{StoreError, contracts, statements};
use crate::transfer::error::TransferError;
use crate::wallet::Command;
use crate::{Error, Wallet};

/// Most statements that are kept about one contract.
pub const MAX_STATEMENTS: usize = 16;

/// The key that a genesis names as its issuer's; none if it names none, or what is no key.
pub fn issuer(header: &Header) -> Option<XOnlyPublicKey> {
    let number = ISSUER.global(&header.schema)?;
    let value = header.genesis.globals.of(number).next()?;
    XOnlyPublicKey::from_slice(value).ok()
}

impl Wallet {
    /// The public key that signs this wallet's statements with this number, below 2^31.
    ///
    /// # Errors
    /// [`KeysError`](crate::keys::KeysError).
    pub fn issuer_key(
        &self,
        passphrase: &Passphrase,
        number: u32,
    ) -> Result<XOnlyPublicKey, Error> {
        let keys = self.spending_keys(passphrase)?;
        let key = keys.issuer_key(self.network(), number);
        Ok(key.x_only_public_key().0)
    }

    /// Signs a statement about a contract that the wallet knows, and keeps it.
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`]; [`KeysError`](crate::keys::KeysError).
    pub fn state_issuer(
        &mut self,
        contract: ContractId,
        claim: Claim,
        number: u32,
        passphrase: &Passphrase,
    ) -> Result<Statement, Error> {
        let keys = self.spending_keys(passphrase)?;
        let key = keys.issuer_key(self.network(), number);
        let statement = Statement::sign(self.network().id(), contract, claim, &key);
        self.keep_statement(&statement)?;
        Ok(statement)
    }

    /// Keeps a statement about a contract that the wallet knows, to be shown with it. Safe to repeat.
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`]; [`IdentityError::Network`]; [`IdentityError::TooMany`].
    pub fn keep_statement(&mut self, statement: &Statement) -> Result<(), Error> {
        self.command("statement", |command| keep(command, statement))
    }
}

fn keep(command: &Command<'_>, statement: &Statement) -> Result<(), Error> {
    let contract = statement.contract();
    let (found, expected) = (statement.network(), command.meta.network.id());
    if found != expected {
        return Err(IdentityError::Network { found, expected }.into());
    }
    if contracts::get(&command.db, &contract)?.is_none() {
        return Err(TransferError::UnknownContract { contract }.into());
    }
    let (text, kept) = (
        statement.to_string(),
        statements::of_contract(&command.db, &contract)?,
    );
    let limit = MAX_STATEMENTS;
    if kept.len() >= limit && !kept.contains(&text) {
        return Err(IdentityError::TooMany { contract, limit }.into());
    }
    Ok(statements::put(&command.db, &contract, &text)?)
}

/// The statements that are kept about a contract.
pub(crate) fn kept(
    db: &bdk_wallet::rusqlite::Connection,
    contract: ContractId,
) -> Result<Vec<Statement>, StoreError> {
    let texts = statements::of_contract(db, &contract)?;
    texts
        .iter()
        .map(|text| text.parse().map_err(damaged))
        .collect()
}
