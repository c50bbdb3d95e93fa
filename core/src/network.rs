//! Which chain a contract lives on.

use bitcoin::BlockHash;
use bitcoin::Network;
use bitcoin::blockdata::constants::genesis_block;
use bitcoin::hashes::Hash;

use crate::NetworkId;
use crate::hash::tags;

impl NetworkId {
    /// The id of a chain: its genesis block hash, and for a signet its challenge script, so that
    /// custom signets are told apart (PROTOCOL.md §2.3). The default signet has a challenge, too.
    pub fn of(genesis: BlockHash, signet_challenge: Option<&[u8]>) -> Self {
        let mut message = genesis.to_byte_array().to_vec();
        match signet_challenge {
            None => message.push(0),
            Some(challenge) => {
                message.push(1);
                message.extend_from_slice(challenge);
            }
        }
        Self::from_bytes(tags::NETWORK.hash(&message))
    }

    /// The id of a network that the `bitcoin` crate knows; signet is the default one.
    pub fn of_network(network: Network) -> Self {
        let challenge = (network == Network::Signet).then_some(DEFAULT_SIGNET_CHALLENGE.as_slice());
        Self::of(genesis_block(network).block_hash(), challenge)
    }
}

/// The challenge of the default signet (BIP-325).
const DEFAULT_SIGNET_CHALLENGE: [u8; 71] = [
    0x51, 0x21, 0x03, 0xad, 0x5e, 0x0e, 0xda, 0xd1, 0x8c, 0xb1, 0xf0, 0xfc, 0x0d, 0x28, 0xa3, 0xd4,
    0xf1, 0xf3, 0xe4, 0x45, 0x64, 0x03, 0x37, 0x48, 0x9a, 0xbb, 0x10, 0x40, 0x4f, 0x2d, 0x1e, 0x08,
    0x6b, 0xe4, 0x30, 0x21, 0x03, 0x59, 0xef, 0x50, 0x21, 0x96, 0x4f, 0xe2, 0x2d, 0x6f, 0x8e, 0x05,
    0xb2, 0x46, 0x3c, 0x95, 0x40, 0xce, 0x96, 0x88, 0x3f, 0xe3, 0xb2, 0x78, 0x76, 0x0f, 0x04, 0x8f,
    0x51, 0x89, 0xf2, 0xe6, 0xc4, 0x52, 0xae,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_has_an_id_of_its_own() {
        let ids: std::collections::BTreeSet<_> = [
            Network::Bitcoin,
            Network::Testnet,
            Network::Testnet4,
            Network::Signet,
            Network::Regtest,
        ]
        .map(NetworkId::of_network)
        .into();
        assert_eq!(ids.len(), 5);
    }

    #[test]
    fn a_custom_signet_is_another_chain() {
        let genesis = genesis_block(Network::Signet).block_hash();
        assert_ne!(
            NetworkId::of(genesis, Some(&[0x51])),
            NetworkId::of_network(Network::Signet)
        );
        assert_ne!(
            NetworkId::of(genesis, None),
            NetworkId::of(genesis, Some(&[]))
        );
    }
}
