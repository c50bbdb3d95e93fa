//! What the units of a contract are called: decimals, ticker, and how much of it is unbacked.

use bulla_core::ContractId;
use bulla_core::header::Header;
use bulla_schemas::roles::{OwnedRole, owned, unbacked};
use bulla_wallet::api::Asset;
use bulla_wallet::transfer::cosigned::Cosigned;
use bulla_wallet::{AllowList, claims};

use crate::amount::display;
use crate::unbacked::Unbacked;

/// Owned types whose amounts have the decimals of the asset, read and shown.
const WITH_DECIMALS: [OwnedRole; 3] = [owned::ASSET, owned::ALLOWANCE, owned::REPLACEMENT];

/// Whether amounts of this owned type have the decimals of the asset; others are whole numbers.
pub fn has_decimals(owned: &str) -> bool {
    WITH_DECIMALS.iter().any(|role| role.name == owned)
}

/// How amounts of one contract are shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denomination {
    contract: ContractId,
    ticker: Option<String>,
    /// None: what the schema means by its names is not known, so amounts are in smallest units.
    precision: Option<u8>,
    unbacked: Option<u64>,
}

impl Denomination {
    /// By a genesis. What a schema outside the list calls `precision` is not gone by.
    pub fn of(header: &Header, allowed: &AllowList) -> Self {
        let listed = allowed.contains(header.schema.id());
        let precision = || claims::precision(header).unwrap_or(0);
        Self {
            contract: header.genesis.contract_id(),
            ticker: claims::ticker(header),
            precision: listed.then(precision),
            unbacked: unbacked(header),
        }
    }

    /// Of a contract that the wallet knows.
    pub fn known(asset: &Asset) -> Self {
        Self {
            contract: asset.contract,
            ticker: Some(asset.ticker.clone()),
            precision: Some(asset.precision),
            unbacked: asset.unbacked,
        }
    }

    /// Of a contract that asks for signatures: what its genesis claims is all that its signer needs.
    pub fn claimed(signed: &Cosigned) -> Self {
        Self {
            contract: signed.contract,
            ticker: Some(signed.ticker.clone()),
            precision: Some(signed.precision),
            unbacked: signed.unbacked,
        }
    }

    /// Of a contract of which nothing but the id is known.
    pub const fn unknown(contract: ContractId) -> Self {
        Self {
            contract,
            ticker: None,
            precision: None,
            unbacked: None,
        }
    }

    /// The ticker, fit to be shown.
    pub fn ticker(&self) -> Option<&str> {
        self.ticker.as_deref()
    }

    /// An amount of the asset: `10.00 CLAY`.
    pub fn show(&self, units: impl Into<u128>) -> String {
        let amount = self.decimals(units);
        match (&self.ticker, self.precision) {
            (Some(ticker), Some(_)) => format!("{amount} {ticker}"),
            (Some(ticker), None) => format!("{amount} of {ticker}"),
            (None, _) => format!("{amount} of {}", self.contract),
        }
    }

    /// An amount of the asset without its ticker.
    pub fn decimals(&self, units: impl Into<u128>) -> String {
        let units = units.into();
        match self.precision {
            Some(precision) => display(units, precision),
            None => format!("{units} smallest units"),
        }
    }

    /// What lies on a seal: units of the asset, or of a right to make more, with decimals; a token by
    /// its number, with its fraction where there is more than one.
    pub fn show_owned(&self, owned: &str, token: Option<u32>, units: impl Into<u128>) -> String {
        let units = units.into();
        let id = self.contract.to_string();
        let ticker = self.ticker.as_ref().unwrap_or(&id);
        match token {
            Some(token) if units == 1 => format!("{ticker} #{token}"),
            Some(token) => format!("{ticker} #{token} ({units} fractions)"),
            None if owned == owned::ASSET.name => self.show(units),
            None if has_decimals(owned) => {
                format!("{} {owned} of {ticker}", self.decimals(units))
            }
            None => format!("{units} {owned} of {ticker}"),
        }
    }

    /// How much of the contract is unbacked by its history.
    pub fn unbacked(&self) -> Option<Unbacked> {
        let units = self.unbacked?;
        Some(Unbacked::new(units, self.show(units)))
    }
}
