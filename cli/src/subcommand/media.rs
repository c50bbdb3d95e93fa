//! `media`: the files that a contract commits to.

use std::path::PathBuf;

use bulla_core::ContractId;
use bulla_wallet::defaults;
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::table;
use crate::{claim, file, media};

/// Arguments of `media`.
#[derive(Args, Debug)]
pub struct Media {
    /// The contract
    contract: ContractId,
    /// A file that came apart: it is checked, and kept; may be given more than once
    #[arg(long, value_name = "FILE")]
    add: Vec<PathBuf>,
}

/// What `media` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The files.
    pub media: Vec<File>,
}

/// A file that a contract commits to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct File {
    /// SHA-256, hex.
    pub hash: String,
    /// Content type, as the contract says.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// Where it is kept; none: it did not come yet.
    pub file: Option<PathBuf>,
}

impl Media {
    /// Runs the command.
    ///
    /// # Errors
    /// If a file is not one that the contract commits to.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let session = Session::open(settings)?;
        for path in &self.add {
            let bytes = file::read(path, defaults::MEDIA_BYTES)?;
            media::keep(&session, self.contract, &bytes)?;
        }
        let file = |media: bulla_wallet::media::Media| {
            let path = media::kept(&session, &media);
            File {
                hash: media.name(),
                content_type: media.content_type,
                size: media.size,
                file: path.exists().then_some(path),
            }
        };
        let media = session.wallet.media(self.contract)?;
        Ok(Output {
            media: media.into_iter().map(file).collect(),
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let rows = self.media.iter().map(|media| {
            let file = media.file.as_ref().map(|path| path.display().to_string());
            [
                media.hash.clone(),
                claim::shown(&media.content_type),
                media.size.to_string(),
                file.unwrap_or_else(|| "not here".to_owned()),
            ]
        });
        table(&["hash", "type", ">bytes", "file"], rows)
    }
}
