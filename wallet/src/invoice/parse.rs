//! Reading an invoice, strictly: the checksum first, then every field, then the one form.

use std::collections::BTreeMap;
use std::str::FromStr;

use bech32::Bech32;
use bech32::primitives::decode::CheckedHrpstring;
use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use bitcoin::hex::FromHex;
use bitcoin::key::XOnlyPublicKey;
use bulla_core::seal::Blinding;
use bulla_core::{NetworkId, SecretSeal};

use super::{
    Beneficiary, Invoice, InvoiceError, MAX_BYTES, MIN_SATS, NETWORKS, address_network, checksum,
};

const SUM: &str = "&sum=";
const KEYS: [&str; 11] = [
    "net", "owned", "token", "amount", "to", "blind", "sats", "expiry", "via", "enc", "ack",
];
const MAX_SATS: u64 = 21_000_000 * 100_000_000;

type Fields<'a> = BTreeMap<&'static str, &'a str>;

impl FromStr for Invoice {
    type Err = InvoiceError;

    fn from_str(text: &str) -> Result<Self, InvoiceError> {
        if text.len() > MAX_BYTES {
            return Err(InvoiceError::TooLong { found: text.len() });
        }
        let foreign = || InvoiceError::NotAnInvoice { found: start(text) };
        let rest = text.strip_prefix("bulla:").ok_or_else(foreign)?;
        let body = check_sum(text)?;
        let (contract, _) = rest.split_once('?').ok_or_else(foreign)?;
        let query = body
            .split_once('?')
            .map(|(_, query)| query)
            .ok_or_else(foreign)?;
        let fields = fields(query)?;
        let invoice = Self {
            contract: optional(contract, |text| id(text, "contract"))?,
            ..read(&fields)?
        };
        check_owned(&invoice)?;
        let expected = invoice.to_string();
        if expected != text {
            return Err(InvoiceError::NotCanonical { expected });
        }
        Ok(invoice)
    }
}

/// A name means something in one schema only, and a token in one type.
fn check_owned(invoice: &Invoice) -> Result<(), InvoiceError> {
    if invoice.owned.is_some() && invoice.contract.is_none() {
        return Err(InvoiceError::Misplaced { found: "owned" });
    }
    if invoice.token.is_some() && invoice.owned.is_none() {
        return Err(InvoiceError::Misplaced { found: "token" });
    }
    Ok(())
}

fn start(text: &str) -> String {
    text.chars().take(80).collect()
}

/// What stands before the checksum, if the checksum is right.
fn check_sum(text: &str) -> Result<&str, InvoiceError> {
    let (body, found) = text
        .rsplit_once(SUM)
        .ok_or(InvoiceError::MissingField { expected: "sum" })?;
    let expected = checksum(body);
    if found != expected {
        return Err(InvoiceError::Checksum {
            found: start(found),
            expected,
        });
    }
    Ok(body)
}

fn fields(query: &str) -> Result<Fields<'_>, InvoiceError> {
    let mut fields = Fields::new();
    for part in query.split('&') {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let Some(known) = KEYS.into_iter().find(|known| *known == key) else {
            return Err(InvoiceError::UnknownField { found: start(key) });
        };
        if fields.insert(known, value).is_some() {
            return Err(InvoiceError::DoubleField { found: start(key) });
        }
    }
    Ok(fields)
}

fn optional<T>(
    text: &str,
    read: impl FnOnce(&str) -> Result<T, InvoiceError>,
) -> Result<Option<T>, InvoiceError> {
    if text.is_empty() {
        Ok(None)
    } else {
        read(text).map(Some)
    }
}

fn id<T: FromStr<Err = bulla_core::ParseIdError>>(
    text: &str,
    field: &'static str,
) -> Result<T, InvoiceError> {
    text.parse()
        .map_err(|cause| InvoiceError::Id { field, cause })
}

