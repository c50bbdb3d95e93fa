//! Media files: kept beside the wallet by their hash, handed over beside consignments.

use std::path::{Path, PathBuf};

use bulla_core::ContractId;
use bulla_wallet::defaults;
use bulla_wallet::media::Media;
use serde::Serialize;

use crate::error::Error;
use crate::file;
use crate::session::Session;

/// Reads a file to commit to.
///
/// # Errors
/// If it is too large, or of no known type.
pub fn read(path: &Path) -> Result<(Media, Vec<u8>), Error> {
    let bytes = file::read(path, defaults::MEDIA_BYTES)?;
    Ok((Media::of(&bytes)?, bytes))
}

/// Keeps a file that a contract commits to; gives what the contract says of it.
///
/// # Errors
/// If it does not commit to the file.
pub fn keep(session: &Session<'_>, contract: ContractId, bytes: &[u8]) -> Result<Media, Error> {
    let media = session.wallet.check_media(contract, bytes)?;
    put(session, &media, bytes)?;
    Ok(media)
}

/// Keeps a file that is to be committed to, so that it is at hand when consignments are written.
///
/// # Errors
/// If it cannot be written.
pub fn put(session: &Session<'_>, media: &Media, bytes: &[u8]) -> Result<(), Error> {
    let path = kept(session, media);
    if path.exists() {
        return Ok(());
    }
    file::write(&path, bytes)
}

/// Where a file is kept.
pub fn kept(session: &Session<'_>, media: &Media) -> PathBuf {
    session.folder().join("media").join(media.name())
}

/// Puts the kept files that a consignment commits to beside it.
///
/// # Errors
/// If they cannot be written.
pub fn hand_over(
    session: &Session<'_>,
    consignment: &[u8],
    out: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for media in session.wallet.media_of(consignment)? {
        let from = kept(session, &media);
        let to = out.join(media.name());
        if from.exists() {
            if !to.exists() {
                file::write(&to, &file::read(&from, defaults::MEDIA_BYTES)?)?;
            }
            paths.push(to);
        }
    }
    Ok(paths)
}

/// What became of a file that lies beside a consignment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Beside {
    /// The file, under the name that the contract gives it.
    pub file: PathBuf,
    /// Why it was not taken in; none: it was.
    pub refused: Option<String>,
}

/// Keeps what lies beside a consignment of the files that its contract commits to, and is not here yet. What
/// is not what the contract says is left where it is: it takes nothing from what the consignment hands over.
///
/// # Errors
/// If the wallet cannot be read.
pub fn take(
    session: &Session<'_>,
    contract: ContractId,
    beside: &Path,
) -> Result<Vec<Beside>, Error> {
    let mut found = Vec::new();
    for media in session.wallet.media(contract)? {
        let path = beside.join(media.name());
        if kept(session, &media).exists() || !path.exists() {
            continue;
        }
        let taken = file::read(&path, defaults::MEDIA_BYTES)
            .and_then(|bytes| keep(session, contract, &bytes));
        found.push(Beside {
            file: path,
            refused: taken.err().map(|cause| cause.to_string()),
        });
    }
    Ok(found)
}
