//! `balance`: what the wallet holds.

use bulla_core::ContractId;
use bulla_wallet::api::{AssetBalance, Balance, OwnedBalance};
use serde::Serialize;

use super::Result;
use crate::amount::display;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::table;
use crate::unbacked::{self, Unbacked};
use crate::units::Names;

/// What `balance` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// Plain bitcoin.
    pub bitcoin: Bitcoin,
    /// Sealed coins.
    pub carriers: Carriers,
    /// Assets.
    pub assets: Vec<Asset>,
}

/// Plain bitcoin in satoshis.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Bitcoin {
    /// In coins that are deep enough.
    pub settled: u64,
    /// In younger ones.
    pub pending: u64,
}

/// Coins that hold allocations or wait for some.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Carriers {
    /// Their satoshis.
    pub sats: u64,
    /// How many.
    pub coins: u32,
}

/// What is held of one contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Asset {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer.
    pub ticker: String,
    /// Decimals people see.
    pub precision: u8,
    /// Settled amount in smallest units.
    pub settled: String,
    /// Amount that is not settled yet, in smallest units.
    pub pending: String,
    /// Both together, with decimals.
    pub display: String,
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
    /// What is held of the contract's other types: rights, tokens.
    pub others: Vec<Owned>,
}

/// What is held of one owned type, or of one token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Owned {
    /// The name of the owned type.
    pub owned: String,
    /// The token.
    pub token: Option<u32>,
    /// Settled, in smallest units, fractions of the token, or rights.
    pub settled: String,
    /// Not settled yet, the same way.
    pub pending: String,
    /// Both together, for people.
    pub display: String,
}

/// Runs the command.
///
/// # Errors
/// If there is no wallet, or the source does not answer.
pub fn run(settings: &Settings) -> Result<Output> {
    let wallet = Session::synced(settings)?.wallet;
    Ok(Output::of(&wallet.balance()?, &Names::of(&wallet)?))
}

impl Output {
    /// Of a wallet's balance.
    pub fn of(balance: &Balance, names: &Names) -> Self {
        Self {
            bitcoin: Bitcoin {
                settled: balance.bitcoin.settled,
                pending: balance.bitcoin.pending,
            },
            carriers: Carriers {
                sats: balance.carriers.sats,
                coins: balance.carriers.coins,
            },
            assets: balance
                .assets
                .iter()
                .map(|held| asset(held, names))
                .collect(),
        }
    }
}

fn asset(balance: &AssetBalance, names: &Names) -> Asset {
    let other = |other: &OwnedBalance| Owned {
        owned: other.owned.clone(),
        token: other.token,
        settled: other.settled.to_string(),
        pending: other.pending.to_string(),
        display: names.show_owned(
            balance.contract,
            &other.owned,
            other.token,
            other.settled.saturating_add(other.pending),
        ),
    };
    Asset {
        others: balance.others.iter().map(other).collect(),
        unbacked: names.unbacked(balance.contract),
        contract: balance.contract,
        ticker: balance.ticker.clone(),
        precision: balance.precision,
        settled: balance.settled.to_string(),
        pending: balance.pending.to_string(),
        display: balance.display.clone(),
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let plain = [
            "bitcoin (sat)",
            &self.bitcoin.settled.to_string(),
            &self.bitcoin.pending.to_string(),
            "",
        ]
        .map(str::to_owned);
        let coins = format!("{} coins", self.carriers.coins);
        let carriers = [
            "carriers (sat)",
            &self.carriers.sats.to_string(),
            "",
            &coins,
        ]
        .map(str::to_owned);
        let assets = self.assets.iter().flat_map(|asset| {
            let decimals = |units: &str| {
                units.parse::<u128>().map_or_else(
                    |_| units.to_owned(),
                    |units| display(units, asset.precision),
                )
            };
            // Tokens are listed one by one below.
            let tokens = asset.others.iter().any(|other| other.token.is_some());
            let [settled, pending] = [&asset.settled, &asset.pending].map(|units| {
                if tokens && units == "0" {
                    String::new()
                } else {
                    decimals(units)
                }
            });
            let contract = asset.contract.to_string();
            let first = [asset.ticker.clone(), settled, pending, contract];
            let others = asset.others.iter().map(|other| {
                let display = format!("  {}", other.display);
                [display, String::new(), String::new(), String::new()]
            });
            std::iter::once(first).chain(others)
        });
        let table = table(
            &["", ">settled", ">pending", ""],
            [plain, carriers].into_iter().chain(assets),
        );
        let found = self.assets.iter();
        unbacked::below(table, found.map(|asset| (asset.contract, &asset.unbacked)))
    }
}
