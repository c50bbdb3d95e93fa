//! `contract`: contract files, schema and genesis alone.

use std::path::PathBuf;

use bulla_core::{ContractId, SchemaId};
use clap::Subcommand;
use serde::Serialize;

use super::{Result, boxed};
use crate::denomination::Denomination;
use crate::file;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::fields;
use crate::unbacked::Unbacked;

/// Contract files: schema and genesis alone, so that others learn of an asset before any transfer.
#[derive(Subcommand, Debug)]
pub enum Contract {
    /// Write the contract file; it shows no seal, so nobody learns where anything lies
    Export {
        /// The contract
        contract: ContractId,
        /// The file [default: the contract's id and `.contract`]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Take in a contract file: its amounts can then be read, and asked for
    Import {
        /// The contract file
        file: PathBuf,
    },
}

/// What `contract` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contract.
    pub contract: ContractId,
    /// Its schema.
    pub schema: SchemaId,
    /// Its ticker, a claim of the issuer.
    pub ticker: String,
    /// Its name, a claim of the issuer.
    pub name: String,
    /// Decimals people see.
    pub precision: u8,
    /// What the genesis issued, in smallest units or tokens.
    pub supply: String,
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
    /// The file.
    pub file: PathBuf,
}

impl Contract {
    /// Runs the command.
    ///
    /// # Errors
    /// If the contract is not known, or the file is no contract file of an allowed schema.
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::open(settings)?;
        let (contract, file) = match self {
            Self::Export { contract, out } => {
                let bytes = session.wallet.contract_file(contract)?;
                let path = out.unwrap_or_else(|| PathBuf::from(format!("{contract}.contract")));
                file::write(&path, &bytes)?;
                (contract, path)
            }
            Self::Import { file: path } => {
                let bytes = file::read_consignment(&path)?;
                (session.wallet.import_contract(&bytes)?, path)
            }
        };
        let asset = session.wallet.asset(contract)?;
        boxed(Ok(Output {
            contract,
            schema: asset.schema,
            unbacked: Denomination::known(&asset).unbacked(),
            ticker: asset.ticker,
            name: asset.name,
            precision: asset.precision,
            supply: asset.supply.to_string(),
            file,
        }))
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let mut rows = vec![
            ("contract", self.contract.to_string()),
            ("ticker", self.ticker.clone()),
            ("name", self.name.clone()),
            ("file", self.file.display().to_string()),
        ];
        rows.extend(self.unbacked.iter().map(|some| ("unbacked", some.line())));
        fields(rows)
    }
}
