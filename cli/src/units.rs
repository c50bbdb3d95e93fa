//! Amounts of a contract that the wallet knows.

use std::collections::HashMap;

use bulla_core::ContractId;
use bulla_wallet::{Amount, Wallet};

use crate::amount::display;
use crate::claim;
use crate::error::Error;

/// Tickers and decimals of the contracts that a wallet knows, for the eyes of people.
pub struct Names(HashMap<ContractId, (String, u8)>);

impl Names {
    /// Of a wallet.
    ///
    /// # Errors
    /// If the wallet cannot be read.
    pub fn of(wallet: &Wallet) -> Result<Self, Error> {
        let assets = wallet.assets()?.into_iter();
        let names = assets.map(|asset| (asset.contract, (asset.ticker, asset.precision)));
        Ok(Self(names.collect()))
    }

    /// An amount with decimals and ticker; without either where the contract is not known.
    pub fn show(&self, contract: ContractId, units: u64) -> String {
        match self.0.get(&contract) {
            Some((ticker, precision)) => {
                format!("{} {}", display(units, *precision), claim::shown(ticker))
            }
            None => format!("{units} of {contract}"),
        }
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
