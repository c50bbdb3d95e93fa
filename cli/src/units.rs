//! Amounts of a contract that the wallet knows.

use std::borrow::Cow;
use std::collections::HashMap;

use bulla_core::ContractId;
use bulla_wallet::{Amount, Wallet};

use crate::denomination::Denomination;
use crate::error::Error;
use crate::unbacked::Unbacked;

/// What the units of the contracts that a wallet knows are called, for the eyes of people.
#[derive(Default)]
pub struct Names(HashMap<ContractId, Denomination>);

impl Names {
    /// Of a wallet.
    ///
    /// # Errors
    /// If the wallet cannot be read.
    pub fn of(wallet: &Wallet) -> Result<Self, Error> {
        let assets = wallet.assets()?.into_iter();
        let names = assets.map(|asset| (asset.contract, Denomination::known(&asset)));
        Ok(Self(names.collect()))
    }

    /// What the units of a contract are called.
    pub fn named(&self, contract: ContractId) -> Cow<'_, Denomination> {
        match self.0.get(&contract) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(Denomination::unknown(contract)),
        }
    }

    /// An amount with decimals and ticker; in smallest units where the contract is not known.
    pub fn show(&self, contract: ContractId, units: impl Into<u128>) -> String {
        self.named(contract).show(units)
    }

    /// What lies on a seal, as [`Denomination::show_owned`].
    pub fn show_owned(
        &self,
        contract: ContractId,
        owned: &str,
        token: Option<u32>,
        units: impl Into<u128>,
    ) -> String {
        self.named(contract).show_owned(owned, token, units)
    }

    /// How much of a contract is unbacked by its history.
    pub fn unbacked(&self, contract: ContractId) -> Option<Unbacked> {
        self.named(contract).unbacked()
    }
}

/// Reads an amount of a contract: with its decimals, or raw in smallest units.
///
/// # Errors
/// If the contract is not known, or the text has no meaning.
pub fn read(
    wallet: &Wallet,
    text: &str,
    contract: Option<ContractId>,
    raw: bool,
) -> Result<u64, Error> {
    if raw {
        return Ok(Amount::parse(text, 0)?.units());
    }
    let contract = contract.ok_or(Error::NoContract)?;
    let precision = precision(wallet, contract)?.ok_or(Error::UnknownPrecision { contract })?;
    Ok(Amount::parse(text, precision)?.units())
}

/// Decimals of a contract, if the wallet knows it.
///
/// # Errors
/// If the wallet cannot be read.
pub fn precision(wallet: &Wallet, contract: ContractId) -> Result<Option<u8>, Error> {
    let assets = wallet.assets()?;
    let found = assets.iter().find(|asset| asset.contract == contract);
    Ok(found.map(|asset| asset.precision))
}
