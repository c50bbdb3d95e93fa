//! Settings: a flag goes before the environment, that before the wallet's settings file, that
//! before the user's. Where nothing is said, the defaults of the wallet hold.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use bulla_wallet::Network;
use serde::Deserialize;

use crate::arguments::GlobalArgs;
use crate::error::Error;
use crate::file;
use crate::source::{SANDBOX, SourceText};

/// Name of a settings file, in the data directory and in the user's configuration folder.
pub const FILE: &str = "bulla.toml";

/// What holds for one command.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the wallet is.
    pub data_dir: PathBuf,
    /// The sandbox of this user, which all his wallets share.
    pub sandbox: PathBuf,
    /// The network that was asked for; none: the wallet's own, regtest for a new one.
    pub network: Option<Network>,
    /// Where the chain is read; none: the user's sandbox.
    pub source: Option<SourceText>,
    /// Whether commands that only show something leave the chain alone.
    pub offline: bool,
    /// The passphrase of the wallet; none: it is asked for.
    pub passphrase: Option<Secret>,
}

/// Where a secret stands.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// In this file.
    File(PathBuf),
    /// Here; never printed.
    Text(String),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.write_str("Text(..)"),
        }
    }
}

/// A settings file. Paths in it begin at its own folder.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SettingsFile {
    /// In the user's file only: a data directory cannot name another.
    data_dir: Option<PathBuf>,
    network: Option<String>,
    source: Option<String>,
    passphrase_file: Option<PathBuf>,
}

/// The world outside the arguments, so that tests can make one.
pub struct Surroundings<'a> {
    /// Reads an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The user's configuration folder.
    pub config_dir: Option<PathBuf>,
    /// Where data goes if nobody says.
    pub default_data_dir: PathBuf,
}

impl Settings {
    /// The settings of this process.
    ///
    /// # Errors
    /// If a variable or file makes no sense.
    pub fn of_process(arguments: &GlobalArgs) -> Result<Self, Error> {
        let data = dirs::data_dir().unwrap_or_else(|| PathBuf::from("."));
        Self::resolve(
            arguments,
            &Surroundings {
                variable: &|name| std::env::var_os(name),
                config_dir: dirs::config_dir().map(|folder| folder.join("bulla")),
                default_data_dir: data.join("bulla"),
            },
        )
    }

    /// Puts together what arguments, environment and files say.
    ///
    /// # Errors
    /// If a variable or file makes no sense.
    pub fn resolve(arguments: &GlobalArgs, around: &Surroundings<'_>) -> Result<Self, Error> {
        let user = match &around.config_dir {
            Some(folder) => Layer::of_file(&folder.join(FILE))?,
            None => Layer::default(),
        };
        let first = Layer::of_arguments(arguments).or(Layer::of_environment(around.variable)?);
        let data_dir = first.data_dir.clone().or_else(|| user.data_dir.clone());
        let data_dir = data_dir.unwrap_or_else(|| around.default_data_dir.clone());
        let own = Layer::of_file(&data_dir.join(FILE))?;
        let merged = first.or(own).or(user);
        Ok(Self {
            data_dir,
            sandbox: around.default_data_dir.join(SANDBOX),
            network: merged.network,
            source: merged.source,
            offline: arguments.offline,
            passphrase: merged.passphrase,
        })
    }
}

/// What one place says.
#[derive(Clone, Debug, Default)]
struct Layer {
    data_dir: Option<PathBuf>,
    network: Option<Network>,
    source: Option<SourceText>,
    passphrase: Option<Secret>,
}

impl Layer {
    fn of_arguments(arguments: &GlobalArgs) -> Self {
        Self {
            data_dir: arguments.data_dir.clone(),
            network: arguments.network.clone(),
            source: arguments.source.clone(),
            passphrase: arguments.passphrase_file.clone().map(Secret::File),
        }
    }

    fn of_environment(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let read = |name| variable(name).map(text(name)).transpose();
        let secret = read("BULLA_PASSPHRASE")?;
        let secret_file = variable("BULLA_PASSPHRASE_FILE").map(PathBuf::from);
        Ok(Self {
            data_dir: variable("BULLA_DATA_DIR").map(PathBuf::from),
            network: parsed("BULLA_NETWORK", read("BULLA_NETWORK")?)?,
            source: read("BULLA_SOURCE")?.map(SourceText::new),
            passphrase: secret.map(Secret::Text).or(secret_file.map(Secret::File)),
        })
    }

