//! What went wrong, why, and what to do.

mod print;

use std::io;
use std::path::{Path, PathBuf};

use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use bulla_core::schema::SchemaError;
use bulla_core::{ContractId, DecodeError, SchemaId};
use bulla_wallet::Network;
use bulla_wallet::api::TransferId;
use bulla_wallet::chain::{SourceError, SpecError};
use bulla_wallet::container::ContainerError;
use bulla_wallet::headers::HeadersError;
use bulla_wallet::identity::IdentityError;
use bulla_wallet::invoice::InvoiceError;
use bulla_wallet::keys::KeysError;
use bulla_wallet::media::MediaError;
use bulla_wallet::proofs::ProofError;
use bulla_wallet::sandbox::SandboxError;
use bulla_wallet::supply::ListError;

pub use self::print::{print, usage};
use crate::exit::Exit;

/// Why a command did not do what it was asked. Nothing has changed, unless the message says so.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The wallet.
    #[error(transparent)]
    Wallet(Box<bulla_wallet::Error>),
    /// The chain source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The text of a chain source.
    #[error("the chain source cannot be understood")]
    Spec(#[from] SpecError),
    /// The sandbox.
    #[error("the sandbox did not do it")]
    Sandbox(#[from] SandboxError),
    /// A file or folder.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// A file larger than anything it may hold.
    #[error("{} is larger than {limit} bytes, which is the most this file may have", path.display())]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// Its limit in bytes.
        limit: u64,
    },
    /// A compressed file with nothing to read in it.
    #[error("{}: {cause}", path.display())]
    Container {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: ContainerError,
    },
    /// A file that should be text.
    #[error("{} is not a text file in UTF-8", path.display())]
    FileNotText {
        /// The file.
        path: PathBuf,
    },
    /// Bytes that are no consignment.
    #[error("{} is no consignment", path.display())]
    NotAConsignment {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: DecodeError,
    },
    /// A file that is no manifest of a conformance suite.
    #[error("{} is no manifest of a conformance suite", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: Box<serde_json::Error>,
    },
    /// A file of headers that are no chain of the network.
    #[error("{} is no chain of headers to rely on", path.display())]
    Headers {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: Box<HeadersError>,
    },
    /// A file that is no schema.
    #[error("{} is no schema", path.display())]
    NotASchema {
        /// The file.
        path: PathBuf,
        /// Where, what was found and what was expected.
        #[source]
        cause: Box<SchemaError>,
    },
    /// A schema by its id alone.
    #[error("the wallet cannot say what {schema} is: it has neither its text nor a contract of it")]
    UnknownSchema {
        /// The schema.
        schema: SchemaId,
    },
    /// A standard schema cannot be taken from the list.
    #[error("{schema} is a standard schema, which is always accepted")]
    StandardSchema {
        /// The schema.
        schema: SchemaId,
    },
    /// A schema that is not on the list.
    #[error("{schema} was not allowed")]
    NotAllowed {
        /// The schema.
        schema: SchemaId,
    },
    /// A settings file that cannot be understood.
    #[error("the settings in {} cannot be understood", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: Box<toml::de::Error>,
    },
    /// A setting from the environment or a file.
    #[error("{origin} is `{found}`, which makes no sense there")]
    Setting {
        /// The variable, or file and key.
        origin: String,
        /// Its value.
        found: String,
        /// What is wrong with it.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no wallet yet.
    #[error("there is no wallet in {}", path.display())]
    NoWallet {
        /// The data directory.
        path: PathBuf,
    },
    /// There is one already.
    #[error("there is a wallet in {} already", path.display())]
    WalletExists {
        /// The data directory.
        path: PathBuf,
    },
    /// The wallet lives on another network than asked for.
    #[error("this wallet is on {found}, but --network (or its setting) says {expected}")]
    OtherNetwork {
        /// The wallet's.
        found: Network,
        /// What was asked for.
        expected: Network,
    },
    /// The sandbox is a regtest chain.
    #[error("the sandbox is a regtest chain; a wallet on {network} cannot use it")]
    SandboxNetwork {
        /// The network.
        network: Network,
    },
    /// A command that needs the sandbox, with another source.
    #[error("this command works on the sandbox; the source is {found}")]
    NotTheSandbox {
        /// The source, without credentials.
        found: String,
    },
    /// Somebody has to type something, but nobody is there.
    #[error("{what} has to be typed, but there is no terminal")]
    NoTerminal {
        /// What.
        what: &'static str,
        /// What the terminal said.
        #[source]
        cause: io::Error,
        /// What helps.
        remedy: &'static str,
    },
    /// Words, passphrases and keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Two entries of a new passphrase differ.
    #[error("the two passphrases differ")]
    PassphrasesDiffer,
    /// A consignment of a signed transaction that could not be written.
    #[error("transfer {transfer} is signed, but not handed over")]
    NotHandedOver {
        /// The transfer.
        transfer: TransferId,
        /// What was in the way.
        #[source]
        cause: Box<Error>,
    },
    /// A signed transaction that did not get to the network.
    #[error("transfer {transfer} is signed and its files are written, but it was not broadcast")]
    NotBroadcast {
        /// The transfer.
        transfer: TransferId,
        /// What the source or the wallet said.
        #[source]
        cause: Box<bulla_wallet::Error>,
    },
    /// The demo went otherwise than it tells.
    #[error("the demo went wrong at {step}: expected {expected}, found {found}")]
    Demo {
        /// Where.
        step: &'static str,
        /// What should have come of it.
        expected: String,
        /// What came of it.
        found: String,
    },
    /// The folder for a demo is not new.
    #[error("{} is there already", path.display())]
    FolderExists {
        /// The folder.
        path: PathBuf,
    },
    /// The owner did not confirm.
    #[error("not confirmed: found `{found}`, expected `{expected}`")]
    NotConfirmed {
        /// What was typed.
        found: String,
        /// What had to be typed.
        expected: &'static str,
        /// What helps.
        remedy: &'static str,
    },
    /// Decimals of a contract that the wallet does not know.
    #[error("the wallet does not know {contract}, so it cannot read an amount with decimals")]
    UnknownPrecision {
        /// The contract.
        contract: ContractId,
    },
    /// Decimals without a contract.
    #[error("without a contract an amount has no decimals")]
    NoContract,
    /// A schema that is not compiled in.
    #[error("there is no standard schema `{found}`")]
    NoSuchSchema {
        /// What was asked for.
        found: String,
    },
    /// A part of a file that describes a contract.
    #[error("{}{}: {part} is wrong", path.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Described {
        /// The file.
        path: PathBuf,
        /// The line, from 1; none where it is about no line alone.
        line: Option<usize>,
        /// The field, with the number of the allocation if it is of one.
        part: String,
        /// What was found there, and what was expected.
        #[source]
        cause: Box<Error>,
    },
    /// A value that has no meaning where it stands.
    #[error("found {found}, expected {expected}")]
    Unexpected {
        /// The value.
        found: String,
        /// What is expected.
        expected: String,
    },
    /// A text that is no TOML, or not of the expected shape.
    #[error("{}", .0.message())]
    NotToml(Box<toml::de::Error>),
    /// An option that would be without effect.
    #[error("{option} has no meaning for {to}")]
    NotApplicable {
        /// The option.
        option: &'static str,
        /// What it was given for.
        to: String,
        /// What to do.
        remedy: String,
    },
    /// A media file that cannot be committed to.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// An amount that is none.
    #[error(transparent)]
    Amount(#[from] bulla_wallet::AmountError),
    /// A list of what happened to a supply.
    #[error("the list in {} cannot be understood", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: ListError,
    },
    /// A text that is no invoice.
    #[error(transparent)]
    Invoice(#[from] InvoiceError),
    /// Options that do not go together.
    #[error("{found}")]
    Options {
        /// What was found.
        found: &'static str,
        /// What was expected.
        remedy: &'static str,
    },
    /// An address of another network.
    #[error("{} is no address of {network}", address.assume_checked_ref())]
    AddressNetwork {
        /// The address.
        address: Address<NetworkUnchecked>,
        /// The network.
        network: Network,
    },
}

