//! The chains a wallet can live on.

use std::fmt;
use std::str::FromStr;

use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::{BlockHash, NetworkKind, constants};
use bulla_core::NetworkId;

/// Longest signet challenge that is accepted, in bytes: the limit of a script (BIP325).
const MAX_CHALLENGE: usize = 10_000;

/// The chain a wallet lives on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// The chain with value.
    Bitcoin,
    /// The fourth test network (BIP94).
    Testnet4,
    /// A test network whose blocks are signed (BIP325).
    Signet {
        /// The block script of a custom signet; `None` is the default signet.
        challenge: Option<Vec<u8>>,
    },
    /// A private chain on this machine; the sandbox is one.
    Regtest,
}

impl Network {
    /// The default signet.
    pub const SIGNET: Self = Self::Signet { challenge: None };

    /// The name without a challenge: `bitcoin`, `testnet4`, `signet`, `regtest`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Bitcoin => "bitcoin",
            Self::Testnet4 => "testnet4",
            Self::Signet { .. } => "signet",
            Self::Regtest => "regtest",
        }
    }

    /// The network of the `bitcoin` crate, which knows nothing of challenges.
    pub const fn bitcoin(&self) -> bitcoin::Network {
        match self {
            Self::Bitcoin => bitcoin::Network::Bitcoin,
            Self::Testnet4 => bitcoin::Network::Testnet4,
            Self::Signet { .. } => bitcoin::Network::Signet,
            Self::Regtest => bitcoin::Network::Regtest,
        }
    }

    /// Whether keys are written as those of the main network or of a test network (BIP32).
    pub const fn kind(&self) -> NetworkKind {
        match self {
            Self::Bitcoin => NetworkKind::Main,
            _ => NetworkKind::Test,
        }
    }

    /// The coin type of derivation paths: 0 on bitcoin, else 1 (BIP44, SLIP-44).
    pub const fn coin_type(&self) -> u32 {
        match self {
            Self::Bitcoin => 0,
            _ => 1,
        }
    }

    /// The hash of the first block. All signets share one.
    pub fn genesis_hash(&self) -> BlockHash {
        constants::genesis_block(self.bitcoin()).block_hash()
    }

    /// The id of this chain in contracts and invoices; a custom signet has its own.
    pub fn id(&self) -> NetworkId {
        match self.challenge() {
            Some(challenge) => NetworkId::of(self.genesis_hash(), Some(challenge)),
            None => NetworkId::of_network(self.bitcoin()),
        }
    }

    /// The challenge of a custom signet.
    pub fn challenge(&self) -> Option<&[u8]> {
        match self {
            Self::Signet { challenge } => challenge.as_deref(),
            _ => None,
        }
    }
}

/// `bitcoin`, `testnet4`, `signet`, `signet:<challenge in hex>`, `regtest`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self.challenge() {
            Some(challenge) => write!(f, ":{}", challenge.as_hex()),
            None => Ok(()),
        }
    }
}

/// Why a text names no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseNetworkError {
    /// No such network.
    #[error(
        "unknown network `{found}`, expected bitcoin, testnet4, signet, signet:<challenge in hex> or regtest"
    )]
    Unknown {
        /// The text.
        found: String,
    },
    /// The part behind `signet:` is no script.
    #[error("signet challenge `{found}` is not 1 to {MAX_CHALLENGE} bytes of lowercase hex")]
    Challenge {
        /// The text.
        found: String,
    },
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "bitcoin" => Ok(Self::Bitcoin),
            "testnet4" => Ok(Self::Testnet4),
            "signet" => Ok(Self::SIGNET),
            "regtest" => Ok(Self::Regtest),
            _ => match text.strip_prefix("signet:") {
                Some(hex) => parse_challenge(hex).map(|challenge| Self::Signet {
                    challenge: Some(challenge),
                }),
                None => Err(ParseNetworkError::Unknown {
                    found: text.to_owned(),
                }),
            },
        }
    }
}

fn parse_challenge(hex: &str) -> Result<Vec<u8>, ParseNetworkError> {
    let error = || ParseNetworkError::Challenge {
        found: hex.to_owned(),
    };
    let bytes = Vec::from_hex(hex).map_err(|_| error())?;
    let canonical = bytes.to_lower_hex_string() == hex;
    if canonical && (1..=MAX_CHALLENGE).contains(&bytes.len()) {
        Ok(bytes)
    } else {
        Err(error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_is_read_as_it_is_written() {
        let custom = Network::Signet {
            challenge: Some(vec![0x51]),
        };
        for network in [
            Network::Bitcoin,
            Network::Testnet4,
            Network::SIGNET,
            Network::Regtest,
            custom,
        ] {
            assert_eq!(network.to_string().parse(), Ok(network));
        }
        assert_eq!(
            "signet:51".parse(),
            Ok(Network::Signet {
                challenge: Some(vec![0x51])
            })
        );
    }

    #[test]
    fn a_text_that_names_no_network_is_refused() {
        for text in ["", "mainnet", "Bitcoin", "testnet", "regtest "] {
            let found = text.to_owned();
            assert_eq!(
                text.parse::<Network>(),
                Err(ParseNetworkError::Unknown { found })
            );
        }
        for hex in ["", "5", "5g", "AA"] {
            let found = hex.to_owned();
            assert_eq!(
                format!("signet:{hex}").parse::<Network>(),
                Err(ParseNetworkError::Challenge { found })
            );
        }
    }

    #[test]
    fn only_bitcoin_has_the_main_coin_type() {
        assert_eq!(
            (Network::Bitcoin.coin_type(), Network::Bitcoin.kind()),
            (0, NetworkKind::Main)
        );
        for network in [Network::Testnet4, Network::SIGNET, Network::Regtest] {
            assert_eq!(
                (network.coin_type(), network.kind()),
                (1, NetworkKind::Test)
            );
        }
    }

    #[test]
    fn the_genesis_of_each_network_is_another() {
        let hashes: std::collections::BTreeSet<_> = [
            Network::Bitcoin,
            Network::Testnet4,
            Network::SIGNET,
            Network::Regtest,
        ]
        .map(|network| network.genesis_hash())
        .into();
        assert_eq!(hashes.len(), 4);
    }
}