    /// A file that is not there says nothing.
    fn of_file(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = file::read_text(path)?;
        let found: SettingsFile = toml::from_str(&text).map_err(|cause| Error::Settings {
            path: path.to_owned(),
            cause: Box::new(cause),
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Ok(Self {
            data_dir: found.data_dir.map(|path| folder.join(path)),
            network: parsed(&format!("network in {}", path.display()), found.network)?,
            source: found.source.map(|text| SourceText::new(text).below(folder)),
            passphrase: found
                .passphrase_file
                .map(|path| Secret::File(folder.join(path))),
        })
    }

    fn or(self, other: Self) -> Self {
        Self {
            data_dir: self.data_dir.or(other.data_dir),
            network: self.network.or(other.network),
            source: self.source.or(other.source),
            passphrase: self.passphrase.or(other.passphrase),
        }
    }
}

/// Turns the value of a variable into text.
fn text(name: &str) -> impl Fn(OsString) -> Result<String, Error> {
    move |value| {
        value.into_string().map_err(|value| Error::Setting {
            origin: name.to_owned(),
            found: value.to_string_lossy().into_owned(),
            cause: "it is not UTF-8".into(),
        })
    }
}

fn parsed(origin: &str, text: Option<String>) -> Result<Option<Network>, Error> {
    text.map(|found| {
        found.parse().map_err(|cause| Error::Setting {
            origin: origin.to_owned(),
            found,
            cause: Box::new(cause),
        })
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct World {
        dir: tempfile::TempDir,
        variables: BTreeMap<&'static str, OsString>,
        arguments: GlobalArgs,
    }

    impl World {
        fn new() -> Self {
            Self {
                dir: tempfile::tempdir().unwrap(),
                variables: BTreeMap::new(),
                arguments: GlobalArgs::default(),
            }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn file(self, name: &str, text: &str) -> Self {
            file::write(&self.path(name), text.as_bytes()).unwrap();
            self
        }

        fn variable(mut self, name: &'static str, value: &str) -> Self {
            self.variables.insert(name, value.into());
            self
        }

        fn settings(&self) -> Result<Settings, Error> {
            Settings::resolve(
                &self.arguments,
                &Surroundings {
                    variable: &|name| self.variables.get(name).cloned(),
                    config_dir: Some(self.path("config")),
                    default_data_dir: self.path("data"),
                },
            )
        }
    }

    fn network(world: &World) -> Option<Network> {
        world.settings().unwrap().network
    }

    #[test]
    fn a_flag_goes_before_the_environment_before_the_wallets_file_before_the_users() {
        let world = World::new();
        assert_eq!(network(&world), None);
        let world = world.file("config/bulla.toml", "network = 'signet'");
        assert_eq!(network(&world), Some(Network::SIGNET));
        let world = world.file("data/bulla.toml", "network = 'testnet4'");
        assert_eq!(network(&world), Some(Network::Testnet4));
        let mut world = world.variable("BULLA_NETWORK", "regtest");
        assert_eq!(network(&world), Some(Network::Regtest));
        world.arguments.network = Some(Network::Bitcoin);
        assert_eq!(network(&world), Some(Network::Bitcoin));
    }

    #[test]
    fn the_data_directory_of_the_environment_holds_the_wallets_file() {
        let world = World::new().file("other/bulla.toml", "network = 'signet'");
        let other = world.path("other");
        let world = world.variable("BULLA_DATA_DIR", other.to_str().unwrap());
        assert_eq!(network(&world), Some(Network::SIGNET));
        assert_eq!(world.settings().unwrap().data_dir, other);
    }

    #[test]
    fn paths_in_a_file_begin_at_its_folder() {
        let text = "source = 'sandbox:../chain'\npassphrase-file = 'secret'";
        let world = World::new().file("data/bulla.toml", text);
        let settings = world.settings().unwrap();
        let secret = Secret::File(world.path("data/secret"));
        assert_eq!(settings.passphrase, Some(secret));
        let expected = format!("sandbox:{}", world.path("data/../chain").display());
        assert_eq!(settings.source, Some(SourceText::new(expected)));
    }

    #[test]
    fn an_unknown_setting_is_refused_with_its_file() {
        let world = World::new().file("data/bulla.toml", "netwrok = 'signet'");
        let error = world.settings().unwrap_err();
        assert_eq!(error.code(), "settings");
        assert!(error.to_string().contains("data/bulla.toml"), "{error}");
        assert!(error.causes()[0].contains("netwrok"), "{error:?}");
    }

    #[test]
    fn a_network_that_is_none_is_refused_with_its_origin() {
        let world = World::new().variable("BULLA_NETWORK", "mainnet");
        let error = world.settings().unwrap_err();
        assert_eq!(
            error.to_string(),
            "BULLA_NETWORK is `mainnet`, which makes no sense there"
        );
    }

    #[test]
    fn the_passphrase_of_the_environment_is_never_printed() {
        let world = World::new().variable("BULLA_PASSPHRASE", "hunter2");
        let settings = world.settings().unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
        assert_eq!(settings.passphrase, Some(Secret::Text("hunter2".into())));
    }

    #[test]
    fn a_passphrase_file_of_the_arguments_goes_before_the_environment() {
        let mut world = World::new().variable("BULLA_PASSPHRASE", "hunter2");
        world.arguments.passphrase_file = Some("file".into());
        let expected = Secret::File("file".into());
        assert_eq!(world.settings().unwrap().passphrase, Some(expected));
    }
}
