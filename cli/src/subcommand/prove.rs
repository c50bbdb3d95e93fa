//! `prove`: proves what the wallet owns to whoever asks a challenge.

use std::path::PathBuf;

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_wallet::proofs::Challenge;
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::denomination::Denomination;
use crate::file;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::fields;
use crate::unbacked::Unbacked;

/// Arguments of `prove`.
#[derive(Args, Debug)]
pub struct Prove {
    /// The contract
    contract: ContractId,
    /// One line that whoever asks for the proof made up; the proof is good for no other
    #[arg(long, value_name = "TEXT")]
    challenge: Challenge,
    /// Only what lies on this coin; may be given more than once [default: everything settled]
    #[arg(long, value_name = "TXID:VOUT")]
    coin: Vec<OutPoint>,
    /// The file; it shows the coins and the history of what lies on them
    #[arg(long, value_name = "FILE", default_value = "ownership.proof")]
    out: PathBuf,
}

/// What `prove` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer.
    pub ticker: String,
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
    /// The challenge.
    pub challenge: String,
    /// The coins that are shown.
    pub coins: Vec<OutPoint>,
    /// The file.
    pub file: PathBuf,
    /// Its bytes.
    pub bytes: usize,
}

impl Prove {
    /// Runs the command.
    ///
    /// # Errors
    /// If the wallet holds nothing that is settled, or not on these coins.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let session = Session::synced(settings)?;
        let coins = self.coin.iter().copied().collect();
        let passphrase = session.passphrase()?;
        let source = if settings.offline {
            None
        } else {
            Some(session.source()?)
        };
        let (contract, challenge, source) = (self.contract, &self.challenge, source.as_deref());
        let wallet = &session.wallet;
        let proof = wallet.prove(contract, challenge, &coins, &passphrase, source)?;
        let bytes = proof.encode();
        file::write(&self.out, &bytes)?;
        let named = Denomination::known(&wallet.asset(contract)?);
        Ok(Output {
            contract,
            ticker: named.ticker().unwrap_or_default().to_owned(),
            unbacked: named.unbacked(),
            challenge: self.challenge.to_string(),
            coins: proof.coins.iter().map(|coin| coin.outpoint).collect(),
            file: self.out,
            bytes: bytes.len(),
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let mut rows = vec![
            ("contract", self.contract.to_string()),
            ("ticker", self.ticker.clone()),
            ("challenge", self.challenge.clone()),
        ];
        rows.extend(self.coins.iter().map(|coin| ("coin", coin.to_string())));
        rows.extend(self.unbacked.iter().map(|some| ("unbacked", some.line())));
        rows.push(("file", self.file.display().to_string()));
        fields(rows)
    }
}
