//! `invoice decode`: shows what an invoice asks for.

use bulla_core::{ContractId, SecretSeal};
use bulla_wallet::invoice::{Beneficiary, Invoice, network_name};
use bulla_wallet::time::rfc3339;
use clap::Args;
use serde::Serialize;

use super::kind;
use crate::output::Human;
use crate::subcommand::Result;
use crate::table::fields;

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
    /// The owned type; none: the asset.
    pub owned: Option<String>,
    /// The token.
    pub token: Option<u32>,
    /// The amount in smallest units; none: any.
    pub amount: Option<String>,
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
    /// Runs the command.
    ///
    /// # Errors
    /// If it is none.
    pub fn run(self) -> Result<Output> {
        let invoice: Invoice = self.invoice.parse()?;
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
        let amount = self
            .amount
            .as_ref()
            .map(|units| format!("{units} (smallest units)"));
        rows.push(("amount", amount.unwrap_or_else(any)));
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
