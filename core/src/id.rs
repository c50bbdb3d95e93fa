//! Identifiers: tagged hashes, each its own type, with a bech32m text form of its own prefix.

use std::fmt;
use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text is not an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// Not bech32m at all, or its checksum does not match.
    #[error("`{found}` is not bech32m ({cause}); expected `{expected}1` followed by 58 characters")]
    Bech32 {
        /// The text.
        found: String,
        /// The prefix that was expected.
        expected: &'static str,
        /// What bech32 says.
        cause: String,
    },
    /// An identifier of another kind.
    #[error(
        "`{found}1…` is not the identifier asked for; expected one that begins with `{expected}1`"
    )]
    Prefix {
        /// The prefix of the text.
        found: String,
        /// The prefix that was expected.
        expected: &'static str,
    },
    /// A second text of an identifier: 52 characters hold 4 bits more than 32 bytes.
    #[error("the last bits of the identifier are not 0; ask for it again")]
    Padding,
    /// Not 32 bytes.
    #[error("the identifier holds {found} bytes; expected 32")]
    Length {
        /// The number of bytes.
        found: usize,
    },
}

fn parse(text: &str, prefix: &'static str) -> Result<[u8; 32], ParseIdError> {
    let checked = CheckedHrpstring::new::<Bech32m>(text).map_err(|cause| ParseIdError::Bech32 {
        found: text.chars().take(80).collect(),
        expected: prefix,
        cause: cause.to_string(),
    })?;
    let hrp = checked.hrp().to_lowercase();
    if hrp != prefix {
        return Err(ParseIdError::Prefix {
            found: hrp,
            expected: prefix,
        });
    }
    let bytes: Vec<u8> = checked.byte_iter().collect();
    let bytes =
        <[u8; 32]>::try_from(bytes).map_err(|bytes| ParseIdError::Length { found: bytes.len() })?;
    match checked.validate_segwit_padding() {
        Ok(()) => Ok(bytes),
        Err(_) => Err(ParseIdError::Padding),
    }
}

fn show(f: &mut fmt::Formatter<'_>, prefix: &'static str, bytes: &[u8; 32]) -> fmt::Result {
    let hrp = Hrp::parse(prefix).map_err(|_| fmt::Error)?;
    bech32::encode_to_fmt::<Bech32m, _>(f, hrp, bytes).map_err(|_| fmt::Error)
}

fn from_text<'de, D: Deserializer<'de>, T: FromStr<Err = ParseIdError>>(
    deserializer: D,
) -> Result<T, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(de::Error::custom)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The human-readable part of the text form.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps the bytes of an identifier that was computed or read elsewhere.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self { Self(bytes) }

            /// The 32 bytes.
            pub const fn to_bytes(self) -> [u8; 32] { self.0 }

            /// The 32 bytes, borrowed.
            pub const fn as_bytes(&self) -> &[u8; 32] { &self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { show(f, $prefix, &self.0) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> { parse(text, $prefix).map(Self) }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                from_text(deserializer)
            }
        }
    )*};
}

ids! {
    /// The id of a contract: the id of its genesis (PROTOCOL.md §5).
    ContractId = "bulla";
    /// The id of an operation; that of a genesis is its contract id, byte for byte.
    OperationId = "bop";
    /// The id of a bundle: what one contract does in one witness transaction.
    BundleId = "bbun";
    /// The id of a schema.
    SchemaId = "bsch";
    /// A seal as anyone but its owner sees it: its tagged hash.
    SecretSeal = "bseal";
    /// A chain: tagged hash of its genesis block hash and signet challenge (PROTOCOL.md §2.3).
    NetworkId = "bnet";
}

impl From<ContractId> for OperationId {
    fn from(contract: ContractId) -> Self {
        Self(contract.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = ContractId::from_bytes([7; 32]);
        assert!(id.to_string().starts_with("bulla1"));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused_by_its_prefix() {
        let text = SecretSeal::from_bytes([7; 32]).to_string();
        assert_eq!(
            text.parse::<ContractId>(),
            Err(ParseIdError::Prefix {
                found: "bseal".into(),
                expected: "bulla"
            })
        );
    }

    #[test]
    fn a_changed_character_is_refused_by_the_checksum() {
        let mut text = ContractId::from_bytes([7; 32]).to_string();
        let last = if text.pop() == Some('q') { 'p' } else { 'q' };
        text.push(last);
        assert!(matches!(
            text.parse::<ContractId>(),
            Err(ParseIdError::Bech32 { .. })
        ));
    }

    #[test]
    fn the_older_checksum_is_refused() {
        let text =
            bech32::encode::<bech32::Bech32>(Hrp::parse("bulla").unwrap(), &[7; 32]).unwrap();
        assert!(matches!(
            text.parse::<ContractId>(),
            Err(ParseIdError::Bech32 { .. })
        ));
    }

    #[test]
    fn an_id_has_no_second_text_with_other_padding() {
        use bech32::ByteIterExt as _;
        use bech32::Fe32;
        use bech32::primitives::iter::Fe32IterExt as _;

        let mut symbols: Vec<Fe32> = [7; 32].into_iter().bytes_to_fes().collect();
        let last = symbols.pop().unwrap();
        symbols.push(Fe32::try_from(last.to_u8() | 1).unwrap());
        let hrp = Hrp::parse("bulla").unwrap();
        let symbols = symbols.into_iter();
        let text: String = symbols.with_checksum::<Bech32m>(&hrp).chars().collect();
        assert_eq!(text.parse::<ContractId>(), Err(ParseIdError::Padding));
    }

    #[test]
    fn an_id_of_another_length_is_refused() {
        let text = bech32::encode::<Bech32m>(Hrp::parse("bulla").unwrap(), &[7; 31]).unwrap();
        assert_eq!(
            text.parse::<ContractId>(),
            Err(ParseIdError::Length { found: 31 })
        );
    }
}
