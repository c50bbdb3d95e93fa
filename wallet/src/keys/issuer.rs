//! Keys that sign statements about issued contracts.

use bitcoin::bip32::DerivationPath;
use bitcoin::key::{Keypair, Secp256k1};

use super::Keys;
use super::descriptors::{derive, hardened};
use super::view::PURPOSE;
use crate::Network;

impl Keys {
    /// The issuer's key with this number, below 2^31: the private key at `m/1112886348'/c'/1'/number'`.
    /// Restored by the words; spends no coin.
    pub fn issuer_key(&self, network: &Network, number: u32) -> Keypair {
        let secp = Secp256k1::new();
        let path: DerivationPath = [PURPOSE, network.coin_type(), 1, number & (u32::MAX >> 1)]
            .map(hardened)
            .as_slice()
            .into();
        let key = derive(&secp, &self.master(network), &path);
        Keypair::from_secret_key(&secp, &key.private_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABANDON: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    fn key(network: &Network, number: u32) -> String {
        let keys = Keys::restore(ABANDON, None).unwrap();
        let (key, _) = keys.issuer_key(network, number).x_only_public_key();
        key.to_string()
    }

    /// A genesis names it for ever.
    #[test]
    fn the_key_is_pinned() {
        assert_eq!(key(&Network::Regtest, 0), PINNED);
    }

    #[test]
    fn numbers_and_networks_have_keys_of_their_own() {
        let keys = [
            key(&Network::Regtest, 0),
            key(&Network::Regtest, 1),
            key(&Network::Bitcoin, 0),
        ];
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(different.len(), 3);
    }

    const PINNED: &str = "7e80bbc06f8a0af23bd55e34ee9e241535cdee0dce2e4b933cc71fcfe780957e";
}
