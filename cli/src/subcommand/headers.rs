//! `headers`: the chain of block headers by which a wallet checks what a source says, and by which
//! `validate` needs no source.

use std::path::PathBuf;

use bitcoin::BlockHash;
use bitcoin::hex::DisplayHex;
use bulla_core::headers::HeaderChain;
use bulla_wallet::Network;
use bulla_wallet::headers::{self, HeadersError};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::Result;
use crate::error::Error;
use crate::file;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::fields;

/// Said of every signet chain.
pub const SIGNET: &str = "the challenge of a signet is not checked: anyone can extend its headers, so they prove only as much as you trust where they came from";

/// Said of a chain that was forgotten.
const RESET: &str = "this chain is forgotten: `bulla sync` fetches another one from the source";

/// Commands of the header chain.
#[derive(Subcommand, Debug)]
pub enum Headers {
    /// Fetch what is missing up to the best block of the source, and check it; `sync` does it, too
    Fetch,
    /// Show where the wallet's header chain ends
    Status,
    /// Write the wallet's header chain to a file: 80 bytes a header
    Export(HeadersFile),
    /// Check a file of headers, and take it in if it has more work
    Import(HeadersFile),
    /// Forget the wallet's header chain, and show what it was; the next `sync` fetches one anew and looks at everything again
    Reset,
    /// Check a file of headers; needs no wallet
    Verify(HeadersFile),
}

/// A file of headers.
#[derive(Args, Debug)]
pub struct HeadersFile {
    /// The file
    file: PathBuf,
}

/// A header chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Chain {
    /// Height of the first header: 0, or a checkpoint that is compiled in.
    pub base: u32,
    /// Height of the best block.
    pub height: u32,
    /// The best block.
    pub tip: BlockHash,
    /// Work from the first header on, in hex.
    pub work: String,
}

/// What every command of `headers` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The network.
    pub network: String,
    /// The chain.
    #[serde(flatten)]
    pub chain: Chain,
    /// The file that was written or read.
    pub file: Option<String>,
    /// What the reader has to know.
    pub notes: Vec<String>,
}

impl Headers {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no wallet, the source or the file cannot be used, or the headers break a rule.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        match self {
            Self::Fetch => {
                let mut session = Session::open(settings)?;
                let source = session.source()?;
                session.fetch_headers(source.as_ref())?;
                of_wallet(&session)
            }
            Self::Status => of_wallet(&Session::open(settings)?),
            Self::Export(to) => {
                let session = Session::open(settings)?;
                file::write(&to.file, &chain(&session)?.encode())?;
                Ok(of_wallet(&session)?.about(&to))
            }
            Self::Import(from) => {
                let mut session = Session::open(settings)?;
                let bytes = file::read(&from.file, file::MAX_HEADERS)?;
                session.wallet.import_headers(&bytes)?;
                Ok(of_wallet(&session)?.about(&from))
            }
            Self::Reset => {
                let mut session = Session::open(settings)?;
                let forgotten = session.wallet.reset_headers()?;
                let mut output = Output::of(session.network(), &forgotten);
                output.notes.push(RESET.to_owned());
                Ok(output)
            }
            Self::Verify(from) => {
                let network = settings.network.clone().unwrap_or(Network::Regtest);
                Ok(Output::of(&network, &read(&from.file, &network)?).about(&from))
            }
        }
    }
}

/// Reads and checks a file of headers.
///
/// # Errors
/// If it cannot be read, breaks a rule, or does not reach the checkpoint of its network.
pub fn read(path: &std::path::Path, network: &Network) -> Result<HeaderChain> {
    let bytes = file::read(path, file::MAX_HEADERS)?;
    headers::read(network, &bytes).map_err(|cause| Error::Headers {
        path: path.to_owned(),
        cause: Box::new(cause),
    })
}

fn chain(session: &Session<'_>) -> Result<HeaderChain> {
    let chain = session.wallet.header_chain()?;
    Ok(chain
        .ok_or(HeadersError::None)
        .map_err(bulla_wallet::Error::from)?)
}

fn of_wallet(session: &Session<'_>) -> Result<Output> {
    Ok(Output::of(session.network(), &chain(session)?))
}

impl Chain {
    /// Of a header chain.
    pub fn of(chain: &HeaderChain) -> Self {
        Self {
            base: chain.base(),
            height: chain.height(),
            tip: chain.tip(),
            work: chain.work().to_be_bytes().to_lower_hex_string(),
        }
    }

    /// For people.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        vec![
            ("height", self.height.to_string()),
            ("tip", self.tip.to_string()),
            ("work", format!("{} since block {}", self.work, self.base)),
        ]
    }
}

/// What has to be said of a chain of this network.
pub fn notes(network: &Network) -> Vec<String> {
    match network {
        Network::Signet { .. } => vec![SIGNET.to_owned()],
        _ => Vec::new(),
    }
}

impl Output {
    fn of(network: &Network, chain: &HeaderChain) -> Self {
        Self {
            network: network.to_string(),
            chain: Chain::of(chain),
            file: None,
            notes: notes(network),
        }
    }

    fn about(self, file: &HeadersFile) -> Self {
        let file = Some(file.file.display().to_string());
        Self { file, ..self }
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let mut rows = vec![("network", self.network.clone())];
        rows.extend(self.chain.rows());
        rows.extend(self.file.iter().map(|file| ("file", file.clone())));
        rows.extend(self.notes.iter().map(|note| ("note", note.clone())));
        fields(rows)
    }
}
