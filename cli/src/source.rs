//! Where the chain is read, as a text of the user.

use std::path::{Path, PathBuf};

use bulla_wallet::Network;
use bulla_wallet::chain::{self, ChainSource, SourceSpec};

use crate::error::Error;
use crate::settings::Settings;

/// File of the sandbox, in the user's data folder: wallets of one user share it.
pub const SANDBOX: &str = "sandbox.sqlite";

const SANDBOX_AT: &str = "sandbox:";

/// What the user wrote for `--source`. May hold a password, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceText(String);

impl SourceText {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The same, with the path of a sandbox beginning at a folder.
    #[must_use]
    pub fn below(self, folder: &Path) -> Self {
        match self.0.strip_prefix(SANDBOX_AT) {
            Some(path) if !path.is_empty() => {
                Self(format!("{SANDBOX_AT}{}", folder.join(path).display()))
            }
            _ => self,
        }
    }
}

impl std::fmt::Debug for SourceText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SourceText(..)")
    }
}

impl From<&str> for SourceText {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Reads the source of the settings, the user's sandbox if there is none.
///
/// # Errors
/// If the text names no source.
pub fn spec(settings: &Settings) -> Result<SourceSpec, Error> {
    let text = settings.source.as_ref().map_or("sandbox", |text| &text.0);
    Ok(chain::parse(text, &settings.sandbox)?)
}

/// Opens the source of the settings for a network.
///
/// # Errors
/// If the text names no source, the sandbox is asked for another network than regtest, or the
/// source cannot be opened.
pub fn open(settings: &Settings, network: &Network) -> Result<Box<dyn ChainSource>, Error> {
    let spec = spec(settings)?;
    if matches!(spec, SourceSpec::Sandbox(_)) && *network != Network::Regtest {
        let network = network.clone();
        return Err(Error::SandboxNetwork { network });
    }
    if let SourceSpec::Sandbox(path) = &spec {
        make_folder(path)?;
    }
    log::info!("source: {spec}");
    Ok(chain::open(&spec)?)
}

/// The file of the sandbox, if that is the source of the settings.
///
/// # Errors
/// If the text names no source, or another one.
pub fn sandbox(settings: &Settings) -> Result<PathBuf, Error> {
    match spec(settings)? {
        SourceSpec::Sandbox(path) => {
            make_folder(&path)?;
            Ok(path)
        }
        other => Err(Error::NotTheSandbox {
            found: other.to_string(),
        }),
    }
}

fn make_folder(sandbox: &Path) -> Result<(), Error> {
    match sandbox.parent() {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|cause| Error::file("make", folder, cause))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_sandbox_begins_at_the_folder_and_nothing_else_does() {
        let below = |text: &str| SourceText::new(text).below(Path::new("/a")).0;
        assert_eq!(below("sandbox:b"), "sandbox:/a/b");
        assert_eq!(below("sandbox:/b"), "sandbox:/b");
        assert_eq!(below("sandbox"), "sandbox");
        assert_eq!(below("electrum://h:1"), "electrum://h:1");
    }

    #[test]
    fn a_source_is_never_printed() {
        let text = SourceText::new("bitcoind://me:hunter2@h:1");
        assert_eq!(format!("{text:?}"), "SourceText(..)");
    }
}