impl From<bulla_wallet::Error> for Error {
    fn from(cause: bulla_wallet::Error) -> Self {
        Self::Wallet(Box::new(cause))
    }
}

impl From<IdentityError> for Error {
    fn from(cause: IdentityError) -> Self {
        bulla_wallet::Error::from(cause).into()
    }
}

impl From<ProofError> for Error {
    fn from(cause: ProofError) -> Self {
        bulla_wallet::Error::from(cause).into()
    }
}

impl Error {
    /// An error of a file or folder.
    pub fn file(action: &'static str, path: &Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        Self::File {
            action,
            path,
            cause,
        }
    }

    /// A stable name for programs, in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wallet(cause) | Self::NotBroadcast { cause, .. } => cause.code(),
            Self::Keys(cause) => cause.code(),
            Self::Source(_) => "source",
            Self::Sandbox(_) => "sandbox",
            Self::File { .. } | Self::FileTooLarge { .. } | Self::FileNotText { .. } => "file",
            Self::Container { cause, .. } => cause.code(),
            Self::NotAConsignment { .. } => "not-a-consignment",
            Self::Manifest { .. } => "manifest",
            Self::Headers { cause, .. } => cause.code(),
            Self::NotASchema { .. } => "schema",
            Self::UnknownSchema { .. } | Self::NotAllowed { .. } | Self::NoSuchSchema { .. } => {
                "unknown-schema"
            }
            Self::StandardSchema { .. } => "standard-schema",
            Self::Settings { .. } | Self::Setting { .. } => "settings",
            Self::NoWallet { .. } => "no-wallet",
            Self::WalletExists { .. } => "wallet-exists",
            Self::OtherNetwork { .. } | Self::AddressNetwork { .. } => "wrong-network",
            Self::Spec(_) | Self::SandboxNetwork { .. } | Self::NotTheSandbox { .. } => {
                "wrong-source"
            }
            Self::NotHandedOver { .. } => "not-handed-over",
            Self::Demo { .. } => "demo",
            Self::FolderExists { .. } => "folder-exists",
            Self::NoTerminal { .. } => "no-terminal",
            Self::PassphrasesDiffer | Self::NotConfirmed { .. } => "not-confirmed",
            Self::UnknownPrecision { .. } => "unknown-contract",
            Self::NoContract | Self::Amount(_) => "amount",
            Self::Invoice(_) => "invoice",
            Self::Described { cause, .. } => cause.code(),
            Self::Unexpected { .. } | Self::NotToml(_) => "description",
            Self::Media(_) => "media",
            Self::List { .. } => "list",
            Self::Options { .. } | Self::NotApplicable { .. } => "usage",
        }
    }

    /// What a person can do about it, unless the message says it.
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::Wallet(cause) if cause.code() == "no-carrier" => {
                "make one with `bulla carrier`, or ask for a new output without --blind"
            }
            Self::Wallet(cause) if cause.code() == "already-paid" => {
                "go on with that transfer by `send --resume`, or give it up by `cancel`"
            }
            Self::Wallet(cause) if cause.code() == "contract-file" => {
                "take it in with `bulla contract import`"
            }
            Self::Wallet(cause) if cause.code() == "source" => {
                "say --offline to go by what was known"
            }
            Self::Wallet(cause) => return cause.remedy(),
            Self::Described { cause, .. } => return cause.remedy(),
            Self::NotApplicable { remedy, .. } => remedy,
            Self::NotBroadcast { transfer, .. } | Self::NotHandedOver { transfer, .. } => {
                return Some(format!(
                    "try again with `bulla send --resume {transfer}`, or give it up with `bulla cancel {transfer}`"
                ));
            }
            Self::Keys(cause) => return cause.remedy().map(str::to_owned),
            Self::NoWallet { .. } => {
                "make one with `bulla init`, or name its folder with --data-dir"
            }
            Self::WalletExists { .. } => "choose another folder with --data-dir",
            Self::FolderExists { .. } => "name a folder that is not there yet",
            Self::OtherNetwork { .. } => {
                "leave --network out, or name the wallet of that network with --data-dir"
            }
            Self::SandboxNetwork { .. } => "name a node or server of that network with --source",
            Self::NotTheSandbox { .. } => "leave --source out, or say --source sandbox",
            Self::NoTerminal { remedy, .. }
            | Self::NotConfirmed { remedy, .. }
            | Self::Options { remedy, .. } => remedy,
            Self::PassphrasesDiffer => "try again",
            Self::UnknownPrecision { .. } | Self::NoContract => {
                "say --raw and give the amount in smallest units, or accept a consignment of the contract first"
            }
            Self::Headers { .. } => {
                "name its network with --network, or make one with `bulla headers export`"
            }
            Self::UnknownSchema { .. } => {
                "name its TOML file, or inspect a consignment of a contract that has it"
            }
            Self::NoSuchSchema { .. } => {
                "name one that `bulla schema list` shows, or a file that ends in `.toml`"
            }
            Self::NotAllowed { .. } => "see `bulla schema list`",
            Self::NotAConsignment { .. } => "ask the sender for the file again",
            Self::AddressNetwork { .. } => "ask the payee for an address of this wallet's network",
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Options { .. } | Self::NotApplicable { .. } | Self::Spec(_) => Exit::Usage,
            Self::Wallet(cause) if !cause.missing().is_empty() => Exit::BaseMissing,
            _ => Exit::Failure,
        }
    }

    /// The messages of everything that caused it, the nearest first, without repetitions.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut last = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            let message = cause.to_string();
            if message != last {
                causes.push(message.clone());
                last = message;
            }
            next = cause.source();
        }
        causes
    }
}