fn read(fields: &Fields<'_>) -> Result<Invoice, InvoiceError> {
    let missing = |expected| InvoiceError::MissingField { expected };
    let network = network(fields.get("net").ok_or(missing("net"))?)?;
    let to = fields.get("to").ok_or(missing("to"))?;
    let to = beneficiary(to, fields.get("blind").copied(), network)?;
    let positive = 1..=u64::MAX;
    let sats = number(
        fields,
        "sats",
        MIN_SATS..=MAX_SATS,
        "330 to 2,100,000,000,000,000 satoshis",
    )?;
    if sats.is_some() && matches!(to, Beneficiary::Seal(_)) {
        return Err(InvoiceError::Misplaced { found: "sats" });
    }
    Ok(Invoice {
        contract: None,
        network,
        owned: parsed(
            fields,
            "owned",
            "a name: a letter, then letters, digits and `_`",
            name,
        )?,
        token: parsed(fields, "token", "0 to 4294967295", |text| text.parse().ok())?,
        amount: number(
            fields,
            "amount",
            positive.clone(),
            "1 to 2^64 - 1 smallest units",
        )?,
        to,
        sats,
        expiry: number(fields, "expiry", positive, "unix seconds")?,
        via: parsed(fields, "via", "an `https://` address", |text| {
            text.parse().ok()
        })?,
        enc: parsed(fields, "enc", "an age recipient, `age1…`", age_recipient)?,
        ack: parsed(
            fields,
            "ack",
            "an x-only public key of 64 hex digits",
            |text| XOnlyPublicKey::from_str(text).ok(),
        )?,
    })
}

fn network(text: &str) -> Result<NetworkId, InvoiceError> {
    if let Some((_, network)) = NETWORKS.iter().find(|(name, _)| *name == text) {
        return Ok(NetworkId::of_network(*network));
    }
    text.parse().map_err(|_| InvoiceError::Value {
        field: "net",
        found: start(text),
        expected: "bitcoin, testnet4, signet, regtest, or a network id `bnet1…`",
    })
}

fn beneficiary(
    text: &str,
    blind: Option<&str>,
    network: NetworkId,
) -> Result<Beneficiary, InvoiceError> {
    if text.starts_with(SecretSeal::PREFIX) {
        return match blind {
            None => id(text, "to").map(Beneficiary::Seal),
            Some(_) => Err(InvoiceError::Misplaced { found: "blind" }),
        };
    }
    let wrong = |expected| InvoiceError::Value {
        field: "to",
        found: start(text),
        expected,
    };
    let address: Address<NetworkUnchecked> = text
        .parse()
        .map_err(|_| wrong("a secret seal `bseal1…` or a bitcoin address"))?;
    if !address.is_valid_for_network(address_network(network)) {
        return Err(wrong("an address of the invoice's network"));
    }
    let blind = blind.ok_or(InvoiceError::MissingField { expected: "blind" })?;
    let blinding = <[u8; 16]>::from_hex(blind).map_err(|_| InvoiceError::Value {
        field: "blind",
        found: format!("{} characters", blind.chars().count()),
        expected: "32 hex digits",
    })?;
    Ok(Beneficiary::Address {
        address,
        blinding: Blinding(blinding),
    })
}

fn number(
    fields: &Fields<'_>,
    field: &'static str,
    range: std::ops::RangeInclusive<u64>,
    expected: &'static str,
) -> Result<Option<u64>, InvoiceError> {
    parsed(fields, field, expected, |text| {
        text.parse().ok().filter(|n| range.contains(n))
    })
}

fn parsed<T>(
    fields: &Fields<'_>,
    field: &'static str,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, InvoiceError> {
    let Some(text) = fields.get(field) else {
        return Ok(None);
    };
    let wrong = || InvoiceError::Value {
        field,
        found: start(text),
        expected,
    };
    read(text).map(Some).ok_or_else(wrong)
}

fn name(text: &str) -> Option<String> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let letter = text.starts_with(|first: char| first.is_ascii_alphabetic());
    (letter && text.len() <= 255 && text.bytes().all(word)).then(|| text.to_owned())
}

fn age_recipient(text: &str) -> Option<String> {
    let checked = CheckedHrpstring::new::<Bech32>(text).ok()?;
    let good = checked.hrp().to_string() == "age" && checked.byte_iter().len() == 32;
    good.then(|| text.to_owned())
}
