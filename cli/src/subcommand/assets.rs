//! `assets`: the contracts that the wallet knows.

use bitcoin::key::XOnlyPublicKey;
use bulla_core::{ContractId, SchemaId};
use bulla_wallet::api;
use bulla_wallet::time::rfc3339;
use serde::Serialize;

use super::Result;
use crate::amount::display;
use crate::denomination::Denomination;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::signed_by::SignedBy;
use crate::table::table;
use crate::unbacked::{self, Unbacked};

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
    /// The name of a standard schema, or `own: ` and the name of another one that the wallet allows.
    pub schema_name: Option<String>,
    /// Ticker, a claim of the issuer.
    pub ticker: String,
    /// Name, a claim of the issuer.
    pub name: String,
    /// Decimals people see.
    pub precision: u8,
    /// Issued by the genesis, in smallest units or tokens.
    pub supply: String,
    /// Its tokens; none, if it has no numbered ones.
    pub tokens: Option<TokensOutput>,
    /// How much can be reissued besides, in smallest units, and is unbacked by its history; none
    /// if nothing can.
    pub unbacked: Option<Unbacked>,
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

/// How many tokens there are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TokensOutput {
    /// Those of which the wallet holds a part.
    pub held: u64,
    /// Those that the genesis made.
    pub issued: u64,
    /// Those that can ever be, as the genesis says.
    pub total: Option<u64>,
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
        let unbacked = Denomination::known(&asset).unbacked();
        Self {
            contract: asset.contract,
            schema: asset.schema,
            schema_name: asset.schema_name,
            ticker: asset.ticker,
            name: asset.name,
            precision: asset.precision,
            supply: asset.supply.to_string(),
            tokens: asset.tokens.map(TokensOutput::from),
            unbacked,
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

impl From<api::Tokens> for TokensOutput {
    fn from(tokens: api::Tokens) -> Self {
        Self {
            held: tokens.held,
            issued: tokens.issued,
            total: tokens.total,
        }
    }
}

impl Asset {
    /// Two lines for each statement. They name the contract: a ticker is nobody's alone.
    fn stated(&self) -> impl Iterator<Item = String> + '_ {
        self.statements.iter().map(|signed| {
            let (ticker, contract) = (&self.ticker, self.contract);
            let (signed_by, claims) = (signed.signed_by(), signed.claims());
            format!("{ticker} {contract}: {signed_by}\n{ticker} {contract}: {claims}")
        })
    }

    /// What is held, and what the genesis issued.
    fn amounts(&self) -> [String; 2] {
        match &self.tokens {
            None => {
                let supply = self.supply.parse::<u128>().unwrap_or_default();
                [self.display.clone(), display(supply, self.precision)]
            }
            Some(tokens) => {
                let of = tokens.total.map(|total| format!(" of {total}"));
                let supply = format!("{}{} tokens", tokens.issued, of.unwrap_or_default());
                [format!("{} tokens", tokens.held), supply]
            }
        }
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let rows = self.assets.iter().map(|asset| {
            let [held, supply] = asset.amounts();
            let schema = asset.schema_name.clone();
            [
                asset.ticker.clone(),
                asset.name.clone(),
                held,
                supply,
                schema.unwrap_or_else(|| asset.schema.to_string()),
                asset.contract.to_string(),
            ]
        });
        let table = table(
            &["ticker", "name", ">held", ">supply", "schema", "contract"],
            rows,
        );
        let found = self.assets.iter();
        let found = found.map(|asset| (asset.contract, &asset.unbacked));
        let table = unbacked::below(table, found);
        let statements = self.assets.iter().flat_map(Asset::stated);
        [table]
            .into_iter()
            .chain(statements)
            .collect::<Vec<_>>()
            .join("\n")
    }
}
