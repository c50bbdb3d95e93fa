//! `assets`: the contracts that the wallet knows.

use bitcoin::key::XOnlyPublicKey;
use bulla_core::{ContractId, SchemaId};
use bulla_wallet::api;
use bulla_wallet::time::rfc3339;
use serde::Serialize;

use super::Result;
use crate::amount::display;
use crate::claim;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::signed_by::SignedBy;
use crate::table::table;

/// What `assets` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contracts.
    pub assets: Vec<Asset>,
}

/// A contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Asset {
    /// The contract.
    pub contract: ContractId,
    /// Its schema.
    pub schema: SchemaId,
    /// The schema's name, for one in the allow list.
    pub schema_name: Option<String>,
    /// Ticker, a claim of the issuer.
    pub ticker: String,
    /// Name, a claim of the issuer.
    pub name: String,
    /// Decimals people see.
    pub precision: u8,
    /// Issued supply in smallest units.
    pub supply: String,
    /// How much can be reissued besides, in smallest units, and is unbacked by its history; none
    /// if nothing can.
    pub unbacked: Option<String>,
    /// Details, a claim of the issuer.
    pub details: Option<String>,
    /// Terms, a claim of the issuer.
    pub terms: Option<String>,
    /// The key that the genesis names as the issuer's.
    pub issuer: Option<XOnlyPublicKey>,
    /// What was stated about who issued it.
    pub statements: Vec<SignedBy>,
    /// When it was issued, as the issuer claims.
    pub issued: String,
    /// Settled amount in smallest units.
    pub settled: String,
    /// Amount that is not settled yet, in smallest units.
    pub pending: String,
    /// Both together, with decimals.
    pub display: String,
}

/// Runs the command.
///
/// # Errors
/// If there is no wallet, or the source does not answer.
pub fn run(settings: &Settings) -> Result<Output> {
    let assets = Session::synced(settings)?.wallet.assets()?;
    Ok(Output {
        assets: assets.into_iter().map(Asset::from).collect(),
    })
}

impl From<api::Asset> for Asset {
    fn from(asset: api::Asset) -> Self {
        let held = asset.settled.saturating_add(asset.pending);
        Self {
            contract: asset.contract,
            schema: asset.schema,
            schema_name: asset.schema_name,
            ticker: asset.ticker,
            name: asset.name,
            precision: asset.precision,
            supply: asset.supply.to_string(),
            unbacked: asset.unbacked.map(|units| units.to_string()),
            details: asset.details,
            terms: asset.terms,
            issuer: asset.issuer,
            statements: asset
                .statements
                .iter()
                .map(|statement| SignedBy::of(statement, asset.issuer))
                .collect(),
            issued: rfc3339(asset.issued),
            settled: asset.settled.to_string(),
            pending: asset.pending.to_string(),
            display: display(held, asset.precision),
        }
    }
}

impl Asset {
    /// Two lines for each statement.
    fn stated(&self) -> impl Iterator<Item = String> + '_ {
        self.statements.iter().map(|signed| {
            let ticker = claim::shown(&self.ticker);
            format!(
                "{ticker}: {}\n{ticker}: {}",
                signed.signed_by(),
                signed.claims()
            )
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let rows = self.assets.iter().map(|asset| {
            let supply = asset.supply.parse::<u128>().unwrap_or_default();
            let unbacked = asset.unbacked.as_ref().map(|units| {
                let units = display(units.parse::<u128>().unwrap_or_default(), asset.precision);
                format!(" (and up to {units} unbacked by this history)")
            });
            [
                claim::shown(&asset.ticker),
                claim::shown(&asset.name),
                asset.display.clone(),
                display(supply, asset.precision) + &unbacked.unwrap_or_default(),
                asset.schema_name.clone().unwrap_or_default(),
                asset.contract.to_string(),
            ]
        });
        let table = table(
            &["ticker", "name", ">held", ">supply", "schema", "contract"],
            rows,
        );
        let statements = self.assets.iter().flat_map(Asset::stated);
        [table]
            .into_iter()
            .chain(statements)
            .collect::<Vec<_>>()
            .join("\n")
    }
}
