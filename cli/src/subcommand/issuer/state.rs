//! `issuer state`: signs a statement.

use std::path::PathBuf;

use bulla_core::ContractId;
use bulla_wallet::identity::{Claim, Domain, Fingerprint};
use clap::Args;
use serde::Serialize;

use super::key::Number;
use crate::error::Error;
use crate::file;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::signed_by::SignedBy;
use crate::subcommand::Result;
use crate::table::fields;

/// Arguments of `issuer state`.
#[derive(Args, Debug)]
pub struct State {
    /// The contract
    contract: ContractId,
    #[command(flatten)]
    claim: ClaimArgs,
    #[command(flatten)]
    number: Number,
    /// Write the statement to this file as well
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The identity that is claimed.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct ClaimArgs {
    /// Claim a domain; publish the statement there
    #[arg(long)]
    domain: Option<Domain>,
    /// Claim a nostr key; publish the statement by it
    #[arg(long, value_name = "NPUB", value_parser = Claim::npub)]
    nostr: Option<Claim>,
    /// Claim the PGP key of this fingerprint; sign the statement by it
    #[arg(long, value_name = "FINGERPRINT")]
    pgp: Option<Fingerprint>,
}

/// What `issuer state` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contract.
    pub contract: ContractId,
    /// What the statement says.
    #[serde(flatten)]
    pub signed: SignedBy,
    /// Its text.
    pub statement: String,
    /// Where it was written.
    pub file: Option<PathBuf>,
}

impl State {
    /// Runs the command.
    ///
    /// # Errors
    /// If the contract is not known, or the passphrase is wrong.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let mut session = Session::open(settings)?;
        let asset = session.wallet.asset(self.contract)?;
        let claim = self.claim.claim()?;
        let passphrase = session.passphrase()?;
        let (contract, number) = (self.contract, self.number.number);
        let statement = session
            .wallet
            .state_issuer(contract, claim, number, &passphrase)?;
        let text = statement.to_string();
        if let Some(path) = &self.out {
            file::write(path, text.as_bytes())?;
        }
        Ok(Output {
            contract,
            signed: SignedBy::of(&statement, asset.issuer),
            statement: text,
            file: self.out,
        })
    }
}

impl ClaimArgs {
    fn claim(self) -> Result<Claim> {
        let domain = self.domain.map(Claim::Domain);
        let claim = domain.or(self.nostr).or(self.pgp.map(Claim::Pgp));
        claim.ok_or(Error::Options {
            found: "no identity is named",
            remedy: "say --domain, --nostr or --pgp",
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let mut rows = vec![
            ("contract", self.contract.to_string()),
            ("signature", self.signed.signed_by()),
            ("claim", self.signed.claims()),
        ];
        rows.extend(
            self.file
                .as_ref()
                .map(|path| ("file", path.display().to_string())),
        );
        format!("{}\n\n{}", fields(rows), self.statement.trim_end())
    }
}
