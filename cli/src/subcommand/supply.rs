//! `supply`: what this wallet can prove of what was issued, is burned and circulates.

mod answer;

use std::path::PathBuf;

use bulla_core::ContractId;
use bulla_wallet::supply::read_list;
use clap::Args;

pub use self::answer::{ChangeOutput, ListedOutput, OpenOutput, Output};
use super::Result;
use crate::error::Error;
use crate::file;
use crate::session::Session;
use crate::settings::Settings;

/// Largest list that is read, in bytes.
const MAX_LIST: u64 = 1 << 20;

/// Arguments of `supply`.
#[derive(Args, Debug)]
pub struct Supply {
    /// The contract
    contract: ContractId,
    /// A consignment that somebody showed as evidence, such as of a burn; may be given more than once
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
    /// What somebody says was issued and burned: lines of `issued|burned|renounced`, operation id, smallest units
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
}

impl Supply {
    /// Runs the command.
    ///
    /// # Errors
    /// If the contract is not known, evidence is refused, or the source does not answer.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let evidence = self
            .evidence
            .iter()
            .map(|path| file::read_consignment(path))
            .collect::<Result<Vec<_>>>()?;
        if settings.offline && !evidence.is_empty() {
            return Err(Error::Options {
                found: "evidence is worth nothing before the chain was asked",
                remedy: "leave --offline or --evidence out",
            });
        }
        let list = self.list.as_deref().map(|path| {
            let text = String::from_utf8(file::read(path, MAX_LIST)?);
            let text = text.map_err(|_| Error::FileNotText { path: path.into() })?;
            let read = read_list(&text);
            read.map_err(|cause| Error::List {
                path: path.into(),
                cause,
            })
        });
        let list = list.transpose()?.unwrap_or_default();
        let mut session = Session::open(settings)?;
        let source = if settings.offline {
            None
        } else {
            Some(session.source()?)
        };
        let wallet = &mut session.wallet;
        let supply = wallet.supply(self.contract, &evidence, source.as_deref())?;
        let asset = wallet.asset(self.contract)?;
        Ok(Output::of(&supply, &asset, &supply.compare(&list)))
    }
}
