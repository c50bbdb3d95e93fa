//! `invoice decode`: shows what an invoice asks for.

use bulla_core::{ContractId, SecretSeal};
use bulla_schemas::roles::owned;
use bulla_wallet::invoice::{Beneficiary, Invoice, network_name};
use bulla_wallet::time::rfc3339;
use clap::Args;
use serde::Serialize;

use super::kind;
use crate::error::Error;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::subcommand::Result;
use crate::table::fields;
use crate::unbacked::Unbacked;
use crate::units::Names;

/// Arguments of `invoice decode`.
#[derive(Args, Debug)]
pub struct Decode {
    /// The invoice
    invoice: String,
}

/// What `invoice decode` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The invoice.
    pub invoice: String,
    /// The chain.
    pub network: String,
    /// The contract; none: any.
    pub contract: Option<ContractId>,
    /// Its ticker, a claim of the issuer, if the wallet knows the contract.
    pub ticker: Option<String>,
    /// How much of it can be reissued, in smallest units, and is unbacked by its history; none if nothing
    /// can, or the wallet does not know the contract.
    pub unbacked: Option<Unbacked>,
    /// The owned type; none: the asset.
    pub owned: Option<String>,
    /// The token.
    pub token: Option<u32>,
    /// The amount in smallest units; none: any.
    pub amount: Option<String>,
    /// The same for people; in smallest units, unless the wallet knows the contract.
    pub display: Option<String>,
    /// `witness`: a new output; `blind`: a secret seal.
    pub kind: &'static str,
    /// The address of the new output.
    pub address: Option<String>,
    /// The secret seal.
    pub secret_seal: Option<SecretSeal>,
    /// Satoshis of the new output.
    pub sats: Option<u64>,
    /// When it expires.
    pub expiry: Option<String>,
    /// Where the consignment is to be handed over.
    pub via: Option<String>,
    /// The age recipient that the consignment is encrypted to.
    pub enc: Option<String>,
    /// The key that signs the acknowledgement.
    pub ack: Option<String>,
}

impl Decode {
    /// Runs the command. Where there is a wallet, it says what the contract's units are called.
    ///
    /// # Errors
    /// If it is none, or the wallet cannot be read.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let invoice: Invoice = self.invoice.parse()?;
        let names = match Session::open(settings) {
            Ok(session) => Names::of(&session.wallet)?,
            Err(Error::NoWallet { .. }) => Names::default(),
            Err(error) => return Err(error),
        };
        let named = invoice.contract.map(|contract| names.named(contract));
        let owned = invoice.owned.as_deref().unwrap_or(owned::ASSET.name);
        let display = invoice.amount.map(|units| match &named {
            Some(named) => named.show_owned(owned, invoice.token, units),
            None => format!("{units} smallest units"),
        });
        let (address, secret_seal) = match &invoice.to {
            Beneficiary::Seal(secret) => (None, Some(*secret)),
            Beneficiary::Address { address, .. } => {
                (Some(address.assume_checked_ref().to_string()), None)
            }
        };
        Ok(Output {
            invoice: invoice.to_string(),
            network: network_name(invoice.network),
            contract: invoice.contract,
            ticker: named
                .as_ref()
                .and_then(|named| named.ticker().map(str::to_owned)),
            unbacked: named.as_ref().and_then(|named| named.unbacked()),
            display,
            owned: invoice.owned.clone(),
            token: invoice.token,
            amount: invoice.amount.map(|amount| amount.to_string()),
            kind: kind(&invoice),
            address,
            secret_seal,
            sats: invoice.sats,
            expiry: invoice.expiry.map(rfc3339),
            via: invoice.via.as_ref().map(ToString::to_string),
            enc: invoice.enc.clone(),
            ack: invoice.ack.map(|key| key.to_string()),
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let mut rows = vec![
            ("network", self.network.clone()),
            ("kind", self.kind.to_owned()),
        ];
        let any = || "any".to_owned();
        rows.push((
            "contract",
            self.contract.map_or_else(any, |id| id.to_string()),
        ));
        rows.push(("amount", self.display.clone().unwrap_or_else(any)));
        rows.extend(self.unbacked.iter().map(|some| ("unbacked", some.line())));
        let mut put = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
        put("owned type", self.owned.clone());
        put("token", self.token.map(|token| token.to_string()));
        put("address", self.address.clone());
        put(
            "secret seal",
            self.secret_seal.map(|secret| secret.to_string()),
        );
        put("sats", self.sats.map(|sats| sats.to_string()));
        put("expiry", self.expiry.clone());
        put("via", self.via.clone());
        put("enc", self.enc.clone());
        put("ack", self.ack.clone());
        fields(rows)
    }
}
