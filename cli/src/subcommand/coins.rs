//! `coins`: the unspent outputs of the wallet and what lies on them.

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_wallet::api::CoinAllocation;
use bulla_wallet::coins::{Coin, Place};
use serde::Serialize;

use super::Result;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::table;
use crate::unbacked::{self, Unbacked};
use crate::units::Names;

/// What `coins` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The coins, the oldest first.
    pub coins: Vec<CoinOutput>,
}

/// A coin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CoinOutput {
    /// Where it is.
    pub outpoint: OutPoint,
    /// Its satoshis.
    pub sats: u64,
    /// `plain`, or `sealed`: it carries allocations or waits for some.
    pub kind: &'static str,
    /// Blocks that confirm it, 0 if it is not mined.
    pub confirmations: u32,
    /// Whether an invoice or a transfer waits on it.
    pub reserved: bool,
    /// What lies on it.
    pub allocations: Vec<Allocation>,
}

/// An amount on a coin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Allocation {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer.
    pub ticker: String,
    /// Owned type.
    #[serde(rename = "type")]
    pub owned_type: u16,
    /// Its name in the schema, a claim of the issuer.
    pub owned: String,
    /// The token.
    pub token: Option<u32>,
    /// Amount in smallest units; 0 for kinds without one.
    pub amount: String,
    /// The same with decimals and ticker.
    pub display: String,
    /// How much of the contract can be reissued, in smallest units, and is unbacked by its history; none if
    /// nothing can.
    pub unbacked: Option<Unbacked>,
    /// Whether its whole history is deep enough.
    pub settled: bool,
}

/// Runs the command.
///
/// # Errors
/// If there is no wallet, or the source does not answer.
pub fn run(settings: &Settings) -> Result<Output> {
    let wallet = Session::synced(settings)?.wallet;
    let (reserved, names) = (wallet.reserved()?, Names::of(&wallet)?);
    let mut coins = Vec::new();
    for coin in wallet.coins() {
        let allocations = wallet.allocations(coin.outpoint)?.into_iter();
        let allocations = allocations
            .map(|held| Allocation::of(held, &names))
            .collect();
        coins.push(coin_output(
            &coin,
            reserved.contains(&coin.outpoint),
            allocations,
        ));
    }
    Ok(Output { coins })
}

fn coin_output(coin: &Coin, reserved: bool, allocations: Vec<Allocation>) -> CoinOutput {
    CoinOutput {
        outpoint: coin.outpoint,
        sats: coin.value.to_sat(),
        kind: match coin.place {
            Place::Plain => "plain",
            Place::Sealed => "sealed",
        },
        confirmations: coin.depth,
        reserved,
        allocations,
    }
}

impl Allocation {
    fn of(held: CoinAllocation, names: &Names) -> Self {
        Self {
            contract: held.contract,
            ticker: held.ticker,
            owned_type: held.owned_type,
            amount: held.amount.to_string(),
            display: names.show_owned(held.contract, &held.owned, held.token, held.amount),
            owned: held.owned,
            token: held.token,
            unbacked: names.unbacked(held.contract),
            settled: held.settled,
        }
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let rows = self.coins.iter().map(|coin| {
            let held = coin.allocations.iter();
            let held = held.map(|held| format!("{} of {}", held.display, held.contract));
            [
                coin.outpoint.to_string(),
                coin.sats.to_string(),
                coin.kind.to_owned(),
                coin.confirmations.to_string(),
                if coin.reserved { "reserved" } else { "" }.to_owned(),
                held.collect::<Vec<_>>().join(", "),
            ]
        });
        let table = table(&["coin", ">sat", "kind", ">depth", "", "holds"], rows);
        let held = self.coins.iter().flat_map(|coin| &coin.allocations);
        unbacked::below(table, held.map(|held| (held.contract, &held.unbacked)))
    }
}
