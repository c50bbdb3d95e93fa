//! A signed statement and its text.

use std::fmt;
use std::str::FromStr;

use bitcoin::key::{Keypair, Secp256k1, XOnlyPublicKey};
use bitcoin::secp256k1::{Message, schnorr};
use bulla_core::{ContractId, NetworkId};

use super::{Claim, IdentityError};
use crate::tagged;

/// Longest statement that is read, in bytes.
pub const MAX_BYTES: usize = 1_024;

const TITLE: &str = "bulla statement ";
const VERSION: &str = "1";

/// What a key says about a contract. Each value has a good signature: parsing checks it.
///
/// Its text is six lines, each ended by a line feed, in this one form:
///
/// ```text
/// bulla statement 1
/// network <network id>
/// contract <contract id>
/// claim domain <name> | claim nostr <npub> | claim pgp <fingerprint>
/// key <64 hex digits>
/// signature <128 hex digits>
/// ```
///
/// The signature (BIP-340) is over a tagged hash of the five lines before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    body: Body,
    signature: schnorr::Signature,
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Body {
    network: NetworkId,
    contract: ContractId,
    claim: Claim,
    key: XOnlyPublicKey,
}

impl Statement {
    /// Signs, without auxiliary randomness: the same statement has one signature.
    pub fn sign(network: NetworkId, contract: ContractId, claim: Claim, key: &Keypair) -> Self {
        let body = Body {
            network,
            contract,
            claim,
            key: key.x_only_public_key().0,
        };
        let signature = Secp256k1::new().sign_schnorr_no_aux_rand(&body.message(), key);
        Self { body, signature }
    }

    /// The chain of the contract.
    pub const fn network(&self) -> NetworkId {
        self.body.network
    }

    /// The contract.
    pub const fn contract(&self) -> ContractId {
        self.body.contract
    }

    /// Who the key claims to be. Not checked.
    pub const fn claim(&self) -> &Claim {
        &self.body.claim
    }

    /// The key that signed.
    pub const fn key(&self) -> XOnlyPublicKey {
        self.body.key
    }

    /// Whether the key that signed is the very identity that it claims: a nostr key.
    pub fn is_its_own_proof(&self) -> bool {
        self.body.claim == Claim::Nostr(self.body.key)
    }
}

impl Body {
    fn message(&self) -> Message {
        Message::from_digest(tagged::STATEMENT.hash(self.to_string().as_bytes()))
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{TITLE}{VERSION}")?;
        writeln!(f, "network {}", self.network)?;
        writeln!(f, "contract {}", self.contract)?;
        writeln!(f, "claim {}", self.claim)?;
        writeln!(f, "key {}", self.key)
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}signature {}", self.body, self.signature)
    }
}

impl FromStr for Statement {
    type Err = IdentityError;

    /// The last line feed may be missing; nothing else may differ from the one form.
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let malformed = |what| IdentityError::Malformed { what };
        if text.len() > MAX_BYTES {
            return Err(malformed("longer than 1,024 bytes"));
        }
        let text = text.strip_suffix('\n').unwrap_or(text);
        let title = text
            .split('\n')
            .next()
            .and_then(|line| line.strip_prefix(TITLE));
        match title {
            None => return Err(malformed("another first line")),
            Some(VERSION) => {}
            Some(found) => {
                let found = found.escape_debug().take(20).collect();
                return Err(IdentityError::Version { found });
            }
        }
        let statement = read(text)?;
        // A second text of an id or a key.
        if statement.to_string().strip_suffix('\n') != Some(text) {
            return Err(malformed("not in its one form"));
        }
        let Body { key, .. } = statement.body;
        Secp256k1::verification_only()
            .verify_schnorr(&statement.signature, &statement.body.message(), &key)
            .map_err(|_| IdentityError::Signature { key })?;
        Ok(statement)
    }
}

fn read(text: &str) -> Result<Statement, IdentityError> {
    let malformed = |what| IdentityError::Malformed { what };
    let mut lines = text.split('\n').skip(1);
    let mut field = |name: &'static str, what| {
        let line = lines.next().and_then(|line| line.strip_prefix(name));
        line.ok_or(malformed(what))
    };
    let network = field("network ", "no line `network`")?;
    let contract = field("contract ", "no line `contract`")?;
    let claim = field("claim ", "no line `claim`")?;
    let key = field("key ", "no line `key`")?;
    let signature = field("signature ", "no line `signature`")?;
    if lines.next().is_some() {
        return Err(malformed("more than six lines"));
    }
    let network = network.parse().map_err(|_| malformed("no network id"))?;
    let contract = contract.parse().map_err(|_| malformed("no contract id"))?;
    let claim = claim.parse()?;
    let key = key.parse().map_err(|_| malformed("no key"))?;
    let signature = signature.parse().map_err(|_| malformed("no signature"))?;
    Ok(Statement {
        body: Body {
            network,
            contract,
            claim,
            key,
        },
        signature,
    })
}

