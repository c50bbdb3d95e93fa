//! Amounts of a contract that the wallet knows.

use bulla_core::ContractId;
use bulla_wallet::{Amount, Wallet};

use crate::error::Error;

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
