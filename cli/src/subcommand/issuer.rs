//! `issuer`: signs for contracts whose transfers their issuer has to sign.

use std::path::{Path, PathBuf};

use bitcoin::Txid;
use bitcoin::hex::FromHex;
use bitcoin::key::{Keypair, Secp256k1};
use bitcoin::secp256k1::SecretKey;
use bulla_core::{ContractId, OperationId};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::transfer::cosign::CosignedOperation;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Result, boxed};
use crate::error::Error;
use crate::file;
use crate::media;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::fields;
use crate::units::Names;

/// Commands of issuers.
#[derive(Subcommand, Debug)]
pub enum Issuer {
    /// The key that this wallet signs with as an issuer; asks for the passphrase
    Key,
    /// Sign the operations in a request that wait for your key
    Sign(Sign),
    /// Write the consignments again of invoices that a contract was issued to
    HandOver(HandOver),
}

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

/// Arguments of `issuer sign`.
#[derive(Args, Debug)]
pub struct Sign {
    /// The request: a consignment that is unsigned but faultless otherwise
    file: PathBuf,
    /// Where to write it with the signatures [default: over the request]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A file with the secret key, 64 hex digits [default: the wallet's own]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Show what would be signed, and sign nothing
    #[arg(long)]
    dry_run: bool,
}

/// What `issuer key` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeyOutput {
    /// The x-only public key.
    pub key: String,
}

/// What `issuer sign` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SignOutput {
    /// The contract.
    pub contract: ContractId,
    /// What was signed.
    pub operations: Vec<OperationOutput>,
    /// Whether every operation has enough signatures now.
    pub complete: bool,
    /// Where it was written; none for a dry run.
    pub file: Option<PathBuf>,
}

/// An operation that was signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OperationOutput {
    /// Its id.
    pub operation: OperationId,
    /// The name of the transition.
    pub transition: String,
    /// The transaction that the signature is for.
    pub witness: Txid,
    /// What it makes, in all.
    pub makes: Vec<String>,
    /// Signatures beside it now.
    pub signatures: u64,
    /// Signatures it needs.
    pub threshold: u64,
}

impl Issuer {
    /// Runs the command.
    ///
    /// # Errors
    /// If the key is none of the contract's, or the request has a fault.
    pub fn run(self, settings: &Settings) -> Result {
        match self {
            Self::Key => boxed(key(settings)),
            Self::Sign(command) => boxed(command.run(settings)),
            Self::HandOver(command) => {
                let session = Session::open(settings)?;
                boxed(hand_over(
                    &session,
                    command.contract,
                    &command.invoices,
                    &command.out,
                ))
            }
        }
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
    let mut consignments = Vec::new();
    for invoice in invoices {
        let given = session.wallet.issued_consignment(contract, invoice)?;
        let path = out.join(&given.file_name);
        file::write(&path, &given.bytes)?;
        consignments.push(path);
    }
    let media = media::hand_over(session, contract, out)?;
    Ok(HandOverOutput {
        consignments,
        media,
    })
}

fn key(settings: &Settings) -> Result<KeyOutput> {
    let session = Session::open(settings)?;
    let key = session.wallet.issuer_key(&session.passphrase()?)?;
    let key = key.x_only_public_key().0.to_string();
    Ok(KeyOutput { key })
}

impl Sign {
    fn run(self, settings: &Settings) -> Result<SignOutput> {
        let session = Session::open(settings)?;
        let bytes = file::read(&self.file, file::MAX_CONSIGNMENT)?;
        let key = match &self.key {
            Some(path) => given(path)?,
            None => session.wallet.issuer_key(&session.passphrase()?)?,
        };
        let signed = session.wallet.cosign(&bytes, &key)?;
        let out = self.out.unwrap_or(self.file);
        if !self.dry_run {
            file::write(&out, &signed.bytes)?;
        }
        let names = Names::of(&session.wallet)?;
        let operation = |one: &CosignedOperation| operation(one, signed.contract, &names);
        Ok(SignOutput {
            contract: signed.contract,
            operations: signed.operations.iter().map(operation).collect(),
            complete: signed.complete,
            file: (!self.dry_run).then_some(out),
        })
    }
}

fn given(path: &Path) -> Result<Keypair> {
    let text = file::read_text(path)?;
    let secret = <[u8; 32]>::from_hex(text.trim())
        .ok()
        .and_then(|bytes| SecretKey::from_slice(&bytes).ok());
    let secret = secret.ok_or(Error::Options {
        found: "a key file that holds no secret key",
        remedy: "64 hex digits are expected",
    })?;
    Ok(Keypair::from_secret_key(&Secp256k1::new(), &secret))
}

fn operation(one: &CosignedOperation, contract: ContractId, names: &Names) -> OperationOutput {
    let makes = one.outputs.iter().map(|(owned, amount, leaves)| {
        let sum = names.show_owned(contract, owned, None, *amount);
        format!("{sum} on {leaves} seals")
    });
    OperationOutput {
        operation: one.operation,
        transition: one.transition.clone(),
        witness: one.witness,
        makes: makes.collect(),
        signatures: one.signatures,
        threshold: one.threshold,
    }
}

impl Human for KeyOutput {
    fn human(&self) -> String {
        self.key.clone()
    }
}

impl Human for HandOverOutput {
    fn human(&self) -> String {
        let files = self.consignments.iter().chain(&self.media);
        fields(files.map(|path| ("file", path.display().to_string())))
    }
}

impl Human for SignOutput {
    fn human(&self) -> String {
        let mut rows = vec![("contract", self.contract.to_string())];
        for one in &self.operations {
            rows.push(("operation", format!("{} {}", one.transition, one.operation)));
            rows.push(("transaction", one.witness.to_string()));
            rows.extend(one.makes.iter().map(|made| ("makes", made.clone())));
            let count = format!("{} of {}", one.signatures, one.threshold);
            rows.push(("signatures", count));
        }
        match &self.file {
            Some(path) => rows.push(("file", path.display().to_string())),
            None => rows.push(("note", "nothing was written".to_owned())),
        }
        fields(rows)
    }
}
