//! `issuer verify` and `issuer import`: what others stated.

use std::path::{Path, PathBuf};

use bulla_core::{ContractId, NetworkId};
use bulla_wallet::Network;
use bulla_wallet::identity::{IdentityError, Statement, issuer};
use clap::Args;
use serde::Serialize;

use crate::file;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::signed_by::SignedBy;
use crate::subcommand::{Result, validate};
use crate::table::fields;

/// Arguments of `issuer verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The statement
    statement: PathBuf,
    /// A contract file or consignment of the contract: does its genesis name the key?
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Accept a schema that is not standard
    #[arg(long)]
    any_schema: bool,
}

/// Arguments of `issuer import`.
#[derive(Args, Debug)]
pub struct Import {
    /// The statement
    statement: PathBuf,
}

/// What `issuer verify` and `issuer import` answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contract.
    pub contract: ContractId,
    /// The chain of the contract.
    pub network: NetworkId,
    /// What the statement says.
    #[serde(flatten)]
    pub signed: SignedBy,
}

impl Verify {
    /// Runs the command.
    ///
    /// # Errors
    /// If the text is no statement, another key signed it, or it is about another contract.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let statement = read(&self.statement)?;
        let network = settings.network.clone().unwrap_or(Network::Regtest);
        let signed = match &self.contract {
            None => SignedBy::alone(&statement),
            Some(path) => {
                let bytes = file::read_consignment(path)?;
                let content = validate::content(&bytes, &network, self.any_schema)?;
                check_contract(&statement, content.get().contract)?;
                SignedBy::of(&statement, issuer(&content.get().header))
            }
        };
        Ok(Output::of(&statement, signed))
    }
}

impl Import {
    /// Runs the command.
    ///
    /// # Errors
    /// As [`Verify::run`], and if the contract is not known.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let statement = read(&self.statement)?;
        let mut session = Session::open(settings)?;
        session.wallet.keep_statement(&statement)?;
        let asset = session.wallet.asset(statement.contract())?;
        let signed = SignedBy::of(&statement, asset.issuer);
        Ok(Output::of(&statement, signed))
    }
}

/// Reads a statement, whose signature is checked.
pub fn read(path: &Path) -> Result<Statement> {
    Ok(file::read_text(path)?.parse::<Statement>()?)
}

/// Refuses a statement about another contract.
pub fn check_contract(statement: &Statement, expected: ContractId) -> Result<()> {
    let found = statement.contract();
    if found == expected {
        Ok(())
    } else {
        Err(IdentityError::Contract { found, expected }.into())
    }
}

impl Output {
    fn of(statement: &Statement, signed: SignedBy) -> Self {
        Self {
            contract: statement.contract(),
            network: statement.network(),
            signed,
        }
    }
}

impl Human for Output {
    fn human(&self) -> String {
        fields([
            ("contract", self.contract.to_string()),
            ("signature", self.signed.signed_by()),
            ("claim", self.signed.claims()),
        ])
    }
}
