//! `issuer hand-over`: what a genesis allocated to invoices.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bulla_core::ContractId;
use bulla_wallet::invoice::Invoice;
use clap::Args;
use serde::Serialize;

use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::subcommand::Result;
use crate::table::fields;
use crate::{file, media};

/// Arguments of `issuer hand-over`.
#[derive(Args, Debug)]
pub struct HandOver {
    /// The contract
    contract: ContractId,
    /// The invoices
    #[arg(required = true, value_name = "INVOICE")]
    invoices: Vec<Invoice>,
    /// Folder for the consignments
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

/// What `issuer hand-over` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HandOverOutput {
    /// The consignments, in the order of the invoices.
    pub consignments: Vec<PathBuf>,
    /// The media files beside them.
    pub media: Vec<PathBuf>,
}

impl HandOver {
    /// Runs the command.
    ///
    /// # Errors
    /// If the contract was not issued to one of the invoices.
    pub fn run(self, settings: &Settings) -> Result<HandOverOutput> {
        let session = Session::open(settings)?;
        hand_over(&session, self.contract, &self.invoices, &self.out)
    }
}

/// Writes the consignments of genesis allocations, and the media files beside them. The wallet gives
/// the same bytes whenever it is asked to.
///
/// # Errors
/// If the contract was not issued to one of the invoices.
pub fn hand_over(
    session: &Session<'_>,
    contract: ContractId,
    invoices: &[Invoice],
    out: &Path,
) -> Result<HandOverOutput> {
    let (mut consignments, mut media) = (Vec::new(), BTreeSet::new());
    for invoice in invoices {
        let given = session.wallet.issued_consignment(contract, invoice)?;
        let path = out.join(&given.file_name);
        file::write(&path, &given.bytes)?;
        consignments.push(path);
        media.extend(media::hand_over(session, &given.bytes, out)?);
    }
    Ok(HandOverOutput {
        consignments,
        media: media.into_iter().collect(),
    })
}

impl Human for HandOverOutput {
    fn human(&self) -> String {
        let files = self.consignments.iter().chain(&self.media);
        fields(files.map(|path| ("file", path.display().to_string())))
    }
}
