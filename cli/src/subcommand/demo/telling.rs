//! How the demo tells what it did.

use bitcoin::ScriptBuf;
use bulla_wallet::Network;
use bulla_wallet::chain::View;
use bulla_wallet::sandbox::Sandbox;

use super::Step;
use super::actor::Paid;
use crate::error::Error;
use crate::file;
use crate::subcommand::{Result, balance};

pub fn step(title: &str, lines: impl IntoIterator<Item = String>) -> Step {
    Step {
        title: title.to_owned(),
        lines: lines.into_iter().collect(),
    }
}

pub const fn view(chain: &Sandbox) -> View<'_> {
    View {
        source: chain,
        network: &Network::Regtest,
        wallet: None,
    }
}

pub fn mine(chain: &Sandbox) -> Result<()> {
    chain.mine(1, &ScriptBuf::new_op_return([]))?;
    Ok(())
}

pub fn read(paid: &Paid, number: usize) -> Result<Vec<u8>> {
    match paid.files.get(number) {
        Some(path) => file::read_consignment(path),
        None => Err(unlike(
            "payment",
            "a file for each invoice",
            paid.files.len(),
        )),
    }
}

pub fn described(paid: &Paid, number: usize) -> Result<String> {
    let bytes = read(paid, number)?.len();
    let path = paid
        .files
        .get(number)
        .map(|path| path.display().to_string());
    Ok(format!("{bytes} bytes in {}", path.unwrap_or_default()))
}

pub fn leaf(received: &bulla_wallet::api::Received) -> String {
    received
        .leaves
        .first()
        .map(|leaf| leaf.outpoint.to_string())
        .unwrap_or_default()
}

pub fn settled(balance: &balance::Output) -> String {
    balance
        .assets
        .first()
        .map(|asset| asset.settled.clone())
        .unwrap_or_default()
}

pub fn held(balance: &balance::Output) -> String {
    let assets = balance
        .assets
        .iter()
        .map(|asset| format!("{} {}, ", asset.settled, asset.ticker));
    let assets: String = assets.collect();
    let (bitcoin, carriers) = (&balance.bitcoin, &balance.carriers);
    let sats = bitcoin.settled + bitcoin.pending;
    format!(
        "{assets}{sats} sat, and {} sat under {} sealed coins",
        carriers.sats, carriers.coins
    )
}

pub fn unlike(step: &'static str, expected: impl ToString, found: impl ToString) -> Error {
    Error::Demo {
        step,
        expected: expected.to_string(),
        found: found.to_string(),
    }
}
