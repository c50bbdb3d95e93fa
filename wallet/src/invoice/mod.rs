//! Invoices: what a payee asks for, as a `bulla:` URI with exactly one text form.
//!
//! ```text
//! bulla:<contract>?net=…&owned=…&token=…&amount=…&to=…&blind=…&sats=…&expiry=…&via=…&enc=…&ack=…&sum=…
//! ```
//!
//! | key | meaning |
//! |---|---|
//! | (path) | contract id; empty: any contract |
//! | `net` | `bitcoin`, `testnet4`, `signet`, `regtest`; for a custom signet its network id (`bnet1…`) |
//! | `owned` | name of the owned type, with a contract only, optional: the one that plain payments move |
//! | `token` | number of the token, with `owned` only |
//! | `amount` | smallest units, of a token its fraction, optional |
//! | `to` | a secret seal (`bseal1…`), or an address whose output the payer makes |
//! | `blind` | 32 hex digits, with an address only: the blinding of the seal over that output |
//! | `sats` | satoshis of that output, with an address only, 330 at least, optional |
//! | `expiry` | unix seconds after which the payer must not pay, optional |
//! | `via` | where the consignment goes (`https://…`), optional |
//! | `enc` | age recipient it is encrypted to, optional |
//! | `ack` | x-only key that signs the acknowledgement, optional |
//! | `sum` | checksum over everything before `&sum=`: the first 8 hex digits of a tagged SHA-256 |
//!
//! Keys come in this order, each at most once, unknown ones are refused. The checksum finds
//! accidents; it does not authenticate (anyone can make another invoice).

mod endpoint;
mod error;
mod parse;

use std::fmt;

use bitcoin::address::NetworkUnchecked;
use bitcoin::hex::DisplayHex;
use bitcoin::key::XOnlyPublicKey;
use bitcoin::{Address, Network};
use bulla_core::seal::Blinding;
use bulla_core::{ContractId, NetworkId, SecretSeal};

pub use self::endpoint::Endpoint;
pub use self::error::{InvoiceError, InvoiceUnpayable};
use crate::tagged;

/// Least satoshis an invoice may ask for: the dust limit of a P2TR output.
pub const MIN_SATS: u64 = 330;
/// Longest invoice that is read, in bytes.
pub const MAX_BYTES: usize = 2_048;

const NETWORKS: [(&str, Network); 4] = [
    ("bitcoin", Network::Bitcoin),
    ("testnet4", Network::Testnet4),
    ("signet", Network::Signet),
    ("regtest", Network::Regtest),
];

/// Hash of an invoice's text: what an acknowledgement names.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvoiceId([u8; 32]);

impl InvoiceId {
    /// Wraps the bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for InvoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for InvoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvoiceId({self})")
    }
}

/// Where an invoice wants the allocation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Beneficiary {
    /// On an output the payee has already; the payer does not learn which.
    Seal(SecretSeal),
    /// On a new output that the payer makes.
    Address {
        /// Its address.
        address: Address<NetworkUnchecked>,
        /// The blinding of the witness seal over it.
        blinding: Blinding,
    },
}

/// What a payee asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invoice {
    /// The contract; none: any.
    pub contract: Option<ContractId>,
    /// The chain.
    pub network: NetworkId,
    /// The name of the owned type; none: the one that plain payments move.
    pub owned: Option<String>,
    /// The number of the token.
    pub token: Option<u32>,
    /// The amount in smallest units, of a token its fraction; none: the payer says.
    pub amount: Option<u64>,
    /// Where to.
    pub to: Beneficiary,
    /// Satoshis of the new output; none: the payer's default.
    pub sats: Option<u64>,
    /// Unix seconds after which nobody must pay.
    pub expiry: Option<u64>,
    /// Where the consignment is handed over.
    pub via: Option<Endpoint>,
    /// The age recipient that the consignment is encrypted to.
    pub enc: Option<String>,
    /// The key that signs the acknowledgement.
    pub ack: Option<XOnlyPublicKey>,
}

impl Invoice {
    /// Hash of the text before the checksum.
    pub fn id(&self) -> InvoiceId {
        InvoiceId(tagged::INVOICE.hash(self.body().as_bytes()))
    }

    /// Whether the payer makes an output for it.
    pub const fn is_witness(&self) -> bool {
        matches!(self.to, Beneficiary::Address { .. })
    }

    /// The address of the output the payer makes, checked against the invoice's own network.
    pub fn address(&self) -> Option<Address> {
        match &self.to {
            Beneficiary::Seal(_) => None,
            Beneficiary::Address { address, .. } => address
                .clone()
                .require_network(address_network(self.network))
                .ok(),
        }
    }

    /// That it may be paid on this chain at this time (unix seconds).
    ///
    /// # Errors
    /// If it is for another chain, or has expired.
    pub fn check_payable(&self, network: NetworkId, now: u64) -> Result<(), InvoiceUnpayable> {
        if self.network != network {
            let found = network_name(self.network);
            return Err(InvoiceUnpayable::Network {
                found,
                expected: network_name(network),
            });
        }
        match self.expiry {
            Some(expiry) if now > expiry => Err(InvoiceUnpayable::Expired { expiry, now }),
            _ => Ok(()),
        }
    }

    fn body(&self) -> String {
        let mut query = vec![("net", network_name(self.network))];
        let mut put = |key, value: Option<String>| query.extend(value.map(|value| (key, value)));
        put("owned", self.owned.clone());
        put("token", self.token.map(|token| token.to_string()));
        put("amount", self.amount.map(|amount| amount.to_string()));
        match &self.to {
            Beneficiary::Seal(secret) => put("to", Some(secret.to_string())),
            Beneficiary::Address { address, blinding } => {
                put("to", Some(address.assume_checked_ref().to_string()));
                put("blind", Some(blinding.0.to_lower_hex_string()));
            }
        }
        put("sats", self.sats.map(|sats| sats.to_string()));
        put("expiry", self.expiry.map(|expiry| expiry.to_string()));
        put("via", self.via.as_ref().map(ToString::to_string));
        put("enc", self.enc.clone());
        put("ack", self.ack.map(|key| key.to_string()));
        let query: Vec<_> = query
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let contract = self
            .contract
            .map(|contract| contract.to_string())
            .unwrap_or_default();
        format!("bulla:{contract}?{}", query.join("&"))
    }
}

impl fmt::Display for Invoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body();
        write!(f, "{body}&sum={}", checksum(&body))
    }
}

/// The first 8 hex digits of the invoice's hash.
fn checksum(body: &str) -> String {
    let hash = tagged::INVOICE.hash(body.as_bytes());
    let (first, _) = hash.split_at(4);
    first.to_lower_hex_string()
}

/// The name of a chain for people: a well-known name, else its network id.
pub fn network_name(network: NetworkId) -> String {
    let known = NETWORKS
        .iter()
        .find(|(_, known)| NetworkId::of_network(*known) == network);
    known.map_or_else(|| network.to_string(), |(name, _)| (*name).to_owned())
}

/// The network whose address prefix a chain uses: a custom signet has the default one's.
pub(crate) fn address_network(network: NetworkId) -> Network {
    let known = NETWORKS
        .iter()
        .find(|(_, known)| NetworkId::of_network(*known) == network);
    known.map_or(Network::Signet, |(_, known)| *known)
}

#[cfg(test)]
mod tests;