#[cfg(test)]
mod tests {
    use bitcoin::hex::DisplayHex;

    use super::*;

    fn key(n: u8) -> Keypair {
        Keypair::from_seckey_slice(&Secp256k1::new(), &[n; 32]).unwrap()
    }

    fn statement() -> Statement {
        let (network, contract) = (
            NetworkId::from_bytes([1; 32]),
            ContractId::from_bytes([2; 32]),
        );
        let claim = "domain example.com".parse().unwrap();
        Statement::sign(network, contract, claim, &key(7))
    }

    /// Another implementation has to sign and read the same.
    #[test]
    fn the_text_is_that_of_the_vector() {
        let file = include_str!("../../../tests/vectors/statement.json");
        let file: serde_json::Value = serde_json::from_str(file).unwrap();
        let case = &file["cases"][0];
        let body = statement().body;
        assert_eq!(case["secret_key"], "07".repeat(32));
        assert_eq!(
            case["message"],
            body.message().as_ref().to_lower_hex_string()
        );
        assert_eq!(case["text"], statement().to_string());
    }

    #[test]
    fn a_statement_is_read_with_and_without_its_last_line_feed() {
        let text = statement().to_string();
        assert_eq!(text.parse(), Ok(statement()));
        assert_eq!(text.trim_end().parse(), Ok(statement()));
    }

    #[test]
    fn every_changed_character_is_refused() {
        let text = statement().to_string();
        for at in 0..text.trim_end().len() {
            let other = if &text[at..=at] == "q" { "p" } else { "q" };
            let mut changed = text.clone();
            changed.replace_range(at..=at, other);
            assert!(changed.parse::<Statement>().is_err(), "{at}: {changed}");
        }
    }

    #[test]
    fn a_statement_for_another_contract_network_or_claim_is_not_signed() {
        let text = statement().to_string();
        let contract = ContractId::from_bytes([3; 32]).to_string();
        let network = NetworkId::from_bytes([3; 32]).to_string();
        let changed = [
            text.replace(&statement().contract().to_string(), &contract),
            text.replace(&statement().network().to_string(), &network),
            text.replace("example.com", "example.org"),
        ];
        let key = key(7).x_only_public_key().0;
        for text in changed {
            assert_eq!(
                text.parse::<Statement>(),
                Err(IdentityError::Signature { key })
            );
        }
        let other = self::key(8).x_only_public_key().0;
        let text = text.replace(&key.to_string(), &other.to_string());
        let expected = IdentityError::Signature { key: other };
        assert_eq!(text.parse::<Statement>(), Err(expected));
    }

    #[test]
    fn another_form_of_the_text_is_refused_with_what_is_wrong() {
        let text = statement().to_string();
        let key = key(7).x_only_public_key().0.to_string();
        let long = "a".repeat(MAX_BYTES);
        let cases = [
            (text.replace('\n', "\r\n"), "another version line"),
            (text.to_uppercase(), "another first line"),
            (format!("{text}\n"), "more than six lines"),
            (format!("{text}more\n"), "more than six lines"),
            (format!("\n{text}"), "another first line"),
            (
                text.replace(&key, &key.to_uppercase()),
                "not in its one form",
            ),
            (text.replace("claim ", "claims "), "no line `claim`"),
            (text.replace("key ", "key  "), "no key"),
            (format!("{text}{long}"), "longer than 1,024 bytes"),
            (String::new(), "another first line"),
        ];
        for (text, expected) in cases {
            match text.parse::<Statement>() {
                Err(IdentityError::Malformed { what }) => assert_eq!(what, expected),
                Err(IdentityError::Version { found }) => {
                    assert_eq!((found.as_str(), expected), ("1\\r", "another version line"));
                }
                other => panic!("{expected}: {other:?}"),
            }
        }
        let later = text.replacen("statement 1", "statement 2", 1);
        let version = IdentityError::Version {
            found: "2".to_owned(),
        };
        assert_eq!(later.parse::<Statement>(), Err(version));
    }

    #[test]
    fn a_nostr_key_that_signs_for_itself_is_told_apart() {
        let nostr = |n: u8| Claim::Nostr(key(n).x_only_public_key().0);
        let body = statement().body;
        let sign = |claim| Statement::sign(body.network, body.contract, claim, &key(7));
        assert!(sign(nostr(7)).is_its_own_proof());
        assert!(!sign(nostr(8)).is_its_own_proof());
        assert!(!statement().is_its_own_proof());
    }
}
