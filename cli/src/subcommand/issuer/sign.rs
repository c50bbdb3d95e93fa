//! `issuer sign`: signs for contracts whose transfers their issuer has to sign.

use std::path::{Path, PathBuf};

use bitcoin::hex::FromHex;
use bitcoin::key::{Keypair, Secp256k1};
use bitcoin::secp256k1::SecretKey;
use bitcoin::{OutPoint, Txid};
use bulla_core::{ContractId, OperationId};
use bulla_wallet::transfer::cosigned::{Cosigned, CosignedLeaf, CosignedOperation};
use clap::Args;
use serde::Serialize;

use super::key::Number;
use crate::denomination::Denomination;
use crate::error::Error;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::subcommand::Result;
use crate::table::fields;
use crate::unbacked::Unbacked;
use crate::{claim, file};

/// Arguments of `issuer sign`.
#[derive(Args, Debug)]
pub struct Sign {
    /// The request: a consignment that is unsigned but faultless otherwise, or a PSBT (binary or base64)
    /// that carries one
    file: PathBuf,
    /// Where to write it with the signatures, in the form it came in [default: over the request]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A file with the secret key, 64 hex digits [default: the wallet's own]
    #[arg(long, value_name = "FILE", conflicts_with = "number")]
    key: Option<PathBuf>,
    #[command(flatten)]
    number: Number,
    /// Show what would be signed, and sign nothing
    #[arg(long)]
    dry_run: bool,
}

/// What `issuer sign` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SignOutput {
    /// The contract.
    pub contract: ContractId,
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
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
    /// What it makes, leaf by leaf.
    pub makes: Vec<LeafOutput>,
    /// Signatures beside it now.
    pub signatures: u64,
    /// Signatures it needs.
    pub threshold: u64,
}

/// A leaf that an operation makes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LeafOutput {
    /// The name of its owned type.
    pub owned: String,
    /// The number of the token.
    pub token: Option<u32>,
    /// Smallest units, of a token its fraction.
    pub amount: String,
    /// The same with decimals and the ticker that the genesis claims.
    pub display: String,
    /// The output that holds it; none: it is secret.
    pub outpoint: Option<OutPoint>,
    /// The address of that output.
    pub address: Option<String>,
    /// Whether that address is this wallet's own.
    pub ours: bool,
}

impl Sign {
    /// Runs the command.
    ///
    /// # Errors
    /// If the key is none of the contract's, or the request has a fault.
    pub fn run(self, settings: &Settings) -> Result<SignOutput> {
        let session = Session::open(settings)?;
        let bytes = file::read_consignment(&self.file)?;
        let key = match &self.key {
            Some(path) => given(path)?,
            None => session
                .wallet
                .signer_key(&session.passphrase()?, self.number.number)?,
        };
        let signed = session.wallet.cosign(&bytes, &key)?;
        let out = self.out.unwrap_or(self.file);
        if !self.dry_run {
            file::write(&out, &signed.bytes)?;
        }
        Ok(SignOutput {
            contract: signed.contract,
            unbacked: Denomination::claimed(&signed).unbacked(),
            operations: operations(&signed),
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

fn operations(signed: &Cosigned) -> Vec<OperationOutput> {
    let named = Denomination::claimed(signed);
    let leaf = |leaf: &CosignedLeaf| LeafOutput {
        owned: leaf.owned.clone(),
        token: leaf.token,
        amount: leaf.amount.to_string(),
        display: named.show_owned(&leaf.owned, leaf.token, leaf.amount),
        outpoint: leaf.outpoint,
        address: leaf.address.as_ref().map(ToString::to_string),
        ours: leaf.ours,
    };
    let operation = |one: &CosignedOperation| OperationOutput {
        operation: one.operation,
        transition: one.transition.clone(),
        witness: one.witness,
        makes: one.leaves.iter().map(leaf).collect(),
        signatures: one.signatures,
        threshold: one.threshold,
    };
    signed.operations.iter().map(operation).collect()
}

impl LeafOutput {
    /// Whom it is for, as far as the request tells.
    fn place(&self) -> String {
        let ours = if self.ours { " (this wallet)" } else { "" };
        match (&self.outpoint, &self.address) {
            (None, _) => "an output that stays secret".to_owned(),
            (Some(outpoint), None) => format!("{outpoint}, without an address"),
            (Some(outpoint), Some(address)) => {
                format!("output {}, {address}{ours}", outpoint.vout)
            }
        }
    }
}

impl Human for SignOutput {
    fn human(&self) -> String {
        let mut rows = vec![("contract", self.contract.to_string())];
        for one in &self.operations {
            let transition = claim::shown(&one.transition);
            rows.push(("operation", format!("{transition} {}", one.operation)));
            rows.push(("transaction", one.witness.to_string()));
            let made = one.makes.iter();
            rows.extend(
                made.map(|leaf| ("makes", format!("{} on {}", leaf.display, leaf.place()))),
            );
            let count = format!("{} of {}", one.signatures, one.threshold);
            rows.push(("signatures", count));
        }
        rows.extend(self.unbacked.iter().map(|some| ("unbacked", some.line())));
        match &self.file {
            Some(path) => rows.push(("file", path.display().to_string())),
            None => rows.push(("note", "nothing was written".to_owned())),
        }
        fields(rows)
    }
}
