//! Amounts of a contract that the wallet knows.

use std::collections::HashMap;

use bulla_core::ContractId;
use bulla_schemas::roles::owned;
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
    pub fn show(&self, contract: ContractId, units: impl Into<u128>) -> String {
        let units = units.into();
        match self.0.get(&contract) {
            Some((ticker, precision)) => {
                format!("{} {}", display(units, *precision), claim::shown(ticker))
            }
            None => format!("{units} of {contract}"),
        }
    }
}

impl Names {
    /// What lies on a seal: units of the asset, or of a right to make more, with decimals; a token by
    /// its number, with its fraction where there is more than one.
    pub fn show_owned(
        &self,
        contract: ContractId,
        owned: &str,
        token: Option<u32>,
        units: impl Into<u128>,
    ) -> String {
        let units = units.into();
        let decimals = [owned::ASSET, owned::ALLOWANCE, owned::REPLACEMENT];
        let has_decimals = decimals.iter().any(|role| role.name == owned);
        match (token, owned == owned::ASSET.name, self.0.get(&contract)) {
            (None, true, _) | (None, _, None) => self.show(contract, units),
            (None, false, Some((ticker, precision))) => {
                let precision = if has_decimals { *precision } else { 0 };
                let units = display(units, precision);
                let (owned, ticker) = (claim::shown(owned), claim::shown(ticker));
                format!("{units} {owned} of {ticker}")
            }
            (Some(token), ..) => {
                let ticker = self
                    .0
                    .get(&contract)
                    .map(|(ticker, _)| claim::shown(ticker));
                let ticker = ticker.unwrap_or_else(|| contract.to_string());
                let fraction = if units == 1 {
                    String::new()
                } else {
                    format!(" ({units} fractions)")
                };
                format!("{ticker} #{token}{fraction}")
            }
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
